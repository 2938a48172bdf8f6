"""Requests for many imports at the same time.

The requests go directly to the deployed function, because the sandbox's CloudFormation creates the resources
of a stack one after the other.
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_labels_sandbox import Sandbox, TaskRun

    from .deployed_stack import DeployedStack

ACTIONS: Final = (
    "StartImportLabelsTaskRun",
    "StartMLEvaluationTaskRun",
    "GetMLTransform",
    "GetMLTaskRun",
    "GetMLTaskRuns",
    "CancelMLTaskRun",
)
"""The actions that the function may use on the transforms."""

_POLL_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Response:
    """A response to CloudFormation.

    Attributes:
        status: SUCCESS or FAILED.
        reason: of a failure.
        came_at: epoch seconds.
    """

    status: str
    reason: str
    came_at: float

    @property
    def succeeded(self) -> bool:
        """Whether the request succeeded."""
        return self.status == "SUCCESS"


def make_transforms(stack: DeployedStack, count: int) -> list[str]:
    """Create transforms like the stack's, allow its function to use them, and return their ids."""
    sandbox = stack.sandbox
    glue = sandbox.client("glue")
    model = glue.get_ml_transform(TransformId=stack.resources("AWS::Glue::MLTransform")[0])
    settings = {name: model[name] for name in ("InputRecordTables", "Parameters", "Role")}
    transforms = [
        str(glue.create_ml_transform(Name=f"many-{uuid.uuid4()}", **settings)["TransformId"])
        for _ in range(count)
    ]
    configuration = sandbox.client("lambda").get_function_configuration(FunctionName=function_of(stack))
    # The stack's policy does not name them.
    statement = {
        "Effect": "Allow",
        "Action": [f"glue:{action}" for action in ACTIONS],
        "Resource": f"arn:aws:glue:{sandbox.region}:{sandbox.account}:mlTransform/*",
    }
    sandbox.client("iam").put_role_policy(
        RoleName=configuration["Role"].rpartition("/")[2],
        PolicyName="ManyTransforms",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return transforms


@dataclass(frozen=True)
class Requests:
    """Requests that were sent.

    Attributes:
        sandbox: where they were sent.
        bucket: for the responses.
        keys: of the responses, by transform.
    """

    sandbox: Sandbox
    bucket: str
    keys: dict[str, str]

    def responses(self, seconds: float) -> dict[str, Response]:
        """Wait for all responses, at most for `seconds`. Return those that came, by transform."""
        s3 = self.sandbox.client("s3")
        until = time.monotonic() + seconds
        while True:
            listed: list[dict[str, Any]] = s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
            if len(listed) == len(self.keys) or time.monotonic() > until:
                break
            time.sleep(_POLL_SECONDS)
        came_at = {found["Key"]: found["LastModified"].timestamp() for found in listed}
        return {
            transform: self._response(s3, key, came_at[key])
            for transform, key in self.keys.items()
            if key in came_at
        }

    def _response(self, s3: Any, key: str, came_at: float) -> Response:
        body = json.loads(s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())
        return Response(body["Status"], body.get("Reason", ""), came_at)


def send(stack: DeployedStack, transforms: Sequence[str], timeout_seconds: int) -> Requests:
    """Send a request for each transform.

    Args:
        stack: its function imports the file that it has imported before.
        transforms: their ids.
        timeout_seconds: of each import.
    """
    run = stack.run()
    if run is None:
        raise ValueError(f"{stack.name} has imported nothing")
    properties = {"InputS3Path": run.input_s3_path, "ReplaceAllLabels": "true"}
    return _send(stack, transforms, "Custom::GlueLabelsImport", timeout_seconds, properties)


def send_evaluations(stack: DeployedStack, transforms: Sequence[str], timeout_seconds: int) -> Requests:
    """Send a request to evaluate each transform. The arguments are those of `send`."""
    return _send(stack, transforms, "Custom::GlueTransformEvaluation", timeout_seconds, {"Version": "1"})


def _send(
    stack: DeployedStack,
    transforms: Sequence[str],
    resource_type: str,
    timeout_seconds: int,
    properties: dict[str, str],
) -> Requests:
    sandbox, function = stack.sandbox, function_of(stack)
    s3, functions = sandbox.client("s3", signature_version="s3v4"), sandbox.client("lambda")
    requests = Requests(sandbox, f"responses-{uuid.uuid4()}", {one: str(uuid.uuid4()) for one in transforms})
    s3.create_bucket(Bucket=requests.bucket)
    for number, (transform, key) in enumerate(requests.keys.items()):
        address = s3.generate_presigned_url("put_object", Params={"Bucket": requests.bucket, "Key": key})
        event = {
            "RequestType": "Create",
            "RequestId": key,
            "StackId": stack.id,
            "LogicalResourceId": f"Labels{number}",
            "ResourceType": resource_type,
            "ResponseURL": address,
            "ResourceProperties": {
                "TransformId": transform,
                "TimeoutSeconds": str(timeout_seconds),
                **properties,
            },
        }
        functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
    return requests


def ended_at(run: TaskRun) -> float:
    """Return when a run ended, in epoch seconds.

    Raises:
        ValueError: it has not ended.
    """
    if run.completed_on is None:
        raise ValueError(f"{run.task_run_id} has not ended, but had a response")
    return run.completed_on.timestamp()


def only_run(sandbox: Sandbox, transform: str) -> TaskRun:
    """Return the only run of a transform.

    Raises:
        ValueError: it has none, or several.
    """
    (run,) = sandbox.runs(transform)
    return run


def function_of(stack: DeployedStack) -> str:
    """Return the name of a stack's function."""
    return stack.resources("AWS::Lambda::Function")[0]
