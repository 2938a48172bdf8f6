"""Texts of labels and ids that need a finding: placeholders, answers such as yes, different spellings."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

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
"""Placeholders in the spellings that programs and people write; exact, to compare many values at once."""

_ANSWERS = _spellings(chain.from_iterable(chain.from_iterable(_YES_NO_WORDS + _YES_NO_LETTERS)))

SPECIAL = PLACEHOLDERS | _ANSWERS
"""Placeholders, and labels that answer a question."""

_OVERLOOKED = " \t\r\n\u00a0\u00ad\u200b\u200c\u200d\u200e\u200f\u202f\u2060\u3000\ufeff"


def repeated_no(labels: Sequence[str]) -> str:
    """Return the label that says "no match", if several rows of a set have it; else "".

    All labels of the set must be answers, such as yes and no.
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
    """Return whether all labels are answers of one letter, such as Y and N."""
    folded = {label.strip().casefold() for label in labels}
    return any(folded <= positive | negative for positive, negative in _YES_NO_LETTERS)


def folded(text: str) -> str:
    """Return `text` without differences that are easily overlooked: case, blanks, a # or a .0."""
    return all_folded([text])[0]


def all_folded(texts: Sequence[str]) -> list[str]:
    """Return each text as `folded` does. Faster than one by one."""
    # No text that was read has a NUL.
    together = "\0".join(["", *texts, ""]).casefold()
    for character in _OVERLOOKED:
        if character in together:
            together = together.replace(character, "")
    # The .0 of a number, the # of a row that is commented out.
    return together.replace(".0\0", "\0").replace("\0#", "\0").split("\0")[1:-1]
