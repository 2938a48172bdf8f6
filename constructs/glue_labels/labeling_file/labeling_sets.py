"""Labeling sets: rows that are compared with each other, and what can be wrong with them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.rules import MAX_ACCEPTABLE_ROWS, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels.labeling_file.places import Places
    from glue_labels.labeling_file.rules import Rule

MAX_COMPARED_ROWS = 1000
"""Rows of a set that are compared with each other; those beyond are only counted, to bound the memory."""


@dataclass
class LabelingSet:
    """The rows of one labeling set, or those of it that stand together.

    Attributes:
        set_id: their labeling_set_id.
        labels: of each row compared.
        records: a hash of each compared row's other fields.
        lines: where each compared row begins, in all files.
        size: how many rows there are, those not compared included.
    """

    __slots__ = ("labels", "lines", "records", "set_id", "size")

    set_id: str
    labels: list[str]
    records: list[int]
    lines: list[int]
    size: int


@dataclass(frozen=True)
class _Said:
    """What the labels of a set say, whatever its records are.

    Attributes:
        matches, non_matches: pairs of rows with the same label, and with different ones.
        unlabeled: whether there are rows without a label.
        similar: whether there are labels that differ by case or blanks only.
    """

    matches: int
    non_matches: int
    unlabeled: bool
    similar: bool


# Sets are labeled alike most often: A, A, B. Looking it up takes a tenth of the time.
@lru_cache(maxsize=1 << 12)
def _said_by(labels: tuple[str, ...]) -> _Said:
    counts = Counter(labels)
    different = {label: count for label, count in counts.items() if label.strip()}
    labeled = sum(different.values())
    matches = sum(count * (count - 1) for count in different.values()) // 2
    return _Said(
        matches=matches,
        non_matches=labeled * (labeled - 1) // 2 - matches,
        unlabeled=labeled < len(labels),
        similar=len({_folded(label) for label in different}) < len(different),
    )


@dataclass
class LabelingSets:
    """Judges one labeling set after the other, and adds up what they teach.

    Attributes:
        places: tells where a line is.
        found: is given a rule, a line and what is wrong.
        rows, sets, matches, non_matches, smallest, largest: as in `Summary`.
    """

    places: Places
    found: Callable[[Rule, int, str], None]
    rows: int = 0
    sets: int = 0
    matches: int = 0
    non_matches: int = 0
    smallest: int = 0
    largest: int = 0

    def add(self, one: LabelingSet) -> None:
        """Judge a set."""
        size, labels = one.size, one.labels
        self.rows += size
        self.sets += 1
        if size > self.largest:
            self.largest = size
        if size < self.smallest or not self.smallest:
            self.smallest = size
        if size == 1:
            self._found(rules.SINGLE_ROW_SET, one, "has one row only")
        elif size > MAX_ROWS:
            self._found(rules.OVER_50_ROWS, one, f"has {size:,} rows, Glue takes up to {MAX_ROWS}")
        elif size > MAX_ACCEPTABLE_ROWS:
            self._found(
                rules.OVER_30_ROWS, one, f"has {size} rows, acceptable are 2 to {MAX_ACCEPTABLE_ROWS}"
            )

        said = _said_by(tuple(labels))
        self.matches += said.matches
        self.non_matches += said.non_matches
        if said.unlabeled:
            self._judge_unlabeled(one)
        if said.similar:
            self._judge_similar(one)
        if len(set(one.records)) < len(labels):
            self._judge_repeated(one)

    def judge_all(self) -> None:
        """Judge what all sets teach together, once there are no more."""
        if self.matches and not self.non_matches:
            self.found(rules.NO_NON_MATCHES, 1, "no set has two rows with different labels")
        if self.non_matches and not self.matches:
            self.found(rules.NO_MATCHES, 1, "no set has two rows with the same label")

    def _judge_unlabeled(self, one: LabelingSet) -> None:
        lines = [line for line, label in zip(one.lines, one.labels, strict=True) if not label.strip()]
        rows = len(one.labels)
        which = f": {self.places.named(lines, beside=lines[0])}" if len(lines) < rows else ""
        self._found(
            rules.EMPTY_LABEL, one, f"has {len(lines)} of {rows} rows without a label{which}", lines[0]
        )

    def _judge_repeated(self, one: LabelingSet) -> None:
        first: dict[int, int] = {}
        for index, record in enumerate(one.records):
            if not one.labels[index].strip():
                continue
            earlier = first.setdefault(record, index)
            if one.labels[earlier] != one.labels[index]:
                line = one.lines[index]
                self.found(
                    rules.CONFLICTING_LABELS,
                    line,
                    f"the record of {self.places.named([one.lines[earlier]], line)} again, labeled "
                    f"{shown(one.labels[index])} here and {shown(one.labels[earlier])} there "
                    f"(labeling set {shown(one.set_id)})",
                )

    def _judge_similar(self, one: LabelingSet) -> None:
        alike: dict[str, list[str]] = {}
        for label in dict.fromkeys(one.labels):
            alike.setdefault(_folded(label), []).append(label)
        for labels in alike.values():
            if len(labels) > 1 and labels[0].strip():
                self.found(
                    rules.SIMILAR_LABELS,
                    one.lines[one.labels.index(labels[1])],
                    f"labels {' and '.join(map(shown, labels[:5]))} differ by case or blanks only "
                    f"(labeling set {shown(one.set_id)})",
                )

    def _found(self, rule: Rule, one: LabelingSet, problem: str, line: int | None = None) -> None:
        self.found(rule, line or one.lines[0], f"labeling set {shown(one.set_id)} {problem}")


def shown(value: str) -> str:
    """Return `value` in quotes, on one line and not too long."""
    return repr(value if len(value) <= 60 else f"{value[:57]}...")


def _folded(label: str) -> str:
    return "".join(label.split()).casefold()
