"""Each rule of label files: a file that breaks it, and a file that just keeps it."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from glue_labels.labeling_file import RULES, check

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

HEADER = "labeling_set_id,label,name,street\n"
GOOD = "A,1,Ann,Elm St\nA,1,Anne,Elm St\nA,2,Bo,Oak St\n"
VALID = (HEADER + GOOD).encode()


def rows(count: int, set_id: str = "B") -> str:
    """Rows of one set, of which the first two match."""
    return "".join(f"{set_id},{max(1, n)},name {n},street\n" for n in range(count))


@dataclass(frozen=True)
class Case:
    """A rule, content that breaks it, where, and content that is just inside.

    `says` is what the finding's text has to name.
    """

    rule: str
    breaks: bytes | str
    line: int
    says: str
    inside: bytes | str = VALID
    columns: Sequence[str] | None = None


def columns(count: int) -> str:
    """A file with so many columns of the table."""
    names = ",".join(f"c{n}" for n in range(count))
    values = "," * (count - 1)
    return f"labeling_set_id,label,{names}\nA,1,x{values}\nA,1,y{values}\nA,2,z{values}\n"


def sized(size: int) -> bytes:
    """A file of so many bytes."""
    row = "B{:03},1,{},Elm St\n"
    width = len(row.format(0, "x" * 131_000))
    rows, rest = divmod(size - len(VALID) - len("C,1,,\n"), width)
    more = [row.format(number, "x" * 131_000) for number in range(rows)]
    return VALID + "".join([*more, f"C,1,{'y' * rest},\n"]).encode()


CASES = [
    Case("not-utf-8", VALID + "A,2,M\u00fcller,Elm St\n".encode("cp1252"), 5,
         "0xFC is not UTF-8, probably cp1252",
         VALID + "A,2,M\u00fcller,Elm St\n".encode()),
    Case("not-utf-8", (HEADER + GOOD).encode("utf-16"), 1, "UTF-16"),
    Case("not-utf-8", (HEADER + GOOD).encode("utf-16-le"), 1, "UTF-16"),
    Case("not-utf-8", (HEADER + GOOD).encode("utf-16-be"), 1, "UTF-16"),
    Case("not-utf-8", VALID + b"A,2,\x81,Elm St\n", 5, "0x81 is not UTF-8"),
    Case("not-utf-8", VALID + "A,2,Zo\u00eb".encode()[:-1], 5, "0xC3"),
    Case("byte-order-mark", codecs.BOM_UTF8 + VALID, 1, "EF BB BF",
         VALID + b"A,2,\xef\xbb\xbf,x\n"),
    Case("nul-byte", VALID + b"A,2,C\0y,Elm St\n", 5, "NUL", VALID + b"A,2,C0y,Elm St\n"),
    Case("unclosed-quote", HEADER + GOOD + 'A,2,"Cy,Elm St\nA,1,Ann B,Elm St\n', 5, "never closed",
         HEADER + GOOD + 'A,2,"Cy",Elm St\nA,1,Ann B,Elm St\n'),
    Case("unclosed-quote", HEADER + GOOD + 'A,2,"Cy,Elm St\nA,1,"Ann B",Elm St\n', 5, "line 6"),
    Case("unclosed-quote", HEADER + GOOD + 'A,2,"C"y,Elm St\n', 5, "same line",
         HEADER + GOOD + 'A,2,"C""y",Elm St\n'),
    Case("unclosed-quote", HEADER + 'A,1,"Ann\nB","Elm\nSt\nA,1,Cy,x\n', 3, "never closed",
         HEADER + 'A,1,"Ann\nB","Elm\nSt"\nA,1,Cy,x\nA,2,Di,x\n'),
    Case("unclosed-quote", HEADER + 'A,1,"Ann,x\n' + rows(9000), 2, "131,072"),
    Case("field-size", HEADER + GOOD + f"A,2,{'x' * 131_073},y\n", 5, "131,072",
         HEADER + GOOD + f"A,2,{'x' * 131_072},y\n"),
    Case("delimiter", (HEADER + GOOD).replace(",", ";"), 1, "semicolons",
         HEADER + "A,1,a;b,c\nA,1,d;e,c\nA,2,f,c\n"),
    Case("delimiter", (HEADER + GOOD).replace(",", "\t"), 1, "tabs"),
    Case("delimiter", (HEADER + GOOD).replace(",", "|"), 1, "vertical bars"),
    Case("missing-header", GOOD, 1, "'A', '1', 'Ann'"),
    Case("missing-header", "\n", 1, "empty"),
    Case("missing-header", "", 1, "empty"),
    Case("key-columns", "label,labeling_set_id,name\n1,A,x\n1,A,y\n2,A,z\n", 1, "'label', 'labeling_set_id'"),
    Case("key-columns", "labeling_set_id,name,label\nA,x,1\nA,y,1\nA,z,2\n", 1, "'labeling_set_id', 'name'"),
    Case("key-columns", "Labeling_Set_Id,Label,name\nA,1,x\nA,1,y\nA,2,z\n", 1, "'Labeling_Set_Id', 'Label'"),
    Case("key-columns", "labeling_set_id,name\nA,x\n", 1, "not labeling_set_id and label"),
    Case("empty-column-name", "labeling_set_id,label,name,\nA,1,x,y\nA,1,x,z\nA,2,q,z\n", 1, "column 4"),
    Case("duplicate-column-name", "labeling_set_id,label,name,Name\nA,1,x,y\nA,1,x,z\nA,2,q,z\n", 1,
         "'name'"),
    Case("padded-column-name", "labeling_set_id,label, name,street\nA,1,x,y\nA,1,x,z\nA,2,q,z\n", 1,
         "' name'",
         "labeling_set_id,label,first name,street\nA,1,x,y\nA,1,x,z\nA,2,q,z\n"),
    Case("no-record-columns", "labeling_set_id,label\nA,1\nA,1\nA,2\n", 1, "no columns after", columns(1)),
    Case("too-many-columns", columns(101), 1, "103 columns", columns(100)),
    Case("table-columns", VALID, 1, "missing 'city'; extra 'street'", VALID, ["name", "city"]),
    Case("table-columns", VALID, 1, "misplaced 'name', 'street'", VALID, ["street", "name"]),
    Case("table-columns", VALID, 1, "missing 'Town'; extra 'street'",
         VALID.replace(b"name,street", b"Name,STREET"), ["NAME", "Town"]),
    Case("no-rows", HEADER, 1, "no rows"),
    Case("no-rows", HEADER + "\n\n", 1, "no rows"),
    Case("field-count", HEADER + GOOD + "A,2,Cy\n", 5, "3 fields, the header has 4 (row of labeling set 'A')",
         HEADER + GOOD + "A,2,Cy,\n"),
    Case("field-count", HEADER + GOOD + "A,2,Cy,Elm St,9\n", 5, "5 fields",
         HEADER + GOOD + 'A,2,Cy,"Elm St,9"\n'),
    Case("empty-set-id", HEADER + GOOD + ",1,Cy,x\n", 5, "the row has no labeling_set_id"),
    Case("empty-set-id", HEADER + GOOD + " ,1,Cy,x\n", 5, "no labeling_set_id"),
    Case("empty-label", HEADER + GOOD + "A,,Cy,x\nA,1,Di,x\nA, ,Ed,x\n", 5,
         "2 of 6 rows without a label: lines 5 and 7"),
    Case("empty-label", HEADER + GOOD + "B,,Cy,x\nB,,Di,x\n", 5, "2 of 2 rows"),
    Case("unlabeled-file", HEADER + "A,,Ann,x\nA,,Anne,x\n", 1, "not been labeled yet"),
    Case("conflicting-labels", HEADER + GOOD + "A,2,Ann,Elm St\n", 5,
         "line 2 is repeated, labeled '2' here and '1' there",
         HEADER + GOOD + "A,1,Ann,Elm St\n"),
    Case("rows-in-set-over-50", HEADER + GOOD + rows(51), 5, "has 51 rows", HEADER + GOOD + rows(50)),
    Case("rows-in-set-over-30", HEADER + GOOD + rows(31), 5, "has 31 rows", HEADER + GOOD + rows(30)),
    Case("single-row-set", HEADER + GOOD + "B,1,Cy,x\n", 5, "'B' has only one row",
         HEADER + GOOD + "B,1,Cy,x\nB,2,Di,y\n"),
    Case("no-matches", HEADER + "A,1,x,y\nA,2,z,y\n", 1, "same label",
         HEADER + "A,1,x,y\nA,2,z,y\nB,1,x,y\nB,1,z,q\n"),
    Case("no-non-matches", HEADER + "A,1,x,y\nA,1,z,y\n", 1, "different labels",
         HEADER + "A,1,x,y\nA,1,z,y\nB,1,q,y\nB,2,z,q\n"),
    Case("similar-labels", HEADER + GOOD + "A,b,Cy,x\nA,B,Di,x\n", 6, "'b' and 'B'",
         HEADER + GOOD + "A,b,Cy,x\nB,B,Di,x\nB,c,Di,y\n"),
    Case("similar-labels", HEADER + GOOD + "A,2 ,Cy,x\n", 5, "'2' and '2 '"),
    Case("contradicting-sets", HEADER + GOOD + "B,1,Anne,Elm St\nB,2,Ann,Elm St\n", 5,
         "lines 5 and 6 do not match here, but match in lines 2 and 3",
         HEADER + GOOD + "B,1,Anne,Elm St\nB,1,Ann,Elm St\nB,2,Bo,Oak St\n"),
    Case("scattered-set", HEADER + GOOD + "B,1,Cy,x\nB,2,Di,x\nA,2,Ed,x\n", 7,
         "'A', which begins in line 2",
         HEADER + GOOD + "A,2,Ed,x\nB,1,Cy,x\nB,2,Di,x\n"),
    Case("not-a-label-file", b"\x1f\x8b\x08\0\0\0\0\0", 1, "compressed file (gzip)"),
    Case("merge-conflict", HEADER + "<<<<<<< HEAD\n" + GOOD + "=======\nA,1,Ann,x\n>>>>>>> other\n", 2,
         "1 merge conflict is not resolved", HEADER + GOOD + "A,2,=======,<<<<<<<\n"),
    Case("stray-lines", HEADER + GOOD + ",,,\n ,,,\n,,,\n", 5, "3 rows have no values"),
    Case("backslash-quotes", HEADER + GOOD + 'A,2,"C \\"y\\" Z",x\n', 5, "(1 line)",
         HEADER + GOOD + 'A,2,"C ""y\\"" Z\\",x\n'),
    Case("index-column", ",labeling_set_id,label,n\n0,A,1,x\n1,A,1,y\n2,A,2,z\n", 1,
         "column 1, which has no name,", "labeling_set_id,label,index,n\nA,1,0,x\nA,1,1,y\nA,2,2,z\n"),
    Case("invisible-characters", HEADER.replace("name", "na\u200bme") + GOOD, 1, "ZERO WIDTH SPACE (U+200B)",
         HEADER.replace("name", "na me") + GOOD),
    Case("placeholder-set-id", HEADER + GOOD + "NaN,1,Cy,x\nNaN,2,Di,x\n", 5,
         "the labeling_set_id 'NaN' looks like a missing value (2 rows)",
         HEADER + GOOD + "Nan-1,1,Cy,x\nNan-1,2,Di,x\n"),
    Case("placeholder-label", HEADER + GOOD + "A,NA,Cy,x\nA,NA,Di,x\n", 5, "'NA' beside other labels",
         HEADER + GOOD + "A,NAN1,Cy,x\nA,NAN1,Di,x\n"),
    Case("placeholder-alone", HEADER + GOOD + "B,NA,Cy,x\nB,NA,Di,x\n", 5,
         "the label 'NA', the only one in its set,"),
    Case("placeholder-alone", HEADER + GOOD.replace("A,", "NA,"), 2, "the labeling_set_id 'NA' of all rows"),
    Case("yes-no-labels", HEADER + "A,yes,Ann,x\nA,yes,Anne,x\nA,no,Bo,x\nA,no,Cy,x\n", 4, "'no'",
         HEADER + "A,yes,Ann,x\nA,yes,Anne,x\nA,no,Bo,x\n"),
    Case("no-pairs", HEADER + "A,1,Ann,x\nB,1,Bo,x\nC,2,Cy,x\n", 1, "each of the 3 sets has only one row",
         HEADER + GOOD + "B,1,Bo,x\nC,2,Cy,x\n"),
    Case("similar-set-ids", HEADER + GOOD + "a,1,Cy,x\na,2,Di,x\n", 5, "'A' and 'a' differ"),
    Case("similar-set-ids", HEADER + GOOD.replace("A,", "1,") + "1.0,1,Cy,x\n1.0,2,Di,x\n", 5,
         "'1' and '1.0'",
         HEADER + GOOD.replace("A,", "1,") + "10,1,Cy,x\n10,2,Di,x\n"),
    Case("repeated-records", HEADER + GOOD + "A,1,Ann,Elm St\n", 5, "line 5 is like line 2",
         HEADER + GOOD + "B,1,Ann,Elm St\nB,2,Bo,Elm St\n"),
    Case("scientific-notation", HEADER + GOOD + "A,2,1.23457E+12,x\n", 5, "1 value of 'name'",
         HEADER + GOOD + "A,2,E+,1E5\n"),
    Case("result-columns", "labeling_set_id,label,n,match_id\nA,1,x,7\nA,1,y,7\nA,2,z,8\n", 1, "'match_id'"),
    Case("file-size-over-10-mb", sized(10_000_001), 1, "the file has 10,000,001 bytes, more than 10,000,000",
         sized(10_000_000)),
]  # fmt: skip


def content(of: bytes | str) -> bytes:
    """Content of a file."""
    return of if isinstance(of, bytes) else of.encode()


def ids(case: Case) -> str:
    """What a case is called."""
    return f"{case.rule}: {case.says}"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "labels.csv"


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_broken_rule_is_found_at_its_line_and_says_what_is_wrong(file: Path, case: Case) -> None:
    file.write_bytes(content(case.breaks))

    report = check("labels.csv", columns=case.columns)

    found = [f for f in report.errors + report.warnings if f.rule.name == case.rule]
    assert [(f.path, f.line) for f in found[:1]] == [("labels.csv", case.line)]
    assert case.says in found[0].problem
    assert found[0] in (report.errors if RULES[case.rule].severity == "error" else report.warnings)


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_file_just_inside_a_rule_does_not_break_it(file: Path, case: Case) -> None:
    file.write_bytes(content(case.inside))

    report = check("labels.csv", columns=["name", "street"] if case.columns else None)

    assert [str(f) for f in report.errors + report.warnings if f.rule.name == case.rule] == []
    assert report.error_count == 0


@pytest.mark.parametrize("case", CASES, ids=ids)
def test_rule_that_is_turned_off_is_not_reported(file: Path, case: Case) -> None:
    file.write_bytes(content(case.breaks))

    report = check("labels.csv", columns=case.columns, ignore_rules=[case.rule])

    assert case.rule not in {f.rule.name for f in report.errors + report.warnings}


def test_each_rule_of_one_file_has_a_case() -> None:
    # These need a folder, or an app.
    others = {"different-header", "empty-file", "files-not-read", "crlf-line-ends"}
    assert {case.rule for case in CASES} == set(RULES) - others


def test_file_in_another_way_than_its_rules_ask_for_breaks_no_other(file: Path) -> None:
    alone = ("delimiter", "byte-order-mark", "key-columns", "unlabeled-file", "rows-in-set-over-50")
    for case in CASES:
        if case.rule in alone and case.says != "not labeling_set_id and label":
            file.write_bytes(content(case.breaks))
            assert {f.rule.name for f in check(file).errors} == {case.rule}, case


def test_valid_file_has_no_findings_and_a_summary(file: Path) -> None:
    file.write_bytes(VALID)

    report = check("labels.csv")

    assert (report.error_count, report.warning_count) == (0, 0)
    assert str(report.summary) == "1 sets, 3 rows, 1 matches, 2 non-matches"
    assert report.summary.columns == ("name", "street")
