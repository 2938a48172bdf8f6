"""What can be wrong with labeling sets, and what they teach."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.rules import MAX_ACCEPTABLE_ROWS, MAX_ROWS
from glue_labels.labeling_file.set_batch import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glue_labels.labeling_file.places import Places
    from glue_labels.labeling_file.rules import Rule
    from glue_labels.labeling_file.set_batch import LabelingSet, SetBatch


class _Said(NamedTuple):
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


@lru_cache(maxsize=1 << 12)
def _said_by(labels: tuple[str, ...]) -> _Said:
    counts = Counter(labels)
    different = {label: count for label, count in counts.items() if label.strip()}
    labeled = sum(different.values())
    matches = sum(count * (count - 1) for count in different.values()) // 2
    unlabeled = labeled < len(labels)
    similar = len({_folded(label) for label in different}) < len(different)
    return _Said(matches, labeled * (labeled - 1) // 2 - matches, unlabeled, similar)


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

    def add(self, batch: SetBatch) -> None:
        """Judge some sets."""
        sizes = batch.sizes
        self.rows += sum(sizes)
        self.sets += len(sizes)
        smallest, largest = min(sizes), max(sizes)
        self.smallest = min(smallest, self.smallest or smallest)
        self.largest = max(largest, self.largest)
        if smallest == 1 or largest > MAX_ACCEPTABLE_ROWS:
            for number, size in enumerate(sizes):
                if size == 1 or size > MAX_ACCEPTABLE_ROWS:
                    self._judge_size(batch.one(number))
        # Sets are labeled alike most often: A, A, B.
        slices = batch.slices
        labels_of_sets = list(map(tuple, map(batch.labels.__getitem__, slices)))
        said = {labels: _said_by(labels) for labels in set(labels_of_sets)}
        for labels, count in Counter(labels_of_sets).items():
            self.matches += count * said[labels].matches
            self.non_matches += count * said[labels].non_matches
        if any(of_set.unlabeled or of_set.similar for of_set in said.values()):
            for number, labels in enumerate(labels_of_sets):
                if said[labels].unlabeled:
                    self._judge_unlabeled(batch.one(number))
                if said[labels].similar:
                    self._judge_similar(batch.one(number))
        # A record that is twice in the batch seldom is in the same set.
        if len(set(batch.records)) < len(batch.records):
            different = map(len, map(set, map(batch.records.__getitem__, slices)))
            for number, (count, labels) in enumerate(zip(different, labels_of_sets, strict=True)):
                if count < len(labels):
                    self._judge_repeated(batch.one(number))
        for number, beginnings in batch.parts.items():
            self._judge_scattered(batch.one(number), beginnings)

    def judge_all(self) -> None:
        """Judge what all sets teach together, once there are no more."""
        if self.matches and not self.non_matches:
            self.found(rules.NO_NON_MATCHES, 1, "no set has two rows with different labels")
        if self.non_matches and not self.matches:
            self.found(rules.NO_MATCHES, 1, "no set has two rows with the same label")

    def _judge_size(self, one: LabelingSet) -> None:
        if one.size == 1:
            self._found(rules.SINGLE_ROW_SET, one, "has one row only")
        elif one.size > MAX_ROWS:
            self._found(rules.OVER_50_ROWS, one, f"has {one.size:,} rows, Glue takes up to {MAX_ROWS}")
        else:
            problem = f"has {one.size} rows, acceptable are 2 to {MAX_ACCEPTABLE_ROWS}"
            self._found(rules.OVER_30_ROWS, one, problem)

    def _judge_scattered(self, one: LabelingSet, beginnings: Sequence[int]) -> None:
        first = self.places.named(beginnings[:1], beside=beginnings[1])
        problem = f"rows of labeling set {shown(one.set_id)} again, which began in {first}"
        self.found(rules.SCATTERED_SET, beginnings[1], problem)

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


def _folded(label: str) -> str:
    return "".join(label.split()).casefold()
