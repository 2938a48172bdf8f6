"""What a check found, and how it is told in text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glue_labels.labeling_file.findings import Finding
    from glue_labels.labeling_file.summary import Summary


@dataclass(frozen=True)
class Report:
    """What was found in a label version, and what it teaches.

    Attributes:
        errors, warnings: the first of each, in the order of files and lines.
        error_count, warning_count: how many there are in all.
        summary: the numbers of what could be read.
    """

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    error_count: int
    warning_count: int
    summary: Summary


def with_remedies(findings: Sequence[Finding], found: int) -> Iterator[str]:
    """Yield each finding as text, each remedy once; in the end how many more there are.

    Args:
        findings: the first ones.
        found: how many there are in all.
    """
    told = set()
    for finding in findings:
        yield f"{finding}\n  {finding.remedy}" if finding.remedy not in told else str(finding)
        told.add(finding.remedy)
    if found > len(findings):
        yield f"... and {found - len(findings):,} more"


def counted(errors: int, warnings: int) -> str:
    """Return both counts in words."""
    return f"{errors:,} error{'s' * (errors != 1)}, {warnings:,} warning{'s' * (warnings != 1)}"
