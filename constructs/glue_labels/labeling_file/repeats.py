"""Which of very many numbers came more than once, without holding them in memory."""

from __future__ import annotations

import itertools
import tempfile
from array import array
from bisect import bisect_left
from operator import and_
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_PARTS = 64
_BOUNDS = [-(1 << 63) + part * ((1 << 64) // _PARTS) for part in range(1, _PARTS)]
_PENDING = 1 << 12
_IN_MEMORY = 1 << 11
_SLOTS = 1 << 22


class Repeats:
    """Numbers of 64 bits as good as random, such as hashes: first all are added, then repeats are asked for.

    They go to disk in parts by their size, so that a repeated one is twice in the same part, and only one
    part at a time is in memory.
    """

    def __init__(self) -> None:
        """Begin without any; `close` ends it."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self._pending: list[int] = []
        self._parts = [array("q") for _ in range(_PARTS)]
        self._written: list[list[tuple[int, int]]] = [[] for _ in range(_PARTS)]
        self._repeated = bytearray()

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def add(self, numbers: Iterable[int]) -> None:
        """Add numbers."""
        self._pending.extend(numbers)
        if len(self._pending) > _PENDING:
            self._distribute()

    def _distribute(self) -> None:
        self._pending.sort()
        cuts = [0, *(bisect_left(self._pending, bound) for bound in _BOUNDS), len(self._pending)]
        numbers = array("q", self._pending)
        self._pending.clear()
        for part, written, begin, end in zip(self._parts, self._written, cuts, cuts[1:], strict=False):
            part.extend(numbers[begin:end])
            if len(part) > _IN_MEMORY:
                written.append((self._file.tell(), self._file.write(part.tobytes())))
                del part[:]

    def settle(self) -> bool:
        """Return whether a number was added more than once; none is added after that."""
        self._distribute()
        for part, written in zip(self._parts, self._written, strict=True):
            for offset, size in written:
                self._file.seek(offset)
                part.frombytes(self._file.read(size))
            if len(set(part)) < len(part):
                self._mark(part)
            del part[:]
        return bool(self._repeated)

    def _mark(self, numbers: Iterable[int]) -> None:
        self._repeated = self._repeated or bytearray(_SLOTS)
        seen: set[int] = set()
        for number in numbers:
            if number in seen:
                self._repeated[number & (_SLOTS - 1)] = 1
            seen.add(number)

    def indices(self, numbers: Iterable[int]) -> list[int]:
        """Return the indices of those numbers that were added more than once, and seldom of others."""
        slots = map(and_, numbers, itertools.repeat(_SLOTS - 1))
        return list(itertools.compress(itertools.count(), map(self._repeated.__getitem__, slots)))
