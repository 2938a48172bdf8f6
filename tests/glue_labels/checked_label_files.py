"""A good label file, and the findings of a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glue_labels.labeling_file import Finding, Report

HEADER = "labeling_set_id,label,id,name\n"
ROWS = "S1,A,1,Ann Lee\nS1,A,2,Anne Lee\nS1,B,3,Bob Ray\nS2,A,4,Cy Poe\nS2,A,5,Cyrus Poe\nS2,B,6,Di Fox\n"
GOOD = HEADER + ROWS


def findings(report: Report) -> list[str]:
    """Lines and rules."""
    return [f"{f.line} {f.rule.name}" for f in report.errors + report.warnings]


def only(report: Report) -> Finding:
    """The one finding."""
    (finding,) = report.errors + report.warnings
    assert report.error_count + report.warning_count == 1
    return finding
