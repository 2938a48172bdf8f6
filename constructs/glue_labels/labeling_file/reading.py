"""Reads the files of a label version, one after the other, and checks each as a file."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.file_bytes import (
    MAX_LINE_BYTES,
    LabelBytes,
    LineTooLongError,
)
from glue_labels.labeling_file.header import difference, header_problems, same_names, undivided_problem
from glue_labels.labeling_file.label_files import Places
from glue_labels.labeling_file.label_rows import LabelRows
from glue_labels.labeling_file.other_files import kind_of_other_file
from glue_labels.labeling_file.records import Records
from glue_labels.labeling_file.report import counted, listed, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from glue_labels.labeling_file.header import Header
    from glue_labels.labeling_file.label_files import LabelFiles
    from glue_labels.labeling_file.label_rows import SetBatch
    from glue_labels.labeling_file.report import Findings, ReportFinding
    from glue_labels.labeling_file.rules import Rule

_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars", ":": "colons"}


@dataclass
class Reading:
    """One reading of a label version's files.

    Attributes:
        files: the files.
        names: their names in findings.
        table_columns: names of the table's columns, None if they are not known.
        findings: collects the findings about files; those about labeling sets are not among them.
        see: is called with each block of bytes, in order.
        places: finds file and line in the files read so far.
        header: the first header.
        header_of: the name of the file that has it.
        unlabeled: numbers of the files without any label.
        left_out: whether rows with problems were left out.
        crlf: numbers of the files in which lines end in CR LF.
        alone: by number of the file, the one rule to report where other findings would mean nothing.
    """

    files: LabelFiles
    names: Sequence[str]
    table_columns: Sequence[str] | None
    findings: Findings
    see: Callable[[bytes], object] | None = None
    header: Header | None = None
    header_of: str = ""
    unlabeled: list[int] = field(default_factory=list)
    left_out: bool = False
    crlf: list[int] = field(default_factory=list)
    alone: dict[int, Rule] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.places = Places(self.names)
        self._without_header: list[tuple[int, int, Header]] = []
        self._without_rows: list[int] = []

    def sets(self) -> Iterator[SetBatch]:
        """Yield rows that follow each other and have the same labeling_set_id, file by file.

        Raises:
            OSError: a file cannot be read.
        """
        for number, path in enumerate(self.files.paths):
            lines_before = self.places.before[-1]
            report = partial(self.findings.add, number)
            lines = 1
            with open(path, "rb") as file, closing(_lines_again(path)) as again:
                content = LabelBytes(file, self.see)
                other = kind_of_other_file(content.head, path)
                if other:
                    report(rules.NOT_A_LABEL_FILE, 1, f"not a label file but {other.kind}", other.remedy)
                    self.alone[number] = rules.NOT_A_LABEL_FILE
                else:
                    try:
                        records = Records(content.lines(), again, report)
                        rows = LabelRows(records, content, report)
                        self._check_header(rows, number, report)
                        yield from self._sets_of(rows, number, lines_before)
                        records.finish()
                        lines = records.line
                    except LineTooLongError as error:
                        lines = error.line
                        problem = f"the line is longer than {MAX_LINE_BYTES >> 20} MB: this is no label file"
                        report(rules.FIELD_SIZE, lines, problem)
                content.read_to_the_end()
            if not other:
                _check_bytes(content, report)
            if content.crlf:
                self.crlf.append(number)
            self.places.before.append(lines_before + lines)
        self._check_together()

    def _sets_of(self, rows: LabelRows, number: int, lines_before: int) -> Iterator[SetBatch]:
        labeled = sets = False
        for batch in rows.sets(lines_before):
            sets = True
            labeled = labeled or any(map(str.strip, batch.labels))
            yield batch
        self.left_out = self.left_out or rows.any_left_out
        if rows.finish():
            self.alone[number] = rules.MERGE_CONFLICT
        instead = rows.same_width()
        if instead:
            rule, problem, remedy = instead
            self.findings.drop(rules.FIELD_COUNT, number)
            self.findings.add(number, rule, rows.header_line, problem, remedy)
        if rows.header and not rows.any_row:
            self._without_rows.append(number)
            if not self.files.folder:
                self.findings.add(
                    number, rules.NO_ROWS, rows.header_line, "there are no rows below the header"
                )
        if sets and not labeled:
            self.unlabeled.append(number)
            problem = "this file has not been labeled yet"
            self.findings.add(number, rules.UNLABELED_FILE, rows.header_line, problem)

    def _check_header(self, rows: LabelRows, number: int, report: ReportFinding) -> None:
        if not rows.header:
            self._without_rows.append(number)
            if self.files.folder and rows.any_commas:
                # Joined with the other files, these rows would be imported.
                self.alone[number] = rules.STRAY_LINES
            elif not self.files.folder and not rows.any_left_out:
                without = ": its rows have no values" if rows.any_commas else ""
                report(rules.MISSING_HEADER, 1, f"the file is empty{without}")
                self.alone[number] = rules.MISSING_HEADER
            return
        header, line = rows.header, rows.header_line
        if rows.delimiter != ",":
            name = _DELIMITERS.get(rows.delimiter, f"the character {shown(rows.delimiter)}")
            report(rules.DELIMITER, line, f"the columns are separated by {name}, not by commas")
        undivided = undivided_problem(header)
        if undivided:
            report(rules.DELIMITER, line, *undivided)
            return
        if not header.present:
            self._without_header.append((number, line, header))
            return
        for rule, problem in header_problems(header, self.table_columns):
            report(rule, line, problem)
        if not self.header:
            self.header, self.header_of = header, self.names[number]
        elif not same_names(header.columns, self.header.columns):
            differs = difference(header.columns, self.header.columns)
            report(
                rules.DIFFERENT_HEADER, line, f"the columns differ from those of {self.header_of}: {differs}"
            )

    def _check_together(self) -> None:
        """Report the problems of several files as one finding each."""
        if self._without_header:
            number, line, header = self._without_header[0]
            others = len(self._without_header) - 1
            which = (
                f" ({counted(others, 'other file has', 'other files have')} no header either)"
                if others
                else ""
            )
            self.findings.add(
                number,
                rules.MISSING_HEADER,
                line,
                f"the first row is {listed(header.columns[:3])}{', ...' if header.width > 3 else ''}, "
                f"not the header labeling_set_id,label,...{which}",
            )
        if not self.files.folder or not self.names:
            return
        if len(self._without_rows) == len(self.names):
            self.findings.add(0, rules.NO_ROWS, 1, "no file of the folder has rows")
        else:
            for number in self._without_rows:
                # Spark writes a part for each partition, even if it has no rows.
                if not os.path.basename(self.names[number]).startswith("part-"):
                    problem = "the file has no rows, other files of the folder have"
                    self.findings.add(number, rules.EMPTY_FILE, 1, problem)
        if self.files.not_read:
            what = counted(len(self.files.not_read), "entry of the folder is", "entries of the folder are")
            self.findings.add(
                0,
                rules.FILES_NOT_READ,
                1,
                f"{what} not read: {listed(self.files.not_read, 5)}",
            )


def _check_bytes(content: LabelBytes, report: ReportFinding) -> None:
    if content.byte_order_mark:
        report(rules.BYTE_ORDER_MARK, 1, "the file begins with a byte order mark (EF BB BF)")
    if content.nul:
        report(rules.NUL_BYTE, content.nul.line, "the line has a NUL byte")
    other = content.not_utf_8
    if other and other.byte is None:
        report(rules.NOT_UTF_8, other.line, f"the file is not UTF-8 but {other.encoding}")
    elif other and other.byte is not None:
        likely = ""
        if other.encoding:
            likely = f", probably {other.encoding} ({bytes([other.byte]).decode(other.encoding)})"
        report(rules.NOT_UTF_8, other.line, f"byte 0x{other.byte:02X} is not UTF-8{likely}")


def _lines_again(path: str) -> Generator[str, None, None]:
    with open(path, "rb") as file:
        yield from LabelBytes(file).lines()
