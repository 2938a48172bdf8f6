"""What was found in a labeling file: findings, and a bounded collection of them."""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from glue_labels.labeling_file.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from glue_labels.labeling_file.rules import Rule, Severity

_SHOWN_CHARACTERS = 60


class Found(Protocol):
    """Takes a finding: its rule, its line counted from 1, what is wrong, a remedy other than the rule's."""

    def __call__(self, rule: Rule, line: int, problem: str, remedy: str = "", /) -> None: ...


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where.

    Attributes:
        path: the file, as it was named by whoever asked.
        line: its line there, counted from 1.
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
    _kept: dict[tuple[str, int], list[tuple[int, str, str]]] = field(default_factory=dict)

    def add(self, file: int, rule: Rule, line: int, problem: str, remedy: str = "", /) -> None:
        """Note a finding, in whatever order they come."""
        if rule.name in self.ignored:
            return
        key = rule.name, file
        self.counts[key] += 1
        kept = self._kept.setdefault(key, [])
        if len(kept) < self.limit or line < kept[-1][0]:
            insort(kept, (line, problem, remedy))
            del kept[self.limit :]

    def drop(self, rule: Rule, file: int) -> None:
        """Forget what was found of a rule in one file."""
        self.counts.pop((rule.name, file), None)
        self._kept.pop((rule.name, file), None)

    def keep_only(self, rule: Rule, file: int) -> None:
        """Forget what was found of all other rules in one file."""
        for name, number in list(self.counts):
            if number == file and name != rule.name:
                self.drop(RULES[name], file)

    def add_all(self, other: FoundSoFar) -> None:
        """Take over what another collection has."""
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


def shown(value: str) -> str:
    """Return `value` in quotes, on one line and not too long; what cannot be seen is escaped, once."""
    short = value if len(value) <= _SHOWN_CHARACTERS else f"{value[: _SHOWN_CHARACTERS - 3]}..."
    # Not repr, which would double the backslash of a byte that could not be decoded.
    text = "".join(of if of.isprintable() else repr(of)[1:-1] for of in short)
    quote = '"' if "'" in text and '"' not in text else "'"
    return f"{quote}{text}{quote}"


def listed(values: Sequence[str], limit: int = 10) -> str:
    """Return values in quotes, those beyond `limit` as a number."""
    first = ", ".join(map(shown, values[:limit]))
    return f"{first} and {len(values) - limit} more" if len(values) > limit else first


def counted_as(count: int, one: str, many: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {one if count == 1 else many}"
