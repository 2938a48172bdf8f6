"""Task runs that write labeling files, under moto: generations and exports."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World

BUCKET = "labels-bucket"
GENERATE = "start_ml_labeling_set_generation_task_run"
EXPORT = "start_export_labels_task_run"
BOTH = pytest.mark.parametrize("method", [GENERATE, EXPORT])
RECORDS = b"id,name,city\n1,Ann Lee,Ulm\n2,Bo Diaz,Bern\n3,Anne Lee,Ulm\n4,Zora Quist,Oslo\n5,Bo Dias,Bern\n"
COLUMNS = ("id", "name", "city")
TASK_TYPES = {
    GENERATE: ("LABELING_SET_GENERATION", "LabelingSetGenerationTaskRunProperties"),
    EXPORT: ("EXPORT_LABELS", "ExportLabelsTaskRunProperties"),
}


def table_in(bucket: str) -> dict[str, Any]:
    """Return the settings of a table whose records are in the bucket's folder people."""
    return {
        "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
        "StorageDescriptor": {
            "Columns": [{"Name": column, "Type": "string"} for column in COLUMNS],
            "Location": f"s3://{bucket}/people/",
        },
    }


@pytest.fixture
def people(
    world: World, create_table: Callable[..., None], create_transform: Callable[[Any, str, str], str]
) -> World:
    """The world, its transform one of a table with records in S3, taught one set of two of them."""
    world.s3.put_object(Bucket=BUCKET, Key="people/part-1.csv", Body=RECORDS)
    create_table(world.glue, "people", **table_in(BUCKET))
    world.transform_id = create_transform(world.glue, "role", "people")
    content = b"labeling_set_id,label,id,name,city\nS1,A,1,Ann Lee,Ulm\nS1,A,3,Anne Lee,Ulm\n"
    assert world.import_file(content)["Status"] == "SUCCEEDED"
    return world


@pytest.mark.parametrize("output", ["out", "out/"])
@BOTH
def test_run_writes_one_file_below_the_path_when_it_ends(people: World, method: str, output: str) -> None:
    run = _start(people, method, f"s3://{BUCKET}/{output}")
    people.clock.pass_seconds(2.9)
    assert people.status(run) == "RUNNING"
    assert _written(people) == {}
    people.clock.pass_seconds(60)
    assert people.status(run) == "SUCCEEDED"
    (key,) = _written(people)
    assert re.fullmatch(rf"out/{people.transform_id}_labels_2030-01-01_00_01_03_[0-9a-f-]{{36}}\.csv", key)


@BOTH
def test_run_is_described_with_its_type_and_output(people: World, method: str) -> None:
    run = _start(people, method)
    task_type, properties = TASK_TYPES[method]
    described = people.run(run)["Properties"]
    assert described == {"TaskType": task_type, properties: {"OutputS3Path": f"s3://{BUCKET}/out/"}}
    (listed,) = people.glue.get_ml_task_runs(
        TransformId=people.transform_id, Filter={"TaskRunType": task_type}
    )["TaskRuns"]
    assert (listed["TaskRunId"], listed["Properties"]) == (run, described)


def test_generated_file_has_unlabeled_records_of_the_table(people: World) -> None:
    header, *rows = _file(people, GENERATE)
    assert header == ["labeling_set_id", "label", *COLUMNS]
    # The transform knows the other pair of records.
    assert [row[1:] for row in rows] == [["", "2", "Bo Diaz", "Bern"], ["", "5", "Bo Dias", "Bern"]]
    assert len({row[0] for row in rows}) == 1


def test_generation_needs_no_labels(people: World) -> None:
    people.transform_id = _transform(people, {"FindMatchesParameters": {"PrimaryKeyColumnName": "id"}})
    _, *rows = _file(people, GENERATE)
    assert [row[2] for row in rows] == ["1", "3", "2", "5"]


def test_generation_compares_all_columns_but_the_primary_key(people: World) -> None:
    content = b"id,name,city\ncustomer-number-00001,Ann,Ulm\ncustomer-number-00002,Bo,Bern\n"
    people.s3.put_object(Bucket=BUCKET, Key="people/part-1.csv", Body=content)
    people.transform_id = _transform(people, {"FindMatchesParameters": {"PrimaryKeyColumnName": "ID"}})
    run = _start(people, GENERATE)
    people.clock.pass_seconds(10)
    assert _failure(people, run) == "Table crm.people has no two records that resemble each other."


def test_generated_file_can_be_imported_once_it_is_labeled(people: World) -> None:
    labeled = _labeled(_file(people, GENERATE))
    assert people.import_file(labeled)["Status"] == "SUCCEEDED"
    assert len(people.simulation.labels(people.transform_id)) == 4


