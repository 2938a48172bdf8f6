"""The simulated service's own reading of labeling files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_labels_sandbox import LabeledRow
from glue_labels_sandbox.labeling_csv import read_labeling_file

if TYPE_CHECKING:
    from conftest import World

HEADER = b"labeling_set_id,label,name,street\n"


def test_quoted_fields_and_either_line_ending_are_read() -> None:
    assert read_labeling_file(HEADER + b'1,A,"O\'Hara, Zo\xc3\xab","Main ""St""\nrear"\r\n1,B,x,y').rows == (
        LabeledRow("1", "A", ("O'Hara, Zoë", 'Main "St"\nrear')),
        LabeledRow("1", "B", ("x", "y")),
    )


def test_labels_differ_by_case() -> None:
    rows = read_labeling_file(HEADER + b"1,a,x,y\n1,A,x,y\n").rows
    assert [row.label for row in rows] == ["a", "A"]


def test_row_without_a_label_teaches_nothing() -> None:
    assert read_labeling_file(HEADER + b"1,,x,y\n1,A,x,y\n").rows == (LabeledRow("1", "A", ("x", "y")),)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\n\n", "empty"),
        (HEADER, "no labeled rows"),
        (HEADER + b"1,,x,y\n", "no labeled rows"),
        (b"name,street\nx,y\n", "first two columns"),
        (b"label,labeling_set_id,name\nA,1,x\n", "first two columns"),
        (b"\xef\xbb\xbf" + HEADER + b"1,A,x,y\n", "first two columns"),
        (b"labeling_set_id,label\n1,A\n", "1 to 100 columns"),
        (b"labeling_set_id,label," + b"c," * 100 + b"c\n", "1 to 100 columns"),
        (b"labeling_set_id,label,name,Name\n1,A,x,y\n", "those of a table"),
        (b"labeling_set_id,label,name,\n1,A,x,y\n", "those of a table"),
        (HEADER + b"1,A,x\n", "Row 1 has 3 fields, the header has 4"),
        (HEADER + b"1,A,x,y\n1,A,x,y,z\n", "Row 2 has 5 fields, the header has 4"),
        (HEADER + b",A,x,y\n", "Row 1 has no labeling_set_id"),
        (HEADER + b'1,A,"x,y\n', "not CSV"),
        (HEADER + b"1,A,\xff,y\n", "not UTF-8"),
        (b"\x89PNG\r\n\x1a\n", "not UTF-8"),
    ],
)
def test_run_on_what_is_no_labeling_file_fails_with_the_reason(
    world: World, content: bytes, reason: str
) -> None:
    run = world.import_file(content)
    assert run["Status"] == "FAILED"
    assert reason in run["ErrorString"]
