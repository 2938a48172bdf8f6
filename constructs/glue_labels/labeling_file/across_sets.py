"""Problems that only a comparison of all sets shows: sets in parts, similar ids, contradictions.

A file may have millions of sets. They are kept on disk as hashes, and SQLite compares the few that need it.
"""

from __future__ import annotations

import itertools
import sqlite3
from bisect import bisect_right
from contextlib import closing
from operator import eq, itemgetter
from typing import TYPE_CHECKING, NamedTuple

from glue_labels.labeling_file.label_rows import MAX_COMPARED_ROWS, SetBatch
from glue_labels.labeling_file.label_values import all_folded, folded
from glue_labels.labeling_file.on_disk import Repeats, ValuesOnDisk
from glue_labels.labeling_file.rules import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PAIRS = """
    CREATE TABLE pairs (number INTEGER PRIMARY KEY, pair INTEGER, matches INTEGER, one INTEGER, other INTEGER)
"""

_SIMILAR_IDS = "SELECT set_id FROM ids WHERE folded IN (SELECT folded FROM similar) ORDER BY set_id"

_CONTRADICTIONS = """
    SELECT yes.one, yes.other, no.one, no.other
    FROM (
        SELECT min(CASE WHEN matches THEN number END) AS yes, min(CASE WHEN NOT matches THEN number END) AS no
        FROM pairs GROUP BY pair HAVING yes AND no
    ) AS first
    JOIN pairs AS yes ON yes.number = first.yes
    JOIN pairs AS no ON no.number = first.no
"""


# A hash of the two records, whether they match, and the lines of both.
_Pair = tuple[int, bool, int, int]


def remember_ids(sets: Iterable[SetBatch], ids: Repeats) -> Iterator[SetBatch]:
    """Yield `sets` unchanged, and add their ids to `ids`: equal or similar ids are repeats."""
    for batch in sets:
        ids.add(map(hash, all_folded(batch.set_ids)))
        yield batch


class SimilarSetIds(NamedTuple):
    """Ids of sets that differ only by what `label_values.folded` leaves out.

    Attributes:
        set_ids: the first group of such ids, at most five of them.
        line: where the second of these sets begins.
        others: how many more groups of such ids there are.
    """

    set_ids: Sequence[str]
    line: int
    others: int


def put_together(
    sets: Iterable[SetBatch], similar: list[SimilarSetIds], *, parts_of_similar: bool
) -> Iterator[SetBatch]:
    """Yield each set with all its rows, in the order of ids.

    Args:
        sets: sets in parts, each part rows that follow each other.
        similar: ids that are nearly the same are added to it.
        parts_of_similar: whether to name the parts of sets with such ids.
    """
    # SQLite keeps a database without a name on disk, and removes it on close.
    with closing(sqlite3.connect("")) as database:
        database.execute(
            "CREATE TABLE rows (set_id TEXT, line INT, part INT, surplus INT, label TEXT, record INT)"
        )
        database.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?, ?)", _rows(sets))
        similar += _similar(database)
        whole = iter(()) if parts_of_similar else map(itemgetter(0), database.execute(_SIMILAR_IDS))
        next_whole = next(whole, None)
        rows = database.execute("SELECT * FROM rows ORDER BY set_id, line")
        for set_id, of_set in itertools.groupby(rows, itemgetter(0)):
            compared = list(itertools.islice(of_set, MAX_COMPARED_ROWS))
            more = sum(1 + surplus for _, _, _, surplus, _, _ in of_set)  # noqa: B031 (the rest of it)
            _, lines, beginnings, surpluses, labels, records = map(list, zip(*compared, strict=True))
            parts = sorted(set(beginnings))
            if set_id == next_whole:
                parts, next_whole = [], next(whole, None)
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
    database.execute(
        "CREATE VIEW similar AS SELECT folded, min(line) AS line FROM ids GROUP BY folded HAVING count(*) > 1"
    )
    groups = database.execute("SELECT folded FROM similar ORDER BY line")
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


class Contradictions:
    """Finds pairs of records that match in one set and do not in another.

    A row is compared with the next 49 of its set: a set of more than 50 rows is an error anyway.
    """

    def __init__(self) -> None:
        """Start without sets; `close` removes what is on disk."""
        self._sets: ValuesOnDisk[tuple[list[int], list[str], list[int], list[int]]] = ValuesOnDisk()
        self._records = Repeats()

    def close(self) -> None:
        """Remove what is on disk."""
        self._sets.close()
        self._records.close()

    def add(self, batch: SetBatch) -> None:
        """Remember the sets of a batch."""
        self._records.add(batch.records)
        self._sets.write((batch.records, batch.labels, batch.lines, batch.ends))

    def find(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield the two lines where two records match, and the two where they do not."""
        if not self._records.settle():
            return
        with closing(ValuesOnDisk[list[_Pair]]()) as on_disk, closing(Repeats()) as repeats:
            for pairs in self._pairs():
                repeats.add(map(itemgetter(0), pairs))
                on_disk.write(pairs)
            if not repeats.settle():
                return
            with closing(sqlite3.connect("")) as database:
                database.execute(_PAIRS)
                for pairs in on_disk.read():
                    again = repeats.indices(map(itemgetter(0), pairs))
                    rows = [pairs[index] for index in again]
                    database.executemany("INSERT INTO pairs VALUES (NULL, ?, ?, ?, ?)", rows)
                yield from database.execute(_CONTRADICTIONS)

    def _pairs(self) -> Iterator[list[_Pair]]:
        """Yield the pairs whose two records may both be in several sets, a list for each batch."""
        for records, labels, lines, ends in self._sets.read():
            again = [index for index in self._records.indices(records) if labels[index].strip()]
            sets = [bisect_right(ends, index) for index in again]
            pairs: list[_Pair] = []
            # First the pairs of neighbours, then of rows two apart, and so on, within the same set.
            for apart in range(1, MAX_ROWS):
                same_set = list(itertools.compress(itertools.count(), map(eq, sets, sets[apart:])))
                for place in same_set:
                    one, other = again[place], again[place + apart]
                    # The XOR of two hashes is a hash of the pair; equal records give 0.
                    which = records[one] ^ records[other]
                    if which:
                        pairs.append((which, labels[one] == labels[other], lines[one], lines[other]))
                if not same_set:
                    break
            yield pairs
