"""Which files make up one label version: a file, or the CSV files of a folder as if they were one."""

from __future__ import annotations

import csv
import itertools
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_labels.labeling_file.findings import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".snappy", ".lz4", ".deflate")


class NoLabelFilesError(OSError):
    """A folder has no CSV files.

    Attributes:
        instead: what it has instead, in a sentence; "" if it is empty.
    """

    def __init__(self, text: str, folder: str, instead: str) -> None:
        super().__init__(None, text.removesuffix(". "), folder)
        self.instead = instead


@dataclass(frozen=True)
class LabelFiles:
    """The files of one label version, in the order in which they are joined.

    Attributes:
        paths: their paths, beginning as the path of the file or folder was given.
        folder: whether they are those of a folder.
        not_read: names of what the folder has besides: compressed files, folders with CSV files.
    """

    paths: tuple[str, ...]
    folder: bool
    not_read: tuple[str, ...] = ()

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> LabelFiles:
        """Return the file at `path`, or the CSV files directly in that folder, in the order of their names.

        Names are compared character by character, so that the order is the same on every machine.

        Raises:
            NoLabelFilesError: a folder without CSV files.
            OSError: the folder cannot be read.
        """
        given = os.fspath(path)
        if not os.path.isdir(given):
            return cls((given,), folder=False)
        entries = sorted(
            (entry for entry in os.scandir(given) if not entry.name.startswith((".", "_"))),
            key=lambda entry: entry.name,
        )
        names = [entry.name for entry in entries if _is_csv(entry.name) and entry.is_file()]
        not_read = tuple(entry.name for entry in entries if _is_left_out(entry))
        if not names:
            instead = _what_instead([entry.name for entry in entries], not_read)
            raise NoLabelFilesError(f"The folder has no CSV files (*.csv). {instead}", given, instead)
        return cls(tuple(os.path.join(given, name) for name in names), folder=True, not_read=not_read)

    @property
    def size(self) -> int:
        """Bytes of all files together.

        Raises:
            OSError: one of them cannot be read.
        """
        return sum(os.stat(path).st_size for path in self.paths)

    def join(self, target: Path) -> None:
        """Write the files to `target` as one: the first one's header, then the rows of all, byte for byte.

        Empty files are left out. A line feed is added where a file that others follow does not end with its
        last line.

        Raises:
            OSError: one of them cannot be read.
        """
        # As Latin-1 every byte is a character, so that what is no UTF-8 comes out as it was, too.
        with target.open("w", encoding="latin-1", newline="") as joined:
            for number, path in enumerate(filter(_has_row, self.paths)):
                with open(path, encoding="latin-1", newline="") as file:
                    if number > 0:
                        _pass_header(file)
                        _end_line(joined)
                    shutil.copyfileobj(file, joined)


def _is_csv(name: str) -> bool:
    return name.lower().endswith(".csv")


def _is_left_out(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry may have labels, but is not read."""
    if entry.is_dir():
        return any(map(_is_csv, itertools.chain.from_iterable(names for *_, names in os.walk(entry.path))))
    return entry.name.lower().endswith(_COMPRESSED)


def _what_instead(names: Sequence[str], not_read: Sequence[str]) -> str:
    """Return in a sentence what a folder without CSV files has, "" if it has nothing."""
    if not not_read:
        return f"It has {listed(names, 3)}." if names else ""
    if all(name.lower().endswith(_COMPRESSED) for name in not_read):
        return f"It has compressed files, {listed(not_read, 3)}: decompress them."
    return f"It has folders with CSV files, {listed(not_read, 3)}: move the files up."


def _has_row(path: str) -> bool:
    with open(path, encoding="latin-1", newline="") as file:
        return any(map(str.strip, file))


def _pass_header(file: TextIO) -> None:
    for row in csv.reader(file):
        if row:
            return


def _end_line(joined: TextIO) -> None:
    joined.flush()
    with open(joined.name, "rb") as written:
        end = written.seek(0, os.SEEK_END)
        written.seek(max(0, end - 1))
        if end and written.read(1) not in b"\r\n":
            joined.write("\n")
