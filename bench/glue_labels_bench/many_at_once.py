"""Many imports at the same time against a Glue that throttles.

The deployed function is invoked as CloudFormation would: the sandbox's own provisions one resource of a stack
after the other.
"""

from __future__ import annotations

import json
import statistics
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_labels_sandbox import GlueCall, Sandbox

    from .deployed_stack import DeployedStack

IMPORTS: Final = 100
RUN_SECONDS: Final = 30.0
CALLS_A_SECOND: Final = 20.0
"""Of each of Glue's actions. AWS publishes no figure for those about task runs."""

_ACTIONS: Final = ("StartImportLabelsTaskRun", "GetMLTaskRun", "GetMLTaskRuns")
_ANSWERS: Final = "answers-of-many-at-once"
_SECONDS: Final = 300.0


@dataclass(frozen=True)
class ManyAtOnce:
    """How many imports at once went.

    Attributes:
        imports: how many there were.
        run_seconds: how long each run took.
        throttle_per_second: the calls of each action that Glue let pass in a second.
        succeeded: how many were answered with SUCCESS.
        median_lag_seconds: from a run's end to its answer.
        largest_lag_seconds: the same.
        calls: calls that Glue had, those it refused included.
        refused: calls it refused for there were too many.
        busiest_second: the most calls in a second.
    """

    imports: int
    run_seconds: float
    throttle_per_second: float
    succeeded: int
    median_lag_seconds: float
    largest_lag_seconds: float
    calls: int
    refused: int
    busiest_second: int


def measure(
    stack: DeployedStack,
    imports: int = IMPORTS,
    run_seconds: float = RUN_SECONDS,
    per_second: float = CALLS_A_SECOND,
) -> ManyAtOnce:
    """Invoke the import function of a deployed stack for as many transforms at once.

    Raises:
        TimeoutError: some import was not answered.
    """
    sandbox = stack.sandbox
    transforms = _transforms(stack, imports)
    for action in _ACTIONS:
        sandbox.throttle_calls(action, per_second)
    sandbox.plan_runs(*[RunPlan(seconds=run_seconds)] * imports)
    calls_before = len(sandbox.glue_calls())
    try:
        requests = _send(stack, transforms)
        answers = _answers(sandbox, requests)
    finally:
        for action in _ACTIONS:
            sandbox.throttle_calls(action, None)
    lags = [answers[requests[transform]][1] - _ended(sandbox, transform) for transform in transforms]
    calls = sandbox.glue_calls()[calls_before:]
    return ManyAtOnce(
        imports=imports,
        run_seconds=run_seconds,
        throttle_per_second=per_second,
        succeeded=sum(status == "SUCCESS" for status, _ in answers.values()),
        median_lag_seconds=statistics.median(lags),
        largest_lag_seconds=max(lags),
        calls=len(calls),
        refused=sum(call.ordered_fault is not None for call in calls),
        busiest_second=_busiest_second(calls),
    )


def _transforms(stack: DeployedStack, count: int) -> list[str]:
    """Make transforms like the stack's own; its function may use them all."""
    sandbox = stack.sandbox
    glue = sandbox.client("glue")
    model = glue.get_ml_transform(TransformId=stack.resources("AWS::Glue::MLTransform")[0])
    settings = {name: model[name] for name in ("InputRecordTables", "Parameters", "Role")}
    transforms = [
        str(glue.create_ml_transform(Name=f"many-{number}", **settings)["TransformId"])
        for number in range(count)
    ]
    configuration = sandbox.client("lambda").get_function_configuration(FunctionName=_function(stack))
    # As the stack's policy would name each of them.
    statement = {
        "Effect": "Allow",
        "Action": [f"glue:{action}" for action in _ACTIONS],
        "Resource": f"arn:aws:glue:{sandbox.region}:{sandbox.account}:mlTransform/*",
    }
    sandbox.client("iam").put_role_policy(
        RoleName=configuration["Role"].rpartition("/")[2],
        PolicyName="ManyTransforms",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )
    return transforms


def _send(stack: DeployedStack, transforms: Sequence[str]) -> dict[str, str]:
    """Send a request for each transform; return the keys of the answers."""
    sandbox, function = stack.sandbox, _function(stack)
    s3, functions = sandbox.client("s3", signature_version="s3v4"), sandbox.client("lambda")
    s3.create_bucket(Bucket=_ANSWERS)
    run = stack.run()
    if run is None:
        raise ValueError(f"{stack.name} has imported nothing")
    requests = {}
    for number, transform in enumerate(transforms):
        key = requests[transform] = str(uuid.uuid4())
        event = {
            "RequestType": "Create",
            "RequestId": key,
            "StackId": stack.id,
            "LogicalResourceId": f"Labels{number}",
            "ResourceType": "Custom::GlueLabelsImport",
            "ResponseURL": s3.generate_presigned_url("put_object", Params={"Bucket": _ANSWERS, "Key": key}),
            "ResourceProperties": {
                "TransformId": transform,
                "InputS3Path": run.input_s3_path,
                "ReplaceAllLabels": "true",
                "TimeoutSeconds": "600",
            },
        }
        functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())
    return requests


def _answers(sandbox: Sandbox, requests: dict[str, str]) -> dict[str, tuple[str, float]]:
    """Wait for all answers; return each one's status and when it came, in epoch seconds."""
    s3 = sandbox.client("s3")
    began = time.monotonic()
    while True:
        listed: list[dict[str, Any]] = s3.list_objects_v2(Bucket=_ANSWERS).get("Contents", [])
        if len(listed) == len(requests):
            break
        if time.monotonic() > began + _SECONDS:
            raise TimeoutError(f"{len(listed)} of {len(requests)} imports were answered in {_SECONDS:.0f} s")
        time.sleep(2)
    return {
        found["Key"]: (
            json.loads(s3.get_object(Bucket=_ANSWERS, Key=found["Key"])["Body"].read())["Status"],
            found["LastModified"].timestamp(),
        )
        for found in listed
    }


def _ended(sandbox: Sandbox, transform: str) -> float:
    (run,) = sandbox.runs(transform)
    if run.completed_on is None:
        raise ValueError(f"{run.task_run_id} goes on although it was reported")
    return run.completed_on.timestamp()


def _function(stack: DeployedStack) -> str:
    return stack.resources("AWS::Lambda::Function")[0]


def _busiest_second(calls: Sequence[GlueCall]) -> int:
    return max(Counter(int(call.called_on.timestamp()) for call in calls).values())
