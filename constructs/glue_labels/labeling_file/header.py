"""The header of a label file, and its problems."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import cached_property
from typing import TYPE_CHECKING

from glue_labels.labeling_file import rules
from glue_labels.labeling_file.report import counted, listed
from glue_labels.labeling_file.rules import KEY_COLUMNS, MAX_RECORD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from glue_labels.labeling_file.rules import Rule

_RESULT_COLUMNS = ("match_id", "match_confidence_score")
"""The columns that FindMatches adds to its results."""

_INDEX_NAME = re.compile(r"|index|x|unnamed: ?\d+|level_0|row[._]?names?|_c0|\.\.\.1", re.IGNORECASE)
"""Names of a data frame's index in a CSV file; often it has no name."""


@dataclass(frozen=True)
class Header:
    """The first row of a file, as far as it can be understood.

    Attributes:
        columns: its fields, without surplus ones.
        present: False if the row has data, not column names.
        surplus_commas: how many surplus fields are at its end: without a name, and without fields below.
    """

    columns: tuple[str, ...]
    present: bool = True
    surplus_commas: int = 0

    @classmethod
    def of(cls, row: Sequence[str]) -> Header:
        """Return `row` as a header. It is present if a field is like the name of one of Glue's columns."""
        plain = list(map(_plain, row))
        named = any(name in KEY_COLUMNS for name in plain)
        return cls(tuple(row), named or any(map(_is_like_set_id, plain)))

    def fitting(self, row: Sequence[str]) -> Header:
        """Return the header without surplus commas, if the first row below it has fewer fields."""
        more = self.width - len(row)
        if self.present and more > 0 and not any(name.strip() for name in self.columns[-more:]):
            return replace(self, columns=self.columns[:-more], surplus_commas=more)
        return self

    @property
    def width(self) -> int:
        """How many fields each row has."""
        return len(self.columns)

    @cached_property
    def keys(self) -> tuple[int, int] | None:
        """Indices of Glue's two columns, even if misspelled; None if one of them is missing."""
        if not self.present:
            return (0, 1)
        plain = list(map(_plain, self.columns))
        set_at = _first(plain, KEY_COLUMNS[0].__eq__, _is_like_set_id)
        near = plain[: (set_at or 0) + 3]
        label_at = _first(plain, KEY_COLUMNS[1].__eq__)
        if label_at is None:
            label_at = _first([name if i != set_at else "" for i, name in enumerate(near)], _is_like_label)
        return None if set_at is None or label_at is None else (set_at, label_at)

    @property
    def order(self) -> tuple[int, ...] | None:
        """Indices of a row's fields, Glue's two columns first; None if there are no others, or not both."""
        if self.width <= len(KEY_COLUMNS) or not self.keys:
            return None
        record = [index for index in range(self.width) if index not in (*self.keys, self.index)]
        return (*self.keys, *record) if record else None

    @property
    def index(self) -> int | None:
        """Index of the column that is the index of a data frame; None if there is none."""
        if not self.present or not self.keys:
            return None
        if self.keys == (1, 2) and _INDEX_NAME.fullmatch(self.columns[0].strip()):
            return 0
        for index, name in enumerate(self.columns):
            if re.fullmatch(r"Unnamed: ?\d+", name.strip()):
                return index
        return None

    @property
    def record_columns(self) -> tuple[str, ...]:
        """Names of the table's columns in it; none if the header is missing."""
        if not self.present:
            return ()
        others = {*(self.keys or ()), self.index}
        return tuple(
            name
            for index, name in enumerate(self.columns)
            if index not in others and name.strip() and (self.keys or _plain(name) not in KEY_COLUMNS)
        )

    @property
    def unnamed(self) -> list[int]:
        """Indices of the columns without a name."""
        return [index for index, name in enumerate(self.columns) if not name.strip() and index != self.index]


