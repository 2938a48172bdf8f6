"""What is remembered of a whole file without holding it in memory."""

from __future__ import annotations

import marshal
import tempfile
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_T = TypeVar("_T")

_BLOCK_VALUES = 200
_MARSHAL_VERSION = 2  # Without a look for equal objects, which takes longer than it saves.

_SLOTS = 1 << 24
"""Slots of a `Repeats`, a byte each. A million different numbers share a sixteenth of them with others."""


class ValuesOnDisk(Generic[_T]):
    """Values in a temporary file: first all are written, then they are read in the same order, once.

    They are what `marshal` takes: numbers, strings, and lists and tuples of such.
    """

    def __init__(self) -> None:
        """Begin without any; `close` ends it."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self._block: list[_T] = []

    def write(self, value: _T) -> None:
        """Add a value."""
        self._block.append(value)
        if len(self._block) == _BLOCK_VALUES:
            self._write_block()

    def _write_block(self) -> None:
        content = marshal.dumps(self._block, _MARSHAL_VERSION)
        self._file.write(len(content).to_bytes(8, "big") + content)
        self._block.clear()

    def read(self) -> Iterator[_T]:
        """Yield the values."""
        self._write_block()
        self._file.seek(0)
        while size := self._file.read(8):
            # Of a file that nobody else can have written: it has no name.
            yield from marshal.loads(self._file.read(int.from_bytes(size, "big")))  # noqa: S302

    def close(self) -> None:
        """Remove the file."""
        self._file.close()


class Repeats:
    """Tells of numbers whether they may have been added more than once, in memory of fixed size.

    It may be wrong in saying so, never in denying it.
    """

    def __init__(self) -> None:
        """Begin without any."""
        self._times = bytearray(_SLOTS)

    def add(self, numbers: Iterable[int]) -> None:
        """Add numbers."""
        times = self._times
        for number in numbers:
            slot = number & (_SLOTS - 1)
            times[slot] = 2 if times[slot] else 1

    def any(self) -> bool:
        """Return whether there may be a number that was added more than once."""
        return 2 in self._times

    def of(self, numbers: Iterable[int]) -> list[bool]:
        """Return for each number whether it may have been added more than once."""
        times = self._times
        return [times[number & (_SLOTS - 1)] == 2 for number in numbers]
