"""The check before deployment and the simulated import read label files each on its own: do they agree?"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from generated_label_file import label_files
from hypothesis import given, settings
from hypothesis import strategies as st

from glue_labels.labeling_file import check
from glue_labels_sandbox.labeling_csv import NotALabelingFileError, read_labeling_file

if TYPE_CHECKING:
    from generated_label_file import LabelFile

    from glue_labels.labeling_file import Report

# What the check refuses although an import would not fail: it would teach something other than was meant.
STRICTER = {
    "conflicting-labels",
    "empty-label",
    "invisible-characters",
    "no-pairs",
    "nul-byte",
    "padded-column-name",
    "placeholder-label",
    "placeholder-set-id",
    "rows-in-set-over-50",
    "yes-no-labels",
}

CHARACTERS = st.text('",;\n\r\t\0AB1 \ufeff\u00e9', max_size=12)


def checked(content: bytes) -> Report:
    """What the check finds in a file of this content."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "labels.csv")
        file.write_bytes(content)
        return check(file, limit=1000)


def import_fails(content: bytes) -> bool:
    """Whether the simulated service refuses the file."""
    try:
        read_labeling_file(content)
    except NotALabelingFileError:
        return True
    return False


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    """A label file of which some bytes were taken out, and others put in."""
    content = draw(label_files()).text.encode()
    start = draw(st.integers(0, len(content)))
    end = draw(st.integers(start, min(len(content), start + 12)))
    return content[:start] + draw(CHARACTERS.map(str.encode) | st.binary(max_size=4)) + content[end:]


@settings(max_examples=600, deadline=None)
@given(contents())
def test_what_the_import_refuses_the_check_refuses(content: bytes) -> None:
    if import_fails(content):
        assert checked(content).error_count


@settings(max_examples=600, deadline=None)
@given(contents())
def test_what_the_check_refuses_the_import_refuses_but_for_what_the_check_is_stricter_in(
    content: bytes,
) -> None:
    rules = {finding.rule.name for finding in checked(content).errors} - STRICTER
    if rules:
        assert import_fails(content), rules


@settings(deadline=None)
@given(label_files())
def test_both_count_the_same_rows_and_sets(file: LabelFile) -> None:
    summary = checked(file.text.encode()).summary
    rows = read_labeling_file(file.text.encode()).rows
    assert summary.rows == len(rows)
    assert summary.labeling_sets == len({row.labeling_set_id for row in rows})
    assert summary.matches + summary.non_matches == sum(
        one.labeling_set_id == other.labeling_set_id for i, one in enumerate(rows) for other in rows[:i]
    )
