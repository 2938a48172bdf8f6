"""The bytes of a file: whether it is a label file at all, and its lines of text."""

from __future__ import annotations

import codecs
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, cast

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
        self._other_encoding = _utf_16(self._head)
        if self._other_encoding:
            self.not_utf_8 = Oddity(1, None, self._other_encoding)

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


def _utf_16(head: bytes) -> str | None:
    """Return the UTF-16 encoding of a file: it has a byte order mark, or every other byte is mostly NUL."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for encoding, high, low in (("utf-16-le", head[1::2], head[::2]), ("utf-16-be", head[::2], head[1::2])):
        if 2 * high.count(0) > len(high) and 4 * low.count(0) < high.count(0):
            return encoding
    return None


_DECOMPRESS = "Decompress it, and use the CSV file inside."
_EXPORT_SHEET = "Open it in the spreadsheet program, and export it as CSV UTF-8."
_EXPORT_CSV = "Export its rows as CSV, with one header."
_DOWNLOAD = "Download the file again, and check the address and the permissions."


class NotALabelFile(NamedTuple):
    """A file that is no label file: what it is, and what to do."""

    kind: str
    remedy: str


_TEXTS = {
    b"version https://git-lfs.github.com/spec/": NotALabelFile(
        "a Git LFS pointer", "Fetch the file itself: git lfs pull."
    ),
    b"version https://hawser.github.com/spec/": NotALabelFile(
        "a Git LFS pointer", "Fetch the file itself: git lfs pull."
    ),
    b"/annex/objects/": NotALabelFile("a git-annex pointer", "Fetch the file itself: git annex get FILE."),
    b"%PDF-": NotALabelFile("a PDF document", _EXPORT_CSV),
    b"{\\rtf": NotALabelFile("a text document (RTF)", _EXPORT_CSV),
}

_BINARIES = {
    b"\0GITCRYPT\0": NotALabelFile("a file that git-crypt has encrypted", "Decrypt it: git-crypt unlock."),
    b"\x1f\x8b": NotALabelFile("a compressed file (gzip)", _DECOMPRESS),
    b"BZh": NotALabelFile("a compressed file (bzip2)", _DECOMPRESS),
    b"\x28\xb5\x2f\xfd": NotALabelFile("a compressed file (Zstandard)", _DECOMPRESS),
    b"\xfd7zXZ\0": NotALabelFile("a compressed file (xz)", _DECOMPRESS),
    b"\x04\x22\x4d\x18": NotALabelFile("a compressed file (LZ4)", _DECOMPRESS),
    b"\xff\x06\0\0sNaPpY": NotALabelFile("a compressed file (Snappy)", _DECOMPRESS),
    b"7z\xbc\xaf\x27\x1c": NotALabelFile("a 7z archive", _DECOMPRESS),
    b"PAR1": NotALabelFile("a Parquet file", _EXPORT_CSV),
    b"ORC": NotALabelFile("an ORC file", _EXPORT_CSV),
    b"Obj\x01": NotALabelFile("an Avro file", _EXPORT_CSV),
    b"ARROW1": NotALabelFile("an Arrow file", _EXPORT_CSV),
    b"SQLite format 3\0": NotALabelFile("an SQLite database", _EXPORT_CSV),
    b"\x89HDF\r\n": NotALabelFile("an HDF5 file", _EXPORT_CSV),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": NotALabelFile("an old Excel workbook (.xls)", _EXPORT_SHEET),
}

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_WORKBOOK_PARTS = (b"[Content_Types].xml", b"xl/", b"opendocument.spreadsheet")
_EXCEL_ZIP = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0"

_JSON = re.compile(r'\s*(\{\s*["}]|\[\s*[\[{"\]])')
_XML = re.compile(r"\s*<(\?xml\s|!--|[a-z][\w:.-]*(\s[^<>]*)?>\s*<)", re.IGNORECASE)
_HTML = re.compile(r"\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_ERROR_CODE = re.compile(r"<Code>([\w.]{1,60})</Code>")

_SET_ID = tuple("labeling_set_id".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\f\x1b\0")


def kind_of_other_file(head: bytes) -> NotALabelFile | None:
    """Return what a file is if it is no label file, by its first bytes; None if it may be one."""
    kinds = _TEXTS if _is_text(head) else _TEXTS | _BINARIES
    for first, kind in kinds.items():
        if head.startswith(first):
            return kind
    if head.startswith(_ZIP):
        return _archive(head)
    if head[257:262] == b"ustar":
        return NotALabelFile("a tar archive", _DECOMPRESS)
    if any(name in head for name in _SET_ID) and not head.lstrip().startswith((b"{", b"[", b"<")):
        return None
    return _by_text(head) or _binary(head)


def _archive(head: bytes) -> NotALabelFile:
    if head.startswith(_EXCEL_ZIP) or any(part in head for part in _WORKBOOK_PARTS):
        return NotALabelFile("a workbook (.xlsx or .ods)", _EXPORT_SHEET)
    return NotALabelFile("a ZIP archive, or a workbook (.xlsx)", _EXPORT_SHEET)


def _by_text(head: bytes) -> NotALabelFile | None:
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    text = head.decode(encoding, errors="replace")
    if _JSON.match(text):
        return NotALabelFile("JSON", _EXPORT_CSV)
    if _HTML.match(text):
        return NotALabelFile("an HTML page, such as a login or an error page", _DOWNLOAD)
    if _XML.match(text):
        code = _ERROR_CODE.search(text)
        if code:
            return NotALabelFile(f"an error page of S3 ({code[1]}), in XML", _DOWNLOAD)
        return NotALabelFile("XML, such as an error page", _DOWNLOAD)
    line = text.rstrip("\r\n")
    if line.lower().endswith(".csv") and len(line) < 1000 and not set(line) & set('\r\n,;\t|"'):
        return NotALabelFile(
            "a symbolic link that Git has written as text",
            "Replace it by the file itself, or set core.symlinks in Git.",
        )
    return None


def _binary(head: bytes) -> NotALabelFile | None:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if len(head) >= 64 and 20 * controls > len(head) and not _is_text(head):
        return NotALabelFile("binary data, not text", _EXPORT_CSV)
    return None


def _is_text(head: bytes) -> bool:
    try:
        # The last character may continue after the head.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head
