"""A request as CloudFormation sends it, and what it was answered."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glue_labels_sandbox import Sandbox

ANSWERS = "answers-to-cloudformation"
"""The bucket of the answers; each is an object, each answer to the same request a version of it."""


@dataclass(frozen=True)
class Request:
    """A request to a function, with an address in the sandbox's S3 to answer to.

    Attributes:
        sandbox: where the function is.
        function: its name.
        event: what it is invoked with.
    """

    sandbox: Sandbox
    function: str
    event: dict[str, Any]

    @classmethod
    def made(
        cls, sandbox: Sandbox, function: str, stack_id: str, request_type: str, **fields: Any
    ) -> Request:
        """Make one of a stack; `fields` are added to the event or replace what is in it."""
        # The newer of S3's two signatures, as in CloudFormation's own addresses.
        s3 = sandbox.client("s3", signature_version="s3v4")
        s3.create_bucket(Bucket=ANSWERS)
        s3.put_bucket_versioning(Bucket=ANSWERS, VersioningConfiguration={"Status": "Enabled"})
        request_id = str(uuid.uuid4())
        where = {"Bucket": ANSWERS, "Key": request_id}
        event = {
            "RequestType": request_type,
            "RequestId": request_id,
            "StackId": stack_id,
            "LogicalResourceId": "Labels",
            "ResourceType": "Custom::GlueLabelsImport",
            "ResponseURL": s3.generate_presigned_url("put_object", Params=where),
            **fields,
        }
        return cls(sandbox, function, event)

    def send(self) -> None:
        """Invoke the function as CloudFormation does: nobody waits, and Lambda repeats a crash."""
        self._invoke("Event")

    def send_and_wait(self) -> None:
        """Invoke the function and wait until the invocation has ended."""
        self._invoke("RequestResponse")

    def _invoke(self, kind: str) -> None:
        # One attempt: an invocation that takes long is not to be sent again by the client.
        functions = self.sandbox.client("lambda", read_timeout=300, retries={"total_max_attempts": 1})
        functions.invoke(
            FunctionName=self.function, InvocationType=kind, Payload=json.dumps(self.event).encode()
        )

    def answer(self) -> dict[str, Any] | None:
        """Return the last answer, None as long as there is none."""
        s3 = self.sandbox.client("s3")
        try:
            answer = s3.get_object(Bucket=ANSWERS, Key=self.event["RequestId"])
        except s3.exceptions.NoSuchKey:
            return None
        body: dict[str, Any] = json.loads(answer["Body"].read())
        return body

    def answer_count(self) -> int:
        """Return how often it was answered."""
        listed = self.sandbox.client("s3").list_object_versions(
            Bucket=ANSWERS, Prefix=self.event["RequestId"]
        )
        return len(listed.get("Versions", ()))
