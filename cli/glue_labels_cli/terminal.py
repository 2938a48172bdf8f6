"""Lines of text for a terminal, and for what is none."""

from __future__ import annotations

import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from typing import TextIO


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
