"""Lines that are no labeled rows: markers of a merge, comments, totals, rows of commas, titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from checked_label_files import GOOD, HEADER, ROWS, findings, only

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels.labeling_file import Report

CONFLICT = (
    GOOD
    + "<<<<<<< HEAD\nS3,A,7,Eve\nS3,A,8,Eva\n||||||| base\nS3,A,7,Eve\n=======\nS3,B,7,Eve\n>>>>>>> theirs\n"
)


def test_conflicts_of_a_merge_are_one_finding_and_no_other(checked: Callable[..., Report]) -> None:
    finding = only(checked(CONFLICT + "S4,A\n" + CONFLICT.removeprefix(GOOD)))
    assert (finding.line, finding.rule.name) == (8, "merge-conflict")
    assert finding.problem == "2 merge conflicts are not resolved; the first begins here"


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_conflict_about_the_header_is_found_too(checked: Callable[..., Report], line_end: str) -> None:
    conflict = f"<<<<<<< HEAD\n{HEADER}=======\n{HEADER.replace('name', 'full_name')}>>>>>>> a,b\n{ROWS}"
    finding = only(checked(conflict.replace("\n", line_end)))
    assert (finding.line, finding.rule.name) == (1, "merge-conflict")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_sep_line_of_a_spreadsheet_is_one_finding(checked: Callable[..., Report], delimiter: str) -> None:
    report = checked((f"sep=,\n{GOOD}").replace(",", delimiter))
    (stray,) = (f for f in report.errors if f.rule.name != "delimiter")
    assert (stray.line, stray.rule.name) == (1, "stray-lines")
    assert stray.problem.startswith("the first line, 'sep=")
    assert report.summary.rows == 6


def test_rows_of_commas_only_are_one_finding_with_a_count(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD + ",,,\n" * 12 + ",,,,,,\n"))
    assert (finding.line, finding.rule.name) == (8, "stray-lines")
    assert finding.problem == "13 rows have no values, only commas; the last is line 20"


@pytest.mark.parametrize("comment", ["# exported on Monday", "# reviewed,,,", "// checked, twice"])
def test_comments_are_one_finding_wherever_they_are(checked: Callable[..., Report], comment: str) -> None:
    report = checked(f"{comment}\n{GOOD}{comment}\n")
    assert (only(report).line, only(report).rule.name) == (1, "stray-lines")
    assert "2 lines are comments" in only(report).problem
    assert report.summary.rows == 6


@pytest.mark.parametrize(
    "row", ["Total,6,,", "total,,,6", "Grand Total: 6,,,", ",,Total,6", "Sum,6", "TOTAL ROWS: 6"]
)
def test_total_is_one_finding(checked: Callable[..., Report], row: str) -> None:
    report = checked(f"{GOOD}{row}\n")
    assert (only(report).line, only(report).rule.name) == (8, "stray-lines")
    assert only(report).problem.startswith("the row is a total, '")


def test_set_and_records_called_total_are_rows(checked: Callable[..., Report]) -> None:
    assert findings(checked(GOOD + "Total,A,7,Total\nTotal,A,8,Totals\n")) == []


@pytest.mark.parametrize("commas", ["", ",,,"])
def test_title_above_the_header_is_one_finding(checked: Callable[..., Report], commas: str) -> None:
    report = checked(f"Labels of customers{commas}\n\n{GOOD}")
    assert only(report).problem == "a line is above the header, 'Labels of customers'"
    assert report.summary.rows == 6
