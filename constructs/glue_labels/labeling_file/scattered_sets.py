"""Labeling sets whose rows are not together: noticing that there are some, and putting them together."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from operator import itemgetter
from typing import TYPE_CHECKING

from glue_labels.labeling_file.repeats import Repeats
from glue_labels.labeling_file.set_batch import MAX_COMPARED_ROWS, SetBatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class SetIds:
    """Remembers the labeling_set_ids of rows that stand together."""

    def __init__(self) -> None:
        """Begin without any; `close` ends it."""
        self._repeats = Repeats()

    def close(self) -> None:
        """Remove what is on disk."""
        self._repeats.close()

    def noting(self, sets: Iterable[SetBatch]) -> Iterator[SetBatch]:
        """Yield `sets` as they come, and remember their ids."""
        for batch in sets:
            self._repeats.add(map(hash, batch.set_ids))
            yield batch

    def any_again(self) -> bool:
        """Return whether one came again."""
        return self._repeats.settle()


def put_together(sets: Iterable[SetBatch]) -> Iterator[SetBatch]:
    """Yield sets with all their rows, in the order of their ids.

    Args:
        sets: rows of a set that stand together; any number of them may be of the same set.
    """
    # A database without a name is on disk, and gone when it is closed.
    with closing(sqlite3.connect("")) as database:
        database.execute(
            "CREATE TABLE rows (set_id TEXT, line INT, part INT, surplus INT, label TEXT, record INT)"
        )
        database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", _rows(sets))
        rows = database.execute("SELECT * FROM rows ORDER BY set_id, line")
        for set_id, of_set in itertools.groupby(rows, itemgetter(0)):
            compared = list(itertools.islice(of_set, MAX_COMPARED_ROWS))
            more = sum(1 + surplus for _, _, _, surplus, _, _ in of_set)  # noqa: B031 (the rest of it)
            _, lines, beginnings, surpluses, labels, records = map(list, zip(*compared, strict=True))
            parts = sorted(set(beginnings))
            yield SetBatch(
                [set_id],
                [len(compared)],
                labels,
                records,
                lines,
                {0: sum(surpluses) + more},
                {0: parts} if len(parts) > 1 else {},
            )


def _rows(sets: Iterable[SetBatch]) -> Iterator[tuple[str, int, int, int, str, int]]:
    for batch in sets:
        for number in range(len(batch.set_ids)):
            one = batch.one(number)
            first, surplus = one.lines[0], one.size - len(one.lines)
            for line, label, record in zip(one.lines, one.labels, one.records, strict=True):
                yield one.set_id, line, first, surplus if line == first else 0, label, record
