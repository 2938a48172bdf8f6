"""How the simulated service reads a labeling file.

Source: Glue developer guide, "Tuning machine learning transforms", "Labeling file format". The guide does not
say what Glue does with every malformed file; that such a run ends FAILED with a reason is an assumption.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

_KEY_COLUMNS = ("labeling_set_id", "label")
_MAX_DATA_COLUMNS = 100


class NotALabelingFileError(ValueError):
    """The object is no labeling file; the text is what the run's ``ErrorString`` says."""


@dataclass(frozen=True)
class LabeledRow:
    """One row a transform learned from.

    Attributes:
        labeling_set_id: The set within which labels are compared.
        label: Rows of one set with the same label are the same record.
        values: The record's fields, in the file's order.
    """

    labeling_set_id: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class LabelingFile:
    """What an import takes from a labeling file.

    Attributes:
        columns: Of the records, without labeling_set_id and label.
        rows: The labeled ones; rows that nobody labeled yet teach nothing and are left out.
    """

    columns: tuple[str, ...]
    rows: tuple[LabeledRow, ...]


def read_labeling_file(content: bytes) -> LabelingFile:
    """Return the columns and labeled rows of a file.

    Raises:
        NotALabelingFileError: it is no labeling file, or none of its rows has a label.
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
    # "The remaining columns must match the schema of the data": a table's columns have names, each its own.
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
