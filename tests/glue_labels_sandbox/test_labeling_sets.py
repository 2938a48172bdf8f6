"""The sandbox writes labeling files: generated sets, and what a transform was taught."""

from __future__ import annotations

import contextlib
import csv
import io
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import RunPlan
from glue_labels_sandbox.labeling_sets import ROWS_OF_A_SET, SETS, similar_sets

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_sandbox import ImportRun, Sandbox

    Allow = Callable[[str, str, str], None]

RECORDS = [
    ("1", "Ann Lee", "Ulm"),
    ("2", "Bo Diaz", "Bern"),
    ("3", "Anne Lee", "Ulm"),
    ("4", "Zora Quist", "Oslo"),
    ("5", "Bo Dias", "Bern"),
]


def test_records_that_resemble_each_other_are_asked_about_together() -> None:
    rows = similar_sets(RECORDS, [1, 2])
    assert [(row.labeling_set_id, row.values[0]) for row in rows] == [
        ("SET-001", "1"),
        ("SET-001", "3"),
        ("SET-002", "2"),
        ("SET-002", "5"),
    ]
    assert {row.label for row in rows} == {""}
    assert similar_sets(RECORDS, [1, 2]) == rows


def test_no_set_has_more_rows_than_a_person_can_compare() -> None:
    rows = similar_sets([(str(number), "Ann Lee") for number in range(500)], [1])
    sizes: dict[str, int] = {}
    for row in rows:
        sizes[row.labeling_set_id] = sizes.get(row.labeling_set_id, 0) + 1
    assert set(sizes.values()) == {ROWS_OF_A_SET}
    assert len(sizes) == SETS


@pytest.fixture
def table_of_people(
    sandbox: Sandbox, bucket: str, glue_role: str, unique: str, create_transform: Callable[..., str]
) -> str:
    """A transform of a table with records in S3; its id."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("id", "name", "city"), *RECORDS])
    sandbox.client("s3").put_object(Bucket=bucket, Key="people/part-1.csv", Body=text.getvalue().encode())
    with contextlib.suppress(ClientError):  # of another test
        sandbox.client("glue").create_database(DatabaseInput={"Name": "crm"})
    sandbox.client("glue").create_table(
        DatabaseName="crm",
        TableInput={
            "Name": f"{unique}-people",
            "Parameters": {"skip.header.line.count": "1"},
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": "string"} for name in ("id", "name", "city")],
                "Location": f"s3://{bucket}/people/",
            },
        },
    )
    return create_transform(sandbox.client("glue"), glue_role, f"{unique}-people")


def ended(sandbox: Sandbox, transform: str, run_id: str) -> ImportRun:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        (run,) = (run for run in sandbox.runs(transform) if run.task_run_id == run_id)
        if run.ended:
            return run
        time.sleep(0.1)
    raise TimeoutError(run_id)


def start(sandbox: Sandbox, method: str, transform: str, bucket: str) -> ImportRun:
    sandbox.plan_runs(RunPlan(seconds=0.1))
    answer: dict[str, Any] = getattr(sandbox.client("glue"), method)(
        TransformId=transform, OutputS3Path=f"s3://{bucket}/out/"
    )
    return ended(sandbox, transform, answer["TaskRunId"])


def written(sandbox: Sandbox, bucket: str) -> list[list[str]]:
    s3 = sandbox.client("s3")
    (found,) = s3.list_objects_v2(Bucket=bucket, Prefix="out/")["Contents"]
    text = s3.get_object(Bucket=bucket, Key=found["Key"])["Body"].read().decode()
    return list(csv.reader(io.StringIO(text)))


GENERATE = "start_ml_labeling_set_generation_task_run"
PERMISSIONS = {
    "s3:ListBucket": "arn:aws:s3:::{bucket}",
    "s3:GetObject": "arn:aws:s3:::{bucket}/people/*",
    "s3:PutObject": "arn:aws:s3:::{bucket}/out/*",
}


def test_generated_sets_are_written_with_the_transforms_role(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, table_of_people: str
) -> None:
    for action, resource in PERMISSIONS.items():
        allow(glue_role, action, resource.format(bucket=bucket))
    run = start(sandbox, GENERATE, table_of_people, bucket)
    assert (run.status, run.error_string) == ("SUCCEEDED", None)
    header, *rows = written(sandbox, bucket)
    assert header == ["labeling_set_id", "label", "id", "name", "city"]
    assert {row[2] for row in rows} == {"1", "2", "3", "5"}
    shown = sandbox.client("glue").get_ml_task_run(TransformId=table_of_people, TaskRunId=run.task_run_id)
    assert shown["Properties"] == {
        "TaskType": "LABELING_SET_GENERATION",
        "LabelingSetGenerationTaskRunProperties": {"OutputS3Path": f"s3://{bucket}/out/"},
    }


@pytest.mark.parametrize("missing", PERMISSIONS)
def test_generation_fails_without_each_permission_of_the_role(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, table_of_people: str, missing: str
) -> None:
    for action, resource in PERMISSIONS.items():
        if action != missing:
            allow(glue_role, action, resource.format(bucket=bucket))
    run = start(sandbox, GENERATE, table_of_people, bucket)
    assert run.status == "FAILED"
    assert "Access" in str(run.error_string)
    assert ("Cannot write to s3://" in str(run.error_string)) == (missing == "s3:PutObject")


def test_export_is_what_was_imported(
    sandbox: Sandbox, allow: Allow, glue_role: str, bucket: str, transform_id: str
) -> None:
    allow(glue_role, "s3:GetObject", f"arn:aws:s3:::{bucket}/two.csv")
    allow(glue_role, "s3:PutObject", f"arn:aws:s3:::{bucket}/out/*")
    sandbox.plan_runs(RunPlan(seconds=0.1))
    glue = sandbox.client("glue")
    answer = glue.start_import_labels_task_run(
        TransformId=transform_id, InputS3Path=f"s3://{bucket}/two.csv", ReplaceAllLabels=True
    )
    assert ended(sandbox, transform_id, answer["TaskRunId"]).status == "SUCCEEDED"
    assert start(sandbox, "start_export_labels_task_run", transform_id, bucket).status == "SUCCEEDED"
    taught = sandbox.client("s3").get_object(Bucket=bucket, Key="two.csv")["Body"].read().decode()
    assert written(sandbox, bucket) == list(csv.reader(io.StringIO(taught)))


def test_export_of_a_transform_without_labels_is_refused(
    sandbox: Sandbox, bucket: str, transform_id: str
) -> None:
    with pytest.raises(ClientError, match=r"EntityNotFoundException.*No labelset exists for transformId"):
        start(sandbox, "start_export_labels_task_run", transform_id, bucket)
