"""Values in a temporary file: what is remembered of a whole label file without holding it in memory."""

from __future__ import annotations

import marshal
import tempfile
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

_T = TypeVar("_T")

_MARSHAL_VERSION = 2  # Without a look for equal objects, which takes longer than it saves.


class ValuesOnDisk(Generic[_T]):
    """Values in a temporary file: first all are written, then they are read in the same order, once.

    They are what `marshal` takes: numbers, strings, and lists and tuples of such.
    """

    def __init__(self) -> None:
        """Begin without any; `close` ends it."""
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)

    def write(self, value: _T) -> None:
        """Add a value."""
        content = marshal.dumps(value, _MARSHAL_VERSION)  # type: ignore[arg-type]  # see class
        self._file.write(len(content).to_bytes(8, "big") + content)

    def read(self) -> Iterator[_T]:
        """Yield the values."""
        self._file.seek(0)
        while size := self._file.read(8):
            # S302: of a file that nobody else can have written: it has no name.
            yield marshal.loads(self._file.read(int.from_bytes(size, "big")))  # noqa: S302

    def close(self) -> None:
        """Remove the file."""
        self._file.close()
