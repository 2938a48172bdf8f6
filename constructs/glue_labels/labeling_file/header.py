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
from glue_labels.labeling_file.report import counted, listed, shown
from glue_labels.labeling_file.rules import KEY_COLUMNS, MAX_RECORD_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from glue_labels.labeling_file.rules import Rule

_RESULT_COLUMNS = ("match_id", "match_confidence_score")
"""The columns that FindMatches adds to its results."""

_UNNAMED = re.compile(r"|unnamed: ?\d+(\.\d+)?", re.IGNORECASE)
"""Names of a column that has none: pandas writes such a name, with the column's place in the file it read."""

_FIRST_UNNAMED = re.compile(r"unnamed: ?0(\.\d+)?", re.IGNORECASE)

_INDEX_NAME = re.compile(rf"{_UNNAMED.pattern}|index|x|level_0|row[._]?names?|_c0|\.\.\.1", re.IGNORECASE)
"""Names of a data frame's index in a CSV file; often it has no name."""

_UNDIVIDED = re.compile(r"\W*labeling_set_id\W+label\b", re.IGNORECASE)
_SHOWN_COLUMNS = 10

WHOLE_LINES_REMEDY = (
    "In the spreadsheet, import the original file with the comma as separator, and export it again."
)
"""What to do where each line is quoted as a whole, as one cell."""


@dataclass(frozen=True)
class Header:
    """The first row of a file, as far as it can be understood.

    Attributes:
        columns: its fields, without surplus ones.
        present: False if the row has data, not column names.
        surplus: indices of its surplus fields: without a name, and without fields below.
    """

    columns: tuple[str, ...]
    present: bool = True
    surplus: tuple[int, ...] = ()

    @classmethod
    def of(cls, row: Sequence[str]) -> Header:
        """Return `row` as a header. It is present if a field is like the name of one of Glue's columns."""
        plain = list(map(_plain, row))
        named = any(name in KEY_COLUMNS for name in plain)
        return cls(tuple(row), named or any(map(_is_like_set_id, plain)))

    def fitting(self, width: int) -> Header:
        """Return the header without surplus commas, if the rows below it have `width` fields, which is less.

        The surplus is at the end, or it is all columns without a name.
        """
        more = self.width - width
        without_name = tuple(index for index, name in enumerate(self.columns) if not name.strip())
        surplus = without_name if len(without_name) == more else tuple(range(width, self.width))
        if not self.present or more <= 0 or not set(surplus) <= set(without_name):
            return self
        kept = (name for index, name in enumerate(self.columns) if index not in surplus)
        return replace(self, columns=tuple(kept), surplus=surplus)

    @property
    def width(self) -> int:
        """How many fields each row has."""
        return len(self.columns)

    @cached_property
    def keys(self) -> tuple[int, int] | None:
        """Indices of Glue's two columns, even if misspelled; None if one of them is missing."""
        if not self.present:
            return None
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
        record = [index for index in range(self.width) if index not in (*self.keys, *self.index)]
        return (*self.keys, *record) if record else None

    @cached_property
    def index(self) -> tuple[int, ...]:
        """Indices of the columns that are the index of a data frame, by their names.

        There are several if a data frame was written and read again with its index. A column without a name
        is an index only if it has values.
        """
        if not self.keys:
            return ()
        first = min(self.keys)
        leading = self.columns[:first] if self.keys == (first, first + 1) else ()
        if not all(_INDEX_NAME.fullmatch(name.strip()) for name in leading):
            leading = ()
        return tuple(
            index
            for index, name in enumerate(self.columns)
            if index < len(leading) or _FIRST_UNNAMED.fullmatch(name.strip())
        )

    @cached_property
    def nameless(self) -> tuple[int, ...]:
        """Indices of the columns without a name, or with the name that pandas gives them."""
        names = enumerate(self.columns) if self.present else ()
        return tuple(index for index, name in names if _UNNAMED.fullmatch(name.strip()))

    @property
    def record_columns(self) -> tuple[str, ...]:
        """Names of the table's columns in it; none if the header is missing."""
        if not self.present:
            return ()
        others = {*(self.keys or ()), *self.index, *self.nameless}
        return tuple(
            name
            for index, name in enumerate(self.columns)
            if index not in others and (self.keys or _plain(name) not in KEY_COLUMNS)
        )


