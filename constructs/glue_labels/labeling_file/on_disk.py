"""What is kept on disk of a whole label file, so that memory does not grow with it."""

from __future__ import annotations

import itertools
import marshal
import tempfile
from array import array
from bisect import bisect_left
from operator import and_
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_T = TypeVar("_T")

_MARSHAL_VERSION = 2  # Does not search for equal objects, which takes longer than it saves.

_PARTS = 64
_BOUNDS = [-(1 << 63) + part * ((1 << 64) // _PARTS) for part in range(1, _PARTS)]
_PENDING = 1 << 12
_IN_MEMORY = 1 << 11
_SLOTS = 1 << 22


class ValuesOnDisk(Generic[_T]):
    """Values in a temporary file: write all, then read them once, in the same order.

    Values are what `marshal` takes: numbers, strings, and lists and tuples of them.
    """

    def __init__(self) -> None:
        """Create the file; `close` removes it."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)

    def write(self, value: _T) -> None:
        """Add a value."""
        content = marshal.dumps(value, _MARSHAL_VERSION)  # type: ignore[arg-type]  # see class
        self._file.write(len(content).to_bytes(8, "big") + content)

    def read(self) -> Iterator[_T]:
        """Yield the values."""
        self._file.seek(0)
        while size := self._file.read(8):
            # S302: nobody else can have written to this file: it has no name.
            yield marshal.loads(self._file.read(int.from_bytes(size, "big")))  # noqa: S302

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


class Repeats:
    """Finds repeated numbers among very many hashes of 64 bits: add all, then ask which are repeated.

    Numbers go to disk in parts, by their size. A repeated number is twice in the same part, so only one part
    at a time has to be in memory.
    """

    def __init__(self) -> None:
        """Create a temporary file; `close` removes it."""
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
        """Return whether a number was added more than once. Call this after the last `add`."""
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
        """Return the indices of the numbers that were added more than once. Rarely, others are among them."""
        slots = map(and_, numbers, itertools.repeat(_SLOTS - 1))
        return list(itertools.compress(itertools.count(), map(self._repeated.__getitem__, slots)))
