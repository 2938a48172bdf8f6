"""Pairs of records that match in one labeling set and do not in another.

To know them for certain takes a look at the records of all sets together, and a file may have millions. So
sets are kept as numbers on disk, and in the end SQLite compares those pairs whose records may be in several.
"""

from __future__ import annotations

import itertools
import sqlite3
from bisect import bisect_right
from contextlib import closing
from operator import eq, itemgetter
from typing import TYPE_CHECKING

from glue_labels.labeling_file.on_disk import ValuesOnDisk
from glue_labels.labeling_file.repeats import Repeats
from glue_labels.labeling_file.rules import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_labels.labeling_file.set_batch import SetBatch

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


# Which two records, whether they match, and the lines of both.
_Pair = tuple[int, bool, int, int]


class Contradictions:
    """Remembers labeling sets, and tells where they contradict each other.

    A row is compared with the 49 after it in its set: a set of more than 50 rows is an error anyway.
    """

    def __init__(self) -> None:
        """Begin without any set; `close` ends it."""
        self._sets: ValuesOnDisk[tuple[list[int], list[str], list[int], list[int]]] = ValuesOnDisk()
        self._records = Repeats()

    def close(self) -> None:
        """Remove what is on disk."""
        self._sets.close()
        self._records.close()

    def add(self, batch: SetBatch) -> None:
        """Remember some sets."""
        self._records.add(batch.records)
        self._sets.write((batch.records, batch.labels, batch.lines, batch.ends))

    def find(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield the lines of two records where they match, and of the same two where they do not."""
        if not self._records.settle():
            return
        with closing(ValuesOnDisk[list[_Pair]]()) as on_disk, closing(Repeats()) as repeats:
            for pairs in self._pairs():
                repeats.add(map(itemgetter(0), pairs))
                on_disk.write(pairs)
            if not repeats.settle():
                return
            # A database without a name is on disk, and gone when it is closed.
            with closing(sqlite3.connect("")) as database:
                database.execute(_PAIRS)
                for pairs in on_disk.read():
                    again = repeats.indices(map(itemgetter(0), pairs))
                    rows = [pairs[index] for index in again]
                    database.executemany("INSERT INTO pairs VALUES (NULL, ?, ?, ?, ?)", rows)
                yield from database.execute(_CONTRADICTIONS)

    def _pairs(self) -> Iterator[list[_Pair]]:
        """Yield pairs of which both records may be in several sets, those of some sets at once."""
        for records, labels, lines, ends in self._sets.read():
            again = [index for index in self._records.indices(records) if labels[index].strip()]
            sets = [bisect_right(ends, index) for index in again]
            pairs: list[_Pair] = []
            # Rows of a set stand together: pairs of neighbours first, then of those two apart, and so on.
            for apart in range(1, MAX_ROWS):
                same_set = list(itertools.compress(itertools.count(), map(eq, sets, sets[apart:])))
                for place in same_set:
                    one, other = again[place], again[place + apart]
                    # Both hashes are as good as random, and so is what they differ in; equal records give 0.
                    which = records[one] ^ records[other]
                    if which:
                        pairs.append((which, labels[one] == labels[other], lines[one], lines[other]))
                if not same_set:
                    break
            yield pairs
