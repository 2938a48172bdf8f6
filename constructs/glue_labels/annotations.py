"""Warnings of this library and of label files, as annotations of the CDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations

if TYPE_CHECKING:
    from constructs import Construct

    from glue_labels.labeling_file import Report


def warn(scope: Construct, name: str, text: str) -> None:
    """Add a warning. ``Annotations.of(scope).acknowledge_warning("cdk-glue-labels:NAME")`` hides it.

    Args:
        scope: the construct that the warning is about.
        name: the part of its id after the prefix, in kebab case.
        text: the cause, the rule and the remedy.
    """
    Annotations.of(scope).add_warning_v2(f"cdk-glue-labels:{name}", text)


def warn_of_findings(scope: Construct, report: Report) -> None:
    """Add the warnings of a label file.

    Args:
        scope: the construct that has them.
        report: the report of the check.
    """
    for finding in report.warnings:
        text = f"{finding.path}:{finding.line}: {finding.problem}. {finding.remedy}"
        warn(scope, finding.rule.name, text)
    more = report.warning_count - len(report.warnings)
    if more:
        warn(scope, "more", f"{report.warnings[0].path}: {more} more warnings")
