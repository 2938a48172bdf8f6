"""`glue-labels check` and `glue-labels summary`, as people, pre-commit and GitHub run them."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import pty
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml
from click.testing import CliRunner

from glue_labels_cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

ROOT = Path(__file__).parents[2]
HEADER = "labeling_set_id,label,name\n"
CLEAN = HEADER + "A,1,Ann\nA,1,Anne\nA,2,Bo\n"
SHORT_ROW = CLEAN + "A,2\n"
ONE_ROW = CLEAN + "B,1,Cy\n"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs the command line in a folder with a clean file, one with an error and one with a warning."""
    monkeypatch.chdir(tmp_path)
    for name, content in {"clean": CLEAN, "error": SHORT_ROW, "warning": ONE_ROW}.items():
        Path(f"{name}.csv").write_text(content)
    return lambda *arguments: CliRunner().invoke(main, arguments)


def test_file_without_errors_exits_with_0_and_says_so(run: Callable[..., Result]) -> None:
    result = run("check", "clean.csv")
    assert (result.exit_code, result.output) == (0, "0 errors, 0 warnings in clean.csv\n")


def test_finding_is_reported_with_path_line_rule_and_remedy_and_counted_in_the_last_line(
    run: Callable[..., Result],
) -> None:
    result = run("check", "error.csv", "clean.csv")
    first, remedy, last = result.output.splitlines()
    assert result.exit_code == 1
    assert first == "error.csv:5: error[field-count]: 2 fields, the header has 3 (row of labeling set 'A')"
    assert remedy.startswith("  Give the row as many fields")
    assert last == "1 error, 0 warnings in 2 files"


def test_warning_alone_is_reported_and_exits_with_0(run: Callable[..., Result]) -> None:
    result = run("check", "warning.csv")
    assert result.exit_code == 0
    assert "warning.csv:5: warning[single-row-set]: labeling set 'B'" in result.output
    assert result.output.endswith("0 errors, 1 warning in warning.csv\n")


def test_strict_makes_warnings_count(run: Callable[..., Result]) -> None:
    assert run("check", "--strict", "warning.csv").exit_code == 1
    assert run("check", "--strict", "clean.csv").exit_code == 0
    assert run("check", "--strict", "--errors-only", "warning.csv").exit_code == 0


@pytest.mark.parametrize("form", ["json", "github"])
def test_exit_status_is_the_same_in_all_formats(run: Callable[..., Result], form: str) -> None:
    assert run("check", "--format", form, "warning.csv").exit_code == 0
    assert run("check", "--format", form, "--strict", "warning.csv").exit_code == 1
    assert run("check", "--format", form, "error.csv").exit_code == 1


@pytest.mark.parametrize("arguments", [("-",), ("-", "clean.csv")])
def test_standard_input_is_checked_like_a_file(
    run: Callable[..., Result], arguments: tuple[str, ...]
) -> None:
    del run
    # The rows of set A are not together: the file is read twice.
    result = CliRunner().invoke(main, ["check", *arguments], input=ONE_ROW + "A,2\nA,3,Di\n")
    assert result.exit_code == 1
    assert "<stdin>:6: error[field-count]: 2 fields, the header has 3" in result.output
    assert "<stdin>:7: warning[scattered-set]" in result.output


def test_standard_input_that_is_compressed_is_named(run: Callable[..., Result]) -> None:
    del run
    result = CliRunner().invoke(main, ["check", "-"], input=gzip.compress(CLEAN.encode()))
    assert result.output.startswith("<stdin>:1: error[not-a-label-file]: not a label file but a compressed")


def test_standard_input_that_is_no_good_label_file_has_one_error(run: Callable[..., Result]) -> None:
    del run
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as files:
        files.writestr("labels.csv", CLEAN)
    for content, problem in {
        archive.getvalue(): "not a label file but a ZIP archive with 'labels.csv'",
        f"{CLEAN}>>>>>>> main\n".encode(): "the line is a marker of a merge conflict, '>>>>>>> main'",
        b",,,\n": "the file is empty: its rows have no values",
    }.items():
        result = CliRunner().invoke(main, ["check", "-"], input=content)
        assert result.exit_code == 1
        assert problem in " ".join(result.output.split())
        assert "1 error, 0 warnings in <stdin>" in result.output


def test_standard_input_can_be_summarized(run: Callable[..., Result]) -> None:
    del run
    result = CliRunner().invoke(main, ["summary", "-"], input=CLEAN)
    assert result.exit_code == 0
    assert result.output.startswith("<stdin>\n  rows                3\n")


