"""Lines that are no labeled rows: comments, totals, empty rows, the header again, conflict markers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.label_values import PLACEHOLDERS
from glue_labels.labeling_file.report import counted, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_labels.labeling_file.header import Header
    from glue_labels.labeling_file.report import ReportFinding

_SEP = re.compile(r'"?sep=.?"?', re.IGNORECASE)
_MARKER = re.compile(r"(<{7}|={7}|>{7}|\|{7})(?= |$)")
_MARKERS = ("<" * 7, "=" * 7, ">" * 7, "|" * 7)
_COMMENT_SIGNS = ("#", "//")
_ERROR_VALUE = re.compile(r"#[\w/]+[!?]")
_TOTAL_WORDS = (
    "total", "sum", "summe", "count", "average", "gesamt", "gesamtsumme", "ergebnis", "gesamtergebnis",
    "anzahl", "mittelwert", "durchschnitt", "somme", "moyenne",
)  # fmt: skip
_TOTAL = re.compile(
    # "S1 Total" is what Excel writes below the rows of S1.
    rf"(grand |sub)?({'|'.join(_TOTAL_WORDS)})[a-z]?( \w+)?\s*[:=]?\s*[\d.,]*|.+ ({'|'.join(_TOTAL_WORDS)})",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[\d.,\s%]*")

_COMMENT, _HEADER, _TOTALS, _SPREADSHEET = "comment", "header", "total", "sep"

EMPTY = "empty"
"""The kind of a line without values."""

ABOVE_HEADER = "above"
"""The kind of a line above the header that is of no other kind."""


@dataclass
class Lines:
    """Lines with the same problem, counted for one finding.

    Attributes:
        count: how many.
        first, last: the first and the last of them.
        example: a text of the first.
    """

    count: int = 0
    first: int = 0
    last: int = 0
    example: str = ""

    def add(self, line: int, example: str = "") -> None:
        """Count a line."""
        if not self.count:
            self.first, self.example = line, example
        self.count += 1
        self.last = line

    @property
    def and_last(self) -> str:
        """What names the last line at the end of a problem; empty for one line."""
        return f"; the last is line {self.last}" if self.count > 1 else ""


class StrayLines:
    """The stray lines of one file, by kind."""

    def __init__(self, delimiter: str) -> None:
        """Start without lines; `delimiter` separates the fields."""
        self._delimiter = delimiter
        self._by_kind: dict[str, Lines] = {}
        self._markers = Lines()
        self._begun_conflicts = 0

    def add(self, kind: str, line: int, row: Sequence[str]) -> None:
        """Count a line of the kind that `kind_of` returned."""
        if _MARKER.match(kind):
            self._markers.add(line, row[0])
            self._begun_conflicts += kind == "<" * 7
        else:
            example = self._delimiter.join(row if kind == _SPREADSHEET else filter(None, row))
            self._by_kind.setdefault(kind, Lines()).add(line, example)

    def report_to(self, report: ReportFinding) -> bool:
        """Report each kind once. Return whether a merge left markers: nothing else is reported then."""
        if self._markers.count:
            self._report_markers(report)
            return True
        for kind, lines in self._by_kind.items():
            report(rules.STRAY_LINES, lines.first, _problem(kind, lines))
        return False

    def _report_markers(self, report: ReportFinding) -> None:
        markers, conflicts = self._markers, self._begun_conflicts
        if conflicts and conflicts < markers.count:
            which = counted(conflicts, "merge conflict is", "merge conflicts are")
            report(rules.MERGE_CONFLICT, markers.first, f"{which} not resolved; the first begins here")
            return
        what = "the line is a marker" if markers.count == 1 else f"{markers.count:,} lines are markers"
        report(
            rules.MERGE_CONFLICT,
            markers.first,
            f"{what} of a merge conflict, {shown(markers.example)}{markers.and_last}",
            "Remove what is left of the conflict. Check that the rows around it are the right ones.",
        )


def kind_of(row: Sequence[str], header: Header | None, width: int, *, comments: bool = False) -> str:
    """Return the kind of a stray line, or "" if it may be a labeled row.

    Args:
        row: the fields of the line, at least one.
        header: the file's header, None if there is none, or none yet.
        width: how many fields the header has.
        comments: whether rows with values are comments, too, if they begin with a comment sign.
    """
    if not any(map(str.strip, row)):
        return EMPTY
    first = row[0].lstrip()
    others = [text for text in row[1:] if text.strip()]
    marker = _MARKER.match(row[0])
    # A spreadsheet appends commas to a marker. Those with the name of a branch may have commas of their own.
    if marker and not (others and marker[0] == "=" * 7):
        return marker[0]
    present = header is not None and header.present
    if not present and _SEP.fullmatch(first) and not others:
        return _SPREADSHEET
    if first.startswith(_COMMENT_SIGNS) and first not in PLACEHOLDERS:
        is_row = others and len(row) == width
        if not is_row or (comments and not _ERROR_VALUE.fullmatch(first.rstrip())):
            return _COMMENT
    if header and present:
        if tuple(row) == header.columns:
            return _HEADER
        texts = [text for text in row if text.strip()]
        numbers_follow = all(map(_NUMBER.fullmatch, texts[1:]))
        few = len(row) != header.width or len(texts) <= 2 or not row[0].strip()
        if few and numbers_follow and _TOTAL.fullmatch(texts[0].strip()):
            return _TOTALS
    return ""


def have_plain_ids(rows: Sequence[Sequence[str]], header: Header, width: int) -> bool:
    """Return whether an id begins without a comment sign. If so, the other rows are commented out.

    Args:
        rows: the first rows of a file.
        header, width: as in `kind_of`.
    """
    return any(
        row[0].strip() not in ("", *PLACEHOLDERS)
        and not row[0].lstrip().startswith(_COMMENT_SIGNS)
        and not kind_of(row, header, width)
        for row in rows
        if len(row) >= header.width
    )


def are_labeled_rows(
    rows: list[list[str]], header: Header, set_at: int | None, *, comments: bool = False
) -> bool:
    """Return whether all rows are surely labeled rows, so that none needs a closer look.

    Args:
        rows: rows of a file.
        header: its header.
        set_at: index of the labeling_set_id, None if it is not known.
        comments: as in `kind_of`.
    """
    if set_at is None or set(map(len, rows)) != {header.width}:
        return False
    set_ids = set(map(str.strip, set(map(itemgetter(set_at), rows))))
    if "" in set_ids or header.columns[set_at] in set_ids:
        return False
    # Search all ids at once: that is enough for most files.
    together = "\0".join(set_ids).lower()
    if any(map(together.__contains__, _TOTAL_WORDS)) and any(map(_TOTAL.fullmatch, set_ids)):
        return False
    if any(map(together.__contains__, _MARKERS)) and any(map(_MARKER.match, set_ids)):
        return False
    return not any(map(together.__contains__, _COMMENT_SIGNS)) or not any(
        row[0].lstrip().startswith(_COMMENT_SIGNS) and (comments or not any(row[1:])) for row in rows
    )


def _problem(kind: str, lines: Lines) -> str:
    one = lines.count == 1
    last = lines.and_last
    example = shown(lines.example)
    if kind == EMPTY:
        return ("the row has" if one else f"{lines.count:,} rows have") + f" no values, only commas{last}"
    if kind == _COMMENT:
        what = "the line is a comment" if one else f"{lines.count:,} lines are comments"
        return f"{what}, {example}{last}"
    if kind == _HEADER:
        return f"the header is repeated{'' if one else f' {lines.count:,} times'}{last}"
    if kind == _TOTALS:
        return ("the row is a total" if one else f"{lines.count:,} rows are totals") + f", {example}{last}"
    if kind == _SPREADSHEET:
        return f"the first line, {example}, is for spreadsheets only"
    what = "a line is" if one else f"{lines.count:,} lines are"
    return f"{what} above the header, {example}{last}"
