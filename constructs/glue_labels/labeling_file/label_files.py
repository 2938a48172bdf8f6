"""Which files make up one label version: a file, or the CSV files of a folder as if they were one."""

from __future__ import annotations

import csv
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import TextIO


class NoLabelFilesError(OSError):
    """A folder has no CSV files."""


@dataclass(frozen=True)
class LabelFiles:
    """The files of one label version, in the order in which they are joined.

    Attributes:
        paths: their paths, beginning as the path of the file or folder was given.
        folder: whether they are those of a folder.
    """

    paths: tuple[str, ...]
    folder: bool

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
        names = sorted(
            entry.name
            for entry in os.scandir(given)
            if entry.name.lower().endswith(".csv") and not entry.name.startswith(".") and entry.is_file()
        )
        if not names:
            raise NoLabelFilesError(None, "The folder has no CSV files (*.csv)", given)
        return cls(tuple(os.path.join(given, name) for name in names), folder=True)

    @property
    def size(self) -> int:
        """Bytes of all files together.

        Raises:
            OSError: one of them cannot be read.
        """
        return sum(os.stat(path).st_size for path in self.paths)

    def join(self, target: Path) -> None:
        """Write the files to `target` as one: the first one's header, then the rows of all, byte for byte.

        A line feed is added where a file that others follow does not end with its last line.

        Raises:
            OSError: one of them cannot be read.
        """
        # As Latin-1 every byte is a character, so that what is no UTF-8 comes out as it was, too.
        with target.open("w", encoding="latin-1", newline="") as joined:
            for number, path in enumerate(self.paths):
                with open(path, encoding="latin-1", newline="") as file:
                    if number > 0:
                        _pass_header(file)
                        _end_line(joined)
                    shutil.copyfileobj(file, joined)


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
