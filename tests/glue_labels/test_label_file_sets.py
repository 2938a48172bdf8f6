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
    assert finding.problem.endswith("; 1 other set has the same problem, in line 6")


@pytest.mark.parametrize(
    "value",
    [
        *("NA", "NaN", "nan", "null", "NULL", "None", "#N/A", "?", "TODO", "n/a", " NA"),
        *(
            "#NV",
            "#WERT!",
            "#BEZUG!",
            "#SPILL!",
            "ToDo",
            "tbc",
            "n.a.",
            "N.A.",
            "(blank)",
            "\u2013",
            "\u2014",
        ),
    ],
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


def test_different_placeholders_alone_are_one_warning(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD + "S3,NA,7,Flo\nS3,NA,8,Floh\nS4,null,9,Gil\nS4,null,10,Gill\n"))
    assert finding.problem.startswith(
        "the labels 'NA', 'null', each the only one in its set, look like missing values (4 rows in 2 sets)"
    )


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
        ("WAHR", "FALSCH"),
        ("VRAI", "FAUX"),
        ("VERDADERO", "FALSO"),
        ("j", "n"),
        ("equal", "not equal"),
        ("linked", "not linked"),
        ("dup", "not dup"),
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


def test_one_other_label_does_not_hide_answers(checked: Callable[..., Report]) -> None:
    content = HEADER + "S1,yes,1,a\nS1,no,2,b\nS1,unsure,3,c\nS1,no,4,d\nS1,yes,5,e\n"
    assert findings(checked(content)) == ["3 yes-no-labels"]


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param(["same", "different", "other", "rest", "different", "same"], id="two others"),
        pytest.param(["no", "no", "smith", "smith"], id="no yes"),
        pytest.param(["Yes", "No", "Maybe", "Maybe"], id="no only once"),
        pytest.param(["Y", "N", "X", "N", "Y"], id="letters"),
    ],
)
def test_words_that_may_be_groups_are_no_answers(checked: Callable[..., Report], labels: list[str]) -> None:
    rows = "".join(f"S1,{label},{n},x{n}\n" for n, label in enumerate(labels))
    assert findings(checked(HEADER + rows)) == []


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


@pytest.mark.parametrize(
    ("other", "differ"),
    [
        ("s1", "case"),
        ("S1 ", "blanks"),
        ("S 1", "blanks"),
        ("S1\u2009", "blanks"),
        ("S1\u200b", "invisible characters"),
        ("S1.0", "a .0 at the end"),
        ("s 1", "case and blanks"),
        ("S 1.0\u200b", "blanks and invisible characters and a .0 at the end"),
    ],
)
def test_ids_of_sets_that_are_nearly_the_same_are_one_finding_that_says_how_they_differ(
    checked: Callable[..., Report], other: str, differ: str
) -> None:
    report = checked(f"{GOOD}{other},A,7,Flo\n{other},B,8,Gil\n")
    assert only(report).problem.endswith(f" differ only by {differ}")
    assert (only(report).line, only(report).rule.name) == (8, "similar-set-ids")
    assert only(report).rule.severity == "warning"


def test_many_similar_ids_are_counted(checked: Callable[..., Report]) -> None:
    rows = "".join(
        f"{i}{n},{label},{n}{i}{row},x\n" for n in range(40) for i in "ab" for row, label in enumerate("AAB")
    )
    finding = only(checked(HEADER + rows + rows.upper().replace("X", "y")))
    assert finding.rule.name == "similar-set-ids"
    assert "so do 79 other groups" in finding.problem


LINES_OF_OTHERS = "39 other sets have the same problem, the first in lines"