def header_problems(header: Header, table_columns: Sequence[str] | None) -> Iterator[tuple[Rule, str]]:
    """Yield the problems of a header that is present, except `unnamed_problem`.

    Args:
        header: the header.
        table_columns: names of the table's columns in their order, None if they are not known.
    """
    if header.index is not None:
        number = f"column {header.index + 1}, {listed(header.columns[header.index :][:1])},"
        what = number if header.columns[header.index] else f"column {header.index + 1}, which has no name,"
        yield rules.INDEX_COLUMN, f"{what} is the index of a data frame, written with the data"
    names = [name for index, name in enumerate(header.columns) if index != header.index]
    if tuple(map(_visible, names[:2])) != KEY_COLUMNS:
        yield (
            rules.KEY_COLUMN_PLACE,
            f"the first two columns are {listed(names[:2])}, not labeling_set_id and label",
        )
    yield from _name_problems(header.columns)
    columns = header.record_columns
    if not columns:
        yield rules.NO_RECORD_COLUMNS, "there are no columns after labeling_set_id and label"
    elif len(columns) > MAX_RECORD_COLUMNS:
        yield (
            rules.TOO_MANY_COLUMNS,
            f"{header.width} columns; Glue takes at most {MAX_RECORD_COLUMNS + 2}: "
            f"labeling_set_id, label and {MAX_RECORD_COLUMNS} of the table",
        )
    if table_columns is not None:
        # Spelled as in the table: the Data Catalog ignores case.
        spelling = {name.lower(): name for name in table_columns}
        spelled = [spelling.get(_plain(name), name) for name in columns]
        if spelled != list(table_columns):
            differs = difference(spelled, table_columns)
            yield rules.TABLE_COLUMNS, f"the columns differ from the table's: {differs}"
    elif results := [name for name in columns if _plain(name) in _RESULT_COLUMNS]:
        yield (
            rules.RESULT_COLUMNS,
            f"FindMatches adds {listed(results)} to its results; is it in the table?",
        )


def unnamed_problem(header: Header, *, values: bool) -> str:
    """Return the problem of columns without a name, or "" if all have one.

    Args:
        header: the header.
        values: whether a row has a value in one of them.
    """
    if header.surplus_commas:
        commas = counted(header.surplus_commas, "surplus comma", "surplus commas")
        width = header.width + header.surplus_commas
        return f"the header ends in {commas}: it has {width} fields, the rows have {header.width}"
    if not header.unnamed:
        return ""
    numbers = [str(index + 1) for index in header.unnamed[:10]]
    which = f"column {numbers[0]} has" if len(header.unnamed) == 1 else f"columns {', '.join(numbers)} have"
    more = f" and {len(header.unnamed) - 10} more" if len(header.unnamed) > 10 else ""
    return which.replace(" have", f"{more} have") + (" no name" if values else " neither name nor values")


def difference(columns: Sequence[str], expected: Sequence[str]) -> str:
    """Return as text which columns are missing, extra or misplaced."""
    missing = [name for name in expected if name not in columns]
    extra = [name for name in columns if name not in expected]
    common = [name for name in columns if name in expected]
    due = [name for name in expected if name in columns]
    misplaced = [name for name, other in zip(common, due, strict=False) if name != other]
    kinds = {"missing": missing, "extra": extra, "misplaced": misplaced}
    return "; ".join(f"{kind} {listed(names)}" for kind, names in kinds.items() if names) or (
        "some names are repeated"
    )


def same_names(one: Sequence[str], other: Sequence[str]) -> bool:
    """Return whether the names are the same, without regard to case, which the Data Catalog ignores."""
    return list(map(_plain, one)) == list(map(_plain, other))


def _name_problems(columns: Sequence[str]) -> Iterator[tuple[Rule, str]]:
    padded = [name for name in columns if name.strip() and name != name.strip()]
    if padded:
        yield rules.PADDED_COLUMN_NAME, f"blanks around {listed(padded)}"
    marked = [name for name in columns if any(map(_is_invisible, name.strip()))]
    if marked:
        seen = "".join(dict.fromkeys(filter(_is_invisible, "".join(map(str.strip, marked)))))
        which = ", ".join(f"{unicodedata.name(one, 'control character')} (U+{ord(one):04X})" for one in seen)
        yield rules.INVISIBLE_CHARACTERS, f"invisible characters in {listed(marked)}: {which}"
    # The Data Catalog and Spark ignore the case of column names.
    counts = Counter(_plain(name) for name in columns if name.strip())
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        yield rules.DUPLICATE_COLUMN_NAME, f"more than one column has the name {listed(twice)}"


def _is_invisible(character: str) -> bool:
    if character == " " or character == "\ufffd":
        return False
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Zs")


def _visible(name: str) -> str:
    kept = (" " if of.isspace() else of for of in name if of.isspace() or not _is_invisible(of))
    return "".join(kept).strip()


def _plain(name: str) -> str:
    return _visible(name).lower()


def _first(names: Sequence[str], *tests: Callable[[str], bool]) -> int | None:
    """Return the index of the first name that passes; a later test is used if no name passes the earlier."""
    return next((index for test in tests for index, name in enumerate(names) if test(name)), None)


def _is_like_set_id(name: str) -> bool:
    """Return whether a name is a misspelled labeling_set_id. With digits it is rather the id of a set."""
    letters = re.sub(r"[\W_]", "", name)
    if not letters.isalpha() or not 8 <= len(letters) <= 20:
        return False
    return SequenceMatcher(None, letters, "labelingsetid").ratio() >= 0.8


def _is_like_label(name: str) -> bool:
    letters = re.sub(r"[\W_]", "", name)
    return letters.startswith("label") or SequenceMatcher(None, letters, "label").ratio() >= 0.75
