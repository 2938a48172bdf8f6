"""The rules of labeling sets, and what the sets teach."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from operator import lt
from typing import TYPE_CHECKING, NamedTuple

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.label_files import Places
from glue_labels.labeling_file.label_rows import SetBatch
from glue_labels.labeling_file.label_values import (
    PLACEHOLDERS,
    SPECIAL,
    all_folded,
    are_letters,
    differences,
    folded,
    repeated_no,
)
from glue_labels.labeling_file.noted import NotedProblems, NotedRows
from glue_labels.labeling_file.report import Finding, counted, shown
from glue_labels.labeling_file.rules import MAX_ACCEPTABLE_ROWS, MAX_ROWS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from glue_labels.labeling_file.label_rows import LabelingSet
    from glue_labels.labeling_file.report import ReportFinding
    from glue_labels.labeling_file.rules import Rule

_OF_ALL_SETS = (rules.NO_PAIRS, rules.NO_MATCHES, rules.NO_NON_MATCHES, rules.PLACEHOLDER_ALONE)
"""Rules about all sets of a file together."""


class _Said(NamedTuple):
    """What the labels of a set say, without regard to its records.

    Attributes:
        matches, non_matches: pairs of rows with the same label, and with different ones.
        unlabeled: whether there are rows without a label.
        similar: whether labels differ only by case or blanks.
        placeholders: whether labels are placeholders.
        no: the label that means "no match", if several rows have it; else "".
        letters: whether all labels are answers of one letter, such as Y and N.
    """

    matches: int
    non_matches: int
    unlabeled: bool
    similar: bool
    placeholders: bool
    no: str
    letters: bool

    @property
    def odd(self) -> bool:
        """Whether the set needs a closer look."""
        return self.unlabeled or self.similar or self.placeholders or bool(self.no)


@lru_cache(maxsize=1 << 12)
def _said_by(labels: tuple[str, ...]) -> _Said:
    counts = Counter(labels)
    different = {label: count for label, count in counts.items() if label.strip()}
    labeled = sum(different.values())
    matches = sum(count * (count - 1) for count in different.values()) // 2
    unlabeled = labeled < len(labels)
    similar = len(set(all_folded(list(different)))) < len(different)
    special = not SPECIAL.isdisjoint(map(str.strip, different))
    return _Said(
        matches,
        labeled * (labeled - 1) // 2 - matches,
        unlabeled,
        similar,
        special and not PLACEHOLDERS.isdisjoint(map(str.strip, different)),
        repeated_no([label for label in labels if label.strip()]) if special else "",
        special and are_letters(different),
    )


@dataclass
class LabelingSets:
    """Checks labeling sets, and adds up what they teach.

    Attributes:
        places: finds file and line.
        report: takes findings.
        rows, sets, matches, non_matches, smallest, largest: as in `Summary`.
    """

    places: Places
    report: ReportFinding
    rows: int = 0
    sets: int = 0
    matches: int = 0
    non_matches: int = 0
    smallest: int = 0
    largest: int = 0

    def __post_init__(self) -> None:
        self._single = self._letter_sets = 0
        self._placeholder_set_ids, self._placeholder_labels = NotedRows(), NotedRows()
        self._placeholders_alone = NotedRows()
        self._answers, self._letters = NotedRows(), NotedRows()
        self._repeated, self._repeats = NotedRows(), ""
        self._alike: defaultdict[Rule, NotedProblems] = defaultdict(NotedProblems)
        self._unlabeled: defaultdict[int, NotedProblems] = defaultdict(NotedProblems)

    def add(self, batch: SetBatch) -> None:
        """Check the sets of a batch."""
        sizes = batch.sizes
        self.rows += sum(sizes)
        self.sets += len(sizes)
        smallest, largest = min(sizes), max(sizes)
        self.smallest = min(smallest, self.smallest or smallest)
        self.largest = max(largest, self.largest)
        if smallest == 1 or largest > MAX_ACCEPTABLE_ROWS:
            for number, size in enumerate(sizes):
                if size == 1 or size > MAX_ACCEPTABLE_ROWS:
                    self._check_size(batch.one(number))
        # Check each sequence of labels once: most sets have the same, such as A, A, B.
        slices = batch.slices
        labels_of_sets = list(map(tuple, map(batch.labels.__getitem__, slices)))
        counts = Counter(labels_of_sets)
        said = {labels: _said_by(labels) for labels in counts}
        for labels, count in counts.items():
            self.matches += count * said[labels].matches
            self.non_matches += count * said[labels].non_matches
            self._letter_sets += count * said[labels].letters
        if any(of_set.odd for of_set in said.values()):
            for number, labels in enumerate(labels_of_sets):
                if said[labels].odd:
                    self._check_labels(batch.one(number), said[labels])
        if not PLACEHOLDERS.isdisjoint(map(str.strip, batch.set_ids)):
            for number, set_id in enumerate(batch.set_ids):
                if set_id.strip() in PLACEHOLDERS:
                    self._placeholder_set_ids.add(batch.one(number).lines[0], [set_id], sizes[number])
        # Most batches have no record twice: then no set has.
        if len(set(batch.records)) < len(batch.records):
            different = map(len, map(set, map(batch.records.__getitem__, slices)))
            repeated = map(lt, different, map(len, labels_of_sets))
            for number in itertools.compress(itertools.count(), repeated):
                self._check_repeated(batch.one(number))
        for number, beginnings in batch.parts.items():
            one = batch.one(number)
            # If the later parts only repeat rows, that is another finding.
            if any(one.lines[index] >= beginnings[1] for index in _firsts(one)):
                self._check_scattered(one, beginnings)

    def check_all(self, unlabeled_files: Collection[int] = ()) -> None:
        """Report what was counted, and check all sets together. Call this after the last `add`.

        Args:
            unlabeled_files: numbers of the files without any label: their rows are another finding.
        """
        for file, rows in self._unlabeled.items():
            if file not in unlabeled_files:
                self._alike[rules.EMPTY_LABEL].add_all(rows)
        for rule, problems in self._alike.items():
            problems.report_to(self.report, rule, self.places)
        self._check_placeholders()
        answers = self._answers
        if self._letter_sets == self.sets:
            # Y and N are answers only if no set has other letters.
            answers = self._letters
        if answers.sets:
            self.report(
                rules.YES_NO_LABELS,
                answers.line,
                f"labels such as {answers.named} answer a question instead of naming a group "
                f"({answers.counts}); to Glue, rows of a set with the same label match",
            )
        if self._repeated.sets:
            self.report(
                rules.REPEATED_RECORDS,
                self._repeated.line,
                f"{self._repeated.counts} repeat a record and its label: {self._repeats}",
            )
        if self.sets and self._single == self.sets:
            which = "the only set has" if self.sets == 1 else f"each of the {self.sets:,} sets has"
            self.report(rules.NO_PAIRS, 1, f"{which} only one row: there are no two rows to compare")
        if self.matches and not self.non_matches:
            self.report(rules.NO_NON_MATCHES, 1, "no set has two rows with different labels")
        if self.non_matches and not self.matches:
            self.report(rules.NO_MATCHES, 1, "no set has two rows with the same label")

    def _check_size(self, one: LabelingSet) -> None:
        if one.size == 1:
            self._single += 1
            rule, problem = rules.SINGLE_ROW_SET, "has only one row"
        elif one.size > MAX_ROWS:
            rule, problem = rules.OVER_50_ROWS, f"has {one.size:,} rows (Glue takes up to {MAX_ROWS})"
        else:
            rule, problem = (
                rules.OVER_30_ROWS,
                f"has {one.size} rows (2 to {MAX_ACCEPTABLE_ROWS} are acceptable)",
            )
        self._alike[rule].add(one.lines[0], f"labeling set {shown(one.set_id)} {problem}")

    def _check_scattered(self, one: LabelingSet, beginnings: Sequence[int]) -> None:
        first = self.places.named(beginnings[:1], beside=beginnings[1])
        problem = f"more rows of labeling set {shown(one.set_id)}, which begins in {first}"
        self._alike[rules.SCATTERED_SET].add(beginnings[1], problem)

    def _check_unlabeled(self, one: LabelingSet) -> None:
        lines = [line for line, label in zip(one.lines, one.labels, strict=True) if not label.strip()]
        rows = len(one.labels)
        which = f": {self.places.named(lines, beside=lines[0])}" if len(lines) < rows else ""
        problem = f"labeling set {shown(one.set_id)} has {len(lines)} of {rows} rows without a label{which}"
        self._unlabeled[self.places.of(lines[0])[0]].add(lines[0], problem)

    def _check_labels(self, one: LabelingSet, said: _Said) -> None:
        if said.unlabeled:
            self._check_unlabeled(one)
        if said.similar:
            self._check_similar(one)
        labels = [label.strip() for label in one.labels]
        if said.placeholders:
            missing = [index for index, label in enumerate(labels) if label in PLACEHOLDERS]
            noted = self._placeholder_labels
            if len(missing) == len(list(filter(None, labels))):
                noted = self._placeholders_alone
            noted.add(one.lines[missing[0]], (one.labels[index] for index in missing), len(missing))
        if said.no:
            of_set = self._letters if len(said.no.strip()) == 1 else self._answers
            of_set.add(one.lines[one.labels.index(said.no)], [said.no], one.size)

    def _check_placeholders(self) -> None:
        set_ids, labels, alone = self._placeholder_set_ids, self._placeholder_labels, self._placeholders_alone
        rows = counted(set_ids.rows, "row", "rows")
        if set_ids.sets and set_ids.sets < self.sets:
            problem = f"{_like_missing(set_ids, 'labeling_set_id', '')} ({rows})"
            self.report(rules.PLACEHOLDER_SET_ID, set_ids.line, f"{problem}; to Glue, these rows are one set")
        elif set_ids.sets:
            problem = f"{_like_missing(set_ids, 'labeling_set_id', ' of all rows')} ({rows})"
            self.report(rules.PLACEHOLDER_ALONE, set_ids.line, problem)
        if labels.sets:
            problem = f"{_like_missing(labels, 'label', ' beside other labels')} ({labels.counts})"
            what = "to Glue, rows of a set with the same label match"
            self.report(rules.PLACEHOLDER_LABEL, labels.line, f"{problem}; {what}")
        if alone.sets:
            problem = f"{_like_missing(alone, 'label', ', {}the only one in its set,')} ({alone.counts})"
            self.report(rules.PLACEHOLDER_ALONE, alone.line, problem)

    def _check_repeated(self, one: LabelingSet) -> None:
        first: dict[int, int] = {}
        for index, record in enumerate(one.records):
            if not one.labels[index].strip():
                continue
            earlier = first.setdefault(record, index)
            if one.labels[earlier] != one.labels[index]:
                line = one.lines[index]
                self._alike[rules.CONFLICTING_LABELS].add(
                    line,
                    f"the record of {self.places.named([one.lines[earlier]], line)} is repeated, labeled "
                    f"{shown(one.labels[index])} here and {shown(one.labels[earlier])} there "
                    f"(labeling set {shown(one.set_id)})",
                )
        self._check_copies(one)

    def _check_copies(self, one: LabelingSet) -> None:
        firsts = _firsts(one)
        if len(firsts) == len(one.records):
            return
        # A record and its copy teach nothing: they do not count as a pair.
        all_rows, without = _said_by(tuple(one.labels)), _said_by(tuple(one.labels[i] for i in firsts))
        self.matches -= all_rows.matches - without.matches
        self.non_matches -= all_rows.non_matches - without.non_matches
        copies = sorted(set(range(len(one.records))) - set(firsts))
        rows = list(zip(one.records, one.labels, strict=True))
        copy = copies[0]
        original = rows.index(rows[copy])
        line = one.lines[copy]
        if not self._repeated.sets or line < self._repeated.line:
            where = self.places.named([line], line), self.places.named([one.lines[original]], line)
            self._repeats = f"{where[0]} is like {where[1]}"
        self._repeated.add(line, (), len(copies))

    def _check_similar(self, one: LabelingSet) -> None:
        alike: dict[str, list[str]] = {}
        for label in dict.fromkeys(one.labels):
            alike.setdefault(folded(label), []).append(label)
        for labels in alike.values():
            if len(labels) > 1 and labels[0].strip():
                line = one.lines[one.labels.index(labels[1])]
                problem = (
                    f"labels {' and '.join(map(shown, labels[:5]))} differ only by {differences(labels)} "
                    f"(labeling set {shown(one.set_id)})"
                )
                self._alike[rules.SIMILAR_LABELS].add(line, problem)
                return


def _like_missing(noted: NotedRows, what: str, where: str) -> str:
    if len(noted.values) == 1:
        return f"the {what} {noted.named}{where.format('')} looks like a missing value"
    return f"the {what}s {noted.named}{where.format('each ')} look like missing values"


def _firsts(one: LabelingSet) -> list[int]:
    """Return the indices of the rows without those that repeat a record and its label."""
    first: dict[tuple[int, str], int] = {}
    for index, row in enumerate(zip(one.records, one.labels, strict=True)):
        first.setdefault(row, index)
    return list(first.values())


def check_labeling_set(
    name: str, set_id: str, labels: Sequence[str], records: Sequence[int], lines: Sequence[int]
) -> list[Finding]:
    """Check one labeling set by the rules that need no other sets.

    Args:
        name: the file, as findings name it.
        set_id: the labeling_set_id.
        labels: the label of each row.
        records: a hash of each row's other fields.
        lines: the line in which each row begins, counted from 1.

    Returns:
        errors, then warnings, each in the order of lines.
    """
    findings: list[Finding] = []

    def report(rule: Rule, line: int, problem: str, remedy: str = "", /) -> None:
        if rule not in _OF_ALL_SETS:
            findings.append(Finding(name, line, rule, problem, remedy))

    sets = LabelingSets(Places([name]), report)
    sets.add(SetBatch([set_id], [len(labels)], list(labels), list(records), list(lines), {}))
    sets.check_all()
    return sorted(findings, key=lambda finding: (finding.rule.severity, finding.line))
