"""`glue-labels label` from the terminal."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result
from label_pages import UNLABELED, session_of

from glue_labels_cli.main import main

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from pathlib import Path


def label(*arguments: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["label", *map(str, arguments)])


def test_it_prints_the_address_ends_after_idle_time_and_says_what_is_next(file: Path) -> None:
    result = label(file, "--no-browser", "--idle-minutes", "0.001")
    assert result.exit_code == 0
    assert re.search(r"http://127\.0\.0\.1:[0-9]+/#[\w-]{43}\n", result.output)
    assert "The page has ended: it was not used for 0.001 minutes.\n" in result.output
    assert result.output.endswith(f"1 of 3 sets are labeled in labels.csv. Next: glue-labels check {file}\n")
    assert file.read_text() == UNLABELED


def test_it_opens_the_browser_at_the_address(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    result = label(file, "--idle-minutes", "0.001")
    (address,) = opened
    assert f"{address}\n" in result.output


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"S1,A,Ana\nS1,A,Anna\n", "missing-header"),
        (UNLABELED.encode("utf-16"), "not-utf-8"),
        (UNLABELED.encode("latin-1"), "not-utf-8"),
        (UNLABELED.replace(",", ";").encode(), "delimiter"),
        (b'labeling_set_id,label,name\nS1,A,"Ana\n', "unclosed-quote"),
        (b"labeling_set_id,label,name\nS1,A,Ana,extra\n", "field-count"),
        (b"labeling_set_id,label,name\n,A,Ana\n", "empty-set-id"),
        (b"labeling_set_id,label,name\n", "no-rows"),
        (b"PK\3\4 a workbook", "not-a-label-file"),
    ],
)
def test_a_file_that_cannot_be_labeled_gets_the_messages_of_the_checks(
    file: Path, content: bytes, says: str
) -> None:
    file.write_bytes(content)
    result = label(file, "--no-browser")
    assert result.exit_code == 1
    assert says in result.output
    assert re.search(r"^[1-9][0-9]* errors?, ", result.output, re.MULTILINE)
    assert "Traceback" not in result.output
    assert isinstance(result.exception, SystemExit)
    assert file.read_bytes() == content


def test_a_file_with_wrong_labels_can_be_labeled(file: Path) -> None:
    file.write_text("labeling_set_id,label,name\nS1,,Ana\nS2,a,x\nS2,A,y\n")
    assert label(file, "--no-browser", "--idle-minutes", "0.001").exit_code == 0


def test_a_file_that_another_page_labels_is_refused(file: Path) -> None:
    with session_of(file):
        result = label(file, "--no-browser")
    assert result.exit_code == 1
    assert result.output == (
        "Error: labels.csv is open in another labeling page. Use that page, or end it first.\n"
    )


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    assert "is a directory" in label(tmp_path).output
    assert "does not exist" in label(tmp_path / "none.csv").output


def test_a_port_that_is_taken_is_named(file: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = label(file, "--no-browser", "--port", port)
    assert result.exit_code == 1
    assert f"Port {port} cannot be used: Address already in use." in result.output


def test_without_its_extra_it_says_what_to_install(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec

    def without_werkzeug(name: str) -> ModuleSpec | None:
        return None if name == "werkzeug" else found(name)

    monkeypatch.setattr(importlib.util, "find_spec", without_werkzeug)
    result = label(file)
    assert result.exit_code == 1
    assert "The labeling page needs packages that are not installed: werkzeug." in result.output
    assert result.output.endswith('-py3-none-any.whl[label]"\n')


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_interrupted_and_the_file_is_free_again(file: Path, by: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "glue_labels_cli", "label", str(file), "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    assert "http://127.0.0.1:" in process.stdout.readline()
    assert "Ctrl-C" in process.stdout.readline()
    process.send_signal(by)
    output, errors = process.communicate(timeout=30)
    assert "Traceback" not in errors
    if by == signal.SIGINT:
        assert process.returncode == 0
        assert "1 of 3 sets are labeled" in output
    with session_of(file):
        assert file.read_text() == UNLABELED
