"""StartImportLabelsTaskRun validates the label file and the role before it starts a run.

Source of the texts: Glue developer guide, "AWS Glue machine learning exceptions".
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import World

    from glue_labels_sandbox import Sandbox, TaskRun

    Allow = Callable[[str, str, str], None]


@pytest.fixture
def denied_by_the_run(sandbox: Sandbox) -> Iterator[None]:
    """What is denied lets a run start and end FAILED."""
    sandbox.deny_at("run")
    yield
    sandbox.deny_at("start")


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("labels-bucket/missing.csv", "The specified key does not exist"),
        ("no-such-bucket/x.csv", "The specified bucket does not exist"),
    ],
)
def test_missing_file_is_refused(world: World, path: str, reason: str) -> None:
    error = _refused(world, f"s3://{path}")
    assert error["Code"] == "InvalidInputException"
    assert error["Message"].startswith(f"Cannot access the label file at s3://{path}. {reason} (")
    assert world.simulation.runs() == ()


def test_empty_file_is_refused(world: World) -> None:
    world.s3.put_object(Bucket="labels-bucket", Key="empty.csv", Body=b"")
    assert _refused(world, "s3://labels-bucket/empty.csv") == {
        "Code": "InvalidInputException",
        "Message": "Invalid label file of size 0.",
    }


def test_file_in_another_region_is_refused(world: World) -> None:
    elsewhere = {"LocationConstraint": "eu-west-1"}
    world.s3.create_bucket(Bucket="far-away", CreateBucketConfiguration=elsewhere)
    world.s3.put_object(Bucket="far-away", Key="two.csv", Body=b"any")
    assert _refused(world, "s3://far-away/two.csv") == {
        "Code": "InvalidInputException",
        "Message": "S3 path provided is not in the same region as transform. "
        "Expecting region - us-east-1, but got - eu-west-1.",
    }


def test_file_of_ten_megabytes_is_the_largest(world: World) -> None:
    for size, key in ((10_000_000, "largest.csv"), (10_000_001, "too-large.csv")):
        world.s3.put_object(Bucket="labels-bucket", Key=key, Body=b"x" * size)
    assert world.start("largest.csv")
    assert _refused(world, "s3://labels-bucket/too-large.csv") == {
        "Code": "ResourceNumberLimitExceededException",
        "Message": "Label file has exceeded the limit of 10 MB.",
    }


def test_size_of_the_largest_file_can_be_set(world: World) -> None:
    world.simulation.label_file_bytes = 20
    error = _refused(world, "s3://labels-bucket/two.csv")
    assert error["Code"] == "ResourceNumberLimitExceededException"


def test_file_is_judged_before_runs_in_flight_are_counted(world: World) -> None:
    for _ in range(3):
        world.start()
    assert "Cannot access" in _refused(world, "s3://labels-bucket/missing.csv")["Message"]


def test_start_of_a_role_that_does_not_exist_is_refused(sandbox: Sandbox, bucket: str) -> None:
    role = f"arn:aws:iam::{sandbox.account}:role/no-such-role"
    created = sandbox.client("glue").create_ml_transform(
        Name="t", InputRecordTables=[], Parameters={"TransformType": "FIND_MATCHES"}, Role=role
    )
    error = _refused_by(sandbox, created["TransformId"], f"s3://{bucket}/two.csv")
    assert error["Code"] == "InvalidInputException"
    assert error["Message"].startswith(f"Cannot use IAM role provided in the transform. Role: {role}. ")


def test_start_of_a_role_that_does_not_trust_glue_is_refused(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    _trust(sandbox, glue_role, "ec2.amazonaws.com")
    error = _refused_by(sandbox, transform_id, f"s3://{bucket}/two.csv")
    assert error["Message"].startswith(f"Cannot use IAM role provided in the transform. Role: {glue_role}. ")
    assert "glue.amazonaws.com" in error["Message"]


@pytest.mark.parametrize("resource", [None, "arn:aws:s3:::{}/other.csv", "arn:aws:s3:::{}"])
def test_start_of_a_role_that_may_not_read_the_file_is_refused(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str, resource: str | None
) -> None:
    if resource:
        allow(glue_role, "s3:GetObject", resource.format(bucket))
    error = _refused_by(sandbox, transform_id, f"s3://{bucket}/two.csv")
    assert error["Code"] == "InvalidInputException"
    assert error["Message"].startswith(f"Cannot access the label file at s3://{bucket}/two.csv. ")
    assert "Status Code: 403; Error Code: AccessDenied" in error["Message"]
    assert sandbox.runs(transform_id) == ()


def test_start_on_a_missing_object_is_refused(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    allow(glue_role, "s3:*", "*")
    error = _refused_by(sandbox, transform_id, f"s3://{bucket}/missing.csv")
    assert error["Message"].startswith(f"Cannot access the label file at s3://{bucket}/missing.csv. ")
    assert "Error Code: NoSuchKey" in error["Message"]


def test_start_on_a_bucket_of_another_region_is_refused(
    sandbox: Sandbox, unique: str, allow: Allow, glue_role: str, transform_id: str
) -> None:
    allow(glue_role, "s3:*", "*")
    s3, name = sandbox.client("s3", "eu-west-1"), f"{unique}-elsewhere"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=name, Key="two.csv", Body=b"any")
    assert _refused_by(sandbox, transform_id, f"s3://{name}/two.csv")["Message"] == (
        "S3 path provided is not in the same region as transform. "
        "Expecting region - us-east-1, but got - eu-west-1."
    )


@pytest.mark.usefixtures("denied_by_the_run")
def test_denial_may_end_the_run_instead(sandbox: Sandbox, bucket: str, transform_id: str) -> None:
    run = _import(sandbox, transform_id, bucket)
    assert run.status == "FAILED"
    assert str(run.error_string).startswith(f"Cannot access the label file at s3://{bucket}/two.csv. ")
    assert "Error Code: AccessDenied" in str(run.error_string)
    assert sandbox.labels(transform_id) == ()


@pytest.mark.usefixtures("denied_by_the_run")
def test_role_that_cannot_be_used_may_end_the_run_instead(
    sandbox: Sandbox, glue_role: str, bucket: str, transform_id: str
) -> None:
    _trust(sandbox, glue_role, "ec2.amazonaws.com")
    run = _import(sandbox, transform_id, bucket)
    assert run.status == "FAILED"
    assert str(run.error_string).startswith(
        f"Cannot use IAM role provided in the transform. Role: {glue_role}. "
    )


@pytest.mark.usefixtures("denied_by_the_run")
def test_missing_object_is_refused_at_the_start_all_the_same(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    allow(glue_role, "s3:*", "*")
    assert "NoSuchKey" in _refused_by(sandbox, transform_id, f"s3://{bucket}/missing.csv")["Message"]


@pytest.mark.usefixtures("denied_by_the_run")
def test_grant_that_comes_before_the_end_of_the_run_is_in_time(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    sandbox.plan_runs(RunPlan(seconds=1))
    sandbox.client("glue").start_import_labels_task_run(
        TransformId=transform_id, InputS3Path=f"s3://{bucket}/two.csv"
    )
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/*")
    assert _ended(sandbox, transform_id).status == "SUCCEEDED"


def _refused(world: World, path: str) -> dict[str, str]:
    with pytest.raises(ClientError) as refused:
        world.glue.start_import_labels_task_run(TransformId=world.transform_id, InputS3Path=path)
    return dict(refused.value.response["Error"])


def _refused_by(sandbox: Sandbox, transform_id: str, path: str) -> dict[str, str]:
    with pytest.raises(ClientError) as refused:
        sandbox.client("glue").start_import_labels_task_run(TransformId=transform_id, InputS3Path=path)
    return dict(refused.value.response["Error"])


def _trust(sandbox: Sandbox, role: str, service: str) -> None:
    trust: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    sandbox.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=document)


def _import(sandbox: Sandbox, transform_id: str, bucket: str) -> TaskRun:
    sandbox.plan_runs(RunPlan(seconds=0.1))
    sandbox.client("glue").start_import_labels_task_run(
        TransformId=transform_id, InputS3Path=f"s3://{bucket}/two.csv"
    )
    return _ended(sandbox, transform_id)


def _ended(sandbox: Sandbox, transform_id: str) -> TaskRun:
    while True:
        (run,) = sandbox.runs(transform_id)
        if run.ended:
            return run
