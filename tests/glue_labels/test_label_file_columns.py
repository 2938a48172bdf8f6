"""Columns without a name or header, and columns that no comma separates: each mistake is one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from checked_label_files import GOOD, HEADER, ROWS, findings, only

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels.labeling_file import Report


def led(header: str, rows: str) -> str:
    """The good file with more columns in front; `#` in `rows` stands for the number of the row."""
    lines = (rows.replace("#", str(n)) + row for n, row in enumerate(ROWS.splitlines(keepends=True)))
    return header + HEADER + "".join(lines)


@pytest.mark.parametrize(
    ("header", "rows", "which"),
    [(",", ",", "column 1 has"), (",,", ",,", "columns 1, 2 have"), ("Unnamed: 0,", ",", "column 1 has")],
)
def test_leading_columns_without_values_are_no_index(
    checked: Callable[..., Report], header: str, rows: str, which: str
) -> None:
    report = checked(led(header, rows), columns=["id", "name"])
    assert (only(report).line, only(report).rule.name) == (1, "empty-column-name")
    assert only(report).problem.startswith(f"{which} neither name nor values")
    assert report.summary.matches == 2


def test_column_is_an_index_even_if_only_its_last_rows_have_values(checked: Callable[..., Report]) -> None:
    rows = "".join(f",S{n},A,{n}\n,S{n},A,{n}x\n,S{n},B,{n}y\n" for n in range(200))
    report = checked(",labeling_set_id,label,id\n" + rows + "7,Z,A,1z\n7,Z,A,2z\n")
    assert only(report).rule.name == "index-column"


def test_column_without_a_name_and_without_rows_is_no_index(checked: Callable[..., Report]) -> None:
    assert findings(checked("," + HEADER)) == ["1 empty-column-name", "1 no-rows"]


def test_columns_that_pandas_named_and_that_have_no_values_are_one_finding(
    checked: Callable[..., Report],
) -> None:
    content = HEADER.replace("\n", ",Unnamed: 4,Unnamed: 5\n") + ROWS.replace("\n", ",,\n")
    finding = only(checked(content, columns=["id", "name"]))
    assert (finding.line, finding.rule.name) == (1, "empty-column-name")
    assert finding.problem == (
        "columns 5, 6 have neither name nor values (pandas writes 'Unnamed: 4', 'Unnamed: 5')"
    )
    assert "empty columns" in finding.remedy


def test_column_that_pandas_named_at_the_end_is_no_index(checked: Callable[..., Report]) -> None:
    content = HEADER.replace("\n", ",Unnamed: 4\n") + ROWS.replace("\n", ",x\n")
    assert only(checked(content)).problem == "column 5 has no name (pandas writes 'Unnamed: 4')"


def test_columns_with_and_without_values_are_told_apart_in_one_finding(
    checked: Callable[..., Report],
) -> None:
    content = HEADER.replace("\n", ",,\n") + ROWS.replace("\n", ",,x\n")
    finding = only(checked(content))
    assert finding.problem == "column 6 has no name; column 5 has neither name nor values"
    assert finding.remedy.startswith("Give the column its name")


@pytest.mark.parametrize(
    ("header", "rows", "which"),
    [
        (",Unnamed: 0,", "#,#,", "columns 1, 2 ('', 'Unnamed: 0')"),
        ("Unnamed: 0,Unnamed: 0.1,", "#,#,", "columns 1, 2 ('Unnamed: 0', 'Unnamed: 0.1')"),
        ("Unnamed: 0.1,Unnamed: 0,index,", "#,#,#,", "columns 1, 2, 3 ("),
    ],
)
def test_indexes_of_a_data_frame_that_was_saved_several_times_are_one_finding(
    checked: Callable[..., Report], header: str, rows: str, which: str
) -> None:
    report = checked(led(header, rows), columns=["id", "name"])
    assert (only(report).line, only(report).rule.name) == (1, "index-column")
    assert only(report).problem.startswith(which)
    assert report.summary.columns == ("id", "name")
    assert report.summary.matches == 2


@pytest.mark.parametrize(
    ("header", "which"),
    [
        ("," + HEADER, "1 surplus comma: column 1 has"),
        (HEADER.replace(",label", ",,label"), "1 surplus comma: column 2 has"),
        (HEADER.replace("label,", "label,,"), "1 surplus comma: column 3 has"),
        (HEADER.replace(",", ",,"), "3 surplus commas: columns 2, 4, 6 have"),
    ],
)
def test_header_with_a_comma_too_many_is_one_finding(
    checked: Callable[..., Report], header: str, which: str
) -> None:
    report = checked(header + ROWS, columns=["id", "name"])
    assert (only(report).line, only(report).rule.name) == (1, "empty-column-name")
    assert which in only(report).problem
    assert "the rows have 4 fields, not " in only(report).problem
    assert report.summary.matches == 2


def test_one_short_row_makes_no_comma_of_the_header_surplus(checked: Callable[..., Report]) -> None:
    content = HEADER.replace("\n", ",\n") + "S1,B,9,Eve\n" + ROWS.replace("\n", ",x\n")
    assert findings(checked(content)) == ["1 empty-column-name", "2 field-count"]


def test_stray_lines_below_the_header_do_not_hide_its_surplus_comma(checked: Callable[..., Report]) -> None:
    report = checked(HEADER.replace("\n", ",\n") + ",,,,\n" * 12 + ROWS)
    assert findings(report) == ["1 empty-column-name", "2 stray-lines"]
    assert report.summary.matches == 2


def test_row_below_a_header_with_a_surplus_comma_is_no_comment(checked: Callable[..., Report]) -> None:
    report = checked(HEADER.replace("\n", ",\n") + ROWS.replace("S", "#S") + ",,,\n")
    assert findings(report) == ["1 empty-column-name", "8 stray-lines"]
    assert report.summary.rows == 6


def test_surplus_comma_after_the_set_id_with_empty_fields_below_is_one_finding(
    checked: Callable[..., Report],
) -> None:
    content = GOOD.replace(",", ",,", 1).replace("S1,", "S1,,").replace("S2,", "S2,,")
    assert only(checked(content)).problem == "column 2 has neither name nor values"


WRONG_TABLES = {
    "ids": "customer_id,country,name\n" + "".join(f"{n},DE,x{n}\n" for n in range(60)),
    "large groups": "country,active,name\n"
    + "".join(f"{'DE' if n % 2 else ''},no,{n}\n" for n in range(200)),
    "rows of several widths": "country,active,name\n" + "DE,NULL\nDE,,x,y\n" * 5,
    "one column": "name\nAnn\nBob\n",
}


@pytest.mark.parametrize("kind", WRONG_TABLES)
def test_table_without_glue_s_columns_is_one_finding(checked: Callable[..., Report], kind: str) -> None:
    assert findings(checked(WRONG_TABLES[kind])) == ["1 missing-header"]


def test_table_without_glue_s_columns_leaves_a_folder_its_other_findings(
    checked: Callable[..., Report],
) -> None:
    report = checked({"a.csv": GOOD + "S3,A,7,Eve\n", "b.csv": WRONG_TABLES["large groups"]})
    assert [f"{f.path} {f.rule.name}" for f in report.errors + report.warnings] == [
        "labels/b.csv missing-header",
        "labels/a.csv single-row-set",
    ]


def test_table_without_glue_s_columns_may_have_the_missing_half_of_a_folder(
    checked: Callable[..., Report],
) -> None:
    report = checked({"a.csv": HEADER + "S1,A,1,Ann\n", "b.csv": ROWS})
    assert [f"{f.path} {f.rule.name}" for f in report.errors] == ["labels/b.csv missing-header"]


@pytest.mark.parametrize(
    ("separator", "says"),
    [
        (":", "the columns are separated by colons, not by commas"),
        ("\x01", "the columns are separated by the character '\\x01', not by commas"),
        ("^", "the columns are separated by the character '^', not by commas"),
    ],
)
def test_other_separator_is_named_and_the_rows_are_read(
    checked: Callable[..., Report], separator: str, says: str
) -> None:
    report = checked(GOOD.replace(",", separator), columns=["id", "name"])
    assert (only(report).line, only(report).rule.name, only(report).problem) == (1, "delimiter", says)
    assert report.summary.matches == 2


@pytest.mark.parametrize("separator", [" ", "   ", "\x1f"])
def test_header_that_no_comma_separates_is_one_finding(
    checked: Callable[..., Report], separator: str
) -> None:
    finding = only(checked(GOOD.replace(",", separator)))
    assert (finding.line, finding.rule.name) == (1, "delimiter")
    assert finding.problem.startswith("the header is one field, 'labeling_set_id")
    assert finding.problem.endswith(": no commas separate the columns")


def quoted(lines: str) -> str:
    """Each line in quotes."""
    return "".join(f'"{line}"\n' for line in lines.splitlines())


@pytest.mark.parametrize("content", [GOOD, "labeling_set_id,label,n\nS1,A,1\n"])
def test_lines_that_are_quoted_as_a_whole_are_one_finding(
    checked: Callable[..., Report], content: str
) -> None:
    finding = only(checked(quoted(content)))
    assert (finding.line, finding.rule.name) == (1, "delimiter")
    assert finding.problem == "each line is quoted as a whole, which makes it one field"
    assert finding.remedy.startswith("In the spreadsheet, import the original file")


def test_rows_that_are_quoted_as_a_whole_are_one_finding(checked: Callable[..., Report]) -> None:
    finding = only(checked(HEADER + quoted(ROWS)))
    assert (finding.line, finding.rule.name) == (1, "field-count")
    assert finding.problem == "all 6 rows are quoted as a whole, which makes each of them one field"
    assert finding.remedy.startswith("In the spreadsheet, import the original file")


def test_rows_of_one_field_are_counted_in_words(checked: Callable[..., Report]) -> None:
    finding = only(checked(HEADER + "S1\nS2\nS3\n"))
    assert finding.problem == "all 3 rows have 1 field, the header has 4"
