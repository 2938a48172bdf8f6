"""The sandbox refuses what AWS would refuse."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_sandbox import Sandbox, TaskRun

    Allow = Callable[[str, str, str], None]
    Invoke = Callable[..., Any]

QUICK = RunPlan(seconds=0.1)

TRY = """
import boto3, json
def attempt(call):
    try:
        call()
    except Exception as error:
        return error.response["Error"]["Code"]
    return "allowed"
def handler(event, context):
    glue, events = boto3.client("glue"), boto3.client("events")
    arn = context.invoked_function_arn
    return {{name: attempt(call) for name, call in {{ {calls} }}.items()}}
"""


def test_run_reads_the_file_its_role_may_read(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/two.csv")
    assert _import(sandbox, transform_id, bucket).status == "SUCCEEDED"
    assert [row.values for row in sandbox.labels(transform_id)] == [("Ada",), ("Bob",)]


def test_function_may_do_to_its_transform_what_its_role_allows_and_to_no_other(
    sandbox: Sandbox, allow: Allow, function_role: str, transform_id: str, invoke: Invoke
) -> None:
    arn = f"arn:aws:glue:{sandbox.region}:{sandbox.account}:mlTransform/{transform_id}"
    allow(function_role, "glue:GetMLTaskRuns", arn)
    other = "tfm-other"
    assert invoke(
        _calls(
            own=f"glue.get_ml_task_runs(TransformId={transform_id!r})",
            others=f"glue.get_ml_task_runs(TransformId={other!r})",
            start=f"glue.start_import_labels_task_run(TransformId={transform_id!r}, InputS3Path='s3://bkt/k')",
        )
    ) == {"own": "allowed", "others": "AccessDeniedException", "start": "AccessDeniedException"}


def test_function_needs_an_action_of_its_own_for_each_call_about_quality(
    sandbox: Sandbox, allow: Allow, function_role: str, transform_id: str, invoke: Invoke
) -> None:
    arn = f"arn:aws:glue:{sandbox.region}:{sandbox.account}:mlTransform/{transform_id}"
    start = f"glue.start_ml_evaluation_task_run(TransformId={transform_id!r})"
    get = f"glue.get_ml_transform(TransformId={transform_id!r})"
    others = "glue.get_ml_transform(TransformId='tfm-other')"
    allow(function_role, "glue:GetMLTransform", arn)
    assert invoke(_calls(start=start, get=get, others=others)) == {
        "start": "AccessDeniedException",
        "get": "allowed",
        "others": "AccessDeniedException",
    }


def test_permission_to_start_an_evaluation_gets_as_far_as_the_transform(
    sandbox: Sandbox, allow: Allow, function_role: str, transform_id: str, invoke: Invoke
) -> None:
    arn = f"arn:aws:glue:{sandbox.region}:{sandbox.account}:mlTransform/{transform_id}"
    allow(function_role, "glue:StartMLEvaluationTaskRun", arn)
    start = f"glue.start_ml_evaluation_task_run(TransformId={transform_id!r})"
    assert invoke(_calls(start=start)) == {"start": "MLTransformNotReadyException"}


def test_permission_for_the_catalog_is_none_for_transforms(
    sandbox: Sandbox, allow: Allow, function_role: str, transform_id: str, invoke: Invoke
) -> None:
    allow(function_role, "glue:*", f"arn:aws:glue:{sandbox.region}:{sandbox.account}:catalog")
    assert invoke(_calls(get=f"glue.get_ml_transform(TransformId={transform_id!r})")) == {
        "get": "AccessDeniedException"
    }


def test_function_may_change_rules_of_its_prefix_only(
    sandbox: Sandbox, allow: Allow, function_role: str, unique: str, invoke: Invoke
) -> None:
    allow(function_role, "events:*", f"arn:aws:events:{sandbox.region}:{sandbox.account}:rule/{unique}-*")
    rate = "ScheduleExpression='rate(1 minute)'"
    assert invoke(
        _calls(
            put=f"events.put_rule(Name='{unique}-1', {rate})",
            target=f"events.put_targets(Rule='{unique}-1', Targets=[dict(Id='1', Arn=arn)])",
            remove=f"events.remove_targets(Rule='{unique}-1', Ids=['1'])",
            delete=f"events.delete_rule(Name='{unique}-1')",
            other_put=f"events.put_rule(Name='other-{unique}', {rate})",
            other_target=f"events.put_targets(Rule='other-{unique}', Targets=[dict(Id='1', Arn=arn)])",
        )
    ) == {
        **dict.fromkeys(("put", "target", "remove", "delete"), "allowed"),
        **dict.fromkeys(("other_put", "other_target"), "AccessDeniedException"),
    }


@pytest.mark.parametrize("permitted", [True, False])
def test_function_logs_only_where_its_role_may_write(
    sandbox: Sandbox,
    allow: Allow,
    function_role: str,
    unique: str,
    invoke: Invoke,
    permitted: bool,
) -> None:
    logs = sandbox.client("logs")
    logs.create_log_group(logGroupName=unique)
    group = unique if permitted else "another-group"
    arn = f"arn:aws:logs:{sandbox.region}:{sandbox.account}:log-group:{group}:*"
    allow(function_role, "logs:CreateLogStream", arn)
    allow(function_role, "logs:PutLogEvents", arn)
    invoke("def handler(event, context): print('seen')", LoggingConfig={"LogGroup": unique})
    written = [event["message"] for event in logs.filter_log_events(logGroupName=unique)["events"]]
    assert ("seen" in written) is permitted


def test_function_finds_the_runtimes_packages_and_no_others(invoke: Invoke) -> None:
    tried = ["boto3", "botocore", "urllib3", "moto", "glue_labels_sandbox", "crhelper", "aws_cdk"]
    found = invoke(
        "import importlib.util\n"
        f"def handler(event, context): return [n for n in {tried!r} if importlib.util.find_spec(n)]"
    )
    assert found == ["boto3", "botocore", "urllib3"]


def test_glues_clock_may_be_apart_from_the_functions(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/two.csv")
    sandbox.set_glue_clock_ahead(-3600)
    try:
        run = _import(sandbox, transform_id, bucket)
    finally:
        sandbox.set_glue_clock_ahead(0)
    assert -3660 < (run.started_on - datetime.now(timezone.utc)).total_seconds() < -3540


def test_unsigned_and_unknown_callers_are_refused(sandbox: Sandbox) -> None:
    glue = boto3.client(
        "glue",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="unknown",
        **sandbox._connection.client_arguments(),
    )
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        glue.get_ml_transforms()


def _import(sandbox: Sandbox, transform_id: str, bucket: str) -> TaskRun:
    sandbox.plan_runs(QUICK)
    sandbox.client("glue").start_import_labels_task_run(
        TransformId=transform_id, InputS3Path=f"s3://{bucket}/two.csv"
    )
    while True:
        (run,) = sandbox.runs(transform_id)
        if run.ended:
            return run


def _calls(**calls: str) -> str:
    return TRY.format(calls=", ".join(f"{name!r}: lambda: {call}" for name, call in calls.items()))


DELETE_LOG_GROUP = """
import boto3
def handler(event, context):
    boto3.client("logs").delete_log_group(logGroupName="{name}")
    return "deleted"
