"""Labeling files as Glue writes them: sets of records that resemble each other, or what a transform knows.

Source: Glue developer guide, "Tuning machine learning transforms", "Labeling file format". How Glue chooses
the records of a labeling set is not published; that it takes similar ones is what its guide says of them.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Final

from rapidfuzz import fuzz, process

from .labeled_rows import LabeledRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ROWS_OF_A_SET: Final = 5
"""Records of a generated set, at most: few enough to look at on one screen."""

SETS: Final = 40
"""Sets that one run generates, at most."""

RECORDS: Final = 2_000
"""Records of the table that are compared, at most, so that a large table takes seconds."""

_SIMILAR: Final = 60.0
"""From this similarity of two records on, in percent, one asks about the other."""


def similar_sets(records: Iterable[Sequence[str]], compared: Sequence[int]) -> tuple[LabeledRow, ...]:
    """Return unlabeled sets of records that resemble each other; the same for the same records.

    Args:
        records: Of the table, in its order.
        compared: Which of their values are compared: not the primary key, which says nothing about matches.
    """
    left = {
        number: (tuple(record), " ".join(record[at] for at in compared).casefold())
        for number, record in zip(range(RECORDS), records, strict=False)
    }
    found: list[LabeledRow] = []
    sets = 0
    while left and sets < SETS:
        record, text = left.pop(next(iter(left)))
        alike = process.extract(
            text,
            {number: other for number, (_, other) in left.items()},
            scorer=fuzz.token_sort_ratio,
            score_cutoff=_SIMILAR,
            limit=ROWS_OF_A_SET - 1,
        )
        if alike:
            sets += 1
            together = [record, *(left.pop(number)[0] for _, _, number in alike)]
            found += [LabeledRow(f"SET-{sets:03d}", "", values) for values in together]
    return tuple(found)


def written(columns: Sequence[str], rows: Iterable[LabeledRow]) -> bytes:
    """Return a labeling file, UTF-8, with a header."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["labeling_set_id", "label", *columns])
    writer.writerows([row.labeling_set_id, row.label, *row.values] for row in rows)
    return text.getvalue().encode()


def read_records(content: bytes, header_lines: int, width: int) -> list[list[str]]:
    """Return the records of a table's CSV file.

    Args:
        content: Of the file, UTF-8.
        header_lines: How many lines to pass over, as the table's ``skip.header.line.count`` says.
        width: How many columns the table has; records of another width are left out.
    """
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return [line for line in list(lines)[header_lines:] if len(line) == width]
