"""Folders of label files, as Spark and other programs write them."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from checked_label_files import GOOD, HEADER, ROWS, findings, only

from glue_labels.labeling_file import LabelFiles, NoLabelFilesError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from glue_labels.labeling_file import Report


def test_folder_of_spark_is_clean_with_marker_and_parts_without_rows(checked: Callable[..., Report]) -> None:
    parts = {
        "part-00000.csv": "",
        "part-00001.csv": HEADER,
        "part-00002.csv": GOOD,
        "_SUCCESS": "",
        ".x.csv.crc": "x",
    }
    assert findings(checked(parts)) == []


def test_uploaded_file_has_the_header_of_the_first_part_that_has_one(tmp_path: Path) -> None:
    for name, content in {"a.csv": "", "b.csv": "\n", "c.csv": HEADER, "d.csv": GOOD}.items():
        (tmp_path / name).write_text(content)
    LabelFiles.at(tmp_path).join(tmp_path / "joined")
    assert (tmp_path / "joined").read_text() == GOOD


def test_other_file_without_rows_is_a_warning(checked: Callable[..., Report]) -> None:
    report = checked({"a.csv": GOOD, "b.csv": "", "c.csv": HEADER})
    assert [f"{f.path} {f.rule.name}" for f in report.warnings] == [
        "labels/b.csv empty-file",
        "labels/c.csv empty-file",
    ]
    assert report.error_count == 0


def test_folder_without_any_rows_is_one_error(checked: Callable[..., Report]) -> None:
    assert only(checked({"part-0.csv": "", "part-1.csv": HEADER})).rule.name == "no-rows"


def test_compressed_parts_and_folders_below_are_named_as_not_read(checked: Callable[..., Report]) -> None:
    finding = only(
        checked({"a.csv": GOOD, "b.csv.gz": gzip.compress(b"x"), "older/c.csv": GOOD, "notes/d.txt": "x"})
    )
    assert (finding.rule.name, finding.rule.severity) == ("files-not-read", "warning")
    assert "'b.csv.gz', 'older'" in finding.problem


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("part-0.csv.gz", "compressed files, 'part-0.csv.gz'"),
        ("day=1/a.csv", "folders with CSV files, 'day=1'"),
        ("part-0", "It has 'part-0': if these are CSV files, rename them to *.csv."),
        ("part-0.parquet", "It has 'part-0.parquet'."),
    ],
)
def test_folder_without_csv_files_says_what_it_has_instead(
    checked: Callable[..., Report], name: str, says: str
) -> None:
    with pytest.raises(NoLabelFilesError) as error:
        checked({name: b"x"})
    assert error.value.strerror.startswith("The folder has no CSV files (*.csv). ")
    assert says in error.value.strerror


def test_parts_without_a_header_are_one_finding(checked: Callable[..., Report]) -> None:
    report = checked({"a.csv": GOOD, "b.csv": ROWS.replace("S", "T"), "c.csv": ROWS.replace("S", "U")})
    assert only(report).rule.name == "missing-header"
    assert only(report).path == "labels/b.csv"
    assert "1 other file has no header either" in only(report).problem


def test_header_of_a_folder_s_files_may_differ_in_case(
    checked: Callable[..., Report],
) -> None:
    assert (
        findings(
            checked(
                {"a.csv": GOOD, "b.csv": GOOD.replace("name", "Name").replace("S", "T").replace(",1", ",11")}
            )
        )
        == []
    )
