"""Labeling sets whose rows are not together, or whose ids are nearly the same."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from glue_labels.labeling_file.repeats import Repeats
from glue_labels.labeling_file.set_batch import MAX_COMPARED_ROWS, SetBatch

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_OVERLOOKED = " \t\r\n\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u202f\u2060\u3000\ufeff"


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
            self._repeats.add(map(hash, all_folded(batch.set_ids)))
            yield batch

    def any_again(self) -> bool:
        """Return whether one came again, or one that is nearly the same."""
        return self._repeats.settle()


class SimilarSetIds(NamedTuple):
    """Ids of sets that are nearly the same, but for case, blanks, a # or a .0.

    Attributes:
        set_ids: the first such ids, some of them.
        line: where the second of them begins.
        others: how many more groups of such ids there are.
    """

    set_ids: Sequence[str]
    line: int
    others: int


def folded(text: str) -> str:
    """Return `text` without what is easily overlooked: case, blanks, a # or a .0."""
    return all_folded([text])[0]


def all_folded(texts: Sequence[str]) -> list[str]:
    """Return each text as `folded` does, quicker than one by one."""
    # NUL is in no text that was read.
    together = "\0".join(["", *texts, ""]).casefold()
    for character in _OVERLOOKED:
        if character in together:
            together = together.replace(character, "")
    # The .0 of a number, the # of a row that is commented out.
    return together.replace(".0\0", "\0").replace("\0#", "\0").split("\0")[1:-1]


def put_together(sets: Iterable[SetBatch], similar: list[SimilarSetIds]) -> Iterator[SetBatch]:
    """Yield sets with all their rows, in the order of their ids.

    Args:
        sets: rows of a set that stand together; any number of them may be of the same set.
        similar: is given what ids are nearly the same, if some are.
    """
    # A database without a name is on disk, and gone when it is closed.
    with closing(sqlite3.connect("")) as database:
        database.execute(
            "CREATE TABLE rows (set_id TEXT, line INT, part INT, surplus INT, label TEXT, record INT)"
        )
        database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", _rows(sets))
        similar += _similar(database)
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


def _similar(database: sqlite3.Connection) -> Iterator[SimilarSetIds]:
    database.create_function("folded", 1, folded, deterministic=True)
    database.execute(
        "CREATE TABLE ids AS "
        "SELECT folded(set_id) AS folded, set_id, min(line) AS line FROM rows GROUP BY set_id"
    )
    groups = database.execute("SELECT folded FROM ids GROUP BY folded HAVING count(*) > 1 ORDER BY min(line)")
    first = next(groups, None)
    if first:
        others = sum(1 for _ in groups)
        ids = database.execute("SELECT set_id, line FROM ids WHERE folded = ? ORDER BY line LIMIT 5", first)
        set_ids, lines = zip(*ids, strict=True)
        yield SimilarSetIds(set_ids, lines[1], others)


def _rows(sets: Iterable[SetBatch]) -> Iterator[tuple[str, int, int, int, str, int]]:
    for batch in sets:
        for number in range(len(batch.set_ids)):
            one = batch.one(number)
            first, surplus = one.lines[0], one.size - len(one.lines)
            for line, label, record in zip(one.lines, one.labels, one.records, strict=True):
                yield one.set_id, line, first, surplus if line == first else 0, label, record
