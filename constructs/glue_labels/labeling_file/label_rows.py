"""The rows of one file, put together to labeling sets as they come."""

from __future__ import annotations

import csv
import itertools
from operator import itemgetter, ne
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.header import Header
from glue_labels.labeling_file.set_batch import MAX_COMPARED_ROWS, SetBatch, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glue_labels.labeling_file.records import Records
    from glue_labels.labeling_file.rules import Rule

_CHUNK_ROWS = 250

_Row = tuple[int, list[str]]


class LabelRows:
    """Reads one file's header, then its rows.

    Attributes:
        delimiter: what separates the fields.
        header: the first row; None if there is none.
        header_line: where it begins.
        any_row: whether there was a row below it.
    """

    def __init__(self, records: Records, found: Callable[[Rule, int, str], None]) -> None:
        """Read the header of `records`; give `found` a rule, a line counted from 1, and what is wrong."""
        self.delimiter = records.delimiter
        self._records = records
        self._found = found
        self._first: list[_Row] = []
        self.header: Header | None = None
        self.header_line = 1
        self.any_row = False
        for stretch in records.stretches():
            try:
                first = next((numbered for numbered in stretch if numbered[1]), None)
            except csv.Error as error:
                records.recover(error)
                continue
            if first:
                self.header_line, self.header = first[0], Header.of(first[1])
                self._first = [] if self.header.present else [first]
            return

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
                rows += map(itemgetter(1), chunk)
                lines += map(itemgetter(0), chunk)
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

    def _chunks(self, header: Header, set_at: int | None) -> Iterator[list[_Row]]:
        """Yield rows of sets, some at once; none if it is not known where the labeling_set_id is."""
        for stretch in self._records.stretches():
            rest = itertools.chain(self._first, stretch)
            self._first = []
            go_on = True
            while go_on:
                chunk: list[_Row] = []
                try:
                    chunk.extend(itertools.islice(rest, _CHUNK_ROWS))
                    go_on = len(chunk) == _CHUNK_ROWS
                except csv.Error as error:
                    # The rows before it are in the chunk.
                    self._records.recover(error)
                    self.any_row, go_on = True, False
                if not _all_good(chunk, header.width, set_at):
                    chunk = [numbered for numbered in chunk if self._is_of_a_set(*numbered, header, set_at)]
                self.any_row = self.any_row or bool(chunk)
                yield chunk

    def _is_of_a_set(self, line: int, row: list[str], header: Header, set_at: int | None) -> bool:
        if not row:
            return False
        self.any_row = True
        if len(row) != header.width:
            self._judge_field_count(line, row, set_at, header.width)
            return False
        if set_at is None:
            return False
        if not row[set_at].strip():
            self._found(rules.EMPTY_SET_ID, line, "the row has no labeling_set_id")
            return False
        return True

    def _judge_field_count(self, line: int, row: list[str], set_at: int | None, width: int) -> None:
        known = set_at is not None and set_at < len(row)
        of_set = f" (row of labeling set {shown(row[set_at])})" if set_at is not None and known else ""
        fields = "field" if len(row) == 1 else "fields"
        self._found(rules.FIELD_COUNT, line, f"{len(row)} {fields}, the header has {width}{of_set}")


def _all_good(chunk: list[_Row], width: int, set_at: int | None) -> bool:
    rows = list(map(itemgetter(1), chunk))
    if set_at is None or set(map(len, rows)) != {width}:
        return False
    return all(map(str.strip, set(map(itemgetter(set_at), rows))))
