"""What labeling does to a file's bytes."""

from __future__ import annotations

import codecs
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from generated_label_file import LabelFile, label_files
from hypothesis import given, settings
from hypothesis import strategies as st
from label_pages import UNLABELED, session_of

from glue_labels_cli.labeling_page.label_fields import LabelFields
from glue_labels_cli.labeling_page.labeling import (
    KEYS,
    Action,
    AllDifferent,
    AllSame,
    ClearRow,
    Labeling,
    PutRow,
)
from glue_labels_cli.labeling_page.locked_file import FileInUseError, LockedFile
from glue_labels_cli.labeling_page.session import Filter, RefusedError, Session, open_session

ALL = Filter()


@st.composite
def partly_labeled_files(draw: st.DrawFn) -> LabelFile:
    """A valid label file in which some labels are missing."""
    file = draw(label_files())
    labels = st.sampled_from(["", "", "A", "b", "3", "yes", "é"])
    header, *rows = file.rows
    return replace(file, rows=(header, *((row[0], draw(labels), *row[2:]) for row in rows)))


ACTIONS = st.one_of(
    st.builds(PutRow, st.integers(0, 7), st.sampled_from(KEYS)),
    st.builds(ClearRow, st.integers(0, 7)),
    st.just(AllSame()),
    st.just(AllDifferent()),
)
STEPS = st.lists(
    st.one_of(st.tuples(st.integers(0, 3), ACTIONS), st.sampled_from(["undo", "redo"])), max_size=8
)


def do(session: Session, number: int, action: Action | str) -> dict[str, Any]:
    """Act on a set and row of the file, by their numbers modulo how many there are."""
    view = session.view("page", None, ALL)
    number %= view["progress"]["sets"]
    if action == "undo":
        return session.undo("page", number, ALL)
    if action == "redo":
        return session.redo("page", number, ALL)
    assert not isinstance(action, str)
    if isinstance(action, PutRow | ClearRow):
        size = session.view("page", number, ALL)["set"]["size"]
        action = replace(action, row=action.row % size)
    return session.act("page", number, action, ALL)


def shown(session: Session) -> dict[int, str]:
    """The labels that the page shows, by the line in which their rows begin."""
    sets = session.view("page", None, ALL)["progress"]["sets"]
    return {
        row["line"]: row["label"]
        for number in range(sets)
        for row in session.view("page", number, ALL)["set"]["rows"]
    }


def as_written(file: LabelFile, labels: dict[int, str], mark: bytes) -> bytes:
    """The file as its program would write it with these labels."""
    header, *rows = file.rows
    labeled = [(row[0], labels[file.line_of(number)], *row[2:]) for number, row in enumerate(rows, start=1)]
    return mark + replace(file, rows=(header, *labeled)).text.encode()


@settings(deadline=None)
@given(file=partly_labeled_files(), mark=st.sampled_from([b"", codecs.BOM_UTF8]), steps=STEPS)
def test_actions_change_only_labels_and_undo_restores_every_byte(
    file: LabelFile, mark: bytes, steps: list[Any]
) -> None:
    before = mark + file.text.encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "labels.csv")
        path.write_bytes(before)
        with session_of(path) as session:
            for step in steps:
                number, action = (0, step) if isinstance(step, str) else step
                do(session, number, action)
                assert path.read_bytes() == as_written(file, shown(session), mark)
            after = path.read_bytes()
            undone = 0
            while session.view("page", 0, ALL)["progress"]["undo"]:
                session.undo("page", 0, ALL)
                undone += 1
            assert path.read_bytes() == before
            for _ in range(undone):
                session.redo("page", 0, ALL)
            assert path.read_bytes() == after
        assert os.listdir(folder) == ["labels.csv"]


@pytest.mark.parametrize(
    ("before", "row", "key", "after"),
    [
        # A label that is no key has the first key that is left.
        ('1,"A, or B",x\r\n1,,y', 1, "1", '1,"A, or B",x\r\n1,"A, or B",y'),
        ('1,"A ""x""",x\n1,"",y\n', 1, "1", '1,"A ""x""",x\n1,"A ""x""",y\n'),
        ('"a,\n""b""",,x\n"a,\n""b""",B,y\n\n', 0, "B", '"a,\n""b""",B,x\n"a,\n""b""",B,y\n\n'),
        ("1,,x\r1,,y\r", 1, "7", "1,,x\r1,7,y\r"),
    ],
)
def test_a_label_is_written_with_the_quotes_that_it_needs_and_nothing_else_changes(
    before: str, row: int, key: str, after: str
) -> None:
    header = "labeling_set_id,label,name\n"
    labeling = Labeling.of(LabelFields.of((header + before).encode()))
    assert labeling.act(0, PutRow(row, key)).content.decode() == header + after


