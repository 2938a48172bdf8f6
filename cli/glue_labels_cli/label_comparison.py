"""Whether two label files teach the same: their labeling sets, compared by records and grouping. Pure.

The names of labels do not count, only which records of a set have the same one. Nor do the ids of sets that
are otherwise the same count, nor the order of sets, rows and columns.
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
        groups: its groups of matching records, each as records and how often they are in it; and how often a
            group is in the set.
    """

    id: str
    groups: frozenset[tuple[_Group, int]]

    @property
    def records(self) -> frozenset[tuple[_Record, int]]:
        """The set's records, and how often each is in it."""
        counted: Counter[_Record] = Counter()
        for group, times in self.groups:
            for record, in_group in group:
                counted[record] += times * in_group
        return frozenset(counted.items())


@dataclass(frozen=True)
class Labels:
    """What a label file says.

    Attributes:
        columns: names of the records' columns, sorted.
        sets: in the order in which they begin.
    """

    columns: tuple[str, ...]
    sets: tuple[LabeledSet, ...]

    @classmethod
    def read(cls, content: bytes) -> Labels:
        """Return the labels of a CSV file in UTF-8. Rows without a label are left out: they teach nothing.

        Raises:
            ValueError: it is not UTF-8, no CSV, or has no labeling_set_id, label and further columns.
        """
        try:
            return cls._of_rows(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
        except csv.Error as error:
            raise ValueError(str(error)) from error

    @classmethod
    def _of_rows(cls, rows: Iterator[list[str]]) -> Labels:
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
    """How what a transform knows differs from a label file, by ids of labeling sets.

    Attributes:
        missing: sets of the file of which the transform knows no record together.
        extra: sets that only the transform knows.
        different: sets of the file whose records are grouped otherwise, or are others.
        missing_columns: names of columns that only the file has.
        extra_columns: names of columns that only the transform's labels have.
    """

    missing: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    extra_columns: tuple[str, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the transform knows exactly the file."""
        return self == Comparison()


def compare(file: Labels, known: Labels) -> Comparison:
    """Compare a label file with what a transform knows.

    A set that is not there as it is counts as different if the other side has one with the same records, or
    else one with the same id; otherwise it is missing, or extra.
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
    """Return our sets that have one of theirs each to go with, then what is left of ours and of theirs."""
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