def test_generated_file_of_a_partitioned_table_can_be_imported(
    world: World, create_table: Callable[..., None], create_transform: Callable[[Any, str, str], str]
) -> None:
    world.s3.put_object(Bucket=BUCKET, Key="people/country=de/part-1.csv", Body=RECORDS)
    keys = [{"Name": "country", "Type": "string"}]
    create_table(world.glue, "people", **table_in(BUCKET), PartitionKeys=keys)
    world.transform_id = create_transform(world.glue, "role", "people")
    _, *rows = lines = _file(world, GENERATE)
    assert {row[-1] for row in rows} == {"de"}
    assert world.import_file(_labeled(lines))["Status"] == "SUCCEEDED"


def test_export_is_what_was_imported(world: World) -> None:
    world.start()
    world.clock.pass_seconds(10)
    assert _file(world, EXPORT) == [
        ["labeling_set_id", "label", "name"],
        ["set-1", "A", "Ada"],
        ["set-1", "B", "Bob"],
    ]


def test_export_has_the_labels_of_imports_that_ended_before_it(world: World) -> None:
    world.start()
    world.clock.pass_seconds(10)
    world.simulation.plan_runs(RunPlan(seconds=10), RunPlan(seconds=5), RunPlan(seconds=20))
    _start(world, EXPORT)
    world.start("one.csv")
    world.start("one.csv", ReplaceAllLabels=True)
    world.clock.pass_seconds(60)
    world.simulation.settle()
    ((_, *rows),) = _written(world).values()
    assert [row[0] for row in rows] == ["set-1", "set-1", "set-2"]


def test_export_of_a_transform_without_labels_is_refused(world: World) -> None:
    assert _refused(world, EXPORT) == (
        "EntityNotFoundException",
        f"No labelset exists for transformId [{world.transform_id}] in account id [123456789012].",
    )
    assert world.simulation.runs() == ()


def test_export_to_another_region_is_refused(people: World) -> None:
    _create_far_bucket(people)
    assert _refused(people, EXPORT, "s3://far/out/") == (
        "InvalidInputException",
        "S3 path provided is not in the same region as transform. "
        "Expecting region - us-east-1, but got - eu-west-1.",
    )


def test_generation_to_another_region_fails(people: World) -> None:
    _create_far_bucket(people)
    run = _start(people, GENERATE, "s3://far/out/")
    people.clock.pass_seconds(10)
    assert _failure(people, run).startswith("S3 path provided is not in the same region as transform.")


@BOTH
def test_run_fails_that_has_no_bucket_to_write_to(people: World, method: str) -> None:
    run = _start(people, method, "s3://nowhere/out/")
    people.clock.pass_seconds(10)
    failure = _failure(people, run)
    assert failure.startswith(
        f"Cannot write to s3://nowhere/out/{people.transform_id}_labels_2030-01-01_00_01_03_"
    )
    assert failure.endswith("(Service: Amazon S3; Status Code: 404; Error Code: NoSuchBucket).")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"StorageDescriptor": {"Columns": []}}, "Table crm.odd names no folder in S3: ''."),
        (
            {**table_in(BUCKET), "Parameters": {"classification": "json"}},
            "of CSV files only, and this one says json",
        ),
        (
            table_in("nowhere"),
            "Cannot read the records of table crm.odd at s3://nowhere/people/. The specified",
        ),
        (
            {**table_in(BUCKET), "Parameters": {"skip.header.line.count": "9"}},
            "Table crm.odd has no two records",
        ),
    ],
    ids=["no location", "no CSV", "no bucket", "no records"],
)
def test_generation_fails_for_a_table_that_gives_no_records(
    people: World,
    create_table: Callable[..., None],
    create_transform: Callable[[Any, str, str], str],
    table: dict[str, Any],
    message: str,
) -> None:
    create_table(people.glue, "odd", **table)
    people.transform_id = create_transform(people.glue, "role", "odd")
    run = _start(people, GENERATE)
    people.clock.pass_seconds(10)
    assert message in _failure(people, run)
    assert _written(people) == {}


def test_generation_fails_for_a_table_that_is_gone(people: World) -> None:
    people.glue.delete_table(DatabaseName="crm", Name="people")
    run = _start(people, GENERATE)
    people.clock.pass_seconds(10)
    assert _failure(people, run).startswith("Cannot read table crm.people in the Data Catalog")


