"""Which characters differ between the values of one column in a labeling set."""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_COMPARED = 200
"""Longest value that is compared character by character. Of longer ones, only the ends are compared."""

MAX_COMPARED_OF_A_SET = 10_000
"""The same limit for all values of a set together. A set may have 50 rows of 100 columns."""


class Part(NamedTuple):
    """A part of a value, compared with the most frequent value of the column.

    Attributes:
        kind: ``same``: equal there. ``other``: different there. ``gap``: characters there are missing here.
        text: the characters; "" for a gap.
    """

    kind: Literal["same", "other", "gap"]
    text: str


def set_parts(columns: Sequence[Sequence[str]]) -> list[list[list[Part]]]:
    """Return the parts of each value of a labeling set, column by column.

    Args:
        columns: the values of each column.
    """
    size = sum(len(value) for values in columns for value in values)
    limit = MAX_COMPARED if size <= MAX_COMPARED_OF_A_SET else 0
    return [column_parts(values, limit) for values in columns]


def column_parts(values: Sequence[str], limit: int = MAX_COMPARED) -> list[list[Part]]:
    """Return the parts of each value in a column. The texts of the parts together are the value.

    Of values with more characters than `limit`, only the ends are compared.
    """
    usual = _most_frequent(values, limit)
    parts = {value: _parts(usual, value, limit) for value in set(values)}
    return [parts[value] for value in values]


def _most_frequent(values: Sequence[str], limit: int) -> str:
    counts = Counter(value for value in values if value.strip())
    if not counts:
        return ""
    most = max(counts.values())
    often = [value for value in counts if counts[value] == most]
    if len(often) == 1 or len(often) > 20 or not limit:
        return often[0]
    # Of equally frequent values, take the one that is most like the others.
    return max(often, key=lambda value: sum(_likeness(value, other) for other in counts))


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one[:MAX_COMPARED], other[:MAX_COMPARED], autojunk=False).quick_ratio()


def _parts(usual: str, value: str, limit: int) -> list[Part]:
    if value == usual:
        return [Part("same", value)] if value else []
    if max(len(usual), len(value)) > limit:
        return _ends_compared(usual, value)
    matcher = SequenceMatcher(None, usual, value, autojunk=False)
    if matcher.ratio() < 0.4:
        # A few common letters are a coincidence.
        return [Part("other", value)] if value else [Part("gap", "")]
    parts: list[Part] = []
    for kind, _, _, start, end in matcher.get_opcodes():
        if kind == "delete":
            parts.append(Part("gap", ""))
        else:
            parts.append(Part("same" if kind == "equal" else "other", value[start:end]))
    return parts


def _ends_compared(usual: str, value: str) -> list[Part]:
    shorter = min(len(usual), len(value))
    begin = next((i for i in range(shorter) if usual[i] != value[i]), shorter)
    end = next((i for i in range(shorter - begin) if usual[-1 - i] != value[-1 - i]), shorter - begin)
    middle = value[begin : len(value) - end]
    parts = [
        Part("same", value[:begin]),
        Part("other" if middle else "gap", middle),
        Part("same", value[len(value) - end :]),
    ]
    return [part for part in parts if part.text or part.kind == "gap"]
