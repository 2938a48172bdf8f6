"""A request as CloudFormation sends it, and its responses."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from glue_labels_sandbox import Sandbox

RESPONSES = "responses-to-cloudformation"
"""The bucket of the responses. Each further response to a request is a version of the same object."""


@dataclass(frozen=True)
class Request:
    """A request to a function, whose ResponseURL is in the sandbox's S3.

    Attributes:
        sandbox: where the function is.
        function: its name.
        event: for the function.
    """

    sandbox: Sandbox
    function: str
    event: dict[str, Any]

    @classmethod
    def made(
        cls, sandbox: Sandbox, function: str, stack_id: str, request_type: str, **fields: Any
    ) -> Request:
        """Make a request of a stack. `fields` add to the event or replace parts of it."""
        # The newer of S3's two signatures, as in CloudFormation's URLs.
        s3 = sandbox.client("s3", signature_version="s3v4")
        s3.create_bucket(Bucket=RESPONSES)
        s3.put_bucket_versioning(Bucket=RESPONSES, VersioningConfiguration={"Status": "Enabled"})
        request_id = str(uuid.uuid4())
        where = {"Bucket": RESPONSES, "Key": request_id}
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
        """Invoke the function as CloudFormation does: without waiting, and Lambda retries after a crash."""
        self._invoke("Event")

    def send_and_wait(self) -> None:
        """Invoke the function and wait until the invocation has ended."""
        self._invoke("RequestResponse")

    def _invoke(self, kind: str) -> None:
        # One attempt, because the client must not send a long invocation again.
        functions = self.sandbox.client("lambda", read_timeout=300, retries={"total_max_attempts": 1})
        functions.invoke(
            FunctionName=self.function, InvocationType=kind, Payload=json.dumps(self.event).encode()
        )

    def response(self) -> dict[str, Any] | None:
        """Return the last response. None before the first."""
        s3 = self.sandbox.client("s3")
        try:
            found = s3.get_object(Bucket=RESPONSES, Key=self.event["RequestId"])
        except s3.exceptions.NoSuchKey:
            return None
        body: dict[str, Any] = json.loads(found["Body"].read())
        return body

    def response_count(self) -> int:
        """Return how many responses there were."""
        listed = self.sandbox.client("s3").list_object_versions(
            Bucket=RESPONSES, Prefix=self.event["RequestId"]
        )
        return len(listed.get("Versions", ()))
