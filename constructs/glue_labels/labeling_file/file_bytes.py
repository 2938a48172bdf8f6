"""The bytes of a file, and its lines of text."""

from __future__ import annotations

import codecs
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from glue_labels.labeling_file.rules import KEY_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

MAX_LINE_BYTES = 1 << 24
"""Longer than any line of a label file: 102 fields of the csv module's longest are shorter."""

_HEAD_BYTES = 1 << 12
_BLOCK_BYTES = 1 << 16


class LineTooLongError(ValueError):
    """A line is longer than `MAX_LINE_BYTES`.

    Attributes:
        line: its number, counted from 1.
    """

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass
class Oddity:
    """A problem of the bytes: NUL, or not UTF-8.

    Attributes:
        line: the first line that has it, counted from 1.
        byte: the byte, or None if the whole file has another encoding.
        encoding: the probable encoding of the text, or None if it is unknown.
    """

    line: int
    byte: int | None = None
    encoding: str | None = None


class LabelBytes(io.BufferedIOBase):
    """Decodes a file's bytes, and notes problems on the way.

    Attributes:
        byte_order_mark: whether the file begins with UTF-8's byte order mark, which is left out.
        not_utf_8: the first byte that is not UTF-8, or the other encoding of the whole file.
        nul: the first NUL byte. Each becomes U+FFFD: not every csv module takes NUL.
        head: the first bytes of the file.
        crlf: whether a line ends in CR LF.
    """

    def __init__(self, file: BinaryIO, see: Callable[[bytes], object] | None = None) -> None:
        """Read `file` from its beginning; call `see` with each block of bytes, unchanged."""
        self._file = file
        self._see = see
        self._head = self.head = file.read(_HEAD_BYTES)
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._begun = False
        self._lines = 0
        self._since_line_end = 0
        self._after_cr = False
        self.not_utf_8: Oddity | None = None
        self.nul: Oddity | None = None
        self.crlf = False
        self._exponents = (False, False)
        self.byte_order_mark = self._head.startswith(codecs.BOM_UTF8)
        self._other_encoding = other_encoding(self._head)
        if self._other_encoding:
            self.not_utf_8 = Oddity(1, None, self._other_encoding[:6].upper())

    def lines(self) -> Iterator[str]:
        """Return the lines with their ends. A byte that cannot be decoded becomes a text such as ``\\xfc``.

        Raises:
            LineTooLongError: while iterating, if a line is longer than `MAX_LINE_BYTES`.
        """
        encoding = self._other_encoding or "utf-8"
        text = io.TextIOWrapper(
            cast("BinaryIO", self), encoding=encoding, errors="backslashreplace", newline=""
        )
        return (line.replace("\0", "\ufffd") for line in text) if self._other_encoding else text

    @property
    def exponents(self) -> bool:
        """Whether the bytes read last may have numbers in scientific notation."""
        return any(self._exponents)

    def read_to_the_end(self) -> None:
        """Read the rest of the file, so that `see` gets all bytes."""
        if self._see and self._head:
            self._see(self._head)
            self._head = b""
        while self._see and (block := self._file.read(_BLOCK_BYTES)):
            self._see(block)

    def readable(self) -> bool:
        """Return True."""
        return True

    def read1(self, size: int = -1, /) -> bytes:  # noqa: ARG002 (io's signature)
        """Return the next bytes, none at the end: more than `size`, because small blocks are slow.

        Raises:
            LineTooLongError: a line is longer than `MAX_LINE_BYTES`.
        """
        block, self._head = self._head or self._file.read(_BLOCK_BYTES), b""
        if self._see:
            self._see(block)
        self._exponents = (self._exponents[1], _has_exponent(block))
        checked = block if self._other_encoding else self._checked(block)
        self._count_lines(block)
        return checked

    def _checked(self, block: bytes) -> bytes:
        if not self.not_utf_8:
            pending = len(self._decoder.getstate()[0])
            try:
                self._decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                before = block[: max(0, error.start - pending)]
                byte = error.object[error.start]
                self.not_utf_8 = Oddity(self._lines + _line_ends(before) + 1, byte, _likely(byte))
        if b"\0" in block:
            if not self.nul:
                self.nul = Oddity(self._lines + _line_ends(block[: block.index(b"\0")]) + 1)
            block = block.replace(b"\0", "\ufffd".encode())
        begins, self._begun = not self._begun, True
        return block.removeprefix(codecs.BOM_UTF8) if begins else block

    def _count_lines(self, block: bytes) -> None:
        self._lines += _line_ends(block)
        if self._after_cr and block.startswith(b"\n"):
            self._lines -= 1
            self.crlf = True
        self._after_cr = block.endswith(b"\r")
        self.crlf = self.crlf or (b"\r" in block and b"\r\n" in block)
        last = max(block.rfind(b"\n"), block.rfind(b"\r"))
        self._since_line_end = len(block) - last - 1 + (self._since_line_end if last < 0 else 0)
        if self._since_line_end > MAX_LINE_BYTES:
            raise LineTooLongError(self._lines + 1)


def _has_exponent(block: bytes) -> bool:
    # Searching for one character is much faster than for two.
    return b"+" in block and (b"E+" in block or b"e+" in block)


def _line_ends(block: bytes) -> int:
    ends = block.count(b"\n")
    return ends + block.count(b"\r") - block.count(b"\r\n") if b"\r" in block else ends


def _likely(byte: int) -> str | None:
    try:
        bytes([byte]).decode("cp1252")
    except UnicodeDecodeError:
        return None
    return "cp1252"


def other_encoding(head: bytes) -> str | None:
    """Return UTF-16 or UTF-32, if a file has this encoding; None if not.

    Such a file has a byte order mark, the name of Glue's first column, or NUL in most high bytes.

    Args:
        head: the first bytes of the file.
    """
    # The mark of UTF-32 begins with that of UTF-16.
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding, highest, second in (("utf-32-le", 3, 2), ("utf-32-be", 0, 1)):
        planes = head[second::4]
        if len(head) >= 4 and not any(head[highest::4]) and 2 * planes.count(0) > len(planes):
            return encoding
    set_id = head.find(KEY_COLUMNS[0].encode("utf-16-le"))
    if set_id >= 0:
        return "utf-16-be" if set_id % 2 else "utf-16-le"
    for encoding, high, low in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if 2 * high.count(0) > len(high) and 4 * low.count(0) < high.count(0):
            return encoding
    return None
