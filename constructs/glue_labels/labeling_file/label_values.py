"""Texts of labels and ids that need a finding: placeholders, answers such as yes, different spellings."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_MISSING = (
    "na", "n/a", "nan", "nat", "nil", "null", "none", "<na>", "<null>", "(null)", r"\n", "undefined",
    "missing", "n.a.", "#n/a", "#na", "#null!", "#value!", "#ref!", "#name?", "#num!", "#div/0!", "#spill!",
    # As spreadsheets in German write them.
    "#nv", "#wert!", "#bezug!", "#zahl!",
    "-", "--", "---", "\u2013", "\u2014", "?", "??", "???", ".", "..", "...", "(blank)",
    "todo", "to do", "tbd", "tbc", "fixme", "unknown", "unlabeled", "unlabelled",
)  # fmt: skip

_YES_NO_WORDS = (
    ({"yes"}, {"no"}),
    ({"true"}, {"false"}),
    # As spreadsheets in other languages write them.
    ({"wahr"}, {"falsch"}), ({"vrai"}, {"faux"}), ({"verdadero", "vero"}, {"falso"}),
    (
        {"match", "matches", "matched", "matching", "same"},
        {"no match", "nomatch", "no-match", "no_match", "non-match", "nonmatch", "non_match", "non match",
         "not match", "not a match", "not matched", "unmatched", "mismatch", "different", "not same"},
    ),
    (
        {"duplicate", "dup", "dupe"},
        {"not duplicate", "no duplicate", "not a duplicate", "non-duplicate", "not dup", "not a dup",
         "not dupe", "not a dupe", "unique", "distinct"},
    ),
    ({"equal", "identical"}, {"not equal", "unequal", "not identical"}),
    ({"linked", "link"}, {"not linked", "unlinked", "no link"}),
    ({"ja"}, {"nein"}), ({"oui"}, {"non"}), ({"si", "s\u00ed"}, {"no"}), ({"sim"}, {"n\u00e3o", "nao"}),
)  # fmt: skip
_YES_NO_LETTERS = (({"y"}, {"n"}), ({"j"}, {"n"}), ({"t"}, {"f"}))


def _spellings(of: Iterable[str]) -> frozenset[str]:
    return frozenset(
        spelled for text in of for spelled in (text, text.upper(), text.capitalize(), text.title())
    )


PLACEHOLDERS = _spellings(_MISSING) | {"NaN", "NaT", "ToDo"}
"""Placeholders in the spellings that programs and people write; exact, to compare many values at once."""

_ANSWERS = _spellings(chain.from_iterable(chain.from_iterable(_YES_NO_WORDS + _YES_NO_LETTERS)))

SPECIAL = PLACEHOLDERS | _ANSWERS
"""Placeholders, and labels that answer a question."""

_BLANKS = " \t\r\n\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def _without(characters: str) -> Callable[[str], str]:
    removed = dict.fromkeys(map(ord, characters))
    return lambda text: text.translate(removed)


_FOLDS: dict[str, Callable[[str], str]] = {
    "case": str.casefold,
    "blanks": _without(_BLANKS),
    "invisible characters": _without(_INVISIBLE),
    # The .0 of a number, the # of a row that is commented out.
    "a .0 at the end": lambda text: text.removesuffix(".0"),
    "a # in front": lambda text: text.removeprefix("#"),
}
"""What is easily overlooked, and how `folded` leaves it out, in this order."""


def repeated_no(labels: Sequence[str]) -> str:
    """Return the label that says "no match", if several rows of a set have it; else "".

    All labels of the set must be answers, such as yes and no. If one is a yes, there may be one other label,
    such as unsure.
    """
    folded = [" ".join(label.split()).casefold() for label in labels]
    different = set(folded)
    for positive, negative in _YES_NO_WORDS + _YES_NO_LETTERS:
        others = len(different - positive - negative)
        if others > 1 or (others and different.isdisjoint(positive)):
            continue
        for label, plain in zip(labels, folded, strict=True):
            if plain in negative and folded.count(plain) > 1:
                return label
    return ""


def are_letters(labels: Iterable[str]) -> bool:
    """Return whether all labels are answers of one letter, such as Y and N."""
    folded = {label.strip().casefold() for label in labels}
    return any(folded <= positive | negative for positive, negative in _YES_NO_LETTERS)


def folded(text: str) -> str:
    """Return `text` without what is easily overlooked, see `differences`."""
    return all_folded([text])[0]


def all_folded(texts: Sequence[str]) -> list[str]:
    """Return each text as `folded` does. Faster than one by one."""
    # No text that was read has a NUL.
    together = "\0".join(["", *texts, ""]).casefold()
    for character in _BLANKS + _INVISIBLE:
        if character in together:
            together = together.replace(character, "")
    return together.replace(".0\0", "\0").replace("\0#", "\0").split("\0")[1:-1]


def differences(texts: Sequence[str]) -> str:
    """Return how texts differ that are the same when `folded`, such as "case and blanks"."""
    kinds = []
    for kind in _FOLDS:
        left = texts
        for other, fold in _FOLDS.items():
            if other != kind:
                left = list(map(fold, left))
        if len(set(left)) > 1:
            kinds.append(kind)
    # Each difference may hide another: `1 .0` is `1` only without its blank and its .0.
    return " and ".join(kinds or _FOLDS)
