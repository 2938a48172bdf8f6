"""Text for a terminal: lines that fit it, errors, durations, and a status that is rewritten in place."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO, TypeVar

    _Command = TypeVar("_Command", bound=Callable[..., Any])


def format_option(command: _Command) -> _Command:
    """Add ``--format``: text or json, as the parameter ``form``."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="text is for people, json for programs.",
    )(command)


def wrapped(line: str, indent: str = "", to: TextIO | None = None) -> str:
    """Break a line between words where the terminal ends. Without a terminal, return the line unchanged.

    Args:
        line: text.
        indent: the indent of the first line. The other lines are indented by two spaces.
        to: where the text is written (default: standard output).
    """
    if not (to or sys.stdout).isatty():
        return line
    # A terminal that does not know its width reports 0, and Python 3.10 returns that.
    width = shutil.get_terminal_size().columns or 80
    return textwrap.fill(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def echo(text: str, *, err: bool = False) -> None:
    """Write a line of text, see `wrapped`."""
    click.echo(wrapped(text, to=sys.stderr if err else sys.stdout), err=err)


def note(text: str) -> None:
    """Write a line about progress to standard error."""
    echo(text, err=True)


class _Wrapped(click.ClickException):
    """An error whose lines fit the terminal."""

    def format_message(self) -> str:
        """Return the text without the prefix that click adds, see `wrapped`."""
        prefix = "Error: "
        return wrapped(prefix + super().format_message(), to=sys.stderr).removeprefix(prefix)


class CommandError(_Wrapped):
    """A command failed. The text says what is wrong and what to do."""


class BadParameter(_Wrapped, click.BadParameter):
    """An option or argument has a wrong value."""


def duration(seconds: float) -> str:
    """Return seconds as text: ``8 s``, ``2 min 5 s``, ``1 h 3 min``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class StatusLine:
    """The status of a wait, on standard error. A terminal shows one line, which is rewritten in place.

    Without a terminal, each new status is written as a line.
    """

    def __init__(self) -> None:
        self._in_place = sys.stderr.isatty()
        self._last = ""

    def show(self, status: str, seconds: float) -> None:
        """Show a status and how many seconds the wait has taken."""
        if self._in_place:
            click.echo(f"\r\x1b[K{status}  {duration(seconds)}", nl=False, err=True)
        elif status != self._last:
            click.echo(f"{status}  {duration(seconds)}", err=True)
        self._last = status

    def end(self) -> None:
        """End the line, so that other text can follow."""
        if self._in_place and self._last:
            click.echo(err=True)
        self._last = ""
