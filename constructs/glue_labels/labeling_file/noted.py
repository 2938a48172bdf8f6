"""Problems of labeling sets that are counted while the sets are read, and reported once at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.report import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glue_labels.labeling_file.label_files import Places
    from glue_labels.labeling_file.report import ReportFinding
    from glue_labels.labeling_file.rules import Rule

_NAMED_PROBLEMS = 6
"""Of how many problems of the same kind a finding names the line."""


@dataclass
class NotedRows:
    """Rows with the same problem, counted for one finding.

    Attributes:
        sets, rows: how many.
        line: the line of the first row.
        values: the first different values; at least ten, if there are as many.
    """

    sets: int = 0
    rows: int = 0
    line: int = 0
    values: dict[str, None] = field(default_factory=dict)

    def add(self, line: int, values: Iterable[str], rows: int) -> None:
        """Count rows of one set."""
        self.sets += 1
        self.rows += rows
        self.line = min(self.line or line, line)
        if len(self.values) < 10:
            self.values.update(dict.fromkeys(values))

    @property
    def named(self) -> str:
        """The first values, in quotes."""
        return listed(list(self.values), 5)

    @property
    def counts(self) -> str:
        """How many sets and rows, in words."""
        return f"{counted(self.rows, 'row', 'rows')} in {counted(self.sets, 'set', 'sets')}"


@dataclass
class NotedProblems:
    """Problems of the same kind, in one finding: the first as it is, of the others the count and some lines.

    Attributes:
        count: how many.
        first: line and text of the first few, in the order of lines.
    """

    count: int = 0
    first: list[tuple[int, str]] = field(default_factory=list)

    def add(self, line: int, problem: str) -> None:
        """Count a problem. The order does not matter."""
        self.count += 1
        self._keep([(line, problem)])

    def add_all(self, other: NotedProblems) -> None:
        """Count the problems of `other`."""
        self.count += other.count
        self._keep(other.first)

    def _keep(self, more: Iterable[tuple[int, str]]) -> None:
        self.first = sorted([*self.first, *more])[:_NAMED_PROBLEMS]

    def report_to(self, report: ReportFinding, rule: Rule, places: Places) -> None:
        """Report the problems, if there are any."""
        if not self.count:
            return
        (line, problem), *others = self.first
        if others:
            what = "row" if rule is rules.CONFLICTING_LABELS else "set"
            more = counted(self.count - 1, f"other {what} has", f"other {what}s have")
            which = "in" if len(others) == self.count - 1 else "the first in"
            where = places.named([line for line, _ in others], beside=line)
            problem = f"{problem}; {more} the same problem, {which} {where}"
        report(rule, line, problem)
