"""Problems that only a comparison of all sets shows: sets in parts, similar ids, contradictions.

A file may have millions of sets. They are kept on disk as hashes, and SQLite compares the few that need it.
"""

from __future__ import annotations

import itertools
import sqlite3
from bisect import bisect_left
from contextlib import closing
from operator import and_, eq, itemgetter, mul, sub, xor
from typing import TYPE_CHECKING, NamedTuple

from glue_labels.labeling_file.label_rows import MAX_COMPARED_ROWS, SetBatch
from glue_labels.labeling_file.label_values import all_folded, folded
from glue_labels.labeling_file.on_disk import Repeats, ValuesOnDisk
from glue_labels.labeling_file.rules import MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_PAIRS = """
    CREATE TABLE pairs (
        number INTEGER PRIMARY KEY, pair INTEGER, matches INTEGER, one INTEGER, other INTEGER, of_set INTEGER
    )
"""

_SIMILAR_IDS = "SELECT set_id FROM ids WHERE folded IN (SELECT folded FROM similar) ORDER BY set_id"

_CONTRADICTIONS = """
    SELECT yes.one, yes.other, no.one, no.other
    FROM (
        SELECT min(CASE WHEN matches THEN number END) AS yes, min(CASE WHEN NOT matches THEN number END) AS no
        FROM pairs GROUP BY pair HAVING yes AND no AND min(of_set) < max(of_set)
    ) AS first
    JOIN pairs AS yes ON yes.number = first.yes
    JOIN pairs AS no ON no.number = first.no
"""


# Records, labels, lines and ends, as in `SetBatch`.
_Rows = tuple[list[int], list[str], list[int], list[int]]

# Of pairs, a list of each: XOR of the two hashes, whether they match, lines of both, first line of the set.
# The XOR is a hash of the pair. It is 0 for a record and its copy, which are no pair.
_Pairs = tuple[list[int], list[bool], list[int], list[int], list[int]]


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

    As long as sets are small, hashes of all pairs are kept. A large set has many more pairs than rows. Then
    hashes of records are kept, and pairs are made only of those that are repeated.
    """

    def __init__(self) -> None:
        """Start without sets; `close` removes what is on disk."""
        self._sets: ValuesOnDisk[_Rows] = ValuesOnDisk()
        self._hashes = Repeats()
        self._are_small = True
        self._rows = self._pairs = 0

    def close(self) -> None:
        """Remove what is on disk."""
        self._sets.close()
        self._hashes.close()

    def add(self, batch: SetBatch) -> None:
        """Remember the sets of a batch."""
        rows: _Rows = batch.records, batch.labels, batch.lines, batch.ends
        if self._are_small:
            sizes = list(map(sub, batch.ends, [0, *batch.ends]))
            self._rows += len(batch.records)
            self._pairs += (sum(map(mul, sizes, sizes)) - len(batch.records)) // 2
            self._are_small = self._pairs <= self._rows and max(sizes) <= MAX_ROWS
            if not self._are_small:
                self._begin_again()
        self._add(rows)
        self._sets.write(rows)

    def _begin_again(self) -> None:
        self._hashes.close()
        self._hashes = Repeats()
        for rows in self._sets.read():
            self._add(rows)

    def _add(self, rows: _Rows) -> None:
        if self._are_small:
            records, _, _, ends = rows
            for apart, same_set in _same_set(ends):
                pairs = map(xor, records, records[apart:])
                self._hashes.add(filter(None, itertools.compress(pairs, same_set)))
        else:
            self._hashes.add(rows[0])

    def find(self) -> Iterator[tuple[int, int, int, int]]:
        """Yield the two lines where two records match, and the two where they do not."""
        if not self._hashes.settle():
            return
        if self._are_small:
            yield from _contradictions(map(_pairs_of, self._sets.read()), self._hashes)
            return
        with closing(ValuesOnDisk[_Pairs]()) as on_disk, closing(Repeats()) as repeats:
            for rows in self._sets.read():
                pairs = _pairs_of(rows, self._hashes.indices(rows[0]))
                repeats.add(filter(None, pairs[0]))
                on_disk.write(pairs)
            if repeats.settle():
                yield from _contradictions(on_disk.read(), repeats)


def _contradictions(of_batches: Iterable[_Pairs], repeats: Repeats) -> Iterator[tuple[int, int, int, int]]:
    with closing(sqlite3.connect("")) as database:
        database.execute(_PAIRS)
        for pairs in of_batches:
            again = (index for index in repeats.indices(pairs[0]) if pairs[0][index])
            rows = ([column[index] for column in pairs] for index in again)
            database.executemany("INSERT INTO pairs VALUES (NULL, ?, ?, ?, ?, ?)", rows)
        yield from database.execute(_CONTRADICTIONS)


def _pairs_of(rows: _Rows, only: Sequence[int] | None = None) -> _Pairs:
    """Return the pairs of labeled rows in the same set.

    Args:
        rows: the rows.
        only: indices of the rows to make pairs of, in order (default: all rows).
    """
    records, labels, lines, ends = rows
    if not all(map(str.strip, set(labels))):
        some = range(len(labels)) if only is None else only
        only = [index for index in some if labels[index].strip()]
    if only is not None:
        records, labels = [records[index] for index in only], [labels[index] for index in only]
        lines = [lines[index] for index in only]
        ends = [bisect_left(only, end) for end in ends]
    starts = [0, *ends[:-1]]
    first_lines = map([*lines, 0].__getitem__, starts)
    begins = list(itertools.chain.from_iterable(map(itertools.repeat, first_lines, map(sub, ends, starts))))
    pairs: _Pairs = ([], [], [], [], [])
    for apart, same_set in _same_set(ends):
        pairs[0].extend(itertools.compress(map(xor, records, records[apart:]), same_set))
        pairs[1].extend(itertools.compress(map(eq, labels, labels[apart:]), same_set))
        pairs[2].extend(itertools.compress(lines, same_set))
        pairs[3].extend(itertools.compress(lines[apart:], same_set))
        pairs[4].extend(itertools.compress(begins, same_set))
    return pairs


def _same_set(ends: Sequence[int]) -> Iterator[tuple[int, bytes | bytearray]]:
    """Yield a distance, from 1 on, and for each row whether the row at this distance below is of its set."""
    next_is = bytearray(b"\1") * ends[-1]
    for end in filter(None, ends):
        next_is[end - 1] = 0
    same_set: bytes | bytearray = next_is
    for apart in range(1, MAX_ROWS):
        if 1 not in same_set:
            return
        yield apart, same_set
        same_set = bytes(map(and_, same_set, next_is[apart:]))
