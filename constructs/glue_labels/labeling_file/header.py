"""What a labeling file's header says of its rows, and what can be wrong with it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.rules import KEY_COLUMNS, MAX_RECORD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glue_labels.labeling_file.rules import Rule


@dataclass(frozen=True)
class Header:
    """The first row of a file, as far as it can be understood.

    Attributes:
        columns: all its fields.
        present: False if the row is none of column names but the first data row.
    """

    columns: tuple[str, ...]
    present: bool = True

    @classmethod
    def of(cls, row: Sequence[str]) -> Header:
        """Return the header that `row` is; neither of Glue's own columns in it means that it is none."""
        return cls(tuple(row), any(_plain(name) in KEY_COLUMNS for name in row))

    @property
    def width(self) -> int:
        """How many fields each row has."""
        return len(self.columns)

    @property
    def order(self) -> tuple[int, ...] | None:
        """Indices of a row's fields, Glue's two columns first; None if there are not these two and others."""
        if self.width <= len(KEY_COLUMNS):
            return None
        if not self.present:
            return tuple(range(self.width))
        plain = [_plain(name) for name in self.columns]
        if not all(name in plain for name in KEY_COLUMNS):
            return None
        keys = [plain.index(name) for name in KEY_COLUMNS]
        return (*keys, *(index for index in range(self.width) if index not in keys))

    @property
    def record_columns(self) -> tuple[str, ...]:
        """Names of the columns that are the table's; none if the header is missing."""
        if not self.present:
            return ()
        if self.columns[:2] == KEY_COLUMNS:
            return self.columns[2:]
        return tuple(name for name in self.columns if _plain(name) not in KEY_COLUMNS)


def header_problems(header: Header, table_columns: Sequence[str] | None) -> Iterator[tuple[Rule, str]]:
    """Yield what is wrong with a header.

    Args:
        header: the header.
        table_columns: names of the table's columns in their order, None if they are not known.
    """
    if not header.present:
        yield rules.MISSING_HEADER, f"the first row has no column names but {_listed(header.columns[:3])}"
        return
    if header.columns[:2] != KEY_COLUMNS:
        yield (
            rules.KEY_COLUMN_PLACE,
            f"the first two columns are {_listed(header.columns[:2])}, not labeling_set_id and label",
        )
    yield from _name_problems(header.columns)
    columns = header.record_columns
    if not columns:
        yield rules.NO_RECORD_COLUMNS, "there are no columns after labeling_set_id and label"
    elif len(columns) > MAX_RECORD_COLUMNS:
        yield (
            rules.TOO_MANY_COLUMNS,
            f"{header.width} columns, Glue takes at most {MAX_RECORD_COLUMNS + 2}: "
            f"labeling_set_id, label and {MAX_RECORD_COLUMNS} of the table",
        )
    if table_columns is not None:
        spelled = _spelled_as(table_columns, columns)
        if spelled != list(table_columns):
            differs = difference(spelled, table_columns)
            yield rules.TABLE_COLUMNS, f"the columns are not the table's: {differs}"


def difference(columns: Sequence[str], expected: Sequence[str]) -> str:
    """Return in words how `columns` differ from those expected: missing, extra and misplaced ones."""
    missing = [name for name in expected if name not in columns]
    extra = [name for name in columns if name not in expected]
    common = [name for name in columns if name in expected]
    due = [name for name in expected if name in columns]
    misplaced = [name for name, other in zip(common, due, strict=False) if name != other]
    kinds = {"missing": missing, "extra": extra, "misplaced": misplaced}
    return "; ".join(f"{kind} {_listed(names)}" for kind, names in kinds.items() if names) or (
        "some are there more than once"
    )


def _spelled_as(table_columns: Sequence[str], columns: Sequence[str]) -> list[str]:
    """Return `columns`, those of the table in the table's spelling: the Data Catalog has one case only."""
    spelling = {name.lower(): name for name in table_columns}
    return [spelling.get(name.lower(), name) for name in columns]


def _name_problems(columns: Sequence[str]) -> Iterator[tuple[Rule, str]]:
    empty = [number for number, name in enumerate(columns, start=1) if not name.strip()]
    if empty:
        yield rules.EMPTY_COLUMN_NAME, f"column {', '.join(map(str, empty[:10]))} has no name"
    padded = [name for name in columns if name.strip() and name != name.strip()]
    if padded:
        yield rules.PADDED_COLUMN_NAME, f"blanks around {_listed(padded)}"
    # The Data Catalog and Spark do not tell upper from lower case in names of columns.
    counts = Counter(_plain(name) for name in columns if name.strip())
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        yield rules.DUPLICATE_COLUMN_NAME, f"more than one column is named {_listed(twice)}"


def _plain(name: str) -> str:
    return name.strip().lower()


def _listed(names: Sequence[str], limit: int = 10) -> str:
    shown = ", ".join(repr(name if len(name) <= 40 else f"{name[:37]}...") for name in names[:limit])
    return f"{shown} and {len(names) - limit} more" if len(names) > limit else shown
