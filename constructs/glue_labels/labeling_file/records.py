"""The records of one file, read by the csv module, and what is no record."""

from __future__ import annotations

import csv
import itertools
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.findings import counted_as
from glue_labels.labeling_file.rules import KEY_COLUMNS

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Iterable, Iterator, Sequence

    from glue_labels.labeling_file.findings import Found

HEADER_WITHIN = 20
"""Rows among which the header is looked for, where others stand above it."""

_MAX_BEGIN = 1 << 16
_MAX_STRETCHES = 100
"""After so many broken quotes the rest is not read: each may cost as much as the longest field."""


class Records:
    """A file's records; after a broken quote reading goes on in the line below its opening.

    Read it so::

        for stretch in records.stretches():
            try:
                for row in stretch:
                    ...
            except csv.Error as error:
                records.recover(error)

    Where quotes are escaped by backslashes, the file is read so from the first record on that is not a CSV
    otherwise.

    Attributes:
        delimiter: what separates the fields.
    """

    def __init__(self, lines: Iterator[str], again: Iterator[str], found: Found) -> None:
        """Read a file.

        Args:
            lines: each with its end.
            again: the same lines; not asked for any unless a record fails.
            found: takes what is wrong.
        """
        begin = list(_up_to_header(lines))
        self.delimiter = _delimiter(begin)
        self._backslashes: _Backslashes | None = None
        self._found = found
        self._lines: Iterator[str] = itertools.chain(begin, lines)
        self._again = again
        self._lines_before = 0
        self._broken = 0
        self._reader = self._reader_of(self._lines)

    @property
    def line(self) -> int:
        """The last line that was read, counted from 1."""
        return self._lines_before + self._reader.line_num

    def stretches(self) -> Iterator[Iterator[list[str]]]:
        """Yield what can be read at a stretch: each record, blank lines as ``[]``."""
        while self._broken < _MAX_STRETCHES:
            reader = self._reader
            yield reader
            if self._reader is reader:
                return

    def recover(self, error: csv.Error) -> None:
        """Report what the csv module did not take, and get ready to go on below it."""
        failed = self._failed_record()
        self._broken += 1
        last = self.line
        start = last - len(failed) + 1
        at = 0
        if not self._backslashes and self._is_read_with_backslashes(failed, error):
            self._backslashes = _Backslashes(start)
            self._lines = self._backslashes.counted(itertools.chain(failed, self._lines))
            self._go_on(failed, start - 1)
            return
        if "field limit" in str(error) and len(failed) == 1:
            self._found(
                rules.FIELD_SIZE, start, f"a field is longer than {csv.field_size_limit():,} characters"
            )
        else:
            at = opening_line(failed, self.delimiter)
            self._found(rules.UNCLOSED_QUOTE, start + at, _what_happened(error, start + at, last))
        rest = failed[at + 1 :]
        self._lines = itertools.chain(rest, self._lines)
        self._go_on(rest, start + at)
        if self._broken == _MAX_STRETCHES:
            problem = "from here on the file was not read: too many broken quotes"
            self._found(rules.UNCLOSED_QUOTE, self.line + 1, problem)

    def finish(self) -> None:
        """Report what is wrong with the file as a whole, once it is read."""
        if self._backslashes:
            lines = counted_as(self._backslashes.lines, "line", "lines")
            self._found(
                rules.BACKSLASH_QUOTES,
                self._backslashes.first,
                f'quotes inside fields are written \\" ({lines}), as Spark does; the format doubles them',
            )

    def _go_on(self, read_again: list[str], lines_before: int) -> None:
        self._again = itertools.chain(read_again, self._again)
        self._lines_before = lines_before
        self._reader = self._reader_of(self._lines)

    def _is_read_with_backslashes(self, failed: list[str], error: csv.Error) -> bool:
        if not any('\\"' in line for line in failed):
            return False
        try:
            next(csv.reader(failed, delimiter=self.delimiter, strict=True, escapechar="\\"), None)
        except csv.Error as other:
            # The record may go on below the line at which it could not be read.
            return "end of data" in str(other) and "end of data" not in str(error)
        return True

    def _failed_record(self) -> list[str]:
        """Return the lines of the record that failed, by reading this stretch again."""
        lines: list[str] = []

        def remembered() -> Iterator[str]:
            for line in self._again:
                lines.append(line)
                yield line

        try:
            for _ in self._reader_of(remembered()):
                lines.clear()
        except csv.Error:
            pass
        return lines

    def _reader_of(self, lines: Iterable[str]) -> CsvReader:
        escape = "\\" if self._backslashes else None
        return csv.reader(lines, delimiter=self.delimiter, strict=True, escapechar=escape)


