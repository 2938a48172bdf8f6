"""Reads the files of a label version one after the other, and judges each as a file."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.decoding import MAX_LINE_BYTES, LabelBytes, LineTooLongError
from glue_labels.labeling_file.header import Header, difference, header_problems
from glue_labels.labeling_file.label_rows import LabelRows
from glue_labels.labeling_file.places import Places
from glue_labels.labeling_file.records import Records

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from glue_labels.labeling_file.findings import FoundSoFar
    from glue_labels.labeling_file.rules import Rule
    from glue_labels.labeling_file.set_batch import SetBatch

    Found = Callable[[Rule, int, str], None]


@dataclass
class Reading:
    """One reading of a label version's files.

    Attributes:
        paths: the files.
        table_columns: names of the table's columns, None if they are not known.
        found: collects what is wrong with the files, but not with labeling sets.
        see: is given each block of bytes, in order.
        places: tells file and line, as far as files have been read.
        header: the first file's.
        unlabeled: numbers of files that nobody has labeled yet.
    """

    paths: Sequence[str]
    table_columns: Sequence[str] | None
    found: FoundSoFar
    see: Callable[[bytes], object] | None = None
    header: Header | None = None
    unlabeled: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.places = Places(self.paths)

    def sets(self) -> Iterator[SetBatch]:
        """Yield rows that stand together and have the same labeling_set_id, file by file.

        Raises:
            OSError: a file cannot be read.
        """
        for number, path in enumerate(self.paths):
            lines_before = self.places.before[-1]
            found = partial(self.found.add, number)
            with open(path, "rb") as file, closing(_lines_again(path)) as again:
                content = LabelBytes(file, self.see)
                try:
                    records = Records(content.lines(), again, found)
                    rows = LabelRows(records, found)
                    self._judge_header(rows, found)
                    yield from self._sets_of(rows, number, lines_before)
                    lines = records.line
                except LineTooLongError as error:
                    lines = error.line
                    problem = f"no end of the line within {MAX_LINE_BYTES >> 20} MB: this is no label file"
                    found(rules.FIELD_SIZE, lines, problem)
                content.read_to_the_end()
            _judge_bytes(content, found)
            self.places.before.append(lines_before + lines)

    def _sets_of(self, rows: LabelRows, number: int, lines_before: int) -> Iterator[SetBatch]:
        labeled = sets = False
        for batch in rows.sets(lines_before):
            sets = True
            labeled = labeled or any(map(str.strip, batch.labels))
            yield batch
        if rows.header and not rows.any_row:
            problem = "there are no rows below the header"
            self.found.add(number, rules.NO_ROWS, rows.header_line, problem)
        if sets and not labeled:
            self.unlabeled.append(number)
            problem = "this file has not been labeled yet"
            self.found.add(number, rules.UNLABELED_FILE, rows.header_line, problem)

    def _judge_header(self, rows: LabelRows, found: Found) -> None:
        if not rows.header:
            found(rules.MISSING_HEADER, 1, "the file is empty")
            return
        header, line = rows.header, rows.header_line
        if rows.delimiter != ",":
            name = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}[rows.delimiter]
            found(rules.DELIMITER, line, f"the columns are separated by {name}, not by commas")
        for rule, problem in header_problems(header, self.table_columns):
            found(rule, line, problem)
        if not self.header:
            self.header = header
        elif header.present and self.header.present and header.columns != self.header.columns:
            differs = difference(header.columns, self.header.columns)
            found(rules.DIFFERENT_HEADER, line, f"the columns are not those of {self.paths[0]}: {differs}")


def _judge_bytes(content: LabelBytes, found: Found) -> None:
    if content.byte_order_mark:
        found(rules.BYTE_ORDER_MARK, 1, "the file begins with a byte order mark (EF BB BF)")
    if content.nul:
        found(rules.NUL_BYTE, content.nul.line, "the line has a NUL byte")
    other = content.not_utf_8
    if other and other.byte is None:
        found(rules.NOT_UTF_8, other.line, "the file is not UTF-8 but UTF-16")
    elif other and other.byte is not None:
        likely = (
            f", probably {other.encoding} ({bytes([other.byte]).decode(other.encoding)})"
            if other.encoding
            else ""
        )
        found(rules.NOT_UTF_8, other.line, f"byte 0x{other.byte:02X} is not UTF-8{likely}")


def _lines_again(path: str) -> Generator[str, None, None]:
    with open(path, "rb") as file:
        yield from LabelBytes(file).lines()
