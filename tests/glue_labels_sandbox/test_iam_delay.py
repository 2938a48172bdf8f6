"""IAM's delay: changes of roles take effect later."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from eventual import DELAY, comes_true, is_over

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Stacks

    from glue_labels_sandbox import Sandbox

    Allow = Callable[[str, str, str], None]

LONG = 600.0
"""A delay that no test outlives, in seconds."""


@pytest.fixture
def delayed(sandbox: Sandbox, transform_id: str, bucket: str) -> Iterator[Sandbox]:  # noqa: ARG001 - made before
    """A sandbox whose IAM will be late; the transform, its role and the bucket are there already."""
    sandbox.limit_concurrent_runs(1000)
    yield sandbox
    sandbox.delay_iam(0)
    sandbox.limit_concurrent_runs(3)


def test_grant_is_used_only_after_the_delay(
    delayed: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    since = _delay(delayed)
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    assert _outcome(delayed, transform_id, bucket) == "AccessDenied" or is_over(since)
    assert comes_true(lambda: _outcome(delayed, transform_id, bucket) == "started")


def test_grant_that_was_taken_away_counts_until_then(
    delayed: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    since = _delay(delayed)
    delayed.client("iam").delete_role_policy(RoleName=glue_role, PolicyName="s3-GetObject")
    assert _outcome(delayed, transform_id, bucket) == "started" or is_over(since)
    assert comes_true(lambda: _outcome(delayed, transform_id, bucket) == "AccessDenied")


def test_changes_count_from_their_moment_without_a_read_then(
    delayed: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/other")
    time.sleep(0.5)
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/two.csv")
    since = _delay(delayed)
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/other")
    assert _outcome(delayed, transform_id, bucket) == "started" or is_over(since)


def test_role_that_was_not_there_then_cannot_be_used(
    delayed: Sandbox, bucket: str, transform_id: str
) -> None:
    delayed.delay_iam(LONG)
    assert _outcome(delayed, transform_id, bucket) == "role"


def test_trust_counts_only_after_the_delay(
    delayed: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    trust = delayed.client("iam").get_role(RoleName=glue_role)["Role"]["AssumeRolePolicyDocument"]
    _trust(
        delayed, glue_role, json.loads(json.dumps(trust).replace("glue.amazonaws.com", "ec2.amazonaws.com"))
    )
    since = _delay(delayed)
    _trust(delayed, glue_role, trust)
    assert _outcome(delayed, transform_id, bucket) == "role" or is_over(since)
    assert comes_true(lambda: _outcome(delayed, transform_id, bucket) == "started")


def test_managed_policy_counts_only_after_the_delay(
    delayed: Sandbox, unique: str, glue_role: str, bucket: str, transform_id: str
) -> None:
    iam = delayed.client("iam")
    document = json.dumps(_document(bucket))
    arn = iam.create_policy(PolicyName=unique, PolicyDocument=document)["Policy"]["Arn"]
    since = _delay(delayed)
    iam.attach_role_policy(RoleName=glue_role, PolicyArn=arn)
    assert _outcome(delayed, transform_id, bucket) == "AccessDenied" or is_over(since)
    assert comes_true(lambda: _outcome(delayed, transform_id, bucket) == "started")
    iam.detach_role_policy(RoleName=glue_role, PolicyArn=arn)
    assert comes_true(lambda: _outcome(delayed, transform_id, bucket) == "AccessDenied")


@pytest.mark.parametrize("resource_type", ["AWS::IAM::Policy", "AWS::IAM::RolePolicy"])
def test_policy_of_a_stack_counts_only_after_the_delay(
    delayed: Sandbox,
    stacks: Stacks,
    unique: str,
    glue_role: str,
    bucket: str,
    transform_id: str,
    resource_type: str,
) -> None:
    since = _delay(delayed)
    stacks.deploy_one(unique, _policy(resource_type, glue_role, bucket))
    assert _outcome(delayed, transform_id, bucket) == "AccessDenied" or is_over(since)
    assert comes_true(lambda: _outcome(delayed, transform_id, bucket) == "started")


def test_role_that_a_stack_replaced_can_be_used_until_then(
    delayed: Sandbox, stacks: Stacks, unique: str, bucket: str
) -> None:
    former, present = f"{unique}-former", f"{unique}-present"
    stacks.deploy_one(unique, _role(former, bucket))
    transform_id = _transform(delayed, former)
    time.sleep(DELAY)
    between = time.monotonic()
    time.sleep(DELAY)
    stacks.deploy_one(unique, _role(present, bucket))
    assert _outcome(delayed, transform_id, bucket) == "role"
    assert _outcome(delayed, _transform(delayed, present), bucket) == "started"
    since = time.monotonic()
    delayed.delay_iam(since - between)
    assert _outcome(delayed, transform_id, bucket) == "started" or is_over(since)


def test_call_of_a_function_is_checked_against_its_role_of_then(
    delayed: Sandbox, allow: Allow, function_role: str, bucket: str, create_function: Callable[..., str]
) -> None:
    text = (
        "import boto3\n"
        "def handler(event, context):\n"
        f"    return boto3.client('s3').get_object(Bucket='{bucket}', Key='two.csv')['ContentLength']\n"
    )
    function = create_function(text)
    delayed.delay_iam(LONG)
    allow(function_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    assert "AccessDenied" in str(_invoke(delayed, function))
    delayed.delay_iam(0)
    assert isinstance(_invoke(delayed, function), int)


@pytest.mark.parametrize("seconds", [-1, 901])
def test_delay_out_of_bounds_is_refused(sandbox: Sandbox, seconds: float) -> None:
    with pytest.raises(ValueError, match="0 to 900"):
        sandbox.delay_iam(seconds)


def _outcome(sandbox: Sandbox, transform_id: str, bucket: str) -> str:
    """Start an import; return ``started``, or what it was refused for."""
    glue = sandbox.client("glue")
    try:
        started = glue.start_import_labels_task_run(
            TransformId=transform_id, InputS3Path=f"s3://{bucket}/two.csv"
        )
    except ClientError as error:
        message = error.response["Error"]["Message"]
        return "role" if message.startswith("Cannot use IAM role") else message.split("Error Code: ")[1][:-2]
    glue.cancel_ml_task_run(TransformId=transform_id, TaskRunId=started["TaskRunId"])
    return "started"


def _delay(sandbox: Sandbox) -> float:
    """Set the delay when all that was made before is older than it; return when that was."""
    time.sleep(DELAY)
    sandbox.delay_iam(DELAY)
    return time.monotonic()


def _invoke(sandbox: Sandbox, function: str) -> Any:
    return json.loads(sandbox.client("lambda").invoke(FunctionName=function, Payload=b"{}")["Payload"].read())


def _trust(sandbox: Sandbox, role: str, document: dict[str, Any]) -> None:
    sandbox.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(document))


def _transform(sandbox: Sandbox, role: str) -> str:
    created = sandbox.client("glue").create_ml_transform(
        Name="t", InputRecordTables=[], Parameters={"TransformType": "FIND_MATCHES"}, Role=role
    )
    return str(created["TransformId"])


def _document(bucket: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _policy(resource_type: str, role: str, bucket: str) -> dict[str, Any]:
    of = {"RoleName": role} if resource_type == "AWS::IAM::RolePolicy" else {"Roles": [role]}
    properties = {"PolicyName": "read", "PolicyDocument": _document(bucket), **of}
    return {"Type": resource_type, "Properties": properties}


def _role(name: str, bucket: str) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": name,
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
            "Policies": [{"PolicyName": "read", "PolicyDocument": _document(bucket)}],
        },
    }
