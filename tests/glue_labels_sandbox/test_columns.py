"""An import compares the label file's record columns with the columns of the transform's table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from glue_labels_sandbox import RunPlan
from glue_labels_sandbox.catalog import AnyColumns

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World

    from glue_labels_sandbox import Sandbox

    CreateTable = Callable[..., None]
    CreateTransform = Callable[[Any, str, str], str]


@pytest.fixture
def of_two_columns(world: World, create_table: CreateTable, create_transform: CreateTransform) -> World:
    """The world, its transform one of a table with columns name, city and the partition key year."""
    keys = [{"Name": "Year", "Type": "string"}]
    create_table(world.glue, "people", "Name", "city", PartitionKeys=keys)
    world.transform_id = create_transform(world.glue, "role", "people")
    return world


@pytest.mark.parametrize("header", ["name,city,year", "NAME,City,Year"])
def test_columns_of_the_table_are_imported_whatever_their_case(of_two_columns: World, header: str) -> None:
    assert _import(of_two_columns, header)["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("name,year", "Missing: city."),
        ("name,city", "Missing: year."),
        ("name,city,year,street", "Extra: street."),
        ("city,street,zip", "Missing: name, year. Extra: street, zip."),
        ("city,name,year", "Their order is city, name, year; the table's is name, city, year."),
    ],
)
def test_other_columns_than_the_tables_fail_the_run(of_two_columns: World, header: str, reason: str) -> None:
    run = _import(of_two_columns, header)
    assert run["Status"] == "FAILED"
    assert run["ErrorString"] == (
        f"The columns of the label file do not match those of table crm.people. {reason}"
    )
    assert of_two_columns.simulation.labels(of_two_columns.transform_id) == ()


def test_table_that_was_changed_since_is_compared_as_it_is_now(of_two_columns: World) -> None:
    columns = [{"Name": "street", "Type": "string"}]
    of_two_columns.glue.update_table(
        DatabaseName="crm", TableInput={"Name": "people", "StorageDescriptor": {"Columns": columns}}
    )
    assert _import(of_two_columns, "street")["Status"] == "SUCCEEDED"


@pytest.mark.parametrize("gone", ["table", "database"])
def test_table_that_is_not_in_the_catalog_fails_the_run(world: World, gone: str) -> None:
    name = {"table": {"DatabaseName": "crm", "Name": "customers"}, "database": {"Name": "crm"}}[gone]
    getattr(world.glue, f"delete_{gone}")(**name)
    run = _import(world, "name")
    assert run["Status"] == "FAILED"
    assert "table crm.customers" in run["ErrorString"]
    assert "Entity Not Found" in run["ErrorString"]


def test_transform_without_a_table_fails_the_run(world: World) -> None:
    world.transform_id = world.glue.create_ml_transform(
        Name="t", InputRecordTables=[], Parameters={"TransformType": "FIND_MATCHES"}, Role="role"
    )["TransformId"]
    run = _import(world, "name")
    assert (run["Status"], run["ErrorString"]) == (
        "FAILED",
        "Exactly one input record table must be provided.",
    )


def test_catalog_that_knows_no_columns_lets_any_pass(of_two_columns: World) -> None:
    of_two_columns.simulation.catalog = AnyColumns()
    assert _import(of_two_columns, "whatever")["Status"] == "SUCCEEDED"


def test_sandbox_compares_with_its_own_catalog(
    sandbox: Sandbox,
    unique: str,
    allow: Callable[[str, str, str], None],
    glue_role: str,
    bucket: str,
    create_table: CreateTable,
    create_transform: CreateTransform,
) -> None:
    allow(glue_role, "s3:GetObject", "*")
    create_table(sandbox.client("glue"), unique, "name", "city")
    transform_id = create_transform(sandbox.client("glue"), glue_role, unique)
    sandbox.plan_runs(RunPlan(seconds=0.1))
    sandbox.client("glue").start_import_labels_task_run(
        TransformId=transform_id, InputS3Path=f"s3://{bucket}/two.csv"
    )
    while True:
        (run,) = sandbox.runs(transform_id)
        if run.ended:
            break
    assert (run.status, str(run.error_string).rpartition(". ")[2]) == ("FAILED", "Missing: city.")


def _import(world: World, header: str) -> dict[str, Any]:
    values = ",".join("x" for _ in header.split(","))
    return world.import_file(f"labeling_set_id,label,{header}\n1,A,{values}\n".encode())
