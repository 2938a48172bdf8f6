"""One file that is being labeled: the requests of its page, without HTTP."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from glue_labels.labeling_file import FORM_RULES, RULES, check, check_labeling_set, with_remedies
from glue_labels_cli.labeling_page.differences import set_parts
from glue_labels_cli.labeling_page.label_fields import LabelFields, NotRecordsError
from glue_labels_cli.labeling_page.labeling import Labeling, keys_of, next_key
from glue_labels_cli.labeling_page.locked_file import FileChangedError, FileInUseError, LockedFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_labels.labeling_file import Finding, Report
    from glue_labels_cli.labeling_page.labeling import Action

MAX_SHOWN_ROWS = 200
"""How many rows of a set the page shows. Glue accepts 50 rows."""

Show = Literal["all", "unlabeled", "labeled"]


class CannotLabelError(Exception):
    """The file breaks rules of its form, see `FORM_RULES`.

    Attributes:
        report: the errors.
    """

    def __init__(self, report: Report) -> None:
        super().__init__("\n".join(with_remedies(report.errors, report.error_count)))
        self.report = report


class RefusedError(Exception):
    """A request of the page is refused. The message says why.

    Attributes:
        reason: ``other-page``, ``changed-on-disk``, ``not-saved`` or ``cannot-label``.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True)
class Filter:
    """Which labeling sets the page shows.

    Attributes:
        show: all sets, those with unlabeled rows, or those without.
        text: a text in the records or the labeling_set_id, in upper or lower case; "" for all sets.
    """

    show: Show = "all"
    text: str = ""


