"""Where in a record that is no CSV the quote opened that spoils it."""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def opening_line(lines: Sequence[str], delimiter: str) -> int:
    """Return the index of the line on which the quote opened at which a strict reading of `lines` fails.

    Args:
        lines: from a record's first line to the one at which the csv module gives up, or the end.
        delimiter: what separates the fields.
    """
    failing = _fields([*lines[:-1], _until_it_fails(lines, delimiter)], delimiter)
    # A field that goes on over a line's end is the same one as long as their number is: it grows only.
    return bisect_left(range(1, len(lines)), failing, key=lambda end: _fields(lines[:end], delimiter))


def _fields(lines: Sequence[str], delimiter: str) -> int:
    return len(next(csv.reader(lines, delimiter=delimiter), []))


def _until_it_fails(lines: Sequence[str], delimiter: str) -> str:
    *before, last = lines

    def fails(end: int) -> bool:
        try:
            next(csv.reader([*before, last[:end]], delimiter=delimiter, strict=True), None)
        except csv.Error as error:
            return "end of data" not in str(error)
        return False

    return last[: bisect_right(range(len(last) + 1), False, key=fails) - 1]
