"""Values that stand for something missing, or that answer a question instead of naming a group."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from glue_labels.labeling_file.findings import counted_as, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MISSING = (
    "na", "n/a", "nan", "nat", "nil", "null", "none", "<na>", "<null>", "(null)", r"\n", "undefined",
    "missing", "#n/a", "#na", "#null!", "#value!", "#ref!", "#name?", "#num!", "#div/0!",
    "-", "--", "---", "?", "??", "???", ".", "..", "...", "todo", "tbd", "fixme", "unknown", "unlabeled",
    "unlabelled",
)  # fmt: skip

_YES_NO_WORDS = (
    ({"yes"}, {"no"}),
    ({"true"}, {"false"}),
    (
        {"match", "matches", "matched", "matching", "same"},
        {"no match", "nomatch", "no-match", "no_match", "non-match", "nonmatch", "non_match", "non match",
         "not match", "not a match", "not matched", "unmatched", "mismatch", "different", "not same"},
    ),
    ({"duplicate", "dup"}, {"not duplicate", "no duplicate", "not a duplicate", "unique", "distinct"}),
    ({"ja"}, {"nein"}), ({"oui"}, {"non"}), ({"si", "s\u00ed"}, {"no"}), ({"sim"}, {"n\u00e3o", "nao"}),
)  # fmt: skip
_YES_NO_LETTERS = (({"y"}, {"n"}), ({"t"}, {"f"}))


def _spellings(of: Iterable[str]) -> frozenset[str]:
    return frozenset(
        spelled for text in of for spelled in (text, text.upper(), text.capitalize(), text.title())
    )


PLACEHOLDERS = _spellings(_MISSING) | {"NaN", "NaT"}
"""In the spellings that programs and people write; exact, so that many values at once can be looked for."""

_ANSWERS = _spellings(chain.from_iterable(chain.from_iterable(_YES_NO_WORDS + _YES_NO_LETTERS)))

SPECIAL = PLACEHOLDERS | _ANSWERS
"""All values that this module knows."""


def repeated_no(labels: Sequence[str]) -> str:
    """Return how a set's labels say that rows do not match, if several rows have that label; else "".

    All labels of the set must be such answers.
    """
    folded = [" ".join(label.split()).casefold() for label in labels]
    different = set(folded)
    for positive, negative in _YES_NO_WORDS + _YES_NO_LETTERS:
        if different <= positive | negative:
            for label, plain in zip(labels, folded, strict=True):
                if plain in negative and folded.count(plain) > 1:
                    return label
    return ""


def are_letters(labels: Iterable[str]) -> bool:
    """Return whether all labels answer by one letter, Y or N."""
    folded = {label.strip().casefold() for label in labels}
    return any(folded <= positive | negative for positive, negative in _YES_NO_LETTERS)


@dataclass
class Noted:
    """Rows with something in common, counted to be one finding.

    Attributes:
        sets, rows: how many.
        line: the first one's.
        values: the different values, in the order in which they came; few.
    """

    sets: int = 0
    rows: int = 0
    line: int = 0
    values: dict[str, None] = field(default_factory=dict)

    def add(self, line: int, values: Iterable[str], rows: int) -> None:
        """Note rows of one set."""
        self.sets += 1
        self.rows += rows
        self.line = min(self.line or line, line)
        if len(self.values) < 10:
            self.values.update(dict.fromkeys(values))

    @property
    def named(self) -> str:
        """The values, in quotes."""
        return listed(list(self.values), 5)

    @property
    def counts(self) -> str:
        """How many sets and rows, in words."""
        return f"{counted_as(self.rows, 'row', 'rows')} in {counted_as(self.sets, 'set', 'sets')}"
