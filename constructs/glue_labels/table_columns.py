"""The columns of a table: a given table, or the table of a transform of the app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

from aws_cdk import Stack, Stage, aws_glue
from constructs import IConstruct

from glue_labels.references import has_token, is_elsewhere, known_to_differ, referenced

if TYPE_CHECKING:
    from collections.abc import Iterable

Columns: TypeAlias = Sequence[str] | aws_glue.CfnTable | IConstruct
"""Names of columns in their order; a ``CfnTable``; or a construct whose default child is one."""


def column_names(columns: Columns | None) -> tuple[str, ...] | None:
    """Return the names of a table's columns in their order, partition keys last, as Glue reads them.

    Returns:
        None if they are not given, or known only at deployment.

    Raises:
        TypeError: neither names nor a table.
    """
    if columns is None:
        return None
    table = _table_in(columns)
    if table is not None:
        return _known(_names_in(table))
    if (
        isinstance(columns, Sequence)
        and not isinstance(columns, str)
        and all(isinstance(name, str) for name in columns)
    ):
        return _known(columns)
    raise TypeError(
        "columns must be names of columns, a CfnTable, or a construct whose default child is one, "
        f"not {columns!r}."
    )


def columns_of_transform(transform: aws_glue.CfnMLTransform) -> tuple[str, ...] | None:
    """Return the names of the columns of a transform's table, if the table is part of the app.

    That is the table to which the transform's ``table_name`` refers, or the one with the same table and
    database name.

    Returns:
        None if the table is not in the app, or its columns are known only at deployment.
    """
    listed = getattr(transform.input_record_tables, "glue_tables", None)
    first = listed[0] if isinstance(listed, list) and listed else None
    if not isinstance(first, aws_glue.CfnMLTransform.GlueTablesProperty):
        return None
    target = referenced(first.table_name)
    if target is not None:
        return column_names(target) if _is_table(target) else None
    if has_token(first.table_name):
        return None
    tables = [table for table in _tables_beside(transform) if _is_named(table, first)]
    # Two tables match only if the environments of their stacks are unknown. Either may be the transform's.
    return column_names(tables[0]) if len(tables) == 1 else None


def _tables_beside(transform: aws_glue.CfnMLTransform) -> Iterable[aws_glue.CfnTable]:
    stage, stack = Stage.of(transform), Stack.of(transform)
    for construct in (stage or stack).node.find_all():
        if not _is_table(construct):
            continue
        table = cast("aws_glue.CfnTable", construct)
        their_stage = Stage.of(table)
        is_beside = stage is None or (their_stage is not None and their_stage.node.path == stage.node.path)
        if is_beside and not is_elsewhere(Stack.of(table), stack):
            yield table


def _is_named(table: aws_glue.CfnTable, wanted: aws_glue.CfnMLTransform.GlueTablesProperty) -> bool:
    resolved = Stack.of(table).resolve(table.table_input)
    name = resolved.get("name") if isinstance(resolved, dict) else None
    if not isinstance(name, str) or not _same_name(name, wanted.table_name):
        return False
    if wanted.catalog_id is not None and known_to_differ(wanted.catalog_id, table.catalog_id):
        return False
    ours, theirs = referenced(table.database_name), referenced(wanted.database_name)
    if ours is not None or theirs is not None:
        return ours is not None and theirs is not None and ours.node.path == theirs.node.path
    return _same_name(table.database_name, wanted.database_name)


def _same_name(one: str, other: str) -> bool:
    # The Data Catalog ignores case.
    known = not has_token(one) and not has_token(other)
    return known and one.lower() == other.lower()


def _table_in(columns: object) -> aws_glue.CfnTable | None:
    if _is_table(columns):
        return cast("aws_glue.CfnTable", columns)
    child = columns.node.default_child if hasattr(columns, "node") else None
    return cast("aws_glue.CfnTable", child) if _is_table(child) else None


def _is_table(construct: object) -> bool:
    return hasattr(construct, "table_input")


def _names_in(table: aws_glue.CfnTable) -> list[object]:
    resolved = Stack.of(table).resolve(table.table_input)
    described = resolved.get("storageDescriptor", {}) if isinstance(resolved, dict) else {}
    listed = described.get("columns") if isinstance(described, dict) else None
    keys = resolved.get("partitionKeys", []) if isinstance(resolved, dict) else None
    if not isinstance(listed, list) or not isinstance(keys, list):
        return [None]
    return [column.get("name") if isinstance(column, dict) else None for column in [*listed, *keys]]


def _known(names: Iterable[object]) -> tuple[str, ...] | None:
    names = list(names)
    known = tuple(name for name in names if isinstance(name, str) and not has_token(name))
    return known if len(known) == len(names) else None
