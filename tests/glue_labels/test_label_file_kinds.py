"""Files that are no label files, and what programs do to label files: each mistake is one finding."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import pickle
import sqlite3
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from checked_label_files import GOOD, HEADER, ROWS, findings, only

from glue_labels.labeling_file import check

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels.labeling_file import Report

CASES = Path(__file__).parents[3] / "shared" / "cases" / "label-files"


def zipped(*names: str, first: str = "x") -> bytes:
    """A ZIP archive with files; the content of the first of them."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in names:
            archive.writestr(name, first if name == names[0] else "x" * 100)
    return target.getvalue()


def database(path: Path) -> bytes:
    """An SQLite database."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (a)")
    connection.close()
    return path.read_bytes()


RECORDS = [{"labeling_set_id": "S1", "label": "A", "id": n} for n in range(500)]

NOT_LABEL_FILES = {
    "Git LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:96\nsize 18151\n",
        "git lfs pull",
    ),
    "git-annex pointer": (b"/annex/objects/SHA256E-s5--96.csv\n", "git annex get"),
    "git-crypt": (b"\0GITCRYPT\0\xe5\x9f" + bytes(range(256)), "git-crypt unlock"),
    "(gzip)": (gzip.compress(GOOD.encode() * 5000), "Decompress"),
    "(bzip2)": (bz2.compress(GOOD.encode()), "Decompress"),
    "workbook (.xlsx)": (zipped("docProps/app.xml", "xl/workbook.xml", "[Content_Types].xml"), "CSV UTF-8"),
    "workbook (.ods)": (
        zipped("mimetype", "content.xml", first="application/vnd.oasis.opendocument.spreadsheet"),
        "CSV UTF-8",
    ),
    "workbook or another Office": (zipped("[Content_Types].xml"), "CSV UTF-8"),
    "or another Office document": (b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0b\xee\x9d", "CSV UTF-8"),
    "Word document (.docx)": (zipped("[Content_Types].xml", "word/document.xml"), "rows as CSV"),
    "presentation (.pptx)": (zipped("[Content_Types].xml", "ppt/presentation.xml"), "rows as CSV"),
    "Apple Numbers": (zipped("Index/Document.iwa"), "CSV UTF-8"),
    "ZIP archive with 'Labels.CSV'": (
        zipped("__MACOSX/._Labels.CSV", "Labels.CSV", "notes.pdf"),
        "Decompress",
    ),
    "ZIP archive with 'labeling_set_id.csv'": (zipped("labeling_set_id.csv"), "Decompress"),
    "ZIP archive with 'labels.xlsx'": (zipped("labels.xlsx"), "CSV file itself"),
    "empty ZIP archive": (zipped(), "CSV file itself"),
    "ZIP archive that is not complete": (zipped("labels.csv")[:60], "Download"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512), "CSV UTF-8"),
    "error page of S3 (AccessDenied)": (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code></Error>',
        "permissions",
    ),
    "XML": (b"<rows><row><labeling_set_id>S1</labeling_set_id></row></rows>", "address"),
    "HTML page": (b"\n<!DOCTYPE html>\n<html><body>Sign in, please</body></html>", "address"),
    "JSON": (json.dumps(RECORDS).encode(), "CSV"),
    "but JSON": (b"".join(json.dumps(one).encode() + b"\n" for one in RECORDS), "CSV"),
    "Parquet": (b"PAR1\x15\x04\x15\x10labeling_set_id" + bytes(100) + b"PAR1", "CSV"),
    "Avro": (b"Obj\x01\x04\x14avro.codec" + bytes(10), "CSV"),
    "ORC": (b"ORC\x0a\x0b\x00\x00", "CSV"),
    "Python pickle": (pickle.dumps(RECORDS), "rows as CSV"),
    "a Python pickle": (pickle.dumps({"labeling_set_id": 1}, protocol=2), "rows as CSV"),
    "Stata": (b"<stata_dta><header><release>118</release></header>" + bytes(range(256)), "rows as CSV"),
    "program (ELF)": (b"\x7fELF\x02\x01\x01" + bytes(200), "CSV file itself"),
    "NUL bytes only": (bytes(10_000), "Restore"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "CSV"),
    "symbolic link": (b"../shared/labels.csv", "core.symlinks"),
    "binary data": (bytes(range(256)) * 4, "CSV"),
    "but binary data": (b"labeling_set_id,label\n" + bytes(range(256)) * 4, "CSV"),
    "binary data, not text": (b"User" + bytes(100) + b"U\0s\0e\0r" + bytes(53), "CSV"),
}


@pytest.mark.parametrize("kind", NOT_LABEL_FILES)
def test_file_that_is_no_label_file_gets_one_finding_that_says_what_it_is(
    checked: Callable[..., Report], kind: str
) -> None:
    content, remedy = NOT_LABEL_FILES[kind]
    for finding in (only(checked(content)), only(checked({"a.csv": GOOD, "b.csv": content}))):
        assert finding.rule.name == "not-a-label-file"
        assert kind in finding.problem
        assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:96\nsize 1\n", "a Git LFS pointer"),
        (b"%PDF-1.7\n1 0 obj\n", "a PDF document"),
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_mark_hides_no_other_kind(
    checked: Callable[..., Report], content: bytes, kind: str, encoding: str
) -> None:
    finding = only(checked(content.decode().encode(encoding)))
    assert finding.problem.startswith(f"not a label file but {kind}")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("name", ["Ann", "\u0105\u0107\u0119\u0142", "\u7530\u4e2d\u0101\u0203"])
def test_other_encoding_is_one_finding_whatever_the_alphabet(
    checked: Callable[..., Report], encoding: str, name: str
) -> None:
    content = GOOD.replace("Ann", name * 20).replace("Lee", name * 20).replace("C", name * 20)
    report = checked(content.encode(encoding))
    assert only(report).problem == f"the file is not UTF-8 but {encoding[:6].upper()}"
    assert report.summary.rows == 6


def test_nul_bytes_in_a_label_file_do_not_make_it_binary(checked: Callable[..., Report]) -> None:
    assert only(checked(GOOD.replace("Ann", "\0" * 50))).rule.name == "nul-byte"


def test_database_is_no_label_file(checked: Callable[..., Report], tmp_path: Path) -> None:
    assert "an SQLite database" in only(checked(database(tmp_path / "other.db"))).problem


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("ORCHARD,A,1,Ann\n" * 3, id="begins like ORC"),
        pytest.param("PAR1S,A,1,Ann\n" * 3, id="begins like Parquet"),
        pytest.param("BZh9,A,1,Ann\n" * 3, id="begins like bzip2"),
        pytest.param("[S1],A,1,Ann\n" * 3, id="begins with a bracket"),
        pytest.param("<S1>,A,1,Ann\n" * 3, id="begins with an angle bracket"),
    ],
)
def test_text_that_begins_like_another_file_is_read_as_csv(
    checked: Callable[..., Report], content: str
) -> None:
    assert "not-a-label-file" not in " ".join(findings(checked(content)))


def test_size_of_what_is_no_label_file_is_no_second_finding(checked: Callable[..., Report]) -> None:
    assert "(gzip)" in only(checked(b"\x1f\x8b" + bytes(10_000_000))).problem


def test_bytes_of_what_is_no_label_file_are_all_seen(tmp_path: Path) -> None:
    content = gzip.compress(GOOD.encode()) + bytes(200_000)
    (tmp_path / "labels.csv").write_bytes(content)
    seen = bytearray()
    check(tmp_path / "labels.csv", see=seen.extend)
    assert bytes(seen) == content


def test_columns_of_commas_only_are_one_finding(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD.replace("\n", ",,\n"), columns=["id", "name"]))
    assert (finding.line, finding.rule.name) == (1, "empty-column-name")
    assert finding.problem == "columns 5, 6 have neither name nor values"
    assert "empty columns" in finding.remedy


def test_column_without_a_name_that_has_values_is_to_be_named(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD.replace("\n", ",\n").replace("Ann Lee,", "Ann Lee,x")))
    assert finding.problem == "column 5 has no name"


def test_header_with_a_surplus_comma_is_one_finding(checked: Callable[..., Report]) -> None:
    report = checked(HEADER.replace("\n", ",\n") + ROWS, columns=["id", "name"])
    assert "1 surplus comma: it has 5 fields, the rows have 4" in only(report).problem
    assert report.summary.rows == 6


def test_rows_with_surplus_commas_are_one_finding(checked: Callable[..., Report]) -> None:
    report = checked(HEADER + ROWS.replace("\n", ",,\n"))
    assert (only(report).line, only(report).rule.name) == (2, "field-count")
    assert only(report).problem == "6 rows end in more commas than the header; the last is line 7"
    assert report.summary.rows == 6


def test_rows_that_all_have_the_same_wrong_number_of_fields_are_one_finding(
    checked: Callable[..., Report],
) -> None:
    finding = only(checked(HEADER + ROWS.replace("\n", ",x\n")))
    assert (finding.line, finding.rule.name) == (1, "field-count")
    assert finding.problem == "all 6 rows have 5 fields, the header has 4"


def test_ids_in_scientific_notation_are_one_finding_with_a_count(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD.replace(",4,", ",4.5E+11,").replace(",6,", ",4.50001e+11,")))
    assert (finding.line, finding.rule.name, finding.rule.severity) == (5, "scientific-notation", "warning")
    assert "2 values of 'id' in scientific notation, such as '4.5E+11'" in finding.problem


def test_scientific_notation_may_have_a_decimal_comma(checked: Callable[..., Report]) -> None:
    finding = only(checked(GOOD.replace(",4,", ',"4,50001E+11",')))
    assert finding.rule.name == "scientific-notation"
    assert "such as '4,50001E+11'" in finding.problem


def test_numbers_that_people_write_are_no_scientific_notation(checked: Callable[..., Report]) -> None:
    assert findings(checked(GOOD.replace("Ann Lee", "1E5 E+ 3 e+1x").replace("S1", "1E5"))) == []


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "index", "X", "_c0"])
def test_index_of_a_data_frame_is_one_finding(checked: Callable[..., Report], name: str) -> None:
    rows = "".join(f"{n},{row}\n" for n, row in enumerate(ROWS.splitlines()))
    report = checked(f"{name},{HEADER}{rows}", columns=["id", "name"])
    assert (only(report).line, only(report).rule.name) == (1, "index-column")
    assert report.summary.columns == ("id", "name")
    assert report.summary.matches == 2


def test_index_among_the_table_s_columns_is_one_finding(checked: Callable[..., Report]) -> None:
    content = GOOD.replace("label,", "label,Unnamed: 0,").replace(",A,", ",A,0,").replace(",B,", ",B,1,")
    finding = only(checked(content, columns=["id", "name"]))
    assert (finding.line, finding.rule.name) == (1, "index-column")
    assert "column 3, 'Unnamed: 0'," in finding.problem


def test_index_that_the_header_does_not_name_is_one_finding(checked: Callable[..., Report]) -> None:
    rows = "".join(f"{n},{row}\n" for n, row in enumerate(ROWS.splitlines(), 1))
    finding = only(checked(HEADER + rows))
    assert (finding.line, finding.rule.name) == (1, "index-column")
    assert "'1', '2', '3', ..." in finding.problem


def test_quotes_escaped_by_backslashes_are_one_finding(checked: Callable[..., Report]) -> None:
    rows = ROWS.replace("Ann Lee", r'"Ann \"Nan\" Lee"').replace("Di Fox", r'"Di, \"D\""')
    report = checked(HEADER + rows)
    assert (only(report).line, only(report).rule.name) == (2, "backslash-quotes")
    assert "(2 lines)" in only(report).problem
    assert report.summary.rows == 6


def test_rows_below_backslash_quotes_are_judged_at_their_lines(checked: Callable[..., Report]) -> None:
    report = checked(GOOD + 'S2,B,7,"An \\"x\\"\ny"\nS2,B\n')
    assert findings(report) == ["8 backslash-quotes", "10 field-count"]


@pytest.mark.parametrize(
    "names",
    [
        "labelling_set_id,label_id",
        "labelling_set_id,label",
        "LabelingSetId,label",
        "labeling_set_id,lable",
        "label_set_id,label",
    ],
)
def test_misspelled_keys_are_one_finding(checked: Callable[..., Report], names: str) -> None:
    report = checked(GOOD.replace("labeling_set_id,label", names), columns=["id", "name"])
    assert (only(report).line, only(report).rule.name) == (1, "key-columns")
    assert f"'{names.split(',')[0]}'" in only(report).problem
    assert report.summary.matches == 2


def test_id_of_a_set_is_no_misspelled_key(checked: Callable[..., Report]) -> None:
    assert "1 missing-header" in findings(
        checked(ROWS.replace("S1", "LabelingSet1").replace("S2", "LabelingSet2"))
    )


@pytest.mark.parametrize("name", ["match_id", "Match_ID", "match_confidence_score"])
def test_column_that_findmatches_adds_is_a_warning_unless_the_table_has_it(
    checked: Callable[..., Report], name: str
) -> None:
    content = GOOD.replace("name\n", name + "\n")
    assert only(checked(content)).rule.name == "result-columns"
    assert findings(checked(content, columns=["id", name])) == []
    assert findings(checked(content, columns=["id"])) == ["1 table-columns"]


@pytest.mark.parametrize("character", ["\u200b", "\u00ad", "\u2060", "\ufeff"])
def test_invisible_characters_in_names_are_one_finding(
    checked: Callable[..., Report], character: str
) -> None:
    for name in ("label", "name"):
        report = checked(GOOD.replace(f",{name}", f",{character}{name}", 1), columns=["id", "name"])
        assert (only(report).line, only(report).rule.name) == (1, "invisible-characters")
        assert f"U+{ord(character):04X}" in only(report).problem
        assert report.summary.matches == 2


def test_missing_header_says_what_it_found_and_what_it_wants(checked: Callable[..., Report]) -> None:
    finding = only(checked(ROWS))
    assert finding.problem == "the first row is 'S1', 'A', '1', ..., not the header labeling_set_id,label,..."


def test_escapes_are_shown_once(checked: Callable[..., Report]) -> None:
    report = checked(b"S1,A,M\xfcller\tB\\C\nS1,A,y\nS1,B,z\n")
    (finding,) = (f for f in report.errors if f.rule.name == "missing-header")
    assert r"'M\xfcller\tB\C'" in finding.problem


@pytest.mark.skipif(not CASES.is_dir(), reason="the files that people sent are not here")
@pytest.mark.parametrize(
    ("name", "rule"),
    {
        "british-spelling.csv": "key-columns",
        "excel-empty-columns.csv": "empty-column-name",
        "excel-rows-of-commas.csv": "stray-lines",
        "excel-sep-line.csv": "stray-lines",
        "git-lfs-pointer.csv": "not-a-label-file",
        "gzip-named.csv": "not-a-label-file",
        "match-id-kept.csv": "result-columns",
        "nan-null-labels.csv": "placeholder-label",
        "pandas-index.csv": "index-column",
        "r-NA-labels.csv": "placeholder-label",
        "spark-backslash-quotes.csv": "backslash-quotes",
        "spark-folder": None,
        "xlsx-renamed.csv": "not-a-label-file",
        "yes-no-labels.csv": "yes-no-labels",
    }.items(),
)
def test_real_file_has_one_finding(name: str, rule: str | None) -> None:
    report = check(CASES / name)
    assert [f.rule.name for f in report.errors + report.warnings] == ([rule] if rule else [])
