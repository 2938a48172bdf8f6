"""Findings, the report of a check, and both as text."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from glue_labels.labeling_file.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from glue_labels.labeling_file.rules import Rule, Severity


class ReportFinding(Protocol):
    """Takes a finding: its rule, its line counted from 1, the problem, a remedy other than the rule's."""

    def __call__(self, rule: Rule, line: int, problem: str, remedy: str = "", /) -> None: ...


@dataclass(frozen=True)
class Finding:
    """One problem in a label file.

    Attributes:
        path: the file, as the caller named it.
        line: the line in it, counted from 1.
        rule: the rule that is broken.
        problem: what is wrong, in one line.
        own_remedy: what to do, where the rule's remedy is not exact enough; else empty.
    """

    path: str
    line: int
    rule: Rule
    problem: str
    own_remedy: str = ""

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self.own_remedy or self.rule.remedy

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule.severity}[{self.rule.name}]: {self.problem}"


@dataclass(frozen=True)
class Summary:
    """What a label version teaches, in numbers.

    Attributes:
        rows: rows that have as many fields as the header.
        labeling_sets: different labeling_set_ids.
        matches: pairs of rows in the same set with the same label.
        non_matches: pairs of rows in the same set with different labels.
        smallest_set: rows in the smallest set; 0 if there are no sets.
        largest_set: rows in the largest set; 0 if there are no sets.
        columns: names of the columns after ``label``, in the file's order.
    """

    rows: int = 0
    labeling_sets: int = 0
    matches: int = 0
    non_matches: int = 0
    smallest_set: int = 0
    largest_set: int = 0
    columns: tuple[str, ...] = ()

    @property
    def rows_per_set(self) -> float:
        """Rows per set on average; 0 if there are no sets."""
        return self.rows / self.labeling_sets if self.labeling_sets else 0.0

    def __str__(self) -> str:
        return (
            f"{self.labeling_sets} sets, {self.rows} rows, "
            f"{self.matches} matches, {self.non_matches} non-matches"
        )


@dataclass(frozen=True)
class Report:
    """The result of a check: the findings, and what the label version teaches.

    Attributes:
        errors, warnings: the first of each, in the order of files and lines.
        error_count, warning_count: how many there are in all.
        summary: the numbers of the rows that could be read.
    """

    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    error_count: int
    warning_count: int
    summary: Summary


@dataclass
class Findings:
    """The findings of a check in progress: the first of each rule and file, and how many there are.

    Attributes:
        limit: how many findings of a rule are kept for each file; all are counted.
        ignored: names of rules that are turned off.
        counts: how many findings there are, by rule name and number of the file.
    """

    limit: int
    ignored: frozenset[str] = frozenset()
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    _kept: dict[tuple[str, int], list[tuple[int, str, str]]] = field(default_factory=dict)

    def add(self, file: int, rule: Rule, line: int, problem: str, remedy: str = "", /) -> None:
        """Add a finding. The order does not matter."""
        if rule.name in self.ignored:
            return
        key = rule.name, file
        self.counts[key] += 1
        kept = self._kept.setdefault(key, [])
        if len(kept) < self.limit or line < kept[-1][0]:
            insort(kept, (line, problem, remedy))
            del kept[self.limit :]

    def drop(self, rule: Rule, file: int) -> None:
        """Forget the findings of a rule in one file."""
        self.counts.pop((rule.name, file), None)
        self._kept.pop((rule.name, file), None)

    def keep_only(self, rule: Rule, file: int) -> None:
        """Forget the findings of all other rules in one file."""
        for name, number in list(self.counts):
            if number == file and name != rule.name:
                self.drop(RULES[name], file)

    def add_all(self, other: Findings) -> None:
        """Add the findings of `other`."""
        for key, kept in other._kept.items():
            self.counts[key] += other.counts[key]
            self._kept[key] = sorted([*self._kept.get(key, []), *kept])[: self.limit]

    def count_of(self, rule: Rule) -> int:
        """Return how many findings of a rule there are."""
        return sum(count for (name, _), count in self.counts.items() if name == rule.name)

    def count(self, severity: Severity) -> int:
        """Return how many errors or warnings there are."""
        return sum(count for (name, _), count in self.counts.items() if RULES[name].severity == severity)

    def first(self, severity: Severity, path_of: Callable[[int], str]) -> tuple[Finding, ...]:
        """Return the first `limit` errors or warnings, in the order of files and lines."""
        found = sorted(
            (file, line, name, problem, remedy)
            for (name, file), kept in self._kept.items()
            if RULES[name].severity == severity
            for line, problem, remedy in kept
        )
        return tuple(
            Finding(path_of(file), line, RULES[name], problem, remedy)
            for file, line, name, problem, remedy in found[: self.limit]
        )


def with_remedies(findings: Sequence[Finding], count: int) -> Iterator[str]:
    """Yield each finding as text, each remedy once; at the end how many more there are.

    Args:
        findings: the first findings.
        count: how many there are in all.
    """
    shown_remedies = set()
    for finding in findings:
        yield str(finding) if finding.remedy in shown_remedies else f"{finding}\n  {finding.remedy}"
        shown_remedies.add(finding.remedy)
    if count > len(findings):
        yield f"... and {count - len(findings):,} more"


def shortened(text: str, length: int) -> str:
    """Return `text`, cut to `length` characters; dots show that it is longer."""
    return text if len(text) <= length else f"{text[: length - 3]}..."


def shown(value: str) -> str:
    """Return `value` in quotes and on one line, cut to 60 characters; invisible characters are escaped."""
    # Not repr: it would double the backslash of a byte that could not be decoded.
    text = "".join(of if of.isprintable() else repr(of)[1:-1] for of in shortened(value, 60))
    quote = '"' if "'" in text and '"' not in text else "'"
    return f"{quote}{text}{quote}"


def listed(values: Sequence[str], limit: int = 10) -> str:
    """Return up to `limit` values in quotes, then how many more there are."""
    first = ", ".join(map(shown, values[:limit]))
    return f"{first} and {len(values) - limit} more" if len(values) > limit else first


def counted(count: int, one: str, many: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many}"