def test_standard_input_is_read_once_only(run: Callable[..., Result]) -> None:
    result = run("check", "-", "-")
    assert result.exit_code == 2
    assert "Give standard input (-) only once." in result.output


def test_warnings_can_be_left_out(run: Callable[..., Result]) -> None:
    assert run("check", "--errors-only", "warning.csv").exit_code == 0
    assert run("check", "--errors-only", "error.csv").exit_code == 1


def test_rule_can_be_turned_off_by_name(run: Callable[..., Result]) -> None:
    result = run("check", "--ignore", "single-row-set", "--ignore", "field-count", "warning.csv", "error.csv")
    assert (result.exit_code, result.output) == (0, "0 errors, 0 warnings in 2 files\n")


def test_unknown_rule_is_refused_with_the_one_that_was_probably_meant(run: Callable[..., Result]) -> None:
    result = run("check", "--ignore", "single-row-sets", "warning.csv")
    assert result.exit_code == 2
    assert "no rule 'single-row-sets' for label files. Did you mean 'single-row-set'?" in result.output


def test_columns_of_the_table_are_compared(run: Callable[..., Result]) -> None:
    assert run("check", "--columns", "name", "clean.csv").exit_code == 0
    result = run("check", "--columns", "name, city", "clean.csv")
    assert result.exit_code == 1
    assert "error[table-columns]: the columns differ from the table's: missing 'city'" in result.output


def test_file_that_cannot_be_read_exits_with_2_after_the_others_are_checked(
    run: Callable[..., Result],
) -> None:
    result = run("check", "none.csv", "error.csv")
    assert result.exit_code == 2
    assert result.stderr == "none.csv: cannot be read: No such file or directory\n"
    assert "error.csv:5: error[field-count]" in result.stdout


def test_folder_without_csv_files_cannot_be_read(run: Callable[..., Result]) -> None:
    Path("empty").mkdir()
    result = run("check", "empty")
    assert result.exit_code == 2
    assert result.stderr == "empty: cannot be read: The folder has no CSV files (*.csv)\n"


def test_first_findings_are_shown_and_how_many_more_there_are(run: Callable[..., Result]) -> None:
    Path("bad.csv").write_text(CLEAN + "A,2\n" * 25)
    result = run("check", "bad.csv")
    assert result.output.count("error[field-count]") == 20
    assert result.output.splitlines()[-2:] == ["... and 5 more", "25 errors, 0 warnings in bad.csv"]
    assert run("check", "--limit", "25", "bad.csv").output.count("error[field-count]") == 25


def test_json_has_all_of_a_finding_and_the_summary(run: Callable[..., Result]) -> None:
    result = run("check", "--format", "json", "error.csv")
    (file,) = json.loads(result.output)["files"]
    (finding,) = file["findings"]
    assert result.exit_code == 1
    assert (file["path"], file["errors"], file["warnings"]) == ("error.csv", 1, 0)
    assert (finding["path"], finding["line"], finding["severity"]) == ("error.csv", 5, "error")
    assert (finding["rule"], finding["problem"][:8]) == ("field-count", "2 fields")
    assert file["summary"]["matches"] == 1


def test_json_of_no_readable_file_is_json_too(run: Callable[..., Result]) -> None:
    output = json.loads(run("check", "--format", "json", "none.csv").stdout)
    assert output == {"files": [], "unread": [{"path": "none.csv", "reason": "No such file or directory"}]}


def test_files_that_cannot_be_read_are_counted(run: Callable[..., Result]) -> None:
    result = run("check", "clean.csv", "none.csv")
    assert result.stdout == "0 errors, 0 warnings in clean.csv, 1 not read\n"


def test_github_shows_what_cannot_be_read(run: Callable[..., Result]) -> None:
    result = run("check", "--format", "github", "none.csv")
    assert result.stdout == "::error file=none.csv::cannot be read: No such file or directory\n"


def test_github_gets_workflow_commands(run: Callable[..., Result]) -> None:
    Path("a,b:c.csv").write_text(SHORT_ROW)
    result = run("check", "--format", "github", "a,b:c.csv")
    assert result.output.startswith(
        "::error file=a%2Cb%3Ac.csv,line=5,title=field-count::2 fields, the header has 3 "
        "(row of labeling set 'A')%0AGive the row"
    )
    assert result.output.count("\n") == 1


def test_summary_counts_rows_sets_pairs_and_columns(run: Callable[..., Result]) -> None:
    result = run("summary", "clean.csv")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "clean.csv",
        "  rows                3",
        "  labeling sets       1",
        "  rows per set        3 to 3, 3.0 on average",
        "  matching pairs      1",
        "  non-matching pairs  2",
        "  columns             1",
        "    name",
    ]


