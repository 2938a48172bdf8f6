"""The part of ``docs/performance.md`` that the benchmark writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .table import table

if TYPE_CHECKING:
    from pathlib import Path

    from .results import Results

END: Final = "<!-- end of what the benchmark writes -->"


def begin(name: str) -> str:
    """Return the line before the results of a command."""
    return f"<!-- `make {name}` writes what follows -->"


def with_results(text: str, name: str, results: Results) -> str:
    """Return a document's text with the results between the markers of the command.

    Args:
        text: of the document.
        name: of the command, ``bench`` or ``bench-long``.
        results: of the command.

    Raises:
        ValueError: the markers are missing.
    """
    before, marker, rest = text.partition(begin(name))
    _, end, after = rest.partition(END)
    if not marker or not end:
        raise ValueError(f"The document needs two lines, {begin(name)} and {END}.")
    machine = "\n".join(f"- {label}: {value}" for label, value in results.machine.items())
    body = f"Measured by `{results.command}`:\n\n{machine}\n\n```text\n{table(results)}\n```"
    return f"{before}{marker}\n\n{body}\n\n{end}{after}"


def update(document: Path, name: str, results: Results) -> None:
    """Write the results of a command into a document."""
    document.write_text(with_results(document.read_text(), name, results))
