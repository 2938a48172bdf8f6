"""Lines that are no labeled rows: markers of a merge, comments, totals, rows of commas, titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from checked_label_files import GOOD, HEADER, ROWS, findings, only

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels.labeling_file import Report

SETS = ["".join(f"S{n},{'AAB'[i]},{n}{i},name {n} {i}\n" for i in range(3)) for n in range(200)]
LONG = HEADER + "".join(SETS)


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


@pytest.mark.parametrize("padding", ["", ",,,"])
@pytest.mark.parametrize("place", [0, 1, 300, 600])
@pytest.mark.parametrize(
    "marker", ["<<<<<<< HEAD", "||||||| 1a2b3c", "=======", ">>>>>>> main", "<<<<<<<", ">>>>>>>", "======= "]
)
def test_marker_that_a_merge_left_is_the_only_finding(
    checked: Callable[..., Report], marker: str, place: int, padding: str
) -> None:
    lines = LONG.splitlines(keepends=True)
    lines.insert(place, f"{marker}{padding}\n")
    for content in ("".join(lines), "".join(lines).replace("\n", "\r\n")):
        report = checked(content)
        assert (only(report).line, only(report).rule.name) == (place + 1, "merge-conflict")
        assert only(report).problem == f"the line is a marker of a merge conflict, '{marker}'"
        assert only(report).remedy.startswith("Remove what is left of the conflict.")
        assert report.summary.rows == 600


def test_several_markers_without_a_whole_conflict_are_one_finding(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD + "=======\nS3,A,7,Eve\nS3,A,7,Eve\nS3,B\n>>>>>>> main\n"))
    assert finding.problem == "2 lines are markers of a merge conflict, '======='; the last is line 12"


def test_marker_in_one_file_of_a_folder_hides_nothing_in_another(checked: Callable[..., Report]) -> None:
    report = checked({"a.csv": GOOD + "=======\nS1\n", "b.csv": GOOD.replace("S", "T") + "T1\n"})
    assert [f"{f.path}:{f.line} {f.rule.name}" for f in report.errors] == [
        "labels/a.csv:8 merge-conflict",
        "labels/b.csv:8 field-count",
    ]


def test_conflict_that_a_spreadsheet_has_saved_is_one_finding(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD + "<<<<<<< HEAD,,,\nS3,A,7,Eve\n=======,,,\nS3,B,7,Eve\n>>>>>>> main,,,\n"))
    assert finding.problem == "1 merge conflict is not resolved; the first begins here"


def test_marker_whose_branch_has_commas_is_found_among_other_rows(checked: Callable[..., Report]) -> None:
    finding = only(checked(LONG + ">>>>>>> 1a2b3c (one, two, three, four)\n"))
    assert (finding.line, finding.rule.name) == (602, "merge-conflict")


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param("=======,A,1,x\n=======,B,2,y\n", id="id of a set"),
        pytest.param("S3,=======,1,x\nS3,B,2,>>>>>>> main\n", id="value in another column"),
        pytest.param('S3,A,1,"Title\n=======\n"\nS3,B,2,y\n', id="line of a field"),
        pytest.param("<<<<<<<x,A,1,x\n<<<<<<<x,B,2,y\n", id="text after the signs"),
        pytest.param("========,A,1,x\n========,B,2,y\n", id="eight signs"),
        pytest.param(" >>>>>>> main,A,1,x\n >>>>>>> main,B,2,y\n", id="blank before the signs"),
    ],
)
def test_values_like_markers_are_no_finding(checked: Callable[..., Report], rows: str) -> None:
    assert findings(checked(GOOD + rows)) == []


def test_other_rules_are_reported_if_that_of_markers_is_turned_off(checked: Callable[..., Report]) -> None:
    report = checked(GOOD + "=======\nS1\n", ignore_rules=["merge-conflict"])
    assert findings(report) == ["9 field-count"]


@pytest.mark.parametrize(
    "content", ["", "\n\n", "   \n \n", " ", ",,,\n,,,\n", "\t\t\n", ";;\n" * 50, "\ufeff \r\n"]
)
def test_file_without_values_is_empty_and_nothing_else(checked: Callable[..., Report], content: str) -> None:
    report = checked(content, as_version=True)
    assert (only(report).line, only(report).rule.name) == (1, "missing-header")
    assert only(report).problem.startswith("the file is empty")


def test_file_whose_only_row_cannot_be_read_is_not_called_empty(checked: Callable[..., Report]) -> None:
    assert findings(checked(' \n"S1,A')) == ["2 unclosed-quote"]


def test_file_of_a_folder_without_values_is_one_finding(checked: Callable[..., Report]) -> None:
    # The blank file is left out when the files are joined; the rows of commas would be imported.
    report = checked({"a.csv": GOOD, "b.csv": " \n", "c.csv": ",,,\n,,,\n"})
    assert [f"{f.path} {f.rule.name}" for f in report.errors + report.warnings] == [
        "labels/c.csv stray-lines",
        "labels/b.csv empty-file",
    ]


def test_header_is_found_below_many_rows_of_commas(checked: Callable[..., Report]) -> None:
    report = checked(",,,\n" * 40 + GOOD)
    assert only(report).problem == "40 rows have no values, only commas; the last is line 40"
    assert report.summary.rows == 6


@pytest.mark.parametrize("ending", ["Total", "Count", "Average", "Ergebnis", "Summe", "Anzahl"])
@pytest.mark.parametrize("numbers", [",,3,", ",3,,"])
def test_subtotals_of_all_sets_are_one_finding(
    checked: Callable[..., Report], ending: str, numbers: str
) -> None:
    rows = "".join(f"{of_set}S{n} {ending}{numbers}\n" for n, of_set in enumerate(SETS))
    report = checked(f"{HEADER}{rows}Gesamtergebnis,,600,\n")
    assert (only(report).line, only(report).rule.name) == (5, "stray-lines")
    assert only(report).problem == f"201 rows are totals, 'S0 {ending},3'; the last is line 802"
    assert report.summary.rows == 600


def test_sets_and_records_that_end_in_total_are_rows(checked: Callable[..., Report]) -> None:
    assert findings(checked(GOOD + "Site Total,A,7,5\nSite Total,A,8,Site Total\n")) == []


@pytest.mark.parametrize("sign", ["#", "// "])
def test_rows_that_are_commented_out_are_one_finding(checked: Callable[..., Report], sign: str) -> None:
    rows = "".join(f"{of_set}{sign}S{n},A,{n},more\n" for n, of_set in enumerate(SETS))
    report = checked(f"{HEADER}{sign}X,A,1,first\n{rows}{sign}Z,B,2,last\n")
    assert (only(report).line, only(report).rule.name) == (2, "stray-lines")
    assert only(report).problem == f"202 lines are comments, '{sign}X,A,1,first'; the last is line 803"
    assert report.summary.rows == 600


@pytest.mark.parametrize(
    ("others", "found"),
    [
        ("", []),
        ("NA,A,1,x\nNA,B,2,y\n", ["2 placeholder-set-id"]),
        ("#N/A,A,1,x\n#N/A,B,2,y\n", ["2 placeholder-set-id"]),
        ("Total,,6,\n", ["2 stray-lines"]),
    ],
)
def test_ids_that_all_begin_with_a_number_sign_are_no_comments(
    checked: Callable[..., Report], others: str, found: list[str]
) -> None:
    report = checked(HEADER + others + "#" + "#".join("".join(SETS).splitlines(keepends=True)))
    assert findings(report) == found
    assert report.summary.rows == 600 + others.count("\n") * ("Total" not in others)


def test_error_values_of_spreadsheets_are_no_comments(checked: Callable[..., Report]) -> None:
    assert findings(checked(GOOD + "#BUSY!,A,7,Flo\n#BUSY!,B,8,Gil\n")) == []


def test_number_sign_in_another_first_column_is_no_comment(checked: Callable[..., Report]) -> None:
    content = "name,labeling_set_id,label\nAnn,S1,A\n#Anne,S1,A\nBob,S1,B\n,,\n"
    report = checked(content)
    assert findings(report) == ["1 key-columns", "5 stray-lines"]
    assert report.summary.rows == 3
