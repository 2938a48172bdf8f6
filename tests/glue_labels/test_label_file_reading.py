"""How label files are read: as spreadsheets write them, in any order of rows, long ones, folders of them."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from glue_labels.labeling_file import LabelFiles, check, with_remedies

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from glue_labels.labeling_file import Report

HEADER = "labeling_set_id,label,name,street\n"
ROWS = "A,1,Ann,Elm\nA,1,Anne,Elm\nA,2,Bo,Oak\n"


@pytest.fixture
def checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Report]:
    """Checks a file of some content, or a folder with files of several."""
    monkeypatch.chdir(tmp_path)

    def check_content(*contents: str | bytes, limit: int = 20) -> Report:
        (tmp_path / "labels").mkdir()
        for name, content in zip("abcdef", contents, strict=False):
            of_bytes = content if isinstance(content, bytes) else content.encode()
            (tmp_path / "labels" / f"{name}.csv").write_bytes(of_bytes)
        return check("labels" if len(contents) > 1 else "labels/a.csv", limit=limit)

    return check_content


def found(report: Report) -> list[str]:
    """Findings as path, line and rule."""
    return [f"{f.path}:{f.line} {f.rule.name}" for f in report.errors + report.warnings]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(HEADER + ROWS, id="lines end in LF"),
        pytest.param((HEADER + ROWS).replace("\n", "\r\n"), id="lines end in CR LF"),
        pytest.param((HEADER + ROWS).replace("\n", "\r"), id="lines end in CR"),
        pytest.param((HEADER + ROWS).removesuffix("\n"), id="last line does not end"),
        pytest.param(HEADER + ROWS + "\n\r\n\n", id="blank lines at the end"),
        pytest.param(HEADER + '"A","1","Ann","Elm"\n' + ROWS[12:], id="all in quotes"),
        pytest.param('"labeling_set_id","label","name","street"\n' + ROWS, id="header in quotes"),
        pytest.param(HEADER + 'A,1,Ann,"Elm\n5"\n' + ROWS[12:], id="line feed in quotes"),
        pytest.param(HEADER + 'A,1,Ann,"Elm\r\n5"\n' + ROWS[12:], id="CR LF in quotes"),
        pytest.param(HEADER + 'A,1,"Ann ""A"" B",Elm\n' + ROWS[12:], id="doubled quotes"),
        pytest.param(HEADER + "A,1,,\n" + ROWS[12:], id="empty fields"),
        pytest.param(HEADER + "A,1,Zoë,Élm ✓\n" + ROWS[12:], id="not ASCII"),
    ],
)
def test_what_spreadsheets_write_is_accepted(checked: Callable[..., Report], content: str) -> None:
    report = checked(content)
    assert found(report) == []
    assert (report.summary.rows, report.summary.matches, report.summary.non_matches) == (3, 1, 2)


def test_line_of_a_finding_counts_lines_within_quotes(checked: Callable[..., Report]) -> None:
    assert found(checked(HEADER + 'A,1,"An\r\nn\n",Elm\n\nA,1\n' + ROWS)) == ["labels/a.csv:6 field-count"]


def test_rows_before_and_after_a_broken_quote_are_judged(checked: Callable[..., Report]) -> None:
    report = checked(HEADER + ROWS + 'B,1,"Cy,x\n' + "B,1,Di,x\nB,2,Ed,x\nB,2\n")
    assert found(report) == ["labels/a.csv:5 unclosed-quote", "labels/a.csv:8 field-count"]
    assert report.summary.rows == 5


def test_many_broken_quotes_are_reported_and_end_the_reading(checked: Callable[..., Report]) -> None:
    report = checked(HEADER + 'A,1,"x"y,z\n' * 1000)
    assert report.error_count == 101
    assert found(report)[0] == "labels/a.csv:2 unclosed-quote"


def test_file_without_line_ends_is_not_read_into_memory(checked: Callable[..., Report]) -> None:
    report = checked(b"x" * 17_000_000)
    assert [f"{f.path}:{f.line} {f.rule.name}" for f in report.errors] == ["labels/a.csv:1 field-size"]


def test_files_of_a_folder_count_together_for_the_quota_of_glue(checked: Callable[..., Report]) -> None:
    half = HEADER + ROWS + f"A,1,{'x' * 100_000},y\n" * 51
    (finding,) = (f for f in checked(half, half).warnings if f.rule.name == "file-size-over-10-mb")
    assert (finding.path, finding.line) == ("labels/a.csv", 1)
    assert finding.problem.startswith("the files of the folder have 10,2")


@pytest.mark.parametrize("rows", [250, 251, 999, 1000, 1001, 2500])
def test_rows_of_a_long_set_are_all_counted(checked: Callable[..., Report], rows: int) -> None:
    report = checked(HEADER + ROWS + "".join(f"B,1,name {n},x\n" for n in range(rows)) + "C,1,x,y\nC,1,z,y\n")
    (error,) = report.errors
    assert f"'B' has {rows:,} rows" in error.problem
    assert report.summary.largest_set == rows
    assert report.summary.rows == rows + 5


def test_sets_whose_rows_are_not_together_are_judged_as_one(checked: Callable[..., Report]) -> None:
    sets = [[f"S{n},{label},n{n}{label}{i},x\n" for i, label in enumerate("AAB")] for n in range(400)]
    report = checked(HEADER + "".join(itertools.chain.from_iterable(zip(*sets, strict=True))))
    assert {f.rule.name for f in report.warnings} == {"scattered-set"}
    assert (report.error_count, report.warning_count) == (0, 1)
    assert str(report.summary) == "400 sets, 1200 rows, 400 matches, 800 non-matches"
    assert report.warnings[0].line == 402
    assert report.warnings[0].problem == (
        "more rows of labeling set 'S0', which begins in line 2; "
        "399 other sets have the same problem, the first in lines 403, 404, 405, 406 and 407"
    )


def test_large_set_whose_rows_are_not_together_is_counted(checked: Callable[..., Report]) -> None:
    rows = "".join(f"B,{n % 2},name {n},x\n" for n in range(1200))
    report = checked(HEADER + rows + ROWS + rows.replace("name", "other"))
    assert "'B' has 2,400 rows" in report.errors[0].problem
    assert report.summary.rows == 2403


def test_contradiction_is_found_however_far_apart_the_sets_are(checked: Callable[..., Report]) -> None:
    between = "".join(f"S{n},1,n{n},x\nS{n},1,m{n},x\nS{n},2,o{n},x\n" for n in range(2000))
    report = checked(HEADER + ROWS + between + "Z,1,Ann,Elm\nZ,2,Anne,Elm\n")
    assert found(report) == ["labels/a.csv:6005 contradicting-sets"]
    assert "lines 6005 and 6006 do not match here, but match in lines 2 and 3" in report.warnings[0].problem


PAIRS = "".join(f"P{n},1,n{n},x\nP{n},2,m{n},x\n" for n in range(400))
LARGE = "".join(f"L,{n},large {n},x\n" for n in range(45))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(f"{PAIRS}Z,1,n7,x\nZ,1,m7,x\n", id="pairs only"),
        pytest.param(f"{PAIRS}Z,1,n7,x\nZ,,o,x\nZ,1,m7,x\n", id="a row without a label between"),
        pytest.param(f"{PAIRS}{LARGE}L,1,n7,x\nL,1,m7,x\n", id="pairs, then a large set"),
        pytest.param(f"{LARGE}L,1,n7,x\nL,1,m7,x\n{PAIRS}", id="a large set, then pairs"),
        pytest.param(f"{PAIRS}L,1,n7,x\n{LARGE}L,1,m7,x\n", id="far apart in a large set"),
    ],
)
def test_contradiction_is_found_whatever_the_sizes_of_the_sets(
    checked: Callable[..., Report], content: str
) -> None:
    report = checked(HEADER + content)
    (finding,) = (f for f in report.warnings if f.rule.name == "contradicting-sets")
    assert report.warning_count == 1 + ("L," in content)
    assert " do not match here, but match in " in finding.problem


def test_contradiction_in_a_set_that_is_too_large_is_found_beside_very_many_pairs(
    checked: Callable[..., Report],
) -> None:
    pairs = "".join(f"P{n},1,n{n},x\nP{n},2,m{n},x\n" for n in range(2000))
    more = "".join(f"L,{n},large {n},x\n" for n in range(55))
    report = checked(f"{HEADER}{pairs}L,1,n7,x\n{more}L,1,m7,x\n")
    assert "contradicting-sets" in {f.rule.name for f in report.warnings}


def test_rows_without_a_label_contradict_nothing(checked: Callable[..., Report]) -> None:
    report = checked(f"{HEADER}Y,1,a,x\nY,1,b,x\n{PAIRS}Z,1,a,x\nZ,1,q,x\nZ,,b,x\n")
    assert found(report) == ["labels/a.csv:806 empty-label"]


def test_conflicting_labels_in_a_set_are_no_contradiction_of_sets(checked: Callable[..., Report]) -> None:
    report = checked(f"{HEADER}Z,1,a,x\nZ,2,a,x\nZ,1,b,x\nY,1,b,x\nY,1,c,x\n")
    assert found(report) == ["labels/a.csv:3 conflicting-labels"]


def test_contradiction_is_found_below_a_row_without_a_label(checked: Callable[..., Report]) -> None:
    report = checked(f"{HEADER}Z,1,p,x\nZ,,o,x\nZ,1,q,x\nY,1,a,x\nY,1,b,x\nX,1,a,x\nX,2,b,x\n")
    assert found(report) == ["labels/a.csv:3 empty-label", "labels/a.csv:7 contradicting-sets"]


def test_records_that_are_in_many_sets_without_contradiction_are_no_finding(
    checked: Callable[..., Report],
) -> None:
    pairs = "".join(f"P{n},1,n{n // 3},x\nP{n},{1 + n % 2},n{n + 1},x\n" for n in range(3, 900))
    assert found(checked(HEADER + pairs)) == []


def test_finding_names_the_file_and_line_in_a_folder(checked: Callable[..., Report]) -> None:
    report = checked(HEADER + ROWS, HEADER + "B,1\n", HEADER + "C,1,x,y\nC,1,z,y\n,1,x,y\n")
    assert found(report) == ["labels/b.csv:2 field-count", "labels/c.csv:4 empty-set-id"]


def test_line_of_another_file_is_named_with_its_file(checked: Callable[..., Report]) -> None:
    report = checked(HEADER + ROWS, HEADER + "B,1,Ann,Elm\nB,2,Anne,Elm\n")
    (warning,) = report.warnings
    assert str(warning).startswith("labels/b.csv:2: warning[contradicting-sets]")
    assert warning.problem.endswith("match in lines 2 and 3 of labels/a.csv")


def test_set_that_continues_in_another_file_is_reported(checked: Callable[..., Report]) -> None:
    assert found(checked(HEADER + ROWS, HEADER + "A,2,Cy,x\nA,1,Di,x\n")) == ["labels/b.csv:2 scattered-set"]


def test_files_of_a_folder_have_the_same_header(checked: Callable[..., Report]) -> None:
    report = checked(HEADER + ROWS, "labeling_set_id,label,street,name\nB,1,x,y\nB,2,z,y\n")
    assert found(report) == ["labels/b.csv:1 different-header"]
    assert "differ from those of labels/a.csv: misplaced 'street', 'name'" in report.errors[0].problem


def test_file_of_a_folder_that_nobody_labeled_is_named(checked: Callable[..., Report]) -> None:
    report = checked(HEADER + ROWS, HEADER + "B,,x,y\nB,,z,y\nC,,x,q\nC,,z,q\n")
    assert found(report) == ["labels/b.csv:1 unlabeled-file"]


def test_all_are_counted_and_the_first_ones_kept(checked: Callable[..., Report]) -> None:
    report = checked(HEADER + "A,1\n" * 30 + ROWS + ",1,x,y\n" * 30 + "B,1,x,y\nC,1,x,y\n", limit=7)
    assert (report.error_count, report.warning_count) == (60, 1)
    assert [f.line for f in report.errors] == [2, 3, 4, 5, 6, 7, 8]
    assert list(with_remedies(report.errors, report.error_count))[-1] == "... and 53 more"


def test_bytes_are_seen_once_in_order_even_if_not_all_are_judged(tmp_path: Path) -> None:
    content = (HEADER + 'A,1,"x"y,z\n' * 30_000).encode()
    (tmp_path / "labels.csv").write_bytes(content)
    seen = bytearray()
    check(tmp_path / "labels.csv", see=seen.extend)
    assert bytes(seen) == content


def test_joined_files_are_byte_for_byte_those_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"labeling_set_id,label,x\r\nA,1,\xff\r\n")
    (tmp_path / "b.csv").write_bytes(b'\xef\xbb\xbflabeling_set_id,label,"x"\r\nB,1,\xfe')
    (tmp_path / "c.csv").write_bytes(b'\nlabeling_set_id,label,"x\ny"\nC,1,"\n\n"\n')
    target = tmp_path / "joined"
    LabelFiles.at(tmp_path).join(target)
    assert target.read_bytes() == b'labeling_set_id,label,x\r\nA,1,\xff\r\nB,1,\xfe\nC,1,"\n\n"\n'
