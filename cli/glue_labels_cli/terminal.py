"""Lines of text for a terminal, and for what is none."""

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
        help="For people, or programs.",
    )(command)


def wrapped(line: str, indent: str = "", to: TextIO | None = None) -> str:
    """Return a line as several no wider than the terminal, broken between words only.

    Args:
        line: text.
        indent: what the first line begins with; the others are indented by two.
        to: where it is written (default: standard output). If that is no terminal, the line stays as it is.
    """
    if not (to or sys.stdout).isatty():
        return line
    # 0 is what a terminal says that does not know; Python 3.10 hands it on.
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
    """Write a line of text, broken between words where the terminal ends."""
    click.echo(wrapped(text, to=sys.stderr if err else sys.stdout), err=err)


def note(text: str) -> None:
    """Write to standard error what somebody who waits wants to know."""
    echo(text, err=True)


class CommandError(click.ClickException):
    """A command cannot do what it was asked to; shown without a break in the middle of a word."""

    def format_message(self) -> str:
        """Return the text, in lines that fit the terminal."""
        before = "Error: "
        return wrapped(before + super().format_message(), to=sys.stderr).removeprefix(before)


def duration(seconds: float) -> str:
    """Return seconds as people say them: ``8 s``, ``2 min 5 s``, ``1 h 3 min``."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


class StatusLine:
    """A line on standard error that says how a wait stands: rewritten in place on a terminal.

    Where there is no terminal, a status is a line of its own, once.
    """

    def __init__(self) -> None:
        self._in_place = sys.stderr.isatty()
        self._last = ""

    def show(self, status: str, seconds: float) -> None:
        """Show a status and for how long it has been waited."""
        if self._in_place:
            click.echo(f"\r\x1b[K{status}  {duration(seconds)}", nl=False, err=True)
        elif status != self._last:
            click.echo(f"{status}  {duration(seconds)}", err=True)
        self._last = status

    def end(self) -> None:
        """Go on in a line of its own."""
        if self._in_place and self._last:
            click.echo(err=True)
        self._last = ""