def test_summary_as_json(run: Callable[..., Result]) -> None:
    summaries = json.loads(run("summary", "--format", "json", "clean.csv", "warning.csv").output)
    assert {path: numbers["labeling_sets"] for path, numbers in summaries.items()} == {
        "clean.csv": 1,
        "warning.csv": 2,
    }


def test_summary_of_a_missing_file_exits_with_2(run: Callable[..., Result]) -> None:
    assert run("summary", "none.csv").exit_code == 2


def on_a_terminal(*arguments: str) -> str:
    """What the installed command writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    command = [str(Path(sys.executable).with_name("glue-labels")), *arguments]
    process = subprocess.Popen(command, stdout=theirs, stderr=theirs, env=environment)
    os.close(theirs)
    # Linux reports an error where the other end is closed.
    with open(ours, "rb", buffering=0) as terminal, contextlib.suppress(OSError):
        written = bytearray()
        while block := terminal.read(4096):
            written += block
    process.wait(60)
    return written.decode()


def test_colors_are_for_terminals_only(run: Callable[..., Result]) -> None:
    assert "\x1b[" in on_a_terminal("check", "error.csv")
    assert "\x1b[" not in run("check", "error.csv").output


def test_lines_break_between_words_where_the_terminal_ends(run: Callable[..., Result]) -> None:
    name = f"{'x' * 30}.csv"
    Path(name).write_text(SHORT_ROW)
    (finding, *_) = run("check", name).output.splitlines()
    shown = click.unstyle(on_a_terminal("check", name)).splitlines()
    assert len(finding) > 80
    assert max(map(len, shown)) <= 80
    assert " ".join(line.strip() for line in shown[:2]) == finding


def test_remedy_breaks_between_words_where_the_terminal_ends(run: Callable[..., Result]) -> None:
    Path("labels.csv").write_text(CLEAN + "A,,Cy\n")
    _, remedy, _ = run("check", "labels.csv").output.splitlines()
    *_, first, second, _ = lines = click.unstyle(on_a_terminal("check", "labels.csv")).splitlines()
    assert len(remedy) > 80
    assert max(map(len, lines)) <= 80
    assert f"{first} {second.removeprefix('  ')}" == remedy


def words_of(text: str) -> list[str]:
    """All words of all lines."""
    return click.unstyle(text).split()


def test_no_word_of_a_finding_is_broken(run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"{'a-long-name-' * 10}.csv"
    Path(name).write_text(SHORT_ROW + "B,1,Cy\n" + "C,1,Di\n")
    monkeypatch.setenv("COLUMNS", "30")
    assert words_of(on_a_terminal("check", name)) == run("check", name).output.split()


@pytest.mark.parametrize("rule", ["nonsense", "single-row-sets"])
def test_no_word_about_an_unknown_rule_is_broken(
    run: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, rule: str
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = click.unstyle(on_a_terminal("check", "--ignore", rule, "clean.csv"))
    (_, _, error) = shown.partition("Error: ")
    (_, _, expected) = run("check", "--ignore", rule, "clean.csv").output.partition("Error: ")
    assert error.split() == expected.split()
    assert max(map(len, shown.splitlines())) <= 80


def test_progress_of_a_big_file_is_for_terminals_only(run: Callable[..., Result]) -> None:
    rows = "".join(f"S{n},1,{'x' * 1000}{n}\nS{n},1,y{n}\nS{n},2,z{n}\n" for n in range(20_000))
    Path("big.csv").write_text(HEADER + rows)
    assert "100%" in on_a_terminal("check", "big.csv")
    assert "100%" not in on_a_terminal("check", "clean.csv")
    ignored = ("--ignore", "file-size-over-10-mb")
    assert run("check", *ignored, "big.csv").output == "0 errors, 0 warnings in big.csv\n"


def test_check_loads_nothing_of_the_cdk_or_the_aws_sdk(run: Callable[..., Result]) -> None:
    del run
    script = (
        "import sys\n"
        "from glue_labels_cli.main import main\n"
        "main(['check', 'clean.csv'], standalone_mode=False)\n"
        "print(sorted({'aws_cdk', 'jsii', 'constructs', 'boto3', 'botocore'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_pre_commit_hook_checks_the_files_it_is_given(run: Callable[..., Result]) -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    command, *arguments = hook["entry"].split()
    assert command == "glue-labels"
    assert run(*arguments, "clean.csv", "warning.csv").exit_code == 0
    assert run(*arguments, "clean.csv", "error.csv").exit_code == 1