def test_file_that_is_no_csv_fails_its_generation_and_no_other_call(people: World) -> None:
    people.s3.put_object(Bucket=BUCKET, Key="people/part-2.csv", Body=b"id,name,city\n9," + b"x" * 200_000)
    run = _start(people, GENERATE)
    people.clock.pass_seconds(10)
    assert f"s3://{BUCKET}/people/part-2.csv" in _failure(people, run)
    assert _file(people, EXPORT)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "Find Matches parameters have not been set."),
        (
            {"FindMatchesParameters": {"PrecisionRecallTradeoff": 0.9}},
            "A primary key must be specified in Find Matches parameters.",
        ),
    ],
)
def test_generation_of_a_transform_that_is_not_set_up_is_refused(
    people: World, parameters: dict[str, Any], message: str
) -> None:
    people.transform_id = _transform(people, parameters)
    assert _refused(people, GENERATE) == ("InvalidInputException", message)


@BOTH
def test_runs_of_all_types_share_one_limit(people: World, method: str) -> None:
    people.simulation.plan_runs(*[RunPlan(status=None)] * 3)
    people.start()
    _start(people, GENERATE)
    _start(people, EXPORT)
    assert _refused(people, method) == (
        "ConcurrentRunsExceededException",
        "ML Task Runs count [3] has exceeded the transform limit of 3 task runs.",
    )
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        people.start()


@BOTH
def test_cancelled_run_writes_nothing(people: World, method: str) -> None:
    run = _start(people, method)
    cancelled = people.glue.cancel_ml_task_run(TransformId=people.transform_id, TaskRunId=run)
    assert cancelled["Status"] == "STOPPING"
    people.clock.pass_seconds(60)
    assert people.status(run) == "STOPPED"
    assert _written(people) == {}


@BOTH
def test_run_longer_than_the_transforms_timeout_writes_nothing(people: World, method: str) -> None:
    people.glue.update_ml_transform(TransformId=people.transform_id, Timeout=1)
    people.simulation.plan_runs(RunPlan(seconds=61))
    run = _start(people, method)
    people.clock.pass_seconds(70)
    assert people.status(run) == "TIMEOUT"
    assert _written(people) == {}


@pytest.mark.parametrize("status", ["FAILED", "STOPPED", "TIMEOUT"])
@BOTH
def test_run_ends_as_planned_and_writes_nothing(people: World, method: str, status: Any) -> None:
    people.simulation.plan_runs(RunPlan(seconds=5, status=status, error_string="Out of memory."))
    run = _start(people, method)
    people.clock.pass_seconds(5)
    assert (people.status(run), people.run(run)["ErrorString"]) == (status, "Out of memory.")
    assert _written(people) == {}


def _start(world: World, method: str, output: str = f"s3://{BUCKET}/out/") -> str:
    run = getattr(world.glue, method)(TransformId=world.transform_id, OutputS3Path=output)
    return str(run["TaskRunId"])


def _file(world: World, method: str) -> list[list[str]]:
    """Start a run, wait; return the rows of the one file below out/."""
    run = _start(world, method)
    world.clock.pass_seconds(10)
    assert world.status(run) == "SUCCEEDED"
    (rows,) = _written(world).values()
    return rows


def _written(world: World) -> dict[str, list[list[str]]]:
    """Return the rows of each file below out/, by its key."""
    found = world.s3.list_objects_v2(Bucket=BUCKET, Prefix="out").get("Contents", [])
    texts = {
        one["Key"]: world.s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read().decode()
        for one in found
    }
    return {key: list(csv.reader(io.StringIO(text, newline=""))) for key, text in texts.items()}


def _labeled(lines: list[list[str]]) -> bytes:
    """Return a labeling file whose rows all have the label A."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([lines[0], *([row[0], "A", *row[2:]] for row in lines[1:])])
    return text.getvalue().encode()


def _transform(world: World, parameters: dict[str, Any]) -> str:
    """Make another transform of the table of people; return its id."""
    created = world.glue.create_ml_transform(
        Name="other",
        InputRecordTables=[{"DatabaseName": "crm", "TableName": "people"}],
        Parameters={"TransformType": "FIND_MATCHES", **parameters},
        Role="role",
    )
    return str(created["TransformId"])


def _create_far_bucket(world: World) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    world.s3.create_bucket(Bucket="far", CreateBucketConfiguration=where)


def _failure(world: World, task_run_id: str) -> str:
    run = world.run(task_run_id)
    assert run["Status"] == "FAILED"
    return str(run["ErrorString"])


def _refused(world: World, method: str, output: str = f"s3://{BUCKET}/out/") -> tuple[str, str]:
    with pytest.raises(ClientError) as raised:
        _start(world, method, output)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]