class Session:
    """A locked file, its labels, and the page that may change them. Thread-safe."""

    def __init__(self, path: Path, file: LockedFile, labeling: Labeling) -> None:
        """Use `open_session`."""
        self._path = path
        self._file = file
        self._labeling = labeling
        self._page = ""
        self._skipped: set[int] = set()
        self._lock = threading.RLock()
        self._containing = lru_cache(maxsize=1)(self._sets_containing)

    @property
    def progress_line(self) -> str:
        """How many sets are labeled, as a sentence."""
        labeled = self._labeling.labeled
        return f"{sum(labeled)} of {len(labeled)} sets are labeled in {self._path.name}."

    def close(self) -> None:
        """Unlock the file, after a save that has begun."""
        with self._lock:
            self._file.close()

    def enter(self, page: str, *, take_over: bool) -> None:
        """Let a page label the file.

        Args:
            page: the name of the page, new at each load.
            take_over: whether the page takes the file from another page that is open.

        Raises:
            RefusedError: another page is open.
        """
        with self._lock:
            if self._page not in ("", page) and not take_over:
                raise RefusedError("other-page", f"{self._path.name} is open in another tab.")
            self._page = page

    def leave(self, page: str) -> None:
        """Let another page enter, because this one was closed."""
        with self._lock:
            if self._page == page:
                self._page = ""

    def view(self, page: str, number: int | None, which: Filter) -> dict[str, Any]:
        """Return a labeling set for the page.

        Args:
            page: the name of the page.
            number: the set, counted from 0; None for the first unlabeled set of `which`, else its first set.
            which: the sets that the page shows.

        Raises:
            RefusedError: another page has taken over, or the file was changed on disk.
            IndexError: there is no such set.
        """
        with self._lock:
            self._admit(page)
            if self._file.is_changed():
                raise self._changed_on_disk()
            return self._view(self._first(which) if number is None else number, which)

    def act(self, page: str, number: int, action: Action, which: Filter) -> dict[str, Any]:
        """Change labels of a set, save the file, and return the set.

        Raises:
            RefusedError: another page has taken over, the file was changed on disk, or it cannot be written.
            IndexError: there is no such set or row.
            ValueError: the key is not one of `labeling.KEYS`.
        """
        with self._lock:
            self._admit(page)
            self._save(self._labeling.act(number, action))
            return self._view(number, which)

    def undo(self, page: str, number: int, which: Filter) -> dict[str, Any]:
        """Undo the last change, save, and return its set; the set `number` if there is no change."""
        with self._lock:
            self._admit(page)
            done = self._labeling.done
            self._save(self._labeling.undo())
            return self._view(done[-1].number if done else number, which)

    def redo(self, page: str, number: int, which: Filter) -> dict[str, Any]:
        """Redo the last undone change, save, and return its set; the set `number` if there is none."""
        with self._lock:
            self._admit(page)
            undone = self._labeling.undone
            self._save(self._labeling.redo())
            return self._view(undone[-1].number if undone else number, which)

    def skip(self, page: str, number: int, which: Filter) -> dict[str, Any]:
        """Skip a set, and return the next unlabeled one."""
        with self._lock:
            self._admit(page)
            self._skipped.add(number)
            following = self._next_unlabeled(number, which)
            return self._view(number if following is None else following, which)

    def read_again(self, page: str) -> None:
        """Read the file from disk and continue with it, without the changes to undo.

        Raises:
            RefusedError: another page has taken over, or the file can no longer be labeled.
        """
        with self._lock:
            self._admit(page)
            # The file may still be the same one, and we have locked that.
            self._file.close()
            try:
                self._file, self._labeling = _open(self._path)
            except (CannotLabelError, FileInUseError, NotRecordsError, OSError) as error:
                self._file.lock_again()
                raise RefusedError("cannot-label", _text_of(error)) from error
            self._skipped.clear()
            self._containing.cache_clear()

    def _admit(self, page: str) -> None:
        if not page or page != self._page:
            raise RefusedError("other-page", f"{self._path.name} is being labeled in another tab.")

    def _changed_on_disk(self) -> RefusedError:
        return RefusedError(
            "changed-on-disk",
            f"{self._path.name} was changed on disk by another program. Nothing was overwritten.",
        )

    def _save(self, after: Labeling) -> None:
        if after is self._labeling:
            # Nothing to write, but the page will show "Saved."
            if self._file.is_changed():
                raise self._changed_on_disk()
            return
        try:
            self._file.save(after.content)
        except FileChangedError as error:
            raise self._changed_on_disk() from error
        except OSError as error:
            raise RefusedError("not-saved", f"The label was not saved: {_text_of(error)}.") from error
        self._labeling = after

    def _view(self, number: int, which: Filter) -> dict[str, Any]:
        labeling = self._labeling
        fields = labeling.fields
        if not 0 <= number < len(fields.sets):
            raise IndexError(f"The file has no labeling set {number}: it has {len(fields.sets)}.")
        one = fields.sets[number]
        labels = labeling.labels(number)
        shown = one.rows[:MAX_SHOWN_ROWS]
        columns = list(zip(*(fields.record(row) for row in shown), strict=True))
        keys = keys_of(labels)
        groups = {label: index for index, label in enumerate(keys)}
        matching = self._matching(which)
        return {
            "file": self._path.name,
            "progress": {
                "sets": len(fields.sets),
                "labeled": sum(labeling.labeled),
                "skipped": sum(1 for skipped in self._skipped if not labeling.labeled[skipped]),
                "undo": bool(labeling.done),
                "redo": bool(labeling.undone),
            },
            "navigation": {
                "matching": len(matching),
                "previous": next((other for other in reversed(matching) if other < number), None),
                "next": next((other for other in matching if other > number), None),
                "unlabeled": self._next_unlabeled(number, which),
            },
            "set": {
                "number": number,
                "id": one.set_id,
                "labeled": bool(labeling.labeled[number]),
                "size": len(one.rows),
                "columns": [
                    {"name": name, "equal": len(set(values)) == 1}
                    # The header may end in more commas than the rows.
                    for name, values in zip(fields.columns, columns, strict=False)
                ],
                "rows": [
                    {"line": fields.lines[row], "label": label, "group": groups.get(label), "cells": cells}
                    for row, label, cells in zip(
                        shown, labels, zip(*set_parts(columns), strict=True), strict=False
                    )
                ],
                "groups": [{"label": label, "key": key} for label, key in keys.items()],
                "next_key": next_key(labels),
                "notes": [
                    {
                        "severity": finding.rule.severity,
                        "rule": finding.rule.name,
                        "problem": finding.problem,
                        "remedy": finding.remedy,
                    }
                    for finding in self._check_set(number)
                ],
            },
        }

    def _check_set(self, number: int) -> list[Finding]:
        fields = self._labeling.fields
        one = fields.sets[number]
        records = [hash(fields.record(row)) for row in one.rows]
        lines = [fields.lines[row] for row in one.rows]
        labels = self._labeling.labels(number)
        return check_labeling_set(self._path.name, one.set_id, labels, records, lines)

    def _matching(self, which: Filter) -> Sequence[int]:
        containing = self._containing(which.text.casefold())
        if which.show == "all":
            return containing
        labeled = which.show == "labeled"
        return [number for number in containing if self._labeling.labeled[number] == labeled]

    def _sets_containing(self, text: str) -> Sequence[int]:
        fields = self._labeling.fields
        numbers = range(len(fields.sets))
        return [n for n in numbers if text in fields.text_of(n).casefold()] if text else numbers

    def _first(self, which: Filter) -> int:
        unlabeled = None if which.show == "labeled" else self._next_unlabeled(-1, which)
        return next(iter(self._matching(which)), 0) if unlabeled is None else unlabeled

    def _next_unlabeled(self, after: int, which: Filter) -> int | None:
        """Return the next unlabeled set; after the last one, the first. Skipped sets come last."""
        labeled = self._labeling.labeled
        unlabeled = [number for number in self._containing(which.text.casefold()) if not labeled[number]]
        for candidates in ([n for n in unlabeled if n not in self._skipped], unlabeled):
            others = [number for number in candidates if number != after]
            following = next((number for number in others if number > after), None)
            if others:
                return others[0] if following is None else following
        return None


def open_session(path: Path) -> Session:
    """Lock a file for labeling, check it and index it.

    Raises:
        CannotLabelError: the checks find errors.
        FileInUseError: another labeling page has locked it.
        NotRecordsError: it is not a label file, though the checks find no errors.
        OSError: it cannot be read.
    """
    return Session(path, *_open(path))


def _open(path: Path) -> tuple[LockedFile, Labeling]:
    file = LockedFile(path)
    try:
        # Labels, sets and names of columns are not checked: the user may fix them later.
        report = check(path, ignore_rules=RULES.keys() - FORM_RULES)
        if report.error_count:
            raise CannotLabelError(report)
        return file, Labeling.of(LabelFields.of(file.content))
    except BaseException:
        file.close()
        raise


def _text_of(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
