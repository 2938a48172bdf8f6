"""What was found in a labeling file: findings, and a bounded collection of them."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from glue_labels.labeling_file.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels.labeling_file.rules import Rule, Severity


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where.

    Attributes:
        path: the file, as it was named by whoever asked.
        line: its line there, counted from 1.
        rule: the rule that is broken.
        problem: what is wrong, in one line.
    """

    path: str
    line: int
    rule: Rule
    problem: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule.severity}[{self.rule.name}]: {self.problem}"


@dataclass
class FoundSoFar:
    """What was found while a file is read: the first of each rule and file, and how many there are.

    Attributes:
        limit: how many findings of a rule are kept for each file; all are counted.
        ignored: names of rules that are turned off.
        counts: how many findings there are, by rule name and number of the file.
    """

    limit: int
    ignored: frozenset[str] = frozenset()
    counts: Counter[tuple[str, int]] = field(default_factory=Counter)
    _kept: dict[tuple[str, int], list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, file: int, rule: Rule, line: int, problem: str) -> None:
        """Note a finding, in whatever order they come."""
        if rule.name in self.ignored:
            return
        key = rule.name, file
        self.counts[key] += 1
        kept = self._kept.setdefault(key, [])
        if len(kept) < self.limit or line < kept[-1][0]:
            insort(kept, (line, problem))
            del kept[self.limit :]

    def drop(self, rule: Rule, file: int) -> None:
        """Forget what was found of a rule in one file."""
        self.counts.pop((rule.name, file), None)
        self._kept.pop((rule.name, file), None)

    def add_all(self, other: FoundSoFar) -> None:
        """Take over what another collection has."""
        for key, kept in other._kept.items():
            self.counts[key] += other.counts[key]
            self._kept[key] = sorted([*self._kept.get(key, []), *kept])[: self.limit]

    def count(self, severity: Severity) -> int:
        """Return how many errors or warnings there are."""
        return sum(count for (name, _), count in self.counts.items() if RULES[name].severity == severity)

    def first(self, severity: Severity, path_of: Callable[[int], str]) -> tuple[Finding, ...]:
        """Return the first `limit` errors or warnings, in the order of files and lines."""
        found = sorted(
            (file, line, name, problem)
            for (name, file), kept in self._kept.items()
            if RULES[name].severity == severity
            for line, problem in kept
        )
        return tuple(
            Finding(path_of(file), line, RULES[name], problem)
            for file, line, name, problem in found[: self.limit]
        )
