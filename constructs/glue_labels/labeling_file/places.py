"""Lines of several files, counted through as if they were one."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN_LINES = 10


@dataclass
class Places:
    """Tells file and line from a line's number in all files.

    Attributes:
        paths: the files, in the order of reading.
        before: for each file that was begun, how many lines those before it have.
    """

    paths: Sequence[str]
    before: list[int] = field(default_factory=lambda: [0])

    def of(self, line: int) -> tuple[int, int]:
        """Return the number of the file and the line in it, both of a `line` counted from 1."""
        file = bisect_left(self.before, line) - 1
        return file, line - self.before[file]

    def named(self, lines: Sequence[int], beside: int) -> str:
        """Return `lines` as text, such as "line 3" or "lines 3 and 7 of b.csv".

        Args:
            lines: at least one; the first few are shown.
            beside: a line whose file need not be named.
        """
        by_file: dict[int, list[int]] = {}
        for line in lines:
            file, number = self.of(line)
            by_file.setdefault(file, []).append(number)
        here = self.of(beside)[0]
        return " and ".join(
            _numbers(numbers) + (f" of {self.paths[file]}" if file != here else "")
            for file, numbers in by_file.items()
        )


def _numbers(lines: Sequence[int]) -> str:
    if len(lines) == 1:
        return f"line {lines[0]}"
    if len(lines) > _SHOWN_LINES:
        return f"lines {', '.join(map(str, lines[:_SHOWN_LINES]))} and {len(lines) - _SHOWN_LINES} more"
    return f"lines {', '.join(map(str, lines[:-1]))} and {lines[-1]}"
