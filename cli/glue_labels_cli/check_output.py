"""The results of the checks as text for people, JSON for programs, and annotations for GitHub."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from glue_labels.labeling_file import counted, with_remedies
from glue_labels_cli.terminal import wrapped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from glue_labels.labeling_file import Finding, Report, Summary

_COLORS = {"error": "red", "warning": "yellow"}


@dataclass(frozen=True)
class Unread:
    """A file or folder that cannot be read, and the reason."""

    path: str
    reason: str


@dataclass(frozen=True)
class Checked:
    """A file or folder, and what the checks found."""

    path: str
    report: Report

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The first findings, errors before warnings."""
        return self.report.errors + self.report.warnings


def as_text(checked: Sequence[Checked], unread: Sequence[Unread]) -> Iterator[str]:
    """Yield the findings, then their number."""
    for one in checked:
        report = one.report
        for text in with_remedies(one.findings, report.error_count + report.warning_count):
            finding, *remedy = text.split("\n")
            yield "\n".join([_colored(wrapped(finding)), *(wrapped(line, "  ") for line in remedy)])
    errors = sum(one.report.error_count for one in checked)
    warnings = sum(one.report.warning_count for one in checked)
    where = checked[0].path if len(checked) == 1 else f"{len(checked)} files"
    color = "red" if errors or unread else "yellow" if warnings else "green"
    passed_over = f", {len(unread)} not read" if unread else ""
    counts = f"{counted(errors, 'error', 'errors')}, {counted(warnings, 'warning', 'warnings')}"
    yield click.style(f"{counts} in {where}{passed_over}", fg=color, bold=True)


def _colored(text: str) -> str:
    for severity, color in _COLORS.items():
        before, mark, after = text.partition(f": {severity}[")
        if mark:
            return f"{click.style(before, bold=True)}: {click.style(severity, fg=color, bold=True)}[{after}"
    return text


def as_json(checked: Sequence[Checked], unread: Sequence[Unread]) -> Iterator[str]:
    """Yield one JSON document."""
    yield json.dumps(
        {
            "files": [
                {
                    "path": one.path,
                    "errors": one.report.error_count,
                    "warnings": one.report.warning_count,
                    "findings": [
                        {
                            "path": finding.path,
                            "line": finding.line,
                            "severity": finding.rule.severity,
                            "rule": finding.rule.name,
                            "problem": finding.problem,
                            "remedy": finding.remedy,
                        }
                        for finding in one.findings
                    ],
                    "summary": asdict(one.report.summary),
                }
                for one in checked
            ],
            "unread": [asdict(one) for one in unread],
        },
        indent=2,
    )


def as_github(checked: Sequence[Checked], unread: Sequence[Unread]) -> Iterator[str]:
    """Yield workflow commands. GitHub shows them beside the lines of a pull request.

    Source: https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
    """
    for one in checked:
        for finding in one.findings:
            properties = {"file": finding.path, "line": str(finding.line), "title": finding.rule.name}
            listed = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in properties.items())
            message = _escaped(f"{finding.problem}\n{finding.remedy}")
            yield f"::{finding.rule.severity} {listed}::{message}"
    for missing in unread:
        yield f"::error file={_escaped(missing.path, ':,')}::cannot be read: {_escaped(missing.reason)}"


def _escaped(value: str, further: str = "") -> str:
    for character in f"%\r\n{further}":
        value = value.replace(character, f"%{ord(character):02X}")
    return value


def summary_as_text(path: str, summary: Summary) -> str:
    """Return the counts of a label file, one a line, and the names of its columns."""
    sizes = f"{summary.smallest_set} to {summary.largest_set}, {summary.rows_per_set:.1f} on average"
    lines = {
        "rows": f"{summary.rows:,}",
        "labeling sets": f"{summary.labeling_sets:,}",
        "rows per set": sizes if summary.labeling_sets else "",
        "matching pairs": f"{summary.matches:,}",
        "non-matching pairs": f"{summary.non_matches:,}",
        "columns": f"{len(summary.columns)}",
    }
    numbers = "\n".join(f"  {name:<20}{value}".rstrip() for name, value in lines.items())
    names = click.wrap_text(
        ", ".join(summary.columns), width=78, initial_indent=" " * 4, subsequent_indent=" " * 4
    )
    return f"{click.style(path, bold=True)}\n{numbers}\n{names}".rstrip()


FORMATS: dict[str, Callable[[Sequence[Checked], Sequence[Unread]], Iterator[str]]] = {
    "text": as_text,
    "json": as_json,
    "github": as_github,
}
"""By the value of ``--format``."""
