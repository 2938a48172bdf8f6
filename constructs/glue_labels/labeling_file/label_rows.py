"""The rows of one file, put together to labeling sets as they come."""

from __future__ import annotations

import csv
import itertools
from operator import itemgetter
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.header import Header
from glue_labels.labeling_file.labeling_sets import MAX_COMPARED_ROWS, LabelingSet, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glue_labels.labeling_file.records import Records
    from glue_labels.labeling_file.rules import Rule


class LabelRows:
    """Reads one file's header, then its rows.

    Attributes:
        delimiter: what separates the fields.
        header: the first row; None if there is none.
        header_line: where it begins.
        rows: how many rows there were below it, those with another number of fields left out.
    """

    def __init__(self, records: Records, found: Callable[[Rule, int, str], None]) -> None:
        """Read the header of `records`; give `found` a rule, a line counted from 1, and what is wrong."""
        self.delimiter = records.delimiter
        self._records = records
        self._found = found
        self._first: list[tuple[int, list[str]]] = []
        self.header: Header | None = None
        self.header_line = 1
        self.rows = 0
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

    def sets(self, lines_before: int) -> Iterator[LabelingSet]:
        """Yield rows that stand together and have the same labeling_set_id as one set.

        Rows with another number of fields are reported and left out, as are those without a labeling_set_id.
        Without the columns there are no sets.

        Args:
            lines_before: lines of the files before this one, added to those of the rows.
        """
        if not self.header:
            return
        order = self.header.order
        for rows, lines, size in self._runs(self.header, order[0] if order else 0):
            self.rows += size
            if not order:
                continue
            set_at, label_at, *record_at = order
            set_id = rows[0][set_at]
            if not set_id.strip():
                which = "the row has" if size == 1 else f"{size:,} rows from here on have"
                self._found(rules.EMPTY_SET_ID, lines[0], f"{which} no labeling_set_id")
                continue
            labels = list(map(itemgetter(label_at), rows))
            records = list(map(hash, map(itemgetter(*record_at), rows)))
            yield LabelingSet(set_id, labels, records, [lines_before + line for line in lines], size)

    def _runs(self, header: Header, set_at: int) -> Iterator[tuple[list[list[str]], list[int], int]]:
        """Yield rows that stand together and have the same field `set_at`; their lines; how many they are.

        Those beyond as many as are compared are counted only.
        """
        width, set_id = header.width, None
        rows: list[list[str]] = []
        lines: list[int] = []
        surplus = 0
        for stretch in self._records.stretches():
            try:
                for line, row in itertools.chain(self._first, stretch):
                    # What is done for each row is done a million times; the rest is done for each set.
                    if len(row) == width and row[set_at] == set_id and len(rows) < MAX_COMPARED_ROWS:
                        rows.append(row)
                        lines.append(line)
                        continue
                    if len(row) != width:
                        self._judge_field_count(line, row, header)
                        continue
                    if row[set_at] == set_id:
                        surplus += 1
                        continue
                    if rows:
                        yield rows, lines, len(rows) + surplus
                    set_id, rows, lines, surplus = row[set_at], [row], [line], 0
            except csv.Error as error:
                self._records.recover(error)
            self._first = []
        if rows:
            yield rows, lines, len(rows) + surplus

    def _judge_field_count(self, line: int, row: list[str], header: Header) -> None:
        if not row:
            return
        order = header.order
        of_set = f" (row of labeling set {shown(row[order[0]])})" if order and order[0] < len(row) else ""
        fields = "field" if len(row) == 1 else "fields"
        self._found(rules.FIELD_COUNT, line, f"{len(row)} {fields}, the header has {header.width}{of_set}")
