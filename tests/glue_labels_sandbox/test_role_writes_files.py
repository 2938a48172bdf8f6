"""The sandbox reads a table and writes labeling files with the permissions of the transform's role."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import RunPlan
from glue_labels_sandbox.labeling_csv import ROWS_OF_A_SET, SETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_sandbox import Sandbox, TaskRun

    Allow = Callable[[str, str, str], None]
    Invoke = Callable[..., Any]

GENERATE = "start_ml_labeling_set_generation_task_run"
EXPORT = "start_export_labels_task_run"
# The table of the example app: its records, and its columns.
CUSTOMERS = (Path(__file__).parents[2] / "records" / "customers.csv").read_bytes()
HEADER, *RECORDS = list(csv.reader(io.StringIO(CUSTOMERS.decode(), newline="")))
LIST, READ, WRITE = "s3:ListBucket", "s3:GetObject", "s3:PutObject"
GENERATION = {LIST: "", READ: "/customers/*", WRITE: "/out/*"}
"""What the role needs for a generation, and on what in the bucket."""

CALL = """
import boto3
def handler(event, context):
    try:
        boto3.client("glue").{method}(TransformId={transform!r}, OutputS3Path="s3://bucket/out/")
    except Exception as error:
        return error.response["Error"]["Code"]
    return "started"
"""


@pytest.fixture
def customers(
    sandbox: Sandbox,
    bucket: str,
    glue_role: str,
    unique: str,
    create_table: Callable[..., None],
    create_transform: Callable[[Any, str, str], str],
) -> str:
    """A transform of the example app's table, with its records in the bucket: its id."""
    sandbox.client("s3").put_object(Bucket=bucket, Key="customers/customers.csv", Body=CUSTOMERS)
    glue = sandbox.client("glue")
    library = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    create_table(
        glue,
        f"{unique}-customers",
        Parameters={"classification": "csv", "skip.header.line.count": "1"},
        StorageDescriptor={
            "Columns": [{"Name": column, "Type": "string"} for column in HEADER],
            "Location": f"s3://{bucket}/customers/",
            "SerdeInfo": {"SerializationLibrary": library},
        },
    )
    return create_transform(glue, glue_role, f"{unique}-customers")


@pytest.fixture
def taught(sandbox: Sandbox, allow: Allow, bucket: str, glue_role: str, transform_id: str) -> str:
    """A transform that was taught two labels, its role allowed to read their file: its id."""
    allow(glue_role, READ, f"arn:aws:s3:::{bucket}/two.csv")
    sandbox.plan_runs(RunPlan(seconds=0.1))
    sandbox.client("glue").start_import_labels_task_run(
        TransformId=transform_id, InputS3Path=f"s3://{bucket}/two.csv"
    )
    assert _ended(sandbox, transform_id).status == "SUCCEEDED"
    return transform_id


def test_generation_writes_similar_records_of_the_examples_table(
    sandbox: Sandbox, allow: Allow, bucket: str, glue_role: str, customers: str
) -> None:
    for action, resource in GENERATION.items():
        allow(glue_role, action, f"arn:aws:s3:::{bucket}{resource}")
    run = _run(sandbox, GENERATE, customers, f"s3://{bucket}/out/")
    assert (run.status, run.error_string) == ("SUCCEEDED", None)
    assert (run.task_type, run.output_s3_path) == ("LABELING_SET_GENERATION", f"s3://{bucket}/out/")
    ((header, *rows),) = _written(sandbox, bucket)
    assert header == ["labeling_set_id", "label", *HEADER]
    assert {row[1] for row in rows} == {""}
    assert all(row[2:] in RECORDS for row in rows)
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row[0]] = sizes.get(row[0], 0) + 1
    assert len(sizes) == SETS
    assert all(2 <= size <= ROWS_OF_A_SET for size in sizes.values())


@pytest.mark.parametrize(
    ("missing", "text"),
    [
        (LIST, "Cannot read the records of table crm.{table} at s3://{bucket}/customers/. "),
        (READ, "Cannot read the records of table crm.{table} at s3://{bucket}/customers/customers.csv. "),
        (WRITE, "Cannot write to s3://{bucket}/out/{transform}_labels_"),
    ],
)
def test_generation_fails_without_each_permission_of_the_role(
    sandbox: Sandbox,
    allow: Allow,
    bucket: str,
    glue_role: str,
    customers: str,
    unique: str,
    missing: str,
    text: str,
) -> None:
    for action, resource in GENERATION.items():
        if action != missing:
            allow(glue_role, action, f"arn:aws:s3:::{bucket}{resource}")
    run = _run(sandbox, GENERATE, customers, f"s3://{bucket}/out/")
    assert run.status == "FAILED"
    expected = text.format(bucket=bucket, table=f"{unique}-customers", transform=customers)
    assert str(run.error_string).startswith(expected)
    assert "(Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)." in str(run.error_string)
    assert _written(sandbox, bucket) == []


