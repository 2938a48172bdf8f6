"""Labeling sets whose rows are not together: noticing that there are some, and putting them together."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from operator import itemgetter
from typing import TYPE_CHECKING

from glue_labels.labeling_file.labeling_sets import MAX_COMPARED_ROWS, LabelingSet
from glue_labels.labeling_file.on_disk import Repeats, ValuesOnDisk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class SetIds:
    """Remembers the labeling_set_ids of rows that stand together."""

    def __init__(self) -> None:
        """Begin without any; `close` ends it."""
        self._ids: ValuesOnDisk[int] = ValuesOnDisk()
        self._repeats = Repeats()

    def close(self) -> None:
        """Remove what is on disk."""
        self._ids.close()

    def noting(self, parts: Iterable[LabelingSet]) -> Iterator[LabelingSet]:
        """Yield `parts` as they come, and remember their ids."""
        for part in parts:
            number = hash(part.set_id)
            self._repeats.add((number,))
            self._ids.write(number)
            yield part

    def any_again(self) -> bool:
        """Return whether one came again."""
        if not self._repeats.any():
            return False
        seen = set()
        for number in self._ids.read():
            if self._repeats.of((number,)) == [True]:
                if number in seen:
                    return True
                seen.add(number)
        return False


def put_together(parts: Iterable[LabelingSet]) -> Iterator[tuple[LabelingSet, list[int]]]:
    """Yield sets with all their rows, in the order of their ids, and the lines in which their parts begin.

    Args:
        parts: rows of a set that stand together; any number of them may be of the same set.
    """
    # A database without a name is on disk, and gone when it is closed.
    with closing(sqlite3.connect("")) as database:
        database.execute(
            "CREATE TABLE rows (set_id TEXT, line INT, part INT, surplus INT, label TEXT, record INT)"
        )
        database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", _rows(parts))
        rows = database.execute("SELECT * FROM rows ORDER BY set_id, line")
        for set_id, of_set in itertools.groupby(rows, itemgetter(0)):
            compared = list(itertools.islice(of_set, MAX_COMPARED_ROWS))
            more = sum(1 + surplus for _, _, _, surplus, _, _ in of_set)  # noqa: B031 (the rest of it)
            _, lines, beginnings, surpluses, labels, records = map(list, zip(*compared, strict=True))
            size = len(compared) + sum(surpluses) + more
            yield LabelingSet(set_id, labels, records, lines, size), sorted(set(beginnings))


def _rows(parts: Iterable[LabelingSet]) -> Iterator[tuple[str, int, int, int, str, int]]:
    for part in parts:
        first = part.lines[0]
        surplus = part.size - len(part.lines)
        for line, label, record in zip(part.lines, part.labels, part.records, strict=True):
            yield part.set_id, line, first, surplus if line == first else 0, label, record
