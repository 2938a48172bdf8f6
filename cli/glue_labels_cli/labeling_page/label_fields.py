"""Where the labels are in the bytes of a label file, and the same bytes with other labels."""

from __future__ import annotations

import codecs
import csv
import io
import re
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# A quoted field, a plain one (quotes inside it are text), or an empty one.
_FIELD = rb'(?:"[^"]*(?:""[^"]*)*"|[^,"\r\n][^,\r\n]*|)'
_RECORD = re.compile(rb"(%b),(%b)(?:,%b)*(?=[\r\n]|\Z)" % (_FIELD, _FIELD, _FIELD))


class NotRecordsError(ValueError):
    """The bytes are not the CSV records of a label file. The message names the line."""


@dataclass(frozen=True)
class LabelingSet:
    """One labeling set of a file.

    Attributes:
        set_id: its labeling_set_id.
        rows: indices of its rows in the file, counted from 0 below the header.
    """

    set_id: str
    rows: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class LabelFields:
    """A label file's bytes, and the offsets of its rows and their labels.

    Attributes:
        content: the bytes of the file.
        columns: names of the table's columns, which are the header without its first two fields.
        starts, ends: offsets of each row in `content`, without its line end.
        label_starts, label_ends: offsets of each row's label field, with its quotes.
        lines: the line in which each row starts, counted from 1.
        sets: the labeling sets, in the order of their first rows. Rows of a set may be apart in the file.
    """

    content: bytes
    columns: tuple[str, ...]
    starts: array[int]
    ends: array[int]
    label_starts: array[int]
    label_ends: array[int]
    lines: array[int]
    sets: tuple[LabelingSet, ...]

    @classmethod
    def of(cls, content: bytes) -> LabelFields:
        """Index the rows of a label file that has no findings of `FORM_RULES`.

        Raises:
            NotRecordsError: something in it is not a record.
        """
        starts, ends, label_starts, label_ends, lines = (array("Q") for _ in range(5))
        header: tuple[str, ...] | None = None
        rows_by_id: dict[bytes, list[int]] = {}
        end, line = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0, 1
        counted = 0
        for record in _RECORD.finditer(content, end):
            start = record.start()
            line += _line_ends(content, counted, start)
            counted = start
            if content[end:start].strip(b"\r\n"):
                break
            end = record.end()
            if header is None:
                header = _fields(record[0])
                continue
            rows_by_id.setdefault(record[1], []).append(len(starts))
            starts.append(start)
            ends.append(end)
            label_start, label_end = record.span(2)
            label_starts.append(label_start)
            label_ends.append(label_end)
            lines.append(line)
        if header is None or content[end:].strip(b"\r\n"):
            at = line + _line_ends(content, counted, end) + 1
            raise NotRecordsError(f"line {at} is not a record of a label file")
        return cls(
            content, header[2:], starts, ends, label_starts, label_ends, lines, _labeling_sets(rows_by_id)
        )

    def label_field(self, row: int) -> bytes:
        """Return the bytes of a row's label field, with its quotes."""
        return self.content[self.label_starts[row] : self.label_ends[row]]

    def record(self, row: int) -> tuple[str, ...]:
        """Return the values of a row in the table's columns."""
        return _fields(self.content[self.starts[row] : self.ends[row]])[2:]

    def with_labels(self, changed: Mapping[int, bytes]) -> bytes:
        """Return the file's bytes with other label fields. No other byte changes.

        Args:
            changed: the new label fields by row, with their quotes.
        """
        parts: list[bytes | memoryview] = []
        view, at = memoryview(self.content), 0
        for row in sorted(changed):
            parts += (view[at : self.label_starts[row]], changed[row])
            at = self.label_ends[row]
        return b"".join((*parts, view[at:]))

    def text_of(self, number: int) -> str:
        """Return the text of a labeling set in the file, without its labels."""
        pieces: list[bytes] = []
        for row in self.sets[number].rows:
            pieces += (
                self.content[self.starts[row] : self.label_starts[row]],
                self.content[self.label_ends[row] : self.ends[row]],
            )
        return b"\n".join(pieces).decode()


def label_text(field: bytes) -> str:
    """Return the label in a field."""
    if field.startswith(b'"'):
        return field[1:-1].replace(b'""', b'"').decode()
    return field.decode()


def label_field(label: str, like: bytes) -> bytes:
    """Return the field for a label. It gets quotes if it needs them, or if the field `like` has them."""
    if like.startswith(b'"') or any(character in label for character in ',"\r\n'):
        return b'"%b"' % label.replace('"', '""').encode()
    return label.encode()


def _fields(record: bytes) -> tuple[str, ...]:
    return tuple(next(csv.reader(io.StringIO(record.decode(), newline=""), strict=True)))


def _labeling_sets(rows_by_id: Mapping[bytes, list[int]]) -> tuple[LabelingSet, ...]:
    # The same id may occur with and without quotes.
    rows_by_text: dict[str, list[int]] = {}
    for field, rows in rows_by_id.items():
        rows_by_text.setdefault(label_text(field), []).extend(rows)
    return tuple(LabelingSet(set_id, tuple(sorted(rows))) for set_id, rows in rows_by_text.items())


def _line_ends(content: bytes, start: int, end: int) -> int:
    returns = content.count(b"\r", start, end)
    if not returns:
        return content.count(b"\n", start, end)
    return content.count(b"\n", start, end) + returns - content.count(b"\r\n", start, end)