@pytest.mark.parametrize(
    ("rule", "rows", "first"),
    [
        ("single-row-set", "T{n},A,{n},x{n}\n", "labeling set 'T0' has only one row"),
        (
            "empty-label",
            "T{n},A,1{n},x{n}\nT{n},,2{n},x{n}\n",
            "labeling set 'T0' has 1 of 2 rows without a label: line 9",
        ),
        (
            "rows-in-set-over-30",
            "".join(f"T{{n}},A,{row}.{{n}},x{{n}}\n" for row in range(31)),
            "labeling set 'T0' has 31 rows (2 to 30 are acceptable)",
        ),
        (
            "similar-labels",
            "T{n},a,1{n},x{n}\nT{n},A,2{n},x{n}\n",
            "labels 'a' and 'A' differ only by case (labeling set 'T0')",
        ),
    ],
)
def test_problem_of_many_sets_is_one_finding_with_a_count_and_the_first_lines(
    checked: Callable[..., Report], rule: str, rows: str, first: str
) -> None:
    finding = only(checked(GOOD + "".join(rows.format(n=n) for n in range(40))))
    line, per_set = finding.line, rows.count("\n")
    where = f"{', '.join(str(line + n * per_set) for n in range(1, 5))} and {line + 5 * per_set}"
    assert finding.rule.name == rule
    assert finding.problem == f"{first}; {LINES_OF_OTHERS} {where}"


def test_conflicting_labels_are_one_finding_with_a_count(checked: Callable[..., Report]) -> None:
    rows = "".join(f"T{n},A,{n},x{n}\nT{n},B,{n},x{n}\n" for n in range(3))
    finding = only(checked(GOOD + rows))
    assert (finding.line, finding.rule.name) == (9, "conflicting-labels")
    assert finding.problem == (
        "the record of line 8 is repeated, labeled 'B' here and 'A' there (labeling set 'T0'); "
        "2 other rows have the same problem, in lines 11 and 13"
    )


def test_shuffled_rows_are_one_finding_with_a_count(checked: Callable[..., Report]) -> None:
    rows = ROWS.splitlines(keepends=True)
    finding = only(checked(HEADER + "".join(rows[::2] + rows[1::2])))
    assert (finding.line, finding.rule.name) == (5, "scattered-set")
    assert finding.problem.startswith(
        "more rows of labeling set 'S1', which begins in line 2; 1 other set has"
    )


def test_rows_without_a_label_are_one_finding_in_a_folder_without_files_that_nobody_labeled(
    checked: Callable[..., Report],
) -> None:
    some = GOOD.replace(",B,", ",,")
    none = some.replace(",A,", ",,")
    report = checked({"a.csv": some, "b.csv": none.replace("S", "T"), "c.csv": some.replace("S", "U")})
    assert [f"{f.path}:{f.line} {f.rule.name}" for f in report.errors] == [
        "labels/a.csv:4 empty-label",
        "labels/b.csv:1 unlabeled-file",
    ]
    assert report.errors[0].problem.endswith(
        "3 other sets have the same problem, in line 7 and lines 4 and 7 of labels/c.csv"
    )


def in_turns(content: str) -> str:
    """Rows of two sets, first one of the one, then one of the other."""
    return "".join(f"{'1.0' if n % 2 else '1'},{label},{n},x{n}\n" for n, label in enumerate(content))


def test_ids_with_and_without_a_decimal_point_in_turns_are_one_finding(
    checked: Callable[..., Report],
) -> None:
    assert only(checked(HEADER + in_turns("AABB"))).rule.name == "similar-set-ids"


def test_sets_with_similar_ids_are_scattered_if_the_ids_are_right(checked: Callable[..., Report]) -> None:
    content = HEADER + in_turns("AAABBA")
    assert findings(checked(content, ignore_rules=["similar-set-ids"])) == ["4 scattered-set"]


def test_other_scattered_sets_are_found_beside_similar_ids(checked: Callable[..., Report]) -> None:
    rows = ROWS.splitlines(keepends=True)
    report = checked(HEADER + in_turns("AAABBA") + "".join(rows[::2] + rows[1::2]))
    assert findings(report) == ["3 similar-set-ids", "11 scattered-set"]
    assert "'S1'" in report.warnings[1].problem


def test_labels_that_are_nearly_the_same_are_no_missing_matches(checked: Callable[..., Report]) -> None:
    content = HEADER + "S1,A,1,x\nS1,a,2,y\nS1,B,3,z\n"
    assert findings(checked(content)) == ["3 similar-labels"]
    assert findings(checked(content, ignore_rules=["similar-labels"])) == ["1 no-matches"]
