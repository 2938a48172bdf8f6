"""Files that are no label files at all, by the bytes they begin with."""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

_DECOMPRESS = "Decompress it, and use the CSV file inside."
_EXPORT_SHEET = "Open it in the spreadsheet program, and export it as CSV UTF-8."
_EXPORT_CSV = "Export its rows as CSV, with one header."
_DOWNLOAD = "Download the file again, and look at the address and the permissions."


class NotALabelFile(NamedTuple):
    """What a file is that is no label file, and what to do about it."""

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


def what_else(head: bytes) -> NotALabelFile | None:
    """Return what a file is that begins with `head`, or None if it can be a label file."""
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
            "a symbolic link that Git has written as text", "Put the file itself there, or set core.symlinks."
        )
    return None


def _binary(head: bytes) -> NotALabelFile | None:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if len(head) >= 64 and 20 * controls > len(head) and not _is_text(head):
        return NotALabelFile("binary data, not text", _EXPORT_CSV)
    return None


def _is_text(head: bytes) -> bool:
    try:
        # The last character may go on after the head.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head
