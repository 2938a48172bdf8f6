"""One file that is being labeled: what the page asks for, and what it is told."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from glue_labels.labeling_file import Report, with_remedies
from glue_labels_cli.labeling_page.differences import set_runs
from glue_labels_cli.labeling_page.label_checks import check_form, check_set
from glue_labels_cli.labeling_page.label_fields import LabelFields, NotRecordsError
from glue_labels_cli.labeling_page.labeling import Labeling, keys_of, next_key, progress
from glue_labels_cli.labeling_page.locked_file import FileChangedError, FileInUseError, LockedFile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_labels_cli.labeling_page.labeling import Action

MAX_SHOWN_ROWS = 200
"""Rows of a set that the page shows: Glue takes up to 50."""

Show = Literal["all", "unanswered", "labeled"]


class CannotLabelError(Exception):
    """The file's form has errors.

    Attributes:
        report: what the checks say about it.
    """

    def __init__(self, report: Report) -> None:
        super().__init__("\n".join(with_remedies(report.errors, report.error_count)))
        self.report = report


class RefusedError(Exception):
    """What the page asks for is not done; the text says why and what helps.

    Attributes:
        reason: ``other-page``, ``changed-on-disk``, ``not-saved`` or ``cannot-label``.
    """

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True)
class Filter:
    """Which labeling sets the page goes through.

    Attributes:
        show: all, or those that are or are not answered.
        text: what the records or the labeling_set_id must contain, in any case; "" for anything.
    """

    show: Show = "all"
    text: str = ""


class Session:
    """A locked file, its labels, and the one page that may change them. Safe for several threads."""

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
        """How far the file is labeled, in a sentence."""
        done = progress(self._labeling)
        return f"{done.answered} of {done.sets} sets are labeled in {self._path.name}."

    def close(self) -> None:
        """Unlock the file, once a save that has begun is done."""
        with self._lock:
            self._file.close()

    def enter(self, page: str, *, take_over: bool) -> None:
        """Let a page label the file.

        Args:
            page: what the page calls itself; each load of it has another name.
            take_over: whether another page that has not been closed may no longer label it.

        Raises:
            RefusedError: another page has not been closed.
        """
        with self._lock:
            if self._page not in ("", page) and not take_over:
                raise RefusedError("other-page", f"{self._path.name} is open in another tab.")
            self._page = page

    def leave(self, page: str) -> None:
        """Take note that a page was closed."""
        with self._lock:
            if self._page == page:
                self._page = ""

    def view(self, page: str, number: int | None, which: Filter) -> dict[str, Any]:
        """Return a labeling set as the page shows it.

        Args:
            page: the page that asks.
            number: the set, counted from 0; None for the first unanswered set of `which`, or its first set.
            which: the sets that the page goes through.

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
            ValueError: the key is no group's.
        """
        with self._lock:
            self._admit(page)
            self._save(self._labeling.act(number, action))
            return self._view(number, which)

    def undo(self, page: str, number: int, which: Filter) -> dict[str, Any]:
        """Take the last change back, save, and return its set; the set `number` if there is no change."""
        with self._lock:
            self._admit(page)
            done = self._labeling.done
            self._save(self._labeling.undo())
            return self._view(done[-1].number if done else number, which)

    def redo(self, page: str, number: int, which: Filter) -> dict[str, Any]:
        """Do again what was taken back last, save, and return its set."""
        with self._lock:
            self._admit(page)
            undone = self._labeling.undone
            self._save(self._labeling.redo())
            return self._view(undone[-1].number if undone else number, which)

    def skip(self, page: str, number: int, which: Filter) -> dict[str, Any]:
        """Leave a set for later, and return the next one that is not answered."""
        with self._lock:
            self._admit(page)
            self._skipped.add(number)
            following = self._next_unanswered(number, which)
            return self._view(number if following is None else following, which)

    def read_again(self, page: str) -> None:
        """Go on with the file as it is on disk now. What could be undone is forgotten.

        Raises:
            RefusedError: another page has taken over, or the file cannot be labeled any more.
        """
        with self._lock:
            self._admit(page)
            try:
                # A file that is still the same one is locked by us.
                self._file.close()
                self._file, self._labeling = _open(self._path)
            except CannotLabelError as error:
                raise RefusedError("cannot-label", str(error)) from error
            except (OSError, FileInUseError, NotRecordsError) as error:
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
            # Nothing to write; but "saved" must be true of the file on disk.
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
            raise IndexError(f"the file has no labeling set {number}; it has {len(fields.sets)}")
        one = fields.sets[number]
        labels = labeling.labels(number)
        shown = one.rows[:MAX_SHOWN_ROWS]
        columns = list(zip(*(fields.record(row) for row in shown), strict=True))
        keys = keys_of(labels)
        groups = {label: index for index, label in enumerate(keys)}
        done = progress(labeling)
        matching = self._matching(which)
        return {
            "file": self._path.name,
            "progress": {
                "sets": done.sets,
                "answered": done.answered,
                "skipped": sum(1 for skipped in self._skipped if not labeling.answered[skipped]),
                "undo": bool(labeling.done),
                "redo": bool(labeling.undone),
            },
            "navigation": {
                "matching": len(matching),
                "previous": next((other for other in reversed(matching) if other < number), None),
                "next": next((other for other in matching if other > number), None),
                "unanswered": self._next_unanswered(number, which),
            },
            "set": {
                "number": number,
                "id": one.set_id,
                "answered": bool(labeling.answered[number]),
                "size": len(one.rows),
                "columns": [
                    {"name": name, "equal": len(set(values)) == 1}
                    # A header may end in more commas than its rows.
                    for name, values in zip(fields.columns, columns, strict=False)
                ],
                "rows": [
                    {"line": fields.lines[row], "label": label, "group": groups.get(label), "cells": cells}
                    for row, label, cells in zip(
                        shown, labels, zip(*set_runs(columns), strict=True), strict=False
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
                    for finding in check_set(labeling, number, self._path.name)
                ],
            },
        }

    def _matching(self, which: Filter) -> Sequence[int]:
        containing = self._containing(which.text.casefold())
        if which.show == "all":
            return containing
        answered = which.show == "labeled"
        return [number for number in containing if self._labeling.answered[number] == answered]

    def _sets_containing(self, text: str) -> Sequence[int]:
        fields = self._labeling.fields
        numbers = range(len(fields.sets))
        return [n for n in numbers if text in fields.text_of(n).casefold()] if text else numbers

    def _first(self, which: Filter) -> int:
        unanswered = None if which.show == "labeled" else self._next_unanswered(-1, which)
        return next(iter(self._matching(which)), 0) if unanswered is None else unanswered

    def _next_unanswered(self, after: int, which: Filter) -> int | None:
        """Return the next set that lacks a label, beginning again at the end; skipped sets come last."""
        answered = self._labeling.answered
        unanswered = [number for number in self._containing(which.text.casefold()) if not answered[number]]
        for candidates in ([n for n in unanswered if n not in self._skipped], unanswered):
            others = [number for number in candidates if number != after]
            following = next((number for number in others if number > after), None)
            if others:
                return others[0] if following is None else following
        return None


def open_session(path: Path) -> Session:
    """Lock a file for labeling, check it and index it.

    Raises:
        CannotLabelError: its form has errors.
        FileInUseError: another labeling page has it.
        OSError: it cannot be read.
    """
    return Session(path, *_open(path))


def _open(path: Path) -> tuple[LockedFile, Labeling]:
    file = LockedFile(path)
    try:
        report = check_form(path)
        if report.error_count:
            raise CannotLabelError(report)
        return file, Labeling.of(LabelFields.of(file.content))
    except BaseException:
        file.close()
        raise


def _text_of(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
