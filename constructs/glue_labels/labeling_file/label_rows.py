"""The rows of one file, put together to labeling sets as they come, and lines that are no such rows."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter, ne
from typing import TYPE_CHECKING, NamedTuple

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.findings import counted_as, listed, shown
from glue_labels.labeling_file.header import Header, unnamed_problem
from glue_labels.labeling_file.placeholders import PLACEHOLDERS
from glue_labels.labeling_file.records import HEADER_WITHIN, first_lines
from glue_labels.labeling_file.set_batch import MAX_COMPARED_ROWS, SetBatch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glue_labels.labeling_file.decoding import LabelBytes
    from glue_labels.labeling_file.findings import Found
    from glue_labels.labeling_file.records import Records
    from glue_labels.labeling_file.rules import Rule

_CHUNK_ROWS = 250

_Row = tuple[int, list[str]]

_SEP = re.compile(r'"?sep=.?"?', re.IGNORECASE)
_MARKER = re.compile(r"(<{7}|>{7}|\|{7})( |$)|={7}$")
_COMMENT_SIGNS = ("#", "//")
_TOTAL_WORDS = ("total", "sum", "count", "gesamt", "anzahl", "somme")
_TOTAL = re.compile(rf"(grand |sub)?({'|'.join(_TOTAL_WORDS)})[a-z]?( \w+)?\s*[:=]?\s*[\d.,]*", re.IGNORECASE)
_NUMBER = re.compile(r"[\d.,\s%]*")
_SCIENTIFIC = re.compile(r"-?\d(\.\d+)?[Ee]\+\d+")
_SCIENTIFIC_FIELD = re.compile(rf"\0{_SCIENTIFIC.pattern}(?=\0)")

_EMPTY, _COMMENT, _HEADER, _TOTALS, _SPREADSHEET, _ABOVE = (
    "empty",
    "comment",
    "header",
    "total",
    "sep",
    "above",
)


class _Chunk(NamedTuple):
    """Some rows, and the line that each begins in."""

    lines: list[int]
    rows: list[list[str]]


@dataclass
class _Lines:
    """Lines of one kind, counted to be one finding."""

    count: int = 0
    first: int = 0
    last: int = 0
    example: str = ""

    def add(self, line: int, example: str = "") -> None:
        if not self.count:
            self.first, self.example = line, example
        self.count += 1
        self.last = line


@dataclass
class _Tally:
    """What is reported once a file, when it has been read."""

    stray: dict[str, _Lines] = field(default_factory=dict)
    markers: _Lines = field(default_factory=_Lines)
    conflicts: int = 0
    ending_in_commas: _Lines = field(default_factory=_Lines)
    scientific: dict[int, _Lines] = field(default_factory=dict)
    widths: Counter[int] = field(default_factory=Counter)
    first_fields: list[str] = field(default_factory=list)
    any_good: bool = False
    any_unnamed: bool = False


class LabelRows:
    """Reads one file's header, then its rows.

    Attributes:
        delimiter: what separates the fields.
        header: the first row; None if there is none.
        header_line: where it begins.
        any_row: whether there was a row below it.
        any_left_out: whether such a row was left out, for something is wrong with it.
    """

    def __init__(self, records: Records, content: LabelBytes, found: Found) -> None:
        """Read the header of `records`, which are in `content`; `found` takes what is wrong."""
        self.delimiter = records.delimiter
        self._records = records
        self._content = content
        self._found = found
        self._tally = _Tally()
        self._first: list[_Row] = []
        self._width = 0
        self.header: Header | None = None
        self.header_line = 1
        self.any_row = False
        self.any_left_out = False
        for numbered in self._rows():
            self._first.append(numbered)
            if Header.of(numbered[1]).present or len(self._first) == HEADER_WITHIN:
                break
        self._take_header()
        if self.header and self.header.present and not self._first:
            self._first = list(itertools.islice(self._rows(), 1))
            if self._first:
                self.header = self.header.fitting(self._first[0][1])

    def _rows(self) -> Iterator[_Row]:
        """Yield the next rows that are not blank."""
        for stretch in self._records.stretches():
            before = self._records.line
            try:
                for row in stretch:
                    if row:
                        yield before + 1, row
                    before = self._records.line
            except csv.Error as error:
                self._records.recover(error)
                self.any_row = self.any_left_out = self.header is not None

    def _take_header(self) -> None:
        if not self._first:
            return
        above, (line, row) = self._first[:-1], self._first[-1]
        header, self._width = Header.of(row), len(row)
        if header.present and not any(self._may_be_labeled(other) for _, other in above):
            for line_above, other in above:
                self._note_stray(self._kind_of(other) or _ABOVE, line_above, other)
            self.header, self.header_line, self._first = header, line, []
            return
        line, row = next((one for one in self._first if not self._kind_of(one[1])), self._first[0])
        self.header, self.header_line, self._width = Header(tuple(row), present=False), line, len(row)

    def _may_be_labeled(self, row: list[str]) -> bool:
        """Return whether a row above what looks like a header may be a labeled row, and that one, too."""
        values = sum(1 for text in row if text.strip())
        return len(row) == self._width and values > 1 and not self._kind_of(row)

    def sets(self, lines_before: int) -> Iterator[SetBatch]:
        """Yield rows that stand together and have the same labeling_set_id as one set.

        Rows with another number of fields are reported and left out, as are those without a labeling_set_id.
        Without the columns there are no sets.

        Args:
            lines_before: lines of the files before this one, added to those of the rows.
        """
        if not self.header:
            return
        order = self.header.order
        if not order:
            for _ in self._chunks(self.header, None):
                pass
            return
        # What is done for each row is done a million times: left to functions that do it for many at once.
        set_of, label_of, record_of = itemgetter(order[0]), itemgetter(order[1]), itemgetter(*order[2:])
        rows: list[list[str]] = []
        lines: list[int] = []
        surplus = 0
        for chunk in itertools.chain(self._chunks(self.header, order[0]), [None]):
            if chunk:
                rows += chunk.rows
                lines += chunk.lines
            set_ids = list(map(set_of, rows))
            ends = list(itertools.compress(itertools.count(1), map(ne, set_ids, set_ids[1:])))
            if chunk is None and rows:
                ends.append(len(rows))
            if ends:
                end = ends[-1]
                complete, lines_of_them = rows[:end], lines[:end]
                del rows[:end], lines[:end]
                yield SetBatch(
                    [set_ids[last - 1] for last in ends],
                    ends,
                    list(map(label_of, complete)),
                    list(map(hash, map(record_of, complete))),
                    [lines_before + line for line in lines_of_them] if lines_before else lines_of_them,
                    {0: surplus} if surplus else {},
                )
                surplus = 0
            # The last set may go on in the next chunk; how many rows are kept of it is bounded.
            surplus += len(rows[MAX_COMPARED_ROWS:])
            del rows[MAX_COMPARED_ROWS:], lines[MAX_COMPARED_ROWS:]

    def _chunks(self, header: Header, set_at: int | None) -> Iterator[_Chunk]:
        """Yield rows of sets, some at once; none if it is not known where the labeling_set_id is."""
        unnamed = itemgetter(*header.unnamed) if header.unnamed else None
        for chunk in self._read():
            if not _all_good(chunk.rows, header, set_at):
                judged = [
                    (line, good)
                    for line, row in zip(chunk.lines, chunk.rows, strict=True)
                    if (good := self._judged(line, row, header, set_at)) is not None
                ]
                chunk = _Chunk([line for line, _ in judged], [row for _, row in judged])
            if chunk.rows:
                self.any_row = self._tally.any_good = True
            if unnamed and not self._tally.any_unnamed:
                self._tally.any_unnamed = any(any(map(str.strip, unnamed(row))) for row in chunk.rows)
            if self._content.exponents:
                self._look_for_scientific_notation(chunk)
            yield chunk

    def _read(self) -> Iterator[_Chunk]:
        """Yield the rows that are there, some at once."""
        if self._first:
            yield _Chunk([line for line, _ in self._first], [row for _, row in self._first])
        for stretch in self._records.stretches():
            go_on = True
            while go_on:
                before, rows = self._records.line, list[list[str]]()
                last = None
                try:
                    rows.extend(itertools.islice(stretch, _CHUNK_ROWS))
                    last, go_on = self._records.line, len(rows) == _CHUNK_ROWS
                except csv.Error as error:
                    # The rows before it are there.
                    self._records.recover(error)
                    self.any_row = self.any_left_out = True
                    go_on = False
                yield _Chunk(first_lines(rows, before, last), rows)

    def _judged(self, line: int, row: list[str], header: Header, set_at: int | None) -> list[str] | None:
        """Return the row as one of a set, or None if it is none."""
        if not row:
            return None
        kind = self._kind_of(row)
        if kind:
            self._note_stray(kind, line, row)
            return None
        self.any_row = True
        if len(row) > header.width and not any(map(str.strip, row[header.width :])):
            self._tally.ending_in_commas.add(line)
            row = row[: header.width]
        if len(row) != header.width:
            self.any_left_out = True
            self._judge_field_count(line, row, set_at, header.width)
            return None
        if set_at is None:
            return None
        if not row[set_at].strip():
            self.any_left_out = True
            self._found(rules.EMPTY_SET_ID, line, "the row has no labeling_set_id")
            return None
        return row

    def _judge_field_count(self, line: int, row: list[str], set_at: int | None, width: int) -> None:
        known = set_at is not None and set_at < len(row)
        of_set = f" (row of labeling set {shown(row[set_at])})" if set_at is not None and known else ""
        fields = counted_as(len(row), "field", "fields")
        self._found(rules.FIELD_COUNT, line, f"{fields}, the header has {width}{of_set}")
        self._tally.widths[len(row)] += 1
        if len(self._tally.first_fields) < 5:
            self._tally.first_fields.append(row[0])

    def _kind_of(self, row: list[str]) -> str:
        """Return what kind of line a row is that is no labeled row, or "" if it may be one."""
        if not any(map(str.strip, row)):
            return _EMPTY
        first = row[0].lstrip()
        others = [text for text in row[1:] if text.strip()]
        if _MARKER.match(row[0]) and (len(row) == 1 or row[0][0] != "="):
            return row[0][:7]
        header = self.header if self.header and self.header.present else None
        if not header and _SEP.fullmatch(first) and not others:
            return _SPREADSHEET
        if (
            first.startswith(_COMMENT_SIGNS)
            and first not in PLACEHOLDERS
            and (not others or len(row) != self._width)
        ):
            return _COMMENT
        if header:
            if tuple(row) == header.columns:
                return _HEADER
            texts = [text for text in row if text.strip()]
            numbers_follow = all(map(_NUMBER.fullmatch, texts[1:]))
            few = len(row) != header.width or len(texts) <= 2 or not row[0].strip()
            if few and numbers_follow and _TOTAL.fullmatch(texts[0].strip()):
                return _TOTALS
        return ""

    def _note_stray(self, kind: str, line: int, row: Sequence[str]) -> None:
        if _MARKER.match(kind):
            self._tally.markers.add(line, row[0])
            self._tally.conflicts += kind == "<" * 7
        else:
            example = self.delimiter.join(row if kind == _SPREADSHEET else filter(None, row))
            self._tally.stray.setdefault(kind, _Lines()).add(line, example)

    def _look_for_scientific_notation(self, chunk: _Chunk) -> None:
        if not _SCIENTIFIC_FIELD.search("\0".join(["", *map("\0".join, chunk.rows), ""])):
            return
        for line, row in zip(chunk.lines, chunk.rows, strict=True):
            for index, value in enumerate(row):
                if "+" in value and _SCIENTIFIC.fullmatch(value):
                    self._tally.scientific.setdefault(index, _Lines()).add(line, value)

    def finish(self) -> bool:
        """Report what is wrong with the file as a whole, once all sets were asked for.

        Returns:
            whether there are conflicts of a merge in it, beside which other findings mean nothing.
        """
        header, tally = self.header, self._tally
        if tally.markers.count and (tally.conflicts or tally.markers.count > 1):
            many = counted_as(max(1, tally.conflicts), "conflict of a merge is", "conflicts of a merge are")
            problem = f"{many} not resolved; the first begins here"
            self._found(rules.MERGE_CONFLICT, tally.markers.first, problem)
            return True
        for kind, lines in tally.stray.items():
            self._found(rules.STRAY_LINES, lines.first, _stray_problem(kind, lines))
        if header:
            self._judge_columns(header)
        return False

    def _judge_columns(self, header: Header) -> None:
        tally = self._tally
        problem = unnamed_problem(header, values=tally.any_unnamed or not tally.any_good)
        if header.present and problem:
            commas = "Remove the commas at the end of the header."
            empty = "Delete the empty columns in the spreadsheet, and export it again."
            remedy = commas if header.surplus_commas else "" if problem.endswith("no name") else empty
            self._found(rules.EMPTY_COLUMN_NAME, self.header_line, problem, remedy)
        if tally.ending_in_commas.count:
            more = (
                f", the last in line {tally.ending_in_commas.last}"
                if tally.ending_in_commas.count > 1
                else ""
            )
            rows = counted_as(tally.ending_in_commas.count, "row ends", "rows end")
            self._found(
                rules.FIELD_COUNT,
                tally.ending_in_commas.first,
                f"{rows} in more commas than the header{more}",
                "Remove the commas at the end of the rows.",
            )
        if tally.scientific:
            first = min(tally.scientific.values(), key=lambda lines: lines.first)
            names = [
                shown(header.columns[i]) if header.present else f"column {i + 1}" for i in tally.scientific
            ]
            values = counted_as(sum(of.count for of in tally.scientific.values()), "value", "values")
            self._found(
                rules.SCIENTIFIC_NOTATION,
                first.first,
                f"{values} of {', '.join(names)} in scientific notation, such as {shown(first.example)}: "
                "spreadsheets write long numbers so, and round them",
            )

    def same_width(self) -> tuple[Rule, str, str] | None:
        """Return what to report in the place of all field counts, if all rows have the same wrong one.

        Returns:
            the rule, what is wrong, and a remedy other than the rule's.
        """
        tally, header = self._tally, self.header
        if tally.any_good or len(tally.widths) != 1 or not header:
            return None
        ((width, count),) = tally.widths.items()
        if count < 2:
            return None
        if width == header.width + 1 and _runs(tally.first_fields):
            return (
                rules.INDEX_COLUMN,
                f"the rows have a field more than the header: {listed(tally.first_fields[:3])}, ..., "
                "the index of a data frame",
                "",
            )
        remedy = "Give the header as many names as the rows have fields."
        return (
            rules.FIELD_COUNT,
            f"all {count:,} rows have {width} fields, the header has {header.width}",
            remedy,
        )


def _all_good(rows: list[list[str]], header: Header, set_at: int | None) -> bool:
    if set_at is None or set(map(len, rows)) != {header.width}:
        return False
    set_ids = set(map(str.strip, set(map(itemgetter(set_at), rows))))
    if "" in set_ids or header.columns[set_at] in set_ids:
        return False
    # A look at all of them together is enough for most files.
    together = "\0".join(set_ids).lower()
    if any(map(together.__contains__, _TOTAL_WORDS)) and any(map(_TOTAL.fullmatch, set_ids)):
        return False
    return not any(map(together.__contains__, _COMMENT_SIGNS)) or not any(
        row[0].lstrip().startswith(_COMMENT_SIGNS) and not any(row[1:]) for row in rows
    )


def _runs(values: Sequence[str]) -> bool:
    """Return whether the values count on from 0 or 1."""
    first = values[0] if values else ""
    return first in ("0", "1") and list(values) == [str(int(first) + i) for i in range(len(values))]


def _stray_problem(kind: str, lines: _Lines) -> str:
    one = lines.count == 1
    last = "" if one else f"; the last is line {lines.last}"
    example = shown(lines.example)
    if kind == _EMPTY:
        return ("the row has" if one else f"{lines.count:,} rows have") + f" no values, only commas{last}"
    if kind == _COMMENT:
        what = "the line is a comment" if one else f"{lines.count:,} lines are comments"
        return f"{what}, {example}{last}"
    if kind == _HEADER:
        return f"the header is there again{'' if one else f' {lines.count:,} times'}{last}"
    if kind == _TOTALS:
        return ("the row is a total" if one else f"{lines.count:,} rows are totals") + f", {example}{last}"
    if kind == _SPREADSHEET:
        return f"the first line, {example}, is for spreadsheets only"
    what = "a line stands" if one else f"{lines.count:,} lines stand"
    return f"{what} above the header, {example}{last}"