"""


@pytest.mark.parametrize(("part", "allowed"), [("*", True), ("log-stream:x", False)])
def test_deletion_of_a_log_group_is_checked_against_its_arn_with_an_asterisk(
    sandbox: Sandbox, unique: str, function_role: str, allow: Allow, invoke: Invoke, part: str, allowed: bool
) -> None:
    name = f"/{unique}"
    sandbox.client("logs").create_log_group(logGroupName=name)
    arn = f"arn:aws:logs:{sandbox.region}:{sandbox.account}:log-group:{name}:{part}"
    allow(function_role, "logs:DeleteLogGroup", arn)
    answer = invoke(DELETE_LOG_GROUP.format(name=name))
    assert (answer == "deleted") is allowed, answer


DELETE_PARAMETERS = """
import boto3
def handler(event, context):
    return boto3.client("ssm").delete_parameters(Names=["/{name}"])["DeletedParameters"]
"""


@pytest.mark.parametrize("allowed", [True, False])
def test_deletion_of_parameters_is_checked_against_a_parameter(
    sandbox: Sandbox, unique: str, function_role: str, allow: Allow, invoke: Invoke, allowed: bool
) -> None:
    sandbox.client("ssm").put_parameter(Name=f"/{unique}", Value="any", Type="String")
    parameter = unique if allowed else "another"
    arn = f"arn:aws:ssm:{sandbox.region}:{sandbox.account}:parameter/{parameter}"
    allow(function_role, "ssm:DeleteParameters", arn)
    assert (invoke(DELETE_PARAMETERS.format(name=unique)) == [f"/{unique}"]) is allowed
