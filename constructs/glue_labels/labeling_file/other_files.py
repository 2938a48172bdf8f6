"""Files that are no label files: what they are, and what to do."""

from __future__ import annotations

import codecs
import re
import struct
import zipfile
from typing import NamedTuple

from glue_labels.labeling_file.file_bytes import other_encoding
from glue_labels.labeling_file.report import listed
from glue_labels.labeling_file.rules import KEY_COLUMNS

_DECOMPRESS = "Decompress it, and use the CSV file inside."
_EXPORT_SHEET = "Open it in the spreadsheet program, and export it as CSV UTF-8."
_EXPORT_CSV = "Export its rows as CSV, with one header."
_DOWNLOAD = "Download the file again, and check the address and the permissions."


class NotALabelFile(NamedTuple):
    """A file that is no label file.

    Attributes:
        kind: what it is.
        remedy: what to do; empty if the rule's remedy fits.
    """

    kind: str
    remedy: str = ""


_LFS_POINTER = NotALabelFile("a Git LFS pointer", "Fetch the file itself: git lfs pull.")

_TEXTS = {
    "version https://git-lfs.github.com/spec/": _LFS_POINTER,
    "version https://hawser.github.com/spec/": _LFS_POINTER,
    "/annex/objects/": NotALabelFile("a git-annex pointer", "Fetch the file itself: git annex get FILE."),
    "%PDF-": NotALabelFile("a PDF document", _EXPORT_CSV),
    "{\\rtf": NotALabelFile("a text document (RTF)", _EXPORT_CSV),
    "<stata_dta>": NotALabelFile("a Stata file", _EXPORT_CSV),
}

_PICKLE = NotALabelFile("a Python pickle", _EXPORT_CSV)

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
    b"\x7fELF": NotALabelFile("a program (ELF)"),
    # Protocols 2 to 5: those before have no mark.
    **dict.fromkeys((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"), _PICKLE),
}

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OFFICE_ZIP = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0"
_OFFICE = {
    "xl/": NotALabelFile("a workbook (.xlsx)", _EXPORT_SHEET),
    "word/": NotALabelFile("a Word document (.docx)", _EXPORT_CSV),
    "ppt/": NotALabelFile("a presentation (.pptx)", _EXPORT_CSV),
}
_OFFICE_PART = "[Content_Types].xml"
_TABLES = (".csv", ".csv.gz", ".tsv", ".txt")
_UNREADABLE = (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError)
"""What `zipfile` raises for an archive that is not complete, or not as it should be."""

_JSON = re.compile(r'\s*(\{\s*["}]|\[\s*[\[{"\]])')
_XML = re.compile(r"\s*<(\?xml\s|!--|[a-z][\w:.-]*(\s[^<>]*)?>\s*<)", re.IGNORECASE)
_HTML = re.compile(r"\s*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE)
_ERROR_CODE = re.compile(r"<Code>([\w.]{1,60})</Code>")

_CONTROLS = re.compile(r"[\x01-\x08\x0b\x0e-\x1a\x1c-\x1f]")


def kind_of_other_file(head: bytes, path: str) -> NotALabelFile | None:
    """Return what a file is if it is no label file; None if it may be one.

    Args:
        head: the first bytes of the file.
        path: the file; it is opened again if it is a ZIP archive.
    """
    is_text = _is_text(head)
    if not is_text:
        for first, kind in _BINARIES.items():
            if head.startswith(first):
                return kind
    if head.startswith(_ZIP):
        return _archive(head, path)
    if head[257:262] == b"ustar":
        return NotALabelFile("a tar archive", _DECOMPRESS)
    if head and not any(head):
        return NotALabelFile("NUL bytes only", "Restore the file: its content is lost.")
    text = head.decode(other_encoding(head) or "utf-8-sig", errors="replace")
    kind_of_text = _by_text(text)
    if not kind_of_text and not is_text and _is_binary(text):
        return NotALabelFile("binary data, not text", _EXPORT_CSV)
    return kind_of_text


def _archive(head: bytes, path: str) -> NotALabelFile:
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX/")]
    except _UNREADABLE:
        if not head.startswith(_OFFICE_ZIP):
            return NotALabelFile("a ZIP archive that is not complete", "Download or copy the file again.")
        names = [_OFFICE_PART]
    if _OFFICE_PART in names:
        for folder, kind in _OFFICE.items():
            if any(name.startswith(folder) for name in names):
                return kind
        return NotALabelFile("a workbook or another Office document", _EXPORT_SHEET)
    # The first part of an OpenDocument file is its type, not compressed.
    if b"opendocument.spreadsheet" in head:
        return NotALabelFile("a workbook (.ods)", _EXPORT_SHEET)
    if "Index/Document.iwa" in names:
        return NotALabelFile("a document of Apple Numbers or Pages", _EXPORT_SHEET)
    tables = [name for name in names if name.lower().endswith(_TABLES)]
    if tables:
        return NotALabelFile(f"a ZIP archive with {listed(tables, 3)}", _DECOMPRESS)
    return NotALabelFile(f"a ZIP archive with {listed(names, 3)}" if names else "an empty ZIP archive")


def _by_text(text: str) -> NotALabelFile | None:
    for first, kind in _TEXTS.items():
        if text.startswith(first):
            return kind
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


def _is_binary(text: str) -> bool:
    """Return whether a text that is not UTF-8, or has NUL, has too many control characters."""
    if len(text) < 64:
        return False
    controls, nul = len(_CONTROLS.findall(text)), text.count("\0")
    if KEY_COLUMNS[0] in text:
        # Rather a label file with some wrong bytes.
        return 20 * controls > len(text) and nul > 0 and "\ufffd" in text
    return 20 * (controls + nul) > len(text)


def _is_text(head: bytes) -> bool:
    try:
        # The last character may continue after the head.
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return b"\0" not in head
