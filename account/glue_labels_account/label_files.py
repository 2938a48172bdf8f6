"""The records of the scenarios' table, and label files for them.

Source of the format: AWS Glue developer guide, "Labeling file format"
(https://docs.aws.amazon.com/glue/latest/dg/machine-learning.html).
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

COLUMNS = ("customer_id", "name", "street", "city")
"""The columns of the table."""

PRIMARY_KEY = "customer_id"
"""The column that identifies a record."""

_KEY_COLUMNS = ("labeling_set_id", "label")
_SETS = 12
_LARGE_SETS = 60_000


def records() -> str:
    """Return the table's records as CSV with a header: all that `labels` can label."""
    sets = [*_base_sets(), *(f"V{version}" for version in range(1, 10))]
    return _csv(COLUMNS, (row for name in sets for _, row in _people(name)))


def large_records() -> str:
    """Return the records that `large_labels` labels."""
    return _csv(COLUMNS, (row for name in _large_sets() for _, row in _people(name)))


def labels(version: int) -> str:
    """Return the label file of a version from 1 to 9. Each version has one labeling set that no other has."""
    return _label_file([*_base_sets(), f"V{version}"])


def large_labels() -> str:
    """Return a label file a little below Glue's quota of 10 MB."""
    return _label_file(_large_sets())


def labels_with_other_columns() -> str:
    """Return a label file whose columns are not the table's."""
    rows = ((set_id, label, row[0], row[1]) for set_id, label, row in _labeled(_base_sets()))
    return _csv((*_KEY_COLUMNS, "product_id", "price"), rows)


def labels_in_other_order() -> str:
    """Return a label file with the table's columns in reverse order."""
    rows = ((set_id, label, *reversed(row)) for set_id, label, row in _labeled(_base_sets()))
    return _csv((*_KEY_COLUMNS, *reversed(COLUMNS)), rows)


def labels_with_unlabeled_rows() -> str:
    """Return a label file in which the last row of each set has no label."""
    rows = ((set_id, "" if label == "B" else label, *row) for set_id, label, row in _labeled(_base_sets()))
    return _csv((*_KEY_COLUMNS, *COLUMNS), rows)


def labels_with_line_ends() -> str:
    """Return a label file in which each street has a line end inside its quotes."""
    return labels(1).replace("Larch Street", '"Larch\nStreet"')


def labels_with_backslash_quotes() -> str:
    """Return a label file in which each street has quotes that are escaped by a backslash."""
    return labels(1).replace("Larch Street", '"Larch \\"Old\\" Street"')


def row_count(file: str) -> int:
    """Return how many labeled rows a label file without quoted line ends has."""
    return len(file.splitlines()) - 1


def _base_sets() -> list[str]:
    return [f"S{number}" for number in range(1, _SETS)]


def _large_sets() -> list[str]:
    return [f"L{number}" for number in range(_LARGE_SETS)]


def _people(set_id: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the labels and records of a set: two that match, and one that does not."""
    return [
        ("A", (f"{set_id}-1", f"Ann Lee {set_id}", "Larch Street", "Portland")),
        ("A", (f"{set_id}-2", f"Anne Lee {set_id}", "Larch Street", "Portland")),
        ("B", (f"{set_id}-3", f"Bo Diaz {set_id}", "Mill Road", "Chicago")),
    ]


def _labeled(set_ids: Iterable[str]) -> Iterable[tuple[str, str, tuple[str, ...]]]:
    return ((set_id, label, row) for set_id in set_ids for label, row in _people(set_id))


def _label_file(set_ids: Iterable[str]) -> str:
    rows = ((set_id, label, *row) for set_id, label, row in _labeled(set_ids))
    return _csv((*_KEY_COLUMNS, *COLUMNS), rows)


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
