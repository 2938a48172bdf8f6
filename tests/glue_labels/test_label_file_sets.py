"""Labels, ids and records of labeling sets: each mistake is one finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from checked_label_files import GOOD, HEADER, ROWS, findings, only

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels.labeling_file import Report


def test_numbers_with_and_without_a_decimal_point_are_similar(checked: Callable[..., Report]) -> None:
    one = "".join(f"{n},{label},{n}{i},x{n}{i}\n" for n in "12" for i, label in enumerate(["1", "1.0", "2"]))
    finding = only(checked(HEADER + one + "3,1,9,y\n3,1,8,y\n"))
    assert (finding.line, finding.rule.name) == (3, "similar-labels")
    assert "'1' and '1.0'" in finding.problem
    assert "so do labels of 1 other set" in finding.problem


@pytest.mark.parametrize(
    "value", ["NA", "NaN", "nan", "null", "NULL", "None", "#N/A", "?", "TODO", "n/a", " NA"]
)
def test_placeholder_beside_labels_is_one_error_with_a_count(
    checked: Callable[..., Report], value: str
) -> None:
    report = checked(GOOD.replace(",B,", f",{value},") + f"S2,{value},9,Flo\n")
    finding = only(report)
    assert (finding.line, finding.rule.name) == (4, "placeholder-label")
    assert f"'{value}' beside other labels" in finding.problem
    assert "(3 rows in 2 sets)" in finding.problem


def test_different_placeholders_are_one_finding(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD + "S2,nan,7,Flo\nS2,#N/A,8,Gil\n"))
    assert "'nan', '#N/A' beside other labels" in finding.problem


def test_placeholder_alone_is_a_warning_that_can_be_turned_off(checked: Callable[..., Report]) -> None:
    content = GOOD + "S3,NA,7,Flo\nS3,NA,8,Floh\n"
    finding = only(checked(content))
    assert (finding.line, finding.rule.name, finding.rule.severity) == (8, "placeholder-alone", "warning")
    assert findings(checked(content, ignore_rules=["placeholder-alone"])) == []


def test_placeholder_as_id_of_a_set_is_an_error_beside_others(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD + "null,A,7,Flo\nnull,B,8,Gil\n"))
    assert (finding.line, finding.rule.name) == (8, "placeholder-set-id")
    assert (
        findings(checked(GOOD + "null,A,7,Flo\n", ignore_rules=["placeholder-set-id", "single-row-set"]))
        == []
    )


def test_placeholders_in_columns_of_the_table_are_no_finding(
    checked: Callable[..., Report],
) -> None:
    assert findings(checked(GOOD.replace("Bob Ray", "NA").replace("Di Fox", "null"))) == []


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ("yes", "no"),
        ("TRUE", "FALSE"),
        ("match", "no match"),
        ("Match", "Non-Match"),
        ("Y", "N"),
        ("same", "different"),
    ],
)
def test_labels_that_answer_instead_of_naming_a_group_are_one_error(
    checked: Callable[..., Report], yes: str, no: str
) -> None:
    more = "S2,B,7,Flo\nS2,B,8,Gil\n"
    finding = only(checked((GOOD + more).replace(",A,", f",{yes},").replace(",B,", f",{no},")))
    assert (finding.line, finding.rule.name, finding.rule.severity) == (7, "yes-no-labels", "error")
    assert f"'{no}' answer a question" in finding.problem


def test_letters_among_other_letters_are_groups(checked: Callable[..., Report]) -> None:
    assert findings(checked(GOOD + "S3,N,7,Flo\nS3,N,8,Gil\nS3,Y,9,Hal\n")) == []


def test_answers_that_mean_what_glue_reads_are_no_finding(checked: Callable[..., Report]) -> None:
    assert findings(checked(GOOD.replace(",A,", ",yes,").replace(",B,", ",no,"))) == []


def test_repeated_records_are_one_warning_with_a_count(checked: Callable[..., Report]) -> None:
    report = checked(GOOD + ROWS.replace("S2", "S3"))
    assert [f.rule.name for f in report.warnings] == ["repeated-records"]
    assert (
        "3 rows in 1 set repeat a record and its label: line 8 is like line 2" in report.warnings[0].problem
    )


def test_two_joined_exports_are_one_finding_without_scattered_sets(checked: Callable[..., Report]) -> None:
    report = checked(GOOD + GOOD)
    assert findings(report) == ["8 stray-lines", "9 repeated-records"]
    assert report.errors[0].problem == "the header is repeated"
    assert (
        "6 rows in 2 sets repeat a record and its label: line 9 is like line 2" in report.warnings[0].problem
    )


@pytest.mark.parametrize("rest", [",A,2,Anne\n,B,3,Bob\n", "S1,A,2\nS1,B,3\n", 'S1,A,2,"An"n\n'])
def test_rows_that_are_left_out_are_not_missed_in_another_finding(
    checked: Callable[..., Report], rest: str
) -> None:
    names = [f.rule.name for f in checked(f"{HEADER}S1,A,1,Ann\n{rest}").errors]
    assert names
    assert set(names) <= {"empty-set-id", "field-count", "unclosed-quote"}


def test_repeats_are_no_matches(checked: Callable[..., Report]) -> None:
    report = checked(HEADER + "S1,A,1,Ann\nS1,B,2,Bo\nS1,A,1,Ann\n")
    assert findings(report) == ["1 no-matches", "4 repeated-records"]
    assert (report.summary.matches, report.summary.non_matches) == (0, 1)


def test_one_row_in_every_set_is_one_error(checked: Callable[..., Report]) -> None:
    finding = only(checked(HEADER + "".join(f"S{n},A,{n},x\n" for n in range(300))))
    assert (finding.line, finding.rule.name) == (1, "no-pairs")
    assert "each of the 300 sets has only one row" in finding.problem


@pytest.mark.parametrize("other", ["s1", "S1 ", "S 1", "S1\u200b"])
def test_ids_of_sets_that_differ_by_case_or_blanks_are_one_finding(
    checked: Callable[..., Report], other: str
) -> None:
    report = checked(f"{GOOD}{other},A,7,Flo\n{other},B,8,Gil\n")
    assert (only(report).line, only(report).rule.name) == (8, "similar-set-ids")
    assert only(report).rule.severity == "warning"


def test_many_similar_ids_are_counted(checked: Callable[..., Report]) -> None:
    rows = "".join(
        f"{i}{n},{label},{n}{i}{row},x\n" for n in range(40) for i in "ab" for row, label in enumerate("AAB")
    )
    finding = only(checked(HEADER + rows + rows.upper().replace("X", "y")))
    assert finding.rule.name == "similar-set-ids"
    assert "so do 79 other groups" in finding.problem