def test_export_writes_what_was_imported(
    sandbox: Sandbox, allow: Allow, bucket: str, glue_role: str, taught: str
) -> None:
    allow(glue_role, WRITE, f"arn:aws:s3:::{bucket}/out/*")
    run = _run(sandbox, EXPORT, taught, f"s3://{bucket}/out/")
    assert (run.status, run.error_string) == ("SUCCEEDED", None)
    assert (run.task_type, run.output_s3_path) == ("EXPORT_LABELS", f"s3://{bucket}/out/")
    imported = sandbox.client("s3").get_object(Bucket=bucket, Key="two.csv")["Body"].read().decode()
    assert _written(sandbox, bucket) == [list(csv.reader(imported.splitlines()))]


@pytest.mark.parametrize("granted", [None, "elsewhere"])
def test_export_fails_where_the_role_may_not_write(
    sandbox: Sandbox, allow: Allow, bucket: str, glue_role: str, taught: str, granted: str | None
) -> None:
    if granted:
        allow(glue_role, WRITE, f"arn:aws:s3:::{bucket}/{granted}/*")
    run = _run(sandbox, EXPORT, taught, f"s3://{bucket}/out/")
    assert run.status == "FAILED"
    assert str(run.error_string).startswith(f"Cannot write to s3://{bucket}/out/{taught}_labels_")
    assert "Error Code: AccessDenied" in str(run.error_string)


@pytest.mark.parametrize("method", [GENERATE, EXPORT])
def test_run_fails_whose_role_does_not_trust_glue(
    sandbox: Sandbox, bucket: str, glue_role: str, taught: str, customers: str, method: str
) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    sandbox.client("iam").update_assume_role_policy(
        RoleName=glue_role, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    transform = taught if method == EXPORT else customers
    run = _run(sandbox, method, transform, f"s3://{bucket}/out/")
    assert run.status == "FAILED"
    assert str(run.error_string).startswith("Cannot use IAM role provided in the transform. Role: ")


def test_export_to_another_region_is_refused(sandbox: Sandbox, unique: str, taught: str) -> None:
    far = f"{unique}-far"
    sandbox.client("s3", "eu-west-1").create_bucket(
        Bucket=far, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    with pytest.raises(ClientError, match=r"InvalidInputException.*got - eu-west-1"):
        _start(sandbox, EXPORT, taught, f"s3://{far}/out/")


def test_export_of_a_transform_without_labels_is_refused(
    sandbox: Sandbox, bucket: str, transform_id: str
) -> None:
    with pytest.raises(ClientError, match=r"EntityNotFoundException.*No labelset exists for transformId"):
        _start(sandbox, EXPORT, transform_id, f"s3://{bucket}/out/")


@pytest.mark.parametrize(
    ("method", "action", "answer"),
    [
        (GENERATE, "StartMLLabelingSetGenerationTaskRun", "started"),
        (EXPORT, "StartExportLabelsTaskRun", "EntityNotFoundException"),
    ],
)
@pytest.mark.parametrize("permitted", [True, False])
def test_caller_needs_the_action_on_the_transform(
    sandbox: Sandbox,
    allow: Allow,
    function_role: str,
    transform_id: str,
    invoke: Invoke,
    method: str,
    action: str,
    answer: str,
    permitted: bool,
) -> None:
    on = transform_id if permitted else "tfm-other"
    allow(
        function_role, f"glue:{action}", f"arn:aws:glue:{sandbox.region}:{sandbox.account}:mlTransform/{on}"
    )
    expected = answer if permitted else "AccessDeniedException"
    assert invoke(CALL.format(method=method, transform=transform_id)) == expected


def _start(sandbox: Sandbox, method: str, transform_id: str, output: str) -> None:
    getattr(sandbox.client("glue"), method)(TransformId=transform_id, OutputS3Path=output)


def _run(sandbox: Sandbox, method: str, transform_id: str, output: str) -> TaskRun:
    """Start a run, wait for its end."""
    sandbox.plan_runs(RunPlan(seconds=0.1))
    _start(sandbox, method, transform_id, output)
    return _ended(sandbox, transform_id)


def _ended(sandbox: Sandbox, transform_id: str) -> TaskRun:
    """Wait for the end of the transform's last run."""
    while not (run := sandbox.runs(transform_id)[-1]).ended:
        pass
    return run


def _written(sandbox: Sandbox, bucket: str) -> list[list[list[str]]]:
    """Return the rows of each file below out/."""
    s3 = sandbox.client("s3")
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix="out/").get("Contents", [])]
    texts = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys]
    return [list(csv.reader(io.StringIO(text, newline=""))) for text in texts]