class _Backslashes:
    """Quotes that are escaped by backslashes.

    Attributes:
        first: the first line that has one.
        lines: how many lines have one.
    """

    def __init__(self, first: int) -> None:
        self.first = first
        self.lines = 0

    def counted(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield `lines`, and count those."""
        for line in lines:
            self.lines += '\\"' in line
            yield line


def _up_to_header(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines up to the header's, or the first few where none looks like one."""
    texts = characters = 0
    for line in lines:
        yield line
        texts += bool(line.strip("\r\n"))
        characters += len(line)
        if KEY_COLUMNS[0] in line.lower() or texts >= HEADER_WITHIN or characters > _MAX_BEGIN:
            return


def _what_happened(error: csv.Error, opened: int, last: int) -> str:
    if "end of data" in str(error):
        return "the quote that opens here is never closed"
    if "field limit" in str(error):
        return f"the quote that opens here is not closed within {csv.field_size_limit():,} characters"
    where = "in the same line" if opened == last else f"in line {last}"
    return f"the quote that opens here is closed {where} in the middle of a field"


def _delimiter(begin: Sequence[str]) -> str:
    """Return what separates the columns of a file with these first lines."""
    texts = [line for line in begin if line.strip("\r\n")]
    if not texts:
        return ","
    line = texts[-1] if KEY_COLUMNS[0] in texts[-1].lower() else texts[0]
    for other in ";\t|":
        if other in line and ("," not in line or f"{KEY_COLUMNS[0]}{other}" in line.lower()):
            return other
    return ","


def first_lines(records: Sequence[list[str]], before: int, last: int | None) -> list[int]:
    """Return the line that each of some records begins in.

    Args:
        records: as they were read, one after the other.
        before: the line before the first of them.
        last: the last line of the last one; None if it is not known.
    """
    # Avoid a loop per record: as a rule each is one line.
    if last == before + len(records):
        return list(range(before + 1, last + 1))
    lines = map(_line_count, records)
    return list(itertools.accumulate(lines, initial=before + 1))[: len(records)]


def _line_count(record: list[str]) -> int:
    text = "\0".join(record)
    return 1 + text.count("\n") + text.count("\r") - text.count("\r\n")


def opening_line(lines: Sequence[str], delimiter: str) -> int:
    """Return the index of the line on which the quote opened at which a strict reading of `lines` fails.

    Args:
        lines: from a record's first line to the one at which the csv module gives up, or the end.
        delimiter: what separates the fields.
    """
    failing = _fields([*lines[:-1], _until_it_fails(lines, delimiter)], delimiter)
    # A field that goes on over a line's end is the same one as long as their number is: it grows only.
    return bisect_left(range(1, len(lines)), failing, key=lambda end: _fields(lines[:end], delimiter))


def _fields(lines: Sequence[str], delimiter: str) -> int:
    return len(next(csv.reader(lines, delimiter=delimiter), []))


def _until_it_fails(lines: Sequence[str], delimiter: str) -> str:
    *before, last = lines

    def fails(end: int) -> bool:
        try:
            next(csv.reader([*before, last[:end]], delimiter=delimiter, strict=True), None)
        except csv.Error as error:
            return "end of data" not in str(error)
        return False

    return last[: bisect_right(range(len(last) + 1), False, key=fails) - 1]