def test_the_mode_of_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(UNLABELED)
    path.chmod(0o640)
    with session_of(path) as session:
        session.act("page", 0, AllSame(), ALL)
    assert path.stat().st_mode & 0o7777 == 0o640


def test_a_symbolic_link_stays_and_its_file_is_labeled(tmp_path: Path) -> None:
    path, link = tmp_path / "labels.csv", tmp_path / "link.csv"
    path.write_text(UNLABELED)
    link.symlink_to(path)
    with session_of(link) as session:
        session.act("page", 0, AllSame(), ALL)
    assert link.is_symlink()
    assert path.read_text().count(",A,") == 4


@pytest.mark.parametrize("how", ["written in place", "replaced", "removed"])
def test_a_file_that_was_changed_on_disk_is_not_overwritten(tmp_path: Path, how: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(UNLABELED)
    theirs = UNLABELED.replace("S1,,Ana", "S1,Z,Ana")
    with session_of(path) as session:
        session.act("page", 1, AllSame(), ALL)
        if how == "removed":
            path.unlink()
        elif how == "replaced":
            (tmp_path / "new.csv").write_text(theirs)
            (tmp_path / "new.csv").replace(path)
        else:
            path.write_text(theirs)
        with pytest.raises(RefusedError, match="was changed on disk by another program"):
            session.view("page", 0, ALL)
        # Even one that changes nothing: the page would call it saved.
        for number in (0, 1):
            with pytest.raises(RefusedError) as refused:
                session.act("page", number, AllSame(), ALL)
            assert refused.value.reason == "changed-on-disk"
        if how != "removed":
            assert path.read_text() == theirs
            session.read_again("page")
            assert session.view("page", 0, ALL)["set"]["rows"][0]["label"] == "Z"
            session.act("page", 1, AllSame(), ALL)
            assert path.read_text() == theirs.replace("S2,,", "S2,A,")
        else:
            assert not path.exists()


@pytest.mark.parametrize("how", ["written in place", "replaced"])
def test_the_file_stays_locked_when_reading_it_again_fails(tmp_path: Path, how: str) -> None:
    path, new = tmp_path / "labels.csv", tmp_path / "new.csv"
    path.write_text(UNLABELED)
    with session_of(path) as session:
        new.write_text("name\nAna\n")
        path.write_bytes(new.read_bytes()) if how == "written in place" else new.replace(path)
        for _ in range(2):
            with pytest.raises(RefusedError) as refused:
                session.read_again("page")
            assert refused.value.reason == "cannot-label"
            assert "missing-header" in str(refused.value)
            with pytest.raises(FileInUseError):
                LockedFile(path)
            with pytest.raises(RefusedError, match="was changed on disk by another program"):
                session.act("page", 0, AllSame(), ALL)
        path.write_text(UNLABELED)
        session.read_again("page")
        session.act("page", 0, AllSame(), ALL)
    assert "S1,A,Ana" in path.read_text()
    LockedFile(path).close()


def test_a_file_that_another_page_has_locked_by_now_is_not_read_again(tmp_path: Path) -> None:
    path, new = tmp_path / "labels.csv", tmp_path / "new.csv"
    path.write_text(UNLABELED)
    new.write_text(UNLABELED)
    with session_of(path) as session:
        other = LockedFile(new)
        new.replace(path)
        with pytest.raises(RefusedError, match="is open in another labeling page"):
            session.read_again("page")
        other.close()
        session.read_again("page")
        with pytest.raises(FileInUseError):
            LockedFile(path)


def test_a_touched_file_without_a_change_can_still_be_labeled(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(UNLABELED)
    with session_of(path) as session:
        os.utime(path, (1, 1))
        session.act("page", 0, AllSame(), ALL)
    assert "S1,A,Ana" in path.read_text()


def test_a_folder_that_cannot_be_written_to_is_reported_and_the_label_is_not_shown_as_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(UNLABELED)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with session_of(path) as session:
        monkeypatch.setattr("glue_labels_cli.labeling_page.locked_file.os.fsync", full)
        with pytest.raises(RefusedError, match="The label was not saved: No space left on device") as refused:
            session.act("page", 0, AllSame(), ALL)
        assert refused.value.reason == "not-saved"
        assert session.view("page", 0, ALL)["progress"] == {
            "sets": 3,
            "labeled": 1,
            "skipped": 0,
            "undo": False,
            "redo": False,
        }
    assert path.read_text() == UNLABELED
    assert os.listdir(tmp_path) == ["labels.csv"]


def test_a_second_page_of_a_file_is_refused_before_and_after_a_save(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(UNLABELED)
    with session_of(path) as session:
        with pytest.raises(FileInUseError, match=r"labels\.csv is open in another labeling page"):
            open_session(path)
        session.act("page", 0, AllSame(), ALL)
        with pytest.raises(FileInUseError):
            open_session(path)
    open_session(path).close()


def test_a_reopened_file_continues_at_the_first_unlabeled_set(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(UNLABELED)
    with session_of(path) as session:
        assert session.view("page", None, ALL)["set"]["id"] == "S1"
        session.act("page", 0, AllDifferent(), ALL)
    with session_of(path) as session:
        assert session.view("page", None, ALL)["set"]["id"] == "S2"
        assert session.view("page", None, ALL)["progress"]["labeled"] == 2


# Labels all rows the same, then all different, again and again. With a number, it kills itself at the
# call of that number among those that saving makes.
SAVING = """
import fcntl, itertools, os, signal, sys
from pathlib import Path
from glue_labels_cli.labeling_page.labeling import AllDifferent, AllSame
from glue_labels_cli.labeling_page.session import Filter, open_session

session = open_session(Path(sys.argv[1]))
session.enter("page", take_over=False)
left = int(sys.argv[2])

def dying(call):
    def until_its_turn(*arguments, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*arguments, **named)
    return until_its_turn

if left:
    for module, name in ((os, "open"), (os, "fdopen"), (os, "fsync"), (os, "fchmod"), (os, "replace"),
                         (fcntl, "flock")):
        setattr(module, name, dying(getattr(module, name)))
print("saving", flush=True)
for action in itertools.cycle((AllSame(), AllDifferent())):
    session.act("page", 0, action, Filter())
"""


def _killed_while_saving(path: Path, at_call: int, after_seconds: float) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SAVING, str(path), str(at_call)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        assert process.stdout.readline() == "saving\n"
        if not at_call:
            time.sleep(after_seconds)
            process.kill()
    assert process.returncode == -signal.SIGKILL


def _large_file() -> tuple[bytes, set[bytes]]:
    """A large file, and its states."""
    rows = [f"S1,{{{number}}},{'x' * 20_000}{number}\n" for number in range(40)]
    text = "labeling_set_id,label,name\n" + "".join(rows)
    letters = [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", *(f"A{letter}" for letter in "ABCDEFGHIJKLMN")]
    states = [text.format(*labels).encode() for labels in ([""] * 40, ["A"] * 40, letters)]
    return states[0], set(states)


@pytest.mark.parametrize("at_call", range(1, 15))
def test_a_process_that_is_killed_at_any_step_of_saving_leaves_the_old_or_the_new_file(
    tmp_path: Path, at_call: int
) -> None:
    path = tmp_path / "labels.csv"
    old, states = _large_file()
    path.write_bytes(old)
    _killed_while_saving(path, at_call, 0)
    assert path.read_bytes() in states
    with session_of(path) as session:
        session.act("page", 0, ClearRow(0), ALL)
    assert os.listdir(tmp_path) == ["labels.csv"]


def test_a_process_that_is_killed_at_any_moment_leaves_the_old_or_the_new_file(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    old, states = _large_file()
    path.write_bytes(old)
    moments = random.Random(16)  # noqa: S311 (no secret)
    found = set()
    for _ in range(30):
        _killed_while_saving(path, 0, moments.uniform(0, 0.05))
        found.add(path.read_bytes())
        assert found <= states
    # At least one was killed after a save.
    assert found != {old}


def test_at_every_moment_of_saving_the_file_is_the_old_or_the_new_one(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    old, states = _large_file()
    path.write_bytes(old)
    with subprocess.Popen([sys.executable, "-c", SAVING, str(path), "0"], stdout=subprocess.PIPE) as process:
        try:
            found = {old}
            # Until it was seen in each state, which takes several saves.
            while found != states:
                found.add(path.read_bytes())
                assert found <= states
            for _ in range(300):
                assert path.read_bytes() in states
        finally:
            process.kill()


def test_a_left_over_temporary_file_is_removed_when_the_file_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(UNLABELED)
    (tmp_path / ".labels.csv.saving").write_bytes(b"half of it")
    LockedFile(path).close()
    assert os.listdir(tmp_path) == ["labels.csv"]
