"""The files of one label version, a file or the CSV files of a folder, and places in them."""

from __future__ import annotations

import csv
import itertools
import os
import shutil
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from glue_labels.labeling_file.report import listed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import TextIO

_COMPRESSED = (".gz", ".bz2", ".xz", ".zst", ".zip", ".snappy", ".lz4", ".deflate")
_MAYBE_CSV = ("", ".txt")
_SHOWN_LINES = 10


class NoLabelFilesError(OSError):
    """A folder has no CSV files.

    Attributes:
        instead: what the folder has instead, in a sentence; "" if it is empty.
    """

    def __init__(self, text: str, folder: str, instead: str) -> None:
        super().__init__(None, text.removesuffix(". "), folder)
        self.instead = instead


@dataclass(frozen=True)
class LabelFiles:
    """The files of one label version, in the order in which they are joined.

    Attributes:
        paths: their paths, relative if the given path is.
        folder: whether they are the files of a folder.
        not_read: names of compressed files and of folders with CSV files, which are not read.
    """

    paths: tuple[str, ...]
    folder: bool
    not_read: tuple[str, ...] = ()

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> LabelFiles:
        """Return the file at `path`, or the CSV files directly in that folder, sorted by name.

        The order of names does not depend on the machine.

        Raises:
            NoLabelFilesError: the folder has no CSV files.
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
            instead = _what_instead(entries, not_read)
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
        """Write the files to `target` as one: the header of the first, then all rows, byte for byte.

        Empty files are left out. Where the last line of a file has no end, a line feed is added before the
        next file.

        Raises:
            OSError: one of them cannot be read.
        """
        # In Latin-1 every byte is a character: bytes that are not UTF-8 stay as they are.
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
    """Return whether an entry may have labels that are not read."""
    if entry.is_dir():
        return any(map(_is_csv, itertools.chain.from_iterable(names for *_, names in os.walk(entry.path))))
    return entry.name.lower().endswith(_COMPRESSED)


def _what_instead(entries: Sequence[os.DirEntry[str]], not_read: Sequence[str]) -> str:
    """Return what a folder without CSV files has, in a sentence; "" if it is empty."""
    if not entries:
        return ""
    if not not_read:
        names = listed([entry.name for entry in entries], 3)
        rename = any(os.path.splitext(entry.name)[1] in _MAYBE_CSV and entry.is_file() for entry in entries)
        return f"It has {names}{': if these are CSV files, rename them to *.csv' if rename else ''}."
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


@dataclass
class Places:
    """Finds the file and the line of a line that is counted through all files.

    Attributes:
        paths: the files, in the order of reading.
        before: for each file that has been begun, the number of lines of the files before it.
    """

    paths: Sequence[str]
    before: list[int] = field(default_factory=lambda: [0])

    def of(self, line: int) -> tuple[int, int]:
        """Return the number of the file, and the line in it, counted from 1."""
        file = bisect_left(self.before, line) - 1
        return file, line - self.before[file]

    def named(self, lines: Sequence[int], beside: int) -> str:
        """Return `lines` as text, such as "line 3" or "lines 3 and 7 of b.csv".

        Args:
            lines: at least one; the first ten of each file are shown.
            beside: a line; its file is not named.
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
