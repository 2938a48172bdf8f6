"""The records of one file, read by the csv module, and its broken quotes."""

from __future__ import annotations

import csv
import itertools
import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.report import counted
from glue_labels.labeling_file.rules import KEY_COLUMNS

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Iterable, Iterator, Sequence

    from glue_labels.labeling_file.report import ReportFinding

HEADER_WITHIN = 20
"""How many rows are searched for the header, where other lines are above it."""

# Not a blank: fields have blanks, too.
_BETWEEN_KEYS = re.compile(rf"""{KEY_COLUMNS[0]}"?([^\w\s,"'\\\\])"?{KEY_COLUMNS[1]}\b""", re.IGNORECASE)

_MAX_BEGIN = 1 << 16
_MAX_STRETCHES = 100
"""Stop reading after this many broken quotes: each may take as long as the longest field."""


class Records:
    """The records of a file. After a broken quote, reading continues in the line below the opening quote.

    Read them like this::

        for stretch in records.stretches():
            try:
                for row in stretch:
                    ...
            except csv.Error as error:
                records.recover(error)

    If a record can be read only with quotes escaped by backslashes, the rest of the file is read that way.

    Attributes:
        delimiter: what separates the fields.
    """

    def __init__(self, lines: Iterator[str], again: Iterator[str], report: ReportFinding) -> None:
        """Read the first lines.

        Args:
            lines: the file's lines with their ends.
            again: the same lines; read only if a record fails.
            report: takes findings.
        """
        begin = list(_up_to_header(lines))
        self.delimiter = _delimiter(begin)
        self._backslashes_from = self._backslash_lines = 0
        self._report = report
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
        """Yield iterators of records, each up to the next error; a blank line is ``[]``."""
        while self._broken < _MAX_STRETCHES:
            reader = self._reader
            yield reader
            if self._reader is reader:
                return

    def recover(self, error: csv.Error) -> None:
        """Report an error of the csv module, and prepare to continue below it."""
        failed = self._failed_record()
        self._broken += 1
        last = self.line
        start = last - len(failed) + 1
        at = 0
        if not self._backslashes_from and self._is_read_with_backslashes(failed, error):
            self._backslashes_from = start
            self._lines = self._counting_backslashes(itertools.chain(failed, self._lines))
            self._go_on(failed, start - 1)
            return
        if "field limit" in str(error) and len(failed) == 1:
            self._report(
                rules.FIELD_SIZE, start, f"a field is longer than {csv.field_size_limit():,} characters"
            )
        else:
            at = opening_line(failed, self.delimiter)
            self._report(rules.UNCLOSED_QUOTE, start + at, _what_happened(error, start + at, last))
        rest = failed[at + 1 :]
        self._lines = itertools.chain(rest, self._lines)
        self._go_on(rest, start + at)
        if self._broken == _MAX_STRETCHES:
            problem = "the file is not read from here on: too many broken quotes"
            self._report(rules.UNCLOSED_QUOTE, self.line + 1, problem)

    def finish(self) -> None:
        """Report the problems of the file as a whole. Call this after all records have been read."""
        if self._backslashes_from:
            lines = counted(self._backslash_lines, "line", "lines")
            self._report(
                rules.BACKSLASH_QUOTES,
                self._backslashes_from,
                f'quotes inside fields are written \\" ({lines}), as Spark does; CSV doubles them',
            )

    def _go_on(self, read_again: list[str], lines_before: int) -> None:
        self._again = itertools.chain(read_again, self._again)
        self._lines_before = lines_before
        self._reader = self._reader_of(self._lines)

    def _counting_backslashes(self, lines: Iterable[str]) -> Iterator[str]:
        for line in lines:
            self._backslash_lines += '\\"' in line
            yield line

    def _is_read_with_backslashes(self, failed: list[str], error: csv.Error) -> bool:
        if not any('\\"' in line for line in failed):
            return False
        try:
            next(csv.reader(failed, delimiter=self.delimiter, strict=True, escapechar="\\"), None)
        except csv.Error as other:
            # The record may continue below the line with the error.
            return "end of data" in str(other) and "end of data" not in str(error)
        return True

    def _failed_record(self) -> list[str]:
        """Return the lines of the record that failed. Reads again from the last error on."""
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
        escape = "\\" if self._backslashes_from else None
        return csv.reader(lines, delimiter=self.delimiter, strict=True, escapechar=escape)


def _up_to_header(lines: Iterator[str]) -> Iterator[str]:
    """Yield the lines up to the header, or the first few if none looks like a header."""
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
    """Return the character that separates the columns, by the first lines of the file."""
    texts = [line for line in begin if line.strip("\r\n")]
    if not texts:
        return ","
    line = texts[-1] if KEY_COLUMNS[0] in texts[-1].lower() else texts[0]
    for other in ";\t|":
        if other in line and ("," not in line or f"{KEY_COLUMNS[0]}{other}" in line.lower()):
            return other
    other_between_keys = _BETWEEN_KEYS.search(line)
    return other_between_keys[1] if other_between_keys else ","


def first_lines(records: Sequence[list[str]], before: int, last: int | None) -> list[int]:
    """Return the line in which each record begins.

    Args:
        records: records that follow each other.
        before: the line before the first record.
        last: the last line of the last record; None if it is not known.
    """
    # Avoid a loop per record: usually each is one line.
    if last == before + len(records):
        return list(range(before + 1, last + 1))
    lines = map(_line_count, records)
    return list(itertools.accumulate(lines, initial=before + 1))[: len(records)]


def _line_count(record: list[str]) -> int:
    text = "\0".join(record)
    return 1 + text.count("\n") + text.count("\r") - text.count("\r\n")


def opening_line(lines: Sequence[str], delimiter: str) -> int:
    """Return the index of the line with the opening quote of the field that the csv module cannot read.

    Args:
        lines: from the first line of the record to the line with the error, or to the end of the file.
        delimiter: the character that separates the fields.
    """
    failing = _fields([*lines[:-1], _until_it_fails(lines, delimiter)], delimiter)
    # That field is the last of the record up to the error. Search the first line up to which it is the last.
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