def header_problems(header: Header, table_columns: Sequence[str] | None) -> Iterator[tuple[Rule, str]]:
    """Yield the problems of a header that is present, except `column_problems`.

    Args:
        header: the header.
        table_columns: names of the table's columns in their order, None if they are not known.
    """
    others = {*header.index, *header.nameless}
    names = [name for index, name in enumerate(header.columns) if index not in others]
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


def column_problems(header: Header, empty: Collection[int] | None) -> Iterator[tuple[Rule, str, str]]:
    """Yield the problems of columns that only the rows show.

    Args:
        header: the header; it is present.
        empty: indices of the columns in which no row has a value; None if there is no row to see it.

    Yields:
        the rule, the problem, and a remedy other than the rule's.
    """
    if header.surplus:
        yield rules.EMPTY_COLUMN_NAME, *_surplus_commas(header)
    if empty is None:
        empty, index = (), [number for number in header.index if header.columns[number].strip()]
    else:
        index = [number for number in header.index if number not in empty]
    if len(index) == 1:
        name = header.columns[index[0]]
        which = f"column {index[0] + 1}, {shown(name) if name.strip() else 'which has no name'},"
        yield rules.INDEX_COLUMN, f"{which} is the index of a data frame, written with the data", ""
    elif index:
        which = f"{_numbered(index)} ({listed([header.columns[number] for number in index])})"
        yield rules.INDEX_COLUMN, f"{which} are indexes of data frames, written with the data", ""
    without_name = [number for number in header.nameless if number not in {*index, *empty}]
    neither = [number for number in header.nameless if number in empty]
    problems = []
    if without_name:
        problems.append(
            f"{_numbered(without_name)} {_have(without_name)} no name{_by_pandas(header, without_name)}"
        )
    if neither:
        problems.append(
            f"{_numbered(neither)} {_have(neither)} neither name nor values{_by_pandas(header, neither)}"
        )
    if problems:
        remedy = "" if without_name else "Delete the empty columns in the spreadsheet, and export it again."
        yield rules.EMPTY_COLUMN_NAME, "; ".join(problems), remedy


def _surplus_commas(header: Header) -> tuple[str, str]:
    one = len(header.surplus) == 1
    commas = counted(len(header.surplus), "surplus comma", "surplus commas")
    width = header.width + len(header.surplus)
    if header.surplus[0] == header.width:
        problem = f"the header ends in {commas}: it has {width} fields, the rows have {header.width}"
        return problem, f"Remove the comma{'' if one else 's'} at the end of the header."
    where = f"{_numbered(header.surplus)} {_have(header.surplus)} no name"
    problem = f"the header has {commas}: {where}, and the rows have {header.width} fields, not {width}"
    return problem, f"Remove the surplus comma{'' if one else 's'} from the header."


def _numbered(indices: Sequence[int]) -> str:
    first = ", ".join(str(index + 1) for index in indices[:_SHOWN_COLUMNS])
    more = f" and {len(indices) - _SHOWN_COLUMNS} more" if len(indices) > _SHOWN_COLUMNS else ""
    return f"column{'s' if len(indices) > 1 else ''} {first}{more}"


def _have(indices: Sequence[int]) -> str:
    return "has" if len(indices) == 1 else "have"


def _by_pandas(header: Header, indices: Sequence[int]) -> str:
    names = [header.columns[index] for index in indices if header.columns[index].strip()]
    return f" (pandas writes {listed(names, 3)})" if names else ""


def undivided_problem(header: Header) -> tuple[str, str] | None:
    """Return the problem of a first row that has Glue's two columns in a single field, and the remedy.

    Returns:
        the problem, and a remedy other than the rule's; None if the first row is no such field.
    """
    if len(header.columns) > 1 or not _UNDIVIDED.match(header.columns[0]):
        return None
    if "," in header.columns[0]:
        return "each line is quoted as a whole, which makes it one field", WHOLE_LINES_REMEDY
    return f"the header is one field, {shown(header.columns[0])}: no commas separate the columns", ""


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
