"""The columns with which a label file is compared: of the transform's table, or given ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Aws, CfnParameter, Environment, Fn, Stack, Stage, aws_glue
from constructs import Construct

from glue_labels import InvalidPropertyError, Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OF_THE_FILE = ("name", "street")
OTHERS = ("name", "town")


@pytest.fixture
def labels_of(tmp_path: Path) -> Callable[..., Labels]:
    """Makes labels of a file with the columns `name` and `street`."""

    def labels(**options: Any) -> Labels:
        file = tmp_path / "labels.csv"
        file.write_text("labeling_set_id,label,name,street\nA,1,Ann,Elm\nA,1,Anne,Elm\nA,2,Bo,Oak\n")
        return Labels.from_asset(file, **options)

    return labels


def table_in(
    scope: Construct,
    columns: tuple[str, ...] = OTHERS,
    *,
    name: str | None = "customers",
    database: str = "crm",
    construct_id: str = "Table",
    catalog: str = Aws.ACCOUNT_ID,
) -> aws_glue.CfnTable:
    """A table, by default one whose columns are not those of the file."""
    return aws_glue.CfnTable(
        scope,
        construct_id,
        catalog_id=catalog,
        database_name=database,
        table_input=aws_glue.CfnTable.TableInputProperty(
            name=name,
            storage_descriptor=aws_glue.CfnTable.StorageDescriptorProperty(
                columns=[aws_glue.CfnTable.ColumnProperty(name=column, type="string") for column in columns]
            ),
        ),
    )


def transform_of(
    scope: Construct, table: str = "customers", database: str = "crm", **more: str
) -> aws_glue.CfnMLTransform:
    """A transform of a table."""
    glue_table = aws_glue.CfnMLTransform.GlueTablesProperty(table_name=table, database_name=database, **more)
    return aws_glue.CfnMLTransform(
        scope,
        "Transform",
        role="glue",
        input_record_tables=aws_glue.CfnMLTransform.InputRecordTablesProperty(glue_tables=[glue_table]),
        transform_parameters={"transformType": "FIND_MATCHES"},
    )


def error_of(stack: Stack, transform: aws_glue.CfnMLTransform | str, labels: Labels) -> str:
    """What an import fails with; nothing if it does not."""
    try:
        LabelsImport(stack, "Import", transform=transform, labels=labels)
    except InvalidPropertyError as error:
        return str(error)
    return ""


def database_in(stack: Stack, name: str = "Database") -> aws_glue.CfnDatabase:
    """A database."""
    return aws_glue.CfnDatabase(stack, name, catalog_id=Aws.ACCOUNT_ID, database_input={})


class L2Table(Construct):
    """A table as constructs of a higher level make one: the resource is the default child."""

    def __init__(self, scope: Construct, columns: tuple[str, ...]) -> None:
        super().__init__(scope, "L2Table")
        self.resource = table_in(self, columns, construct_id="Resource")


def by_reference(stack: Stack) -> aws_glue.CfnMLTransform:
    return transform_of(stack, table_in(stack).ref)


def by_reference_of_table_and_database(stack: Stack) -> aws_glue.CfnMLTransform:
    database = database_in(stack).ref
    return transform_of(stack, table_in(stack, name=None, database=database).ref, database)


def by_literals(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(stack)
    return transform_of(stack)


def by_literals_in_another_case(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(stack, name="Customers")
    return transform_of(stack, database="CRM")


def by_literal_and_the_reference_of_the_database(stack: Stack) -> aws_glue.CfnMLTransform:
    database = database_in(stack).ref
    table_in(stack, database=database)
    return transform_of(stack, database=database)


def by_reference_of_another_stack(stack: Stack) -> aws_glue.CfnMLTransform:
    return transform_of(stack, table_in(Stack(App.of(stack), "Catalog")).ref)


def by_literals_of_another_stack(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(Stack(App.of(stack), "Catalog"))
    return transform_of(stack)


def by_reference_of_a_construct_of_a_higher_level(stack: Stack) -> aws_glue.CfnMLTransform:
    return transform_of(stack, L2Table(stack, OTHERS).resource.ref)


@pytest.mark.parametrize(
    "declare",
    [
        by_reference,
        by_reference_of_table_and_database,
        by_literals,
        by_literals_in_another_case,
        by_literal_and_the_reference_of_the_database,
        by_reference_of_another_stack,
        by_literals_of_another_stack,
        by_reference_of_a_construct_of_a_higher_level,
    ],
)
def test_columns_are_compared_with_the_transform_s_table_of_the_app(
    stack: Stack,
    labels_of: Callable[..., Labels],
    declare: Callable[[Stack], aws_glue.CfnMLTransform],
) -> None:
    told = error_of(stack, declare(stack), labels_of())

    assert told.startswith("Test/Import: ")
    assert "error[table-columns]: the columns differ from the table's: missing 'town'; extra 'street'" in told


def of_a_table_that_is_not_of_the_app(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(stack, name="others")
    return transform_of(stack)


def of_another_database(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(stack, database="sales")
    return transform_of(stack)


def of_another_database_of_the_app(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(stack, database=database_in(stack, "One").ref)
    return transform_of(stack, database=database_in(stack, "Other").ref)


def of_another_catalog(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(stack, catalog="444455556666")
    return transform_of(stack, catalog_id="111122223333")


def of_a_table_that_only_the_deployment_knows(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(stack)
    return transform_of(stack, CfnParameter(stack, "Name").value_as_string)


def of_an_imported_table_name(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(stack)
    return transform_of(stack, Fn.import_value("Table"))


def of_one_of_two_tables(stack: Stack) -> aws_glue.CfnMLTransform:
    for name in ("One", "Two"):
        table_in(Stack(App.of(stack), name))
    return transform_of(stack)


def of_columns_that_only_the_deployment_knows(stack: Stack) -> aws_glue.CfnMLTransform:
    return transform_of(stack, table_in(stack, ("name", CfnParameter(stack, "Column").value_as_string)).ref)


def of_a_table_in_another_stage(stack: Stack) -> aws_glue.CfnMLTransform:
    table_in(Stack(Stage(App.of(stack), "Production"), "Catalog"))
    return transform_of(stack)


def of_the_file_s_columns(stack: Stack) -> aws_glue.CfnMLTransform:
    return transform_of(stack, table_in(stack, ("Name", "STREET")).ref)


@pytest.mark.parametrize(
    "declare",
    [
        of_a_table_that_is_not_of_the_app,
        of_another_database,
        of_another_database_of_the_app,
        of_another_catalog,
        of_a_table_that_only_the_deployment_knows,
        of_an_imported_table_name,
        of_one_of_two_tables,
        of_columns_that_only_the_deployment_knows,
        of_a_table_in_another_stage,
        of_the_file_s_columns,
    ],
)
def test_columns_pass_that_are_the_table_s_or_cannot_be_compared(
    stack: Stack,
    labels_of: Callable[..., Labels],
    declare: Callable[[Stack], aws_glue.CfnMLTransform],
) -> None:
    assert error_of(stack, declare(stack), labels_of()) == ""


def test_table_of_a_stack_in_another_region_is_another_table(labels_of: Callable[..., Labels]) -> None:
    app = App()
    stack, other = (
        Stack(app, name, env=Environment(account="111122223333", region=region))
        for name, region in (("Test", "eu-central-1"), ("Other", "us-east-1"))
    )
    table_in(other)

    assert error_of(stack, transform_of(stack), labels_of()) == ""


def test_transform_that_is_known_by_its_reference_has_its_table_too(
    stack: Stack, labels_of: Callable[..., Labels]
) -> None:
    assert "error[table-columns]" in error_of(stack, by_reference(stack).ref, labels_of())


def test_columns_that_are_given_take_the_place_of_the_table_s(
    stack: Stack, labels_of: Callable[..., Labels]
) -> None:
    assert error_of(stack, by_reference(stack), labels_of(columns=OF_THE_FILE)) == ""


@pytest.mark.parametrize("options", [{"ignore_rules": ["table-columns"]}, {"check": False}])
def test_comparison_with_the_table_can_be_turned_off(
    stack: Stack, labels_of: Callable[..., Labels], options: dict[str, Any]
) -> None:
    assert error_of(stack, by_reference(stack), labels_of(**options)) == ""


def test_same_labels_are_compared_with_the_table_of_each_transform(labels_of: Callable[..., Labels]) -> None:
    app, labels = App(), labels_of()
    told = {}
    for name, columns in (("One", OF_THE_FILE), ("Two", OTHERS)):
        stack = Stack(app, name)
        told[name] = error_of(stack, transform_of(stack, table_in(stack, columns).ref), labels)

    assert told["One"] == ""
    assert "error[table-columns]" in told["Two"]


@pytest.mark.parametrize(("columns", "compared"), [(OF_THE_FILE, ""), (OTHERS, "error[table-columns]")])
def test_construct_whose_default_child_is_a_table_can_be_given(
    stack: Stack, labels_of: Callable[..., Labels], columns: tuple[str, ...], compared: str
) -> None:
    told = error_of(stack, "tfm-1", labels_of(columns=L2Table(stack, columns)))

    assert compared in told
    assert bool(compared) == bool(told)


def test_construct_without_a_table_is_refused(stack: Stack, labels_of: Callable[..., Labels]) -> None:
    with pytest.raises(TypeError, match=r"^columns must be .* a construct whose default child is one, not "):
        labels_of(columns=Construct(stack, "Empty"))
