"""What a check has to do with the CDK: how errors and warnings are shown, and a table's columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, cast

import jsii
from aws_cdk import Annotations, Stack, Token
from constructs import IValidation

from glue_labels.labeling_file import with_remedies

if TYPE_CHECKING:
    from aws_cdk import aws_glue
    from constructs import Construct

    from glue_labels.labeling_file import Report

    Columns: TypeAlias = Sequence[str] | aws_glue.CfnTable

WARNING_ID_PREFIX = "cdk-glue-labels:"
"""What the ids of the warnings begin with; the name of the rule follows."""


def tell(scope: Construct, report: Report) -> None:
    """Let errors fail the synthesis of the app, together with those of all its constructs, and show warnings.

    Args:
        scope: the construct they are told of.
        report: what was found.
    """
    if report.errors:
        scope.node.add_validation(_Errors(list(with_remedies(report.errors, report.error_count))))
    annotations = Annotations.of(scope)
    for finding in report.warnings:
        text = f"{finding.path}:{finding.line}: {finding.problem}. {finding.rule.remedy}"
        annotations.add_warning_v2(f"{WARNING_ID_PREFIX}{finding.rule.name}", text)
    more = report.warning_count - len(report.warnings)
    if more:
        annotations.add_warning_v2(
            f"{WARNING_ID_PREFIX}more", f"{report.warnings[0].path}: {more} more warnings"
        )


@jsii.implements(IValidation)
class _Errors:
    def __init__(self, errors: list[str]) -> None:
        self._errors = errors

    def validate(self) -> list[str]:
        return self._errors


def column_names(columns: Columns | None) -> tuple[str, ...] | None:
    """Return the names of a table's columns in their order, partition keys last, as Glue reads them.

    Returns:
        None if they are not known: not given, or known only when the app is deployed.

    Raises:
        TypeError: neither names nor a table.
    """
    if columns is None:
        return None
    if hasattr(columns, "table_input"):
        table = Stack.of(cast("aws_glue.CfnTable", columns)).resolve(columns.table_input)
        described = table.get("storageDescriptor", {}) if isinstance(table, dict) else {}
        listed = described.get("columns") if isinstance(described, dict) else None
        keys = table.get("partitionKeys", []) if isinstance(table, dict) else None
        if not isinstance(listed, list) or not isinstance(keys, list):
            return None
        names = [column.get("name") if isinstance(column, dict) else None for column in [*listed, *keys]]
    elif isinstance(columns, Sequence) and not isinstance(columns, str):
        names = list(columns)
        if not all(isinstance(name, str) for name in names):
            raise TypeError(f"columns must be names of columns, or a CfnTable, not {columns!r}.")
    else:
        raise TypeError(f"columns must be names of columns, or a CfnTable, not {columns!r}.")
    known = tuple(name for name in names if isinstance(name, str) and not Token.is_unresolved(name))
    return known if len(known) == len(names) else None
