"""The findings of a label file as errors and warnings of the CDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsii
from constructs import IValidation

from glue_labels.annotations import warn
from glue_labels.labeling_file import with_remedies

if TYPE_CHECKING:
    from constructs import Construct

    from glue_labels.labeling_file import Report


def annotate(scope: Construct, report: Report) -> None:
    """Add errors, which fail the synthesis together with all others of the app, and warnings.

    Args:
        scope: the construct that has them.
        report: the report of the check.
    """
    if report.errors:
        scope.node.add_validation(_Errors(list(with_remedies(report.errors, report.error_count))))
    for finding in report.warnings:
        text = f"{finding.path}:{finding.line}: {finding.problem}. {finding.remedy}"
        warn(scope, finding.rule.name, text)
    more = report.warning_count - len(report.warnings)
    if more:
        warn(scope, "more", f"{report.warnings[0].path}: {more} more warnings")


@jsii.implements(IValidation)
class _Errors:
    def __init__(self, errors: list[str]) -> None:
        self._errors = errors

    def validate(self) -> list[str]:
        return self._errors
