"""Pairs of records that match in one labeling set and do not in another.

To know them for certain takes a look at the records of all sets together, and a file may have millions. So
sets are kept as numbers on disk, and in the end SQLite compares those pairs whose records may be in several.
"""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from glue_labels.labeling_file.on_disk import Repeats, ValuesOnDisk
from glue_labels.labeling_file.rules import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_labels.labeling_file.labeling_sets import LabelingSet

_PAIRS = """
    CREATE TABLE pairs (number INTEGER PRIMARY KEY, pair INTEGER, matches INTEGER, one INTEGER, other INTEGER)
"""

_CONTRADICTIONS = """
    SELECT yes.one, yes.other, no.one, no.other
    FROM (
        SELECT min(CASE WHEN matches THEN number END) AS yes, min(CASE WHEN NOT matches THEN number END) AS no
        FROM pairs GROUP BY pair HAVING yes AND no
    ) AS first
    JOIN pairs AS yes ON yes.number = first.yes
    JOIN pairs AS no ON no.number = first.no
"""


class Contradictions:
    """Remembers labeling sets, and tells where they contradict each other.

    Of a set 50 rows at most are compared with other sets, as many as Glue takes.
    """

    def __init__(self) -> None:
        """Begin without any set; `close` ends it."""
        self._sets: ValuesOnDisk[tuple[list[int], list[str], list[int]]] = ValuesOnDisk()
        self._repeats = Repeats()

    def close(self) -> None:
        """Remove what is on disk."""
        self._sets.close()

    def add(self, one: LabelingSet) -> None:
        """Remember a set."""
        self._repeats.add(one.records)
        self._sets.write((one.records, one.labels, one.lines))

    def find(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield the lines of two records where they match, and of the same two where they do not."""
        if not self._repeats.any():
            return
        # A database without a name is on disk, and gone when it is closed.
        with closing(sqlite3.connect("")) as database:
            database.execute(_PAIRS)
            database.executemany("INSERT INTO pairs VALUES (NULL, ?, ?, ?, ?)", self._pairs())
            yield from database.execute(_CONTRADICTIONS)

    def _pairs(self) -> Iterator[tuple[int, bool, int, int]]:
        """Yield pairs of records that may be in several sets: which, whether they match, their lines."""
        for records, labels, lines in self._sets.read():
            repeats = self._repeats.of(records)
            if sum(repeats) < 2:
                continue
            rows = [
                (record, label, line)
                for record, label, line, repeated in zip(records, labels, lines, repeats, strict=True)
                if repeated and label.strip()
            ]
            for one, other in itertools.combinations(rows[:MAX_ROWS], 2):
                if one[0] != other[0]:
                    yield hash(frozenset((one[0], other[0]))), one[1] == other[1], one[2], other[2]
