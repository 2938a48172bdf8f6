"""Compare two label files: do they teach a transform the same? Pure.

Labeling sets are compared by their records, and by which of these have the same label. These do not count:
the names of labels, the ids of sets that are otherwise equal, and the order of sets, rows and columns.
"""

from __future__ import annotations

import csv
import io
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_labels.labeling_file import Header

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    _Record = tuple[str, ...]
    _Group = frozenset[tuple[_Record, int]]


@dataclass(frozen=True)
class LabeledSet:
    """A labeling set.

    Attributes:
        id: `labeling_set_id`.
        groups: the groups of matching records, each with its number in the set. A group has its records, each
            with its number in the group.
    """

    id: str
    groups: frozenset[tuple[_Group, int]]

    @property
    def records(self) -> frozenset[tuple[_Record, int]]:
        """The records, each with its number in the set."""
        counted: Counter[_Record] = Counter()
        for group, times in self.groups:
            for record, in_group in group:
                counted[record] += times * in_group
        return frozenset(counted.items())


@dataclass(frozen=True)
class LabeledSets:
    """The labels of a file.

    Attributes:
        columns: names of the table's columns, in lower case, sorted.
        sets: the labeling sets, in the order of their first rows.
    """

    columns: tuple[str, ...]
    sets: tuple[LabeledSet, ...]

    @classmethod
    def read(cls, content: bytes) -> LabeledSets:
        """Return the labels of a CSV file in UTF-8, without the rows that have no label.

        Raises:
            ValueError: it is not UTF-8, not CSV, or has no labeling_set_id, label and further columns.
        """
        try:
            return cls._of_rows(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        except csv.Error as error:
            raise ValueError(str(error)) from error

    @classmethod
    def _of_rows(cls, rows: Iterator[list[str]]) -> LabeledSets:
        names = next((row for row in rows if row), [])
        header = Header.of(names)
        if not header.present or header.order is None:
            raise ValueError("it has no header with labeling_set_id, label and the table's columns")
        set_at, label_at, *record = header.order
        record.sort(key=lambda index: names[index].strip().lower())
        sets: defaultdict[str, defaultdict[str, Counter[_Record]]] = defaultdict(lambda: defaultdict(Counter))
        for row in rows:
            if len(row) == len(names) and row[label_at].strip():
                sets[row[set_at]][row[label_at]][tuple(row[index] for index in record)] += 1
        return cls(
            tuple(names[index].strip().lower() for index in record),
            tuple(LabeledSet(set_id, _groups(groups.values())) for set_id, groups in sets.items()),
        )


@dataclass(frozen=True)
class Comparison:
    """How a transform's labels differ from a label file.

    Attributes:
        missing: ids of the labeling sets that only the file has.
        extra: ids of the labeling sets that only the transform has.
        different: ids of the labeling sets that both have, with other records or other groups.
        missing_columns: names of the columns that only the file has.
        extra_columns: names of the columns that only the transform's labels have.
    """

    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    extra_columns: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether nothing differs."""
        return self == Comparison()


def compare(file: LabeledSets, known: LabeledSets) -> Comparison:
    """Compare a label file with the labels that a transform knows.

    Sets are paired by equal groups, then by equal records, then by equal ids. Of these, the second and third
    pairs are different. A set without a pair is missing or extra.
    """
    if file.sets and known.sets and file.columns != known.columns:
        return Comparison(
            missing_columns=tuple((Counter(file.columns) - Counter(known.columns)).elements()),
            extra_columns=tuple((Counter(known.columns) - Counter(file.columns)).elements()),
        )
    _, ours, theirs = _paired(file.sets, known.sets, lambda one: one.groups)
    regrouped, ours, theirs = _paired(ours, theirs, lambda one: one.records)
    changed, ours, theirs = _paired(ours, theirs, lambda one: one.id)
    differs = {id(one) for one in (*regrouped, *changed)}
    return Comparison(
        missing=tuple(one.id for one in ours),
        extra=tuple(one.id for one in theirs),
        different=tuple(one.id for one in file.sets if id(one) in differs),
    )


def _groups(groups: Iterable[Mapping[_Record, int]]) -> frozenset[tuple[_Group, int]]:
    return frozenset(Counter(frozenset(group.items()) for group in groups).items())


def _paired(
    ours: Sequence[LabeledSet], theirs: Sequence[LabeledSet], by: Callable[[LabeledSet], Hashable]
) -> tuple[list[LabeledSet], list[LabeledSet], list[LabeledSet]]:
    """Return our sets that pair with one of theirs, then our sets and their sets that are left."""
    waiting: defaultdict[Hashable, list[LabeledSet]] = defaultdict(list)
    for one in theirs:
        waiting[by(one)].append(one)
    paired, left = [], []
    for one in ours:
        others = waiting[by(one)]
        if others:
            others.pop(0)
            paired.append(one)
        else:
            left.append(one)
    remaining = {id(one) for others in waiting.values() for one in others}
    return paired, left, [one for one in theirs if id(one) in remaining]
