"""The rows of one file, and the labeling sets that they make up."""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from dataclasses import dataclass, field
from operator import itemgetter, ne, sub
from typing import TYPE_CHECKING, NamedTuple

from glue_labels.labeling_file import rules, stray_lines
from glue_labels.labeling_file.header import WHOLE_LINES_REMEDY, Header, column_problems
from glue_labels.labeling_file.records import HEADER_WITHIN, first_lines
from glue_labels.labeling_file.report import counted, listed, shown
from glue_labels.labeling_file.stray_lines import ABOVE_HEADER, EMPTY, Lines, StrayLines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glue_labels.labeling_file.file_bytes import LabelBytes
    from glue_labels.labeling_file.records import Records
    from glue_labels.labeling_file.report import ReportFinding
    from glue_labels.labeling_file.rules import Rule

_CHUNK_ROWS = 250

_Row = tuple[int, list[str]]

_SCIENTIFIC = re.compile(r"-?\d([.,]\d+)?[Ee]\+\d+")
_SCIENTIFIC_FIELD = re.compile(rf"\0{_SCIENTIFIC.pattern}(?=\0)")

MAX_COMPARED_ROWS = 1000
"""Rows of a set that are compared with each other. Further rows are only counted, to bound the memory."""


@dataclass(frozen=True)
class LabelingSet:
    """One labeling set, or a part of it: rows that follow each other.

    Attributes:
        set_id: the labeling_set_id.
        labels: the label of each compared row.
        records: a hash of each compared row's other fields.
        lines: the line in which each compared row begins, counted through all files.
        size: how many rows there are, including rows that are not compared.
    """

    set_id: str
    labels: Sequence[str]
    records: Sequence[int]
    lines: Sequence[int]
    size: int


@dataclass
class SetBatch:
    """Several labeling sets, whose rows are in common lists: one object per set would take too long.

    Attributes:
        set_ids: the id of each set.
        ends: where the rows of each set end in the lists that follow.
        labels, records, lines: the rows of all sets, as in `LabelingSet`.
        surplus: how many rows are not compared, by number of the set.
        parts: the lines in which the parts of a set begin, by number of the set; only for sets in parts.
    """

    set_ids: list[str]
    ends: list[int]
    labels: list[str]
    records: list[int]
    lines: list[int]
    surplus: dict[int, int]
    parts: dict[int, list[int]] = field(default_factory=dict)

    @property
    def slices(self) -> list[slice]:
        """The place of each set's rows in the lists."""
        return list(map(slice, [0, *self.ends], self.ends))

    @property
    def sizes(self) -> list[int]:
        """How many rows each set has."""
        sizes = list(map(sub, self.ends, [0, *self.ends]))
        for number, more in self.surplus.items():
            sizes[number] += more
        return sizes

    def one(self, number: int) -> LabelingSet:
        """Return the set with this number, counted from 0."""
        rows = slice(self.ends[number - 1] if number else 0, self.ends[number])
        size = rows.stop - rows.start + self.surplus.get(number, 0)
        return LabelingSet(
            self.set_ids[number], self.labels[rows], self.records[rows], self.lines[rows], size
        )


class _Chunk(NamedTuple):
    """Some rows, and the line in which each begins."""

    lines: list[int]
    rows: list[list[str]]


@dataclass
class _Tally:
    """What is counted while the rows are read, and reported once at the end."""

    ending_in_commas: Lines = field(default_factory=Lines)
    scientific: dict[int, Lines] = field(default_factory=dict)
    widths: Counter[int] = field(default_factory=Counter)
    first_fields: list[str] = field(default_factory=list)
    any_good: bool = False
    empty_columns: list[int] = field(default_factory=list)


