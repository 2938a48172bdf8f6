"""Labeling sets: rows that are compared with each other, one set or some at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import sub
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_COMPARED_ROWS = 1000
"""Rows of a set that are compared with each other; those beyond are only counted, to bound the memory."""


@dataclass(frozen=True)
class LabelingSet:
    """The rows of one labeling set, or those of it that stand together.

    Attributes:
        set_id: their labeling_set_id.
        labels: of each row compared.
        records: a hash of each compared row's other fields.
        lines: where each compared row begins, in all files.
        size: how many rows there are, those not compared included.
    """

    set_id: str
    labels: Sequence[str]
    records: Sequence[int]
    lines: Sequence[int]
    size: int


@dataclass
class SetBatch:
    """Some labeling sets at once, for what is done to each of a million sets takes its time.

    Attributes:
        set_ids: of each set.
        ends: of each set, where its rows end in the lists that follow.
        labels, records, lines: of the rows of all sets, as in `LabelingSet`.
        surplus: of sets by their number, how many rows there are beyond those compared.
        parts: of sets by their number, the lines in which those parts of it begin that were not together.
    """

    set_ids: list[str]
    ends: list[int]
    labels: list[str]
    records: list[int]
    lines: list[int]
    surplus: dict[int, int]
    parts: dict[int, list[int]] = field(default_factory=dict)

    @property
    def slices(self) -> list[slice]:
        """Of each set, which rows it has in the lists."""
        return list(map(slice, [0, *self.ends], self.ends))

    @property
    def sizes(self) -> list[int]:
        """Of each set, how many rows it has."""
        sizes = list(map(sub, self.ends, [0, *self.ends]))
        for number, more in self.surplus.items():
            sizes[number] += more
        return sizes

    def one(self, number: int) -> LabelingSet:
        """Return one of the sets."""
        rows = slice(self.ends[number - 1] if number else 0, self.ends[number])
        size = rows.stop - rows.start + self.surplus.get(number, 0)
        return LabelingSet(
            self.set_ids[number], self.labels[rows], self.records[rows], self.lines[rows], size
        )
