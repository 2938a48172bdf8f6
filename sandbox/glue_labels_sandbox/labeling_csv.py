"""Labeling files as the simulated Glue reads and writes them.

An import reads one. A generation writes one of unlabeled records that resemble each other, an export one of
the labels that a transform knows.

Source: Glue developer guide, "Record matching with AWS Lake Formation FindMatches", "Labeling" and "Labeling
file format" (https://docs.aws.amazon.com/glue/latest/dg/machine-learning.html). The guide does not say what
Glue does with every malformed file; that such a run ends FAILED with a reason is an assumption. Nor does it
say how Glue finds records that resemble each other.
"""

from __future__ import annotations

import csv
import hashlib
import io
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process

from .records import LabeledRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    Record = tuple[str, ...]

_KEY_COLUMNS: Final = ("labeling_set_id", "label")
_MAX_DATA_COLUMNS: Final = 100

SETS: Final = 10
"""Sets that one run generates, at most: "typically" so many, says the guide."""

ROWS_OF_A_SET: Final = 10
"""Records of a generated set, at most: the guide's "approximately 100 records" in 10 sets."""

RECORDS: Final = 2_000
"""Records of the table that are compared, at most, so that a large table takes seconds."""

_SIMILAR: Final = 60.0
"""Records from this similarity on, in percent, come into one set."""


class NotALabelingFileError(ValueError):
    """The object is not a labeling file; the text is the run's ``ErrorString``."""


@dataclass(frozen=True)
class LabelingFile:
    """What an import takes from a labeling file.

    Attributes:
        columns: Of the records, without labeling_set_id and label.
        rows: Labeled rows. Rows without a label teach nothing and are left out.
    """

    columns: tuple[str, ...]
    rows: tuple[LabeledRow, ...]


def read_labeling_file(content: bytes) -> LabelingFile:
    """Return the columns and labeled rows of a file.

    Raises:
        NotALabelingFileError: it is not a labeling file, or none of its rows has a label.
    """
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotALabelingFileError(f"The label file is not UTF-8: {error}.") from error
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise NotALabelingFileError(f"The label file is not CSV: {error}.") from error
    lines = [line for line in lines if line]
    if not lines:
        raise NotALabelingFileError("The label file is empty.")
    header, *records = lines
    _check_header(header)
    rows = tuple(_row(number, record, len(header)) for number, record in enumerate(records, start=1))
    labeled = tuple(row for row in rows if row.label)
    if not labeled:
        raise NotALabelingFileError("The label file has no labeled rows.")
    return LabelingFile(tuple(header[2:]), labeled)


def _check_header(header: list[str]) -> None:
    if tuple(header[:2]) != _KEY_COLUMNS:
        raise NotALabelingFileError(
            f"The first two columns of a label file must be labeling_set_id and label, not {header[:2]}."
        )
    if not 1 <= len(header) - 2 <= _MAX_DATA_COLUMNS:
        raise NotALabelingFileError(
            f"A label file has 1 to {_MAX_DATA_COLUMNS} columns of the source table, not {len(header) - 2}."
        )
    # "The remaining columns must match the schema of the data": the column names of a table all differ.
    names = [name.lower() for name in header]
    if not all(names) or len(set(names)) < len(names):
        raise NotALabelingFileError(f"The columns of a label file are those of a table, not {header}.")


def _row(number: int, record: list[str], width: int) -> LabeledRow:
    if len(record) != width:
        raise NotALabelingFileError(f"Row {number} has {len(record)} fields, the header has {width}.")
    labeling_set_id, label, *values = record
    if not labeling_set_id:
        raise NotALabelingFileError(f"Row {number} has no labeling_set_id.")
    return LabeledRow(labeling_set_id, label, tuple(values))


def similar_sets(
    records: Iterable[Sequence[str]], compared: Sequence[int], labeled: Collection[Record] = ()
) -> tuple[LabeledRow, ...]:
    """Return unlabeled sets of records that resemble each other; the same for the same arguments.

    Args:
        records: Of the table, in its order.
        compared: Positions of the values to compare: not the primary key, which says nothing about matches.
        labeled: Records that the transform knows. They come into sets only beside a new record, or if no new
            one resembles another: Glue takes "the most valuable records to learn from".
    """
    # New records first, otherwise in the table's order.
    candidates = sorted(map(tuple, records), key=lambda record: record in labeled)[:RECORDS]
    left = {number: _compared(record, compared) for number, record in enumerate(candidates)}
    found: list[LabeledRow] = []
    sets = 0
    while left and sets < SETS:
        first = next(iter(left))
        if found and candidates[first] in labeled and found[0].values not in labeled:
            break  # only known records are left, and there is a set with a new one
        alike = process.extract(
            left.pop(first), left, scorer=fuzz.ratio, score_cutoff=_SIMILAR, limit=ROWS_OF_A_SET - 1
        )
        if alike:
            together = [candidates[number] for number in (first, *(number for _, _, number in alike))]
            found += [LabeledRow(_set_id(sets, together), "", record) for record in together]
            sets += 1
        for _, _, number in alike:
            del left[number]
    return tuple(found)


def written(columns: Sequence[str], rows: Iterable[LabeledRow]) -> bytes:
    """Return a labeling file, UTF-8, with a header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["labeling_set_id", "label", *columns])
    writer.writerows([row.labeling_set_id, row.label, *row.values] for row in rows)
    return text.getvalue().encode()


def file_name(transform_id: str, task_run_id: str, written_on: datetime) -> str:
    """Return the name of the file that a run writes.

    AWS does not document it. The form is that of files exported from Glue which a public script reads
    (https://github.com/cssat/sprout-linkages, training_data_for_Glue.R). That generated files are named
    like exported ones is an assumption.

    Args:
        transform_id: ``tfm-`` and hexadecimal digits.
        task_run_id: ``tsk-`` and at least 32 hexadecimal digits.
        written_on: In UTC.
    """
    identifier = uuid.UUID(task_run_id.removeprefix("tsk-")[:32])
    return f"{transform_id}_labels_{written_on:%Y-%m-%d_%H_%M_%S}_{identifier}.csv"


def _compared(record: Record, compared: Sequence[int]) -> str:
    """Return the words of a record in alphabetical order, so that their order does not matter."""
    return " ".join(sorted(" ".join(record[at] for at in compared).casefold().split()))


def _set_id(number: int, records: Iterable[Record]) -> str:
    """Return an id that differs for other records: a transform keeps the sets of several runs."""
    content = repr((number, tuple(records))).encode()
    return f"SET-{hashlib.sha256(content).hexdigest()[:12]}"