class LabelRows:
    """Reads one file's header, then its rows.

    Attributes:
        delimiter: what separates the fields.
        header: the first row; None if the file is empty.
        header_line: the line in which it begins.
        any_row: whether there is a row below the header.
        any_left_out: whether a row with a problem was left out.
        any_commas: whether there is a row of only commas before the first row with values.
    """

    def __init__(self, records: Records, content: LabelBytes, report: ReportFinding) -> None:
        """Read the header of `records`, whose bytes are `content`; `report` takes findings."""
        self.delimiter = records.delimiter
        self._records = records
        self._content = content
        self._report = report
        self._stray = StrayLines(records.delimiter)
        self._tally = _Tally()
        self._first: list[_Row] = []
        self._width = 0
        self.header: Header | None = None
        self.header_line = 1
        self.any_row = False
        self.any_left_out = False
        self.any_commas = False
        self._comments = False
        for line, row in self._rows():
            if self._kind_of(row) == EMPTY:
                self._stray.add(EMPTY, line, row)
                self.any_commas = self.any_commas or len(row) > 1
                continue
            self._first.append((line, row))
            if Header.of(row).present or len(self._first) == HEADER_WITHIN:
                break
        self._take_header()
        if self.header and self.header.present and not self._first:
            self._first = list(itertools.islice(self._rows(), HEADER_WITHIN))
            kinds = [(len(row), self._kind_of(row)) for _, row in self._first]
            # Ids with a number sign look like comments as long as the width is wrong.
            labeled = [width for width, kind in kinds if not kind]
            widths = Counter(labeled or [width for width, kind in kinds if kind != EMPTY])
            if widths:
                self.header = self.header.fitting(widths.most_common(1)[0][0])
                self._width = self.header.width

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
                self.any_row, self.any_left_out = self.header is not None, True

    def _take_header(self) -> None:
        if not self._first:
            return
        above, (line, row) = self._first[:-1], self._first[-1]
        header, self._width = Header.of(row), len(row)
        if header.present and not any(self._may_be_labeled(other) for _, other in above):
            for line_above, other in above:
                self._stray.add(self._kind_of(other) or ABOVE_HEADER, line_above, other)
            self.header, self.header_line, self._first = header, line, []
            return
        line, row = next((one for one in self._first if not self._kind_of(one[1])), self._first[0])
        self.header, self.header_line, self._width = Header(tuple(row), present=False), line, len(row)

    def _may_be_labeled(self, row: list[str]) -> bool:
        """Return whether a row above a possible header may be labeled; then the header may be a row, too."""
        values = sum(1 for text in row if text.strip())
        return len(row) == self._width and values > 1 and not self._kind_of(row)

    def sets(self, lines_before: int) -> Iterator[SetBatch]:
        """Yield rows that follow each other and have the same labeling_set_id as one set.

        Rows with too many or too few fields, or without a labeling_set_id, are reported and left out. There
        are no sets if the file lacks the header or one of Glue's columns.

        Args:
            lines_before: the number of lines of the files before this one.
        """
        if not self.header:
            return
        order = self.header.order
        if not order:
            for _ in self._chunks(self.header, None):
                pass
            return
        # Avoid a Python loop per row: there may be a million.
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
            # The last set may continue in the next chunk; keep at most this many of its rows.
            surplus += len(rows[MAX_COMPARED_ROWS:])
            del rows[MAX_COMPARED_ROWS:], lines[MAX_COMPARED_ROWS:]

    def _chunks(self, header: Header, set_at: int | None) -> Iterator[_Chunk]:
        """Yield the labeled rows, some at once; none if it is unknown where the labeling_set_id is."""
        empty = self._tally.empty_columns = list(header.nameless)
        for number, chunk in enumerate(self._read()):
            if number == 0 and set_at == 0:
                self._comments = stray_lines.have_plain_ids(chunk.rows, header, self._width)
            if not stray_lines.are_labeled_rows(chunk.rows, header, set_at, comments=self._comments):
                checked = [
                    (line, good)
                    for line, row in zip(chunk.lines, chunk.rows, strict=True)
                    if (good := self._labeled_row(line, row, header, set_at)) is not None
                ]
                chunk = _Chunk([line for line, _ in checked], [row for _, row in checked])
            if chunk.rows:
                self.any_row = self._tally.any_good = True
            if empty:
                empty[:] = [at for at in empty if not "".join(map(itemgetter(at), chunk.rows)).strip()]
            if self._content.exponents:
                self._look_for_scientific_notation(chunk)
            yield chunk

    def _read(self) -> Iterator[_Chunk]:
        """Yield all rows, some at once."""
        lines, first = [line for line, _ in self._first], [row for _, row in self._first]
        for stretch in self._records.stretches():
            go_on = True
            while go_on:
                before, rows = self._records.line, list[list[str]]()
                last = None
                try:
                    rows.extend(itertools.islice(stretch, _CHUNK_ROWS))
                    last, go_on = self._records.line, len(rows) == _CHUNK_ROWS
                except csv.Error as error:
                    # `rows` has the rows before the error.
                    self._records.recover(error)
                    self.any_row = self.any_left_out = True
                    go_on = False
                lines += first_lines(rows, before, last)
                yield _Chunk(lines, first + rows)
                lines, first = [], []
        if first:
            yield _Chunk(lines, first)

    def _labeled_row(self, line: int, row: list[str], header: Header, set_at: int | None) -> list[str] | None:
        """Return the row, cut to the header's width, or None if it is left out."""
        if not row:
            return None
        kind = self._kind_of(row)
        if kind:
            self._stray.add(kind, line, row)
            return None
        self.any_row = True
        if not header.present:
            self.any_left_out = True
            return None
        if len(row) > header.width and not any(map(str.strip, row[header.width :])):
            self._tally.ending_in_commas.add(line)
            row = row[: header.width]
        if len(row) != header.width:
            self.any_left_out = True
            self._check_field_count(line, row, set_at, header.width)
            return None
        if set_at is None:
            return None
        if not row[set_at].strip():
            self.any_left_out = True
            self._report(rules.EMPTY_SET_ID, line, "the row has no labeling_set_id")
            return None
        return row

    def _check_field_count(self, line: int, row: list[str], set_at: int | None, width: int) -> None:
        known = set_at is not None and set_at < len(row)
        of_set = f" (row of labeling set {shown(row[set_at])})" if set_at is not None and known else ""
        fields = counted(len(row), "field", "fields")
        self._report(rules.FIELD_COUNT, line, f"{fields}, the header has {width}{of_set}")
        self._tally.widths[len(row)] += 1
        if len(self._tally.first_fields) < 5:
            self._tally.first_fields.append(row[0])

    def _kind_of(self, row: list[str]) -> str:
        return stray_lines.kind_of(row, self.header, self._width, comments=self._comments)

    def _look_for_scientific_notation(self, chunk: _Chunk) -> None:
        if not _SCIENTIFIC_FIELD.search("\0".join(["", *map("\0".join, chunk.rows), ""])):
            return
        for line, row in zip(chunk.lines, chunk.rows, strict=True):
            for index, value in enumerate(row):
                if "+" in value and _SCIENTIFIC.fullmatch(value):
                    self._tally.scientific.setdefault(index, Lines()).add(line, value)

    def finish(self) -> bool:
        """Report the problems of the file as a whole. Call this after all sets have been read.

        Returns:
            whether a merge left conflicts: nothing else is to be reported then.
        """
        if not self.header and not self.any_commas:
            return False
        if self._stray.report_to(self._report):
            return True
        if self.header:
            self._check_columns(self.header)
        return False

    def _check_columns(self, header: Header) -> None:
        tally = self._tally
        if header.present:
            for rule, problem, remedy in column_problems(
                header, tally.empty_columns if tally.any_good else None
            ):
                self._report(rule, self.header_line, problem, remedy)
        ending = tally.ending_in_commas
        if ending.count:
            rows = counted(ending.count, "row ends", "rows end")
            self._report(
                rules.FIELD_COUNT,
                ending.first,
                f"{rows} in more commas than the header{ending.and_last}",
                "Remove the commas at the end of the rows.",
            )
        if tally.scientific:
            first = min(tally.scientific.values(), key=lambda lines: lines.first)
            names = [
                shown(header.columns[i]) if header.present else f"column {i + 1}" for i in tally.scientific
            ]
            values = counted(sum(of.count for of in tally.scientific.values()), "value", "values")
            self._report(
                rules.SCIENTIFIC_NOTATION,
                first.first,
                f"{values} of {', '.join(names)} in scientific notation, such as {shown(first.example)}: "
                "spreadsheets write long numbers this way, and round them",
            )

    def same_width(self) -> tuple[Rule, str, str] | None:
        """Return the one finding to report if all rows have the same wrong number of fields.

        Returns:
            the rule, the problem, and a remedy other than the rule's.
        """
        tally, header = self._tally, self.header
        if tally.any_good or len(tally.widths) != 1 or not header:
            return None
        ((width, count),) = tally.widths.items()
        if count < 2:
            return None
        if width == header.width + 1 and _are_row_numbers(tally.first_fields):
            return (
                rules.INDEX_COLUMN,
                f"the rows have one field more than the header: {listed(tally.first_fields[:3])}, ..., "
                "the index of a data frame",
                "",
            )
        if width == 1 and all("," in text for text in tally.first_fields):
            problem = f"all {count:,} rows are quoted as a whole, which makes each of them one field"
            return rules.FIELD_COUNT, problem, WHOLE_LINES_REMEDY
        fields = counted(width, "field", "fields")
        remedy = "Give the header as many names as the rows have fields."
        return rules.FIELD_COUNT, f"all {count:,} rows have {fields}, the header has {header.width}", remedy


def _are_row_numbers(values: Sequence[str]) -> bool:
    """Return whether the values count up from 0 or 1."""
    first = values[0] if values else ""
    return first in ("0", "1") and list(values) == [str(int(first) + i) for i in range(len(values))]
