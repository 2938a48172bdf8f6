"""The records of one file, read by the csv module, and what is no record."""

from __future__ import annotations

import csv
import itertools
from operator import attrgetter
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.quoting import opening_line

if TYPE_CHECKING:
    from _csv import Reader as CsvReader
    from collections.abc import Callable, Iterable, Iterator

    from glue_labels.labeling_file.rules import Rule

_MAX_STRETCHES = 100
"""After so many broken quotes the rest is not read: each may cost as much as the longest field."""


class Records:
    """A file's records; after a broken quote reading goes on in the line below its opening.

    Read it so::

        for stretch in records.stretches():
            try:
                for line, row in stretch:
                    ...
            except csv.Error as error:
                records.recover(error)

    Attributes:
        delimiter: what separates the fields.
    """

    def __init__(
        self, lines: Iterator[str], again: Iterator[str], found: Callable[[Rule, int, str], None]
    ) -> None:
        """Read a file.

        Args:
            lines: each with its end.
            again: the same lines; not asked for any unless a record fails.
            found: is given a rule, a line counted from 1, and what is wrong.
        """
        begin = list(_up_to_text(lines))
        self.delimiter = _delimiter(begin[-1] if begin else "")
        self._found = found
        self._lines: Iterator[str] = itertools.chain(begin, lines)
        self._again = again
        self._lines_before = 0
        self._reader = self._reader_of(self._lines)

    @property
    def line(self) -> int:
        """The last line that was read, counted from 1."""
        return self._lines_before + self._reader.line_num

    def stretches(self) -> Iterator[Iterator[tuple[int, list[str]]]]:
        """Yield what can be read at a stretch: each record and the line it begins in, blank as ``[]``."""
        for _ in range(_MAX_STRETCHES):
            reader = self._reader
            # No loop of ours: it would be gone through a million times. How many lines were read is asked
            # before the record is read, which begins in the line after.
            lines_read = map(attrgetter("line_num"), itertools.repeat(reader))
            yield zip(map((self._lines_before + 1).__add__, lines_read), reader, strict=False)
            if self._reader is reader:
                return
        self._found(
            rules.UNCLOSED_QUOTE, self.line + 1, "from here on the file was not read: too many broken quotes"
        )

    def recover(self, error: csv.Error) -> None:
        """Report what the csv module did not take, and get ready to go on below it."""
        failed = self._failed_record()
        last = self.line
        start = last - len(failed) + 1
        at = 0
        if "field limit" in str(error) and len(failed) == 1:
            self._found(
                rules.FIELD_SIZE, start, f"a field is longer than {csv.field_size_limit():,} characters"
            )
        else:
            at = opening_line(failed, self.delimiter)
            self._found(rules.UNCLOSED_QUOTE, start + at, _what_happened(error, start + at, last))
        rest = failed[at + 1 :]
        self._lines = itertools.chain(rest, self._lines)
        self._again = itertools.chain(rest, self._again)
        self._lines_before = start + at
        self._reader = self._reader_of(self._lines)

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
        return csv.reader(lines, delimiter=self.delimiter, strict=True)


def _up_to_text(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if line.strip("\r\n"):
            return


def _what_happened(error: csv.Error, opened: int, last: int) -> str:
    if "end of data" in str(error):
        return "the quote that opens here is never closed"
    if "field limit" in str(error):
        return f"the quote that opens here is not closed within {csv.field_size_limit():,} characters"
    where = "in the same line" if opened == last else f"in line {last}"
    return f"the quote that opens here is closed {where} in the middle of a field"


def _delimiter(first_line: str) -> str:
    for other in ";\t|":
        if other in first_line and ("," not in first_line or f"labeling_set_id{other}" in first_line.lower()):
            return other
    return ","
