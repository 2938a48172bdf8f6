"""How the user's actions change the labels of a file, with undo and redo. Pure.

Rows of a labeling set that have the same label are a group. Each group has a key on the keyboard.
"""

from __future__ import annotations

import itertools
import string
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from glue_labels_cli.labeling_page.label_fields import LabelFields, label_field, label_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KEYS = "123456789" + string.ascii_uppercase
"""The keys that groups can have."""


@dataclass(frozen=True)
class PutRow:
    """Put a row of the set into the group of a key.

    Attributes:
        row: the row's index in its set.
        key: one of `KEYS`.
    """

    row: int
    key: str


@dataclass(frozen=True)
class ClearRow:
    """Remove the label of a row.

    Attributes:
        row: the row's index in its set.
    """

    row: int


@dataclass(frozen=True)
class AllSame:
    """Put all rows of the set into its first group."""


@dataclass(frozen=True)
class AllDifferent:
    """Put each row of the set into a group of its own."""


Action = PutRow | ClearRow | AllSame | AllDifferent


def labels_after(action: Action, labels: Sequence[str]) -> list[str]:
    """Return the labels of a set's rows after an action.

    Labels that need no change keep their text.

    Raises:
        IndexError: the set has no such row.
        ValueError: the key is not one of `KEYS`.
    """
    after = list(labels)
    match action:
        case PutRow(row, key):
            if key not in KEYS or len(key) != 1:
                raise ValueError(f"{key!r} is not a key of a group. Use 1 to 9 or A to Z.")
            after[_checked(row, labels)] = label_of_key(key, labels)
        case ClearRow(row):
            after[_checked(row, labels)] = ""
        case AllSame():
            after = [next((label for label in labels if label.strip()), "A")] * len(labels)
        case AllDifferent():
            free = _free_labels(labels)
            seen: set[str] = set()
            for row, label in enumerate(labels):
                after[row] = next(free) if not label.strip() or label in seen else label
                seen.add(label)
    return after


def keys_of(labels: Sequence[str]) -> dict[str, str]:
    """Return the key of each label of a set, in the order of the labels.

    The label "A" has the key A. Other labels get the keys that are left, digits first. If the keys do not
    suffice, the last labels get the key "".
    """
    groups = [label for label in dict.fromkeys(labels) if label.strip()]
    keys = {label: label for label in groups if label in KEYS and len(label) == 1}
    for label in groups:
        upper = label.strip().upper()
        if label not in keys and len(upper) == 1 and upper in KEYS and upper not in keys.values():
            keys[label] = upper
    left = (key for key in KEYS if key not in set(keys.values()))
    return {label: keys[label] if label in keys else next(left, "") for label in groups}


def label_of_key(key: str, labels: Sequence[str]) -> str:
    """Return the label of the group with a key, or the key itself as the label of a new group."""
    return next((label for label, of_label in keys_of(labels).items() if of_label == key), key)


def next_key(labels: Sequence[str]) -> str:
    """Return the key for a new group of a set; "" if all keys are used."""
    keys = keys_of(labels)
    used = set(keys.values())
    digits = bool(keys) and all(label.strip().isdigit() for label in keys)
    order = KEYS if digits else string.ascii_uppercase + "123456789"
    return next((key for key in order if key not in used), "")


def _checked(row: int, labels: Sequence[str]) -> int:
    if not 0 <= row < len(labels):
        raise IndexError(f"The set has no row {row}: it has {len(labels)} rows.")
    return row


def _free_labels(labels: Sequence[str]) -> Iterator[str]:
    """Yield A to Z, then AA and so on, without the labels that are used in upper or lower case."""
    used = {label.strip().upper() for label in labels}
    for length in itertools.count(1):
        for letters in itertools.product(string.ascii_uppercase, repeat=length):
            if (label := "".join(letters)) not in used:
                yield label


@dataclass(frozen=True)
class Change:
    """The changes of one action.

    Attributes:
        number: the labeling set, counted from 0.
        before, after: the label fields of the changed rows, by row, with their quotes.
    """

    number: int
    before: Mapping[int, bytes]
    after: Mapping[int, bytes]


@dataclass(frozen=True, eq=False)
class Labeling:
    """A file, the labels that were changed since it was opened, and the changes to undo and redo.

    Attributes:
        fields: the file as it was opened.
        labeled: a byte for each labeling set, 1 if all its rows have a label.
        changed: label fields by row, only those that differ from `fields`.
        done: changes that can be undone, the newest last.
        undone: changes that can be redone, the next one last.
    """

    fields: LabelFields
    labeled: bytes
    changed: Mapping[int, bytes] = field(default_factory=dict)
    done: tuple[Change, ...] = ()
    undone: tuple[Change, ...] = ()

    @classmethod
    def of(cls, fields: LabelFields) -> Labeling:
        """Begin with the labels of a file."""
        with_label = bytes(
            bool(label_text(fields.label_field(row)).strip()) for row in range(len(fields.starts))
        )
        return cls(fields, bytes(all(with_label[row] for row in one.rows) for one in fields.sets))

    @property
    def content(self) -> bytes:
        """The file's bytes with the present labels."""
        return self.fields.with_labels(self.changed)

    def labels(self, number: int) -> list[str]:
        """Return the labels of a set's rows."""
        return [label_text(self._field(row)) for row in self.fields.sets[number].rows]

    def act(self, number: int, action: Action) -> Labeling:
        """Return the labeling after an action on a set; the same object if nothing changes.

        Raises:
            IndexError: there is no such set or row.
            ValueError: the key is not one of `KEYS`.
        """
        if not 0 <= number < len(self.fields.sets):
            raise IndexError(f"The file has no labeling set {number}: it has {len(self.fields.sets)}.")
        labels = self.labels(number)
        rows = self.fields.sets[number].rows
        before, after = dict[int, bytes](), dict[int, bytes]()
        for row, old, new in zip(rows, labels, labels_after(action, labels), strict=True):
            if old != new:
                before[row] = self._field(row)
                after[row] = label_field(new, like=self.fields.label_field(row))
        if not after:
            return self
        change = Change(number, before, after)
        return replace(self._with(number, after), done=(*self.done, change), undone=())

    def undo(self) -> Labeling:
        """Return the labeling before the last action; the same object if there is none."""
        if not self.done:
            return self
        *done, last = self.done
        return replace(self._with(last.number, last.before), done=tuple(done), undone=(*self.undone, last))

    def redo(self) -> Labeling:
        """Return the labeling with the last undone action; the same object if there is none."""
        if not self.undone:
            return self
        *undone, last = self.undone
        return replace(self._with(last.number, last.after), done=(*self.done, last), undone=tuple(undone))

    def _field(self, row: int) -> bytes:
        return self.changed[row] if row in self.changed else self.fields.label_field(row)

    def _with(self, number: int, fields: Mapping[int, bytes]) -> Labeling:
        changed = {
            row: new for row, new in {**self.changed, **fields}.items() if new != self.fields.label_field(row)
        }
        labels = replace(self, changed=changed).labels(number)
        labeled = bytearray(self.labeled)
        labeled[number] = all(label.strip() for label in labels)
        return replace(self, changed=changed, labeled=bytes(labeled))
