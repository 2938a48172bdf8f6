"""The example app synthesizes, and its label file is one for its table."""

from __future__ import annotations

import csv
import itertools
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import Stack
from aws_cdk.assertions import Template

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Stack:
    """The example's stack, from app.py run as the CDK CLI runs it: in the project's folder."""
    monkeypatch.chdir(ROOT)
    stack = runpy.run_path(str(ROOT / "app.py"))["app"].node.find_child("GlueLabelsExample")
    assert isinstance(stack, Stack)
    return stack


@pytest.fixture
def rows() -> list[dict[str, str]]:
    """The rows of the example's label file."""
    with (ROOT / "labels" / "customers.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


@pytest.fixture
def sets(rows: list[dict[str, str]]) -> list[list[dict[str, str]]]:
    """The labeling sets of the example's label file."""
    return [list(rows) for _, rows in itertools.groupby(rows, lambda row: row["labeling_set_id"])]


def test_output_is_the_task_run_of_the_one_import(
    example: Stack, resource_of: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    (logical_id,) = resources_of(example, "Custom::GlueLabelsImport")
    outputs = Template.from_stack(example).find_outputs("*")
    assert outputs["TaskRunId"]["Value"] == {"Fn::GetAtt": [logical_id, "TaskRunId"]}
    properties = resource_of(example, "Custom::GlueLabelsImport")["Properties"]
    assert properties["TransformId"] == "${Transform}"
    assert properties["ReplaceAllLabels"] == "true"


def test_import_waits_for_the_transform_s_role(example: Stack, resource_of: Callable[..., Any]) -> None:
    depends_on = resource_of(example, "Custom::GlueLabelsImport")["DependsOn"]
    assert any(name.startswith("TransformRoleDefaultPolicy") for name in depends_on)


def test_import_waits_for_the_records_which_are_deleted_with_the_stack(
    example: Stack, resource_of: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    (upload,) = resources_of(example, "Custom::CDKBucketDeployment")
    assert upload in resource_of(example, "Custom::GlueLabelsImport")["DependsOn"]
    properties = resource_of(example, "Custom::CDKBucketDeployment")["Properties"]
    location = resource_of(example, "AWS::Glue::Table")["Properties"]["TableInput"]["StorageDescriptor"]
    assert properties["DestinationBucketKeyPrefix"] == "customers"
    assert location["Location"] == "s3://${CustomerRecords680A308D}/customers/"
    assert properties["DestinationBucketName"] == "${CustomerRecords680A308D}"
    assert properties["RetainOnDelete"] is False


def test_label_file_has_the_table_s_columns(
    example: Stack, rows: list[dict[str, str]], resource_of: Callable[..., Any]
) -> None:
    table = resource_of(example, "AWS::Glue::Table")["Properties"]["TableInput"]
    columns = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    assert list(rows[0]) == ["labeling_set_id", "label", *columns]


def test_label_file_has_sets_of_the_advised_number_and_size(sets: list[list[dict[str, str]]]) -> None:
    assert len(sets) >= 10
    assert len({rows[0]["labeling_set_id"] for rows in sets}) == len(sets)
    assert all(2 <= len(rows) <= 20 for rows in sets)


def test_label_file_shows_matches_and_what_does_not_match(sets: list[list[dict[str, str]]]) -> None:
    labels = [[row["label"] for row in rows] for rows in sets]
    assert all(all(of_set) for of_set in labels)
    assert sum(len(of_set) > len(set(of_set)) for of_set in labels) >= 10
    assert sum(len(set(of_set)) > 1 for of_set in labels) >= 10


def test_label_file_names_each_customer_record_once(rows: list[dict[str, str]]) -> None:
    assert len({row["customer_id"] for row in rows}) == len(rows)


def test_label_file_has_every_field_in_every_row(rows: list[dict[str, str]]) -> None:
    assert all(None not in row and None not in row.values() for row in rows)


def test_labeled_records_are_in_the_table_s_records(rows: list[dict[str, str]]) -> None:
    with (ROOT / "records" / "customers.csv").open(encoding="utf-8", newline="") as file:
        records = list(csv.DictReader(file, strict=True))
    labeled = [{name: value for name, value in row.items() if name in records[0]} for row in rows]
    assert [*rows[0]][2:] == [*records[0]]
    assert not [record for record in labeled if record not in records]
    assert len({record["customer_id"] for record in records}) == len(records) > len(labeled)


def test_label_file_is_plain_utf_8(rows: list[dict[str, str]]) -> None:
    content = (ROOT / "labels" / "customers.csv").read_bytes()
    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert content.decode("utf-8").count("\n") == len(rows) + 1


def test_people_of_labels_and_records_are_invented(rows: list[dict[str, str]]) -> None:
    with (ROOT / "records" / "customers.csv").open(encoding="utf-8", newline="") as file:
        rows = [*rows, *csv.DictReader(file)]
    assert {row["email"].partition("@")[2] for row in rows} <= {"example.com", "example.org", "example.net"}
    assert all("555" in row["phone"] or not row["phone"] for row in rows)
