"""The command line: what it prints, how it ends."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from import_script import IMPORT_LABELS

from glue_labels_sandbox import Metrics, TaskRun, command_report
from glue_labels_sandbox.failures import Failure
from glue_labels_sandbox.named_environments import NamedEnvironment

if TYPE_CHECKING:
    from collections.abc import Iterator

NOON = datetime(2030, 1, 1, 12, tzinfo=timezone.utc)
STANDIN = """#!{python}
import boto3, os, sys
print("cdk", *sys.argv[1:], flush=True)
if sys.argv[1] == "deploy":
    {deploy}
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_running_sandbox_prints_exports_that_reach_it_and_ends_on_a_signal(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "glue_labels_sandbox", "--region", "eu-central-1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        exports = dict(_exports(iter(process.stdout.readline, "")))
        script = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
        shown = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, **exports},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        process.send_signal(number)
        assert process.wait(10) == 0
    assert shown.stdout.strip() == "111122223333"
    assert exports["AWS_REGION"] == "eu-central-1"
    assert not Path(exports["AWS_CA_BUNDLE"]).exists()


def test_deployment_bootstraps_deploys_and_shows_the_runs(tmp_path: Path) -> None:
    done = _deploy(tmp_path, IMPORT_LABELS)
    bootstrap, *shown = done.stderr.splitlines()
    assert re.fullmatch(r"Bootstrapping the sandbox for the CDK: done, \d+ s", bootstrap)
    assert done.stdout == "cdk deploy One Two --require-approval never\n"
    assert any(line.startswith("Task run   tsk-") for line in shown)
    assert "File       s3://bucket/key" in shown


def test_deployment_that_left_a_run_without_success_fails(tmp_path: Path) -> None:
    assert _deploy(tmp_path, IMPORT_LABELS).returncode == 1


def test_deployment_fails_as_the_cli_does(tmp_path: Path) -> None:
    done = _deploy(tmp_path, "sys.exit(7)")
    assert done.returncode == 7
    assert done.stderr.endswith("\nExit code 7 of: cdk deploy One Two --require-approval never\n")


def test_deployment_without_failures_succeeds(tmp_path: Path) -> None:
    assert _deploy(tmp_path, "pass").returncode == 0


def test_deployment_without_a_cli_says_how_to_get_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "glue_labels_sandbox", "deploy", "One"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "make deploy-local" in done.stderr


RUN = TaskRun(
    task_run_id=f"tsk-{'0' * 64}",
    transform_id=f"tfm-{'0' * 32}",
    input_s3_path="s3://bucket/labels.csv",
    replace_all_labels=False,
    started_on=NOON,
    status="SUCCEEDED",
    last_modified_on=NOON,
)


def test_report_says_what_a_transform_knows_once_after_its_last_import() -> None:
    second, other = replace(RUN, task_run_id="tsk-2"), replace(RUN, task_run_id="tsk-3", transform_id="tfm-3")
    blocks = command_report.task_runs([RUN, other, second], {RUN.transform_id: 12, "tfm-3": 3}).split("\n\n")
    assert ["Known now" in block for block in blocks] == [False, True, True]
    assert "Known now  12 labels" in blocks[2]
    assert "Labels     added to earlier ones" in blocks[2]


def _evaluation(metrics: Metrics | None, status: str = "SUCCEEDED") -> TaskRun:
    return replace(
        RUN, task_run_id="tsk-2", task_type="EVALUATION", input_s3_path="", status=status, metrics=metrics
    )


def test_report_shows_the_metrics_of_an_evaluation_and_what_the_import_before_it_taught() -> None:
    found = Metrics(f1=0.909, precision=0.94, recall=0.88, true_positives=1)
    imported, evaluated = command_report.task_runs([RUN, _evaluation(found)], {RUN.transform_id: 12}).split(
        "\n\n"
    )
    assert "Known now  12 labels" in imported.splitlines()
    assert evaluated.splitlines() == [
        "Task run   tsk-2",
        f"Transform  {RUN.transform_id}",
        "Task type  EVALUATION",
        "Status     SUCCEEDED",
        "Quality    F1 0.91, precision 0.94, recall 0.88",
    ]


def test_report_says_that_an_evaluation_gave_no_metrics() -> None:
    assert "Quality    no metrics" in command_report.task_runs([_evaluation(None)], {}).splitlines()
    assert "Quality" not in command_report.task_runs([_evaluation(None, "FAILED")], {})


def test_report_shows_where_an_export_was_written_to() -> None:
    run = replace(
        RUN,
        task_type="EXPORT_LABELS",
        input_s3_path="",
        output_s3_path="s3://bucket/out/",
        task_run_id="tsk-2",
    )
    assert command_report.task_runs([run], {RUN.transform_id: 12}).splitlines() == [
        "Task run   tsk-2",
        f"Transform  {RUN.transform_id}",
        "Task type  EXPORT_LABELS",
        "Status     SUCCEEDED",
        "Output     s3://bucket/out/",
    ]


def test_report_says_which_transforms_are_gone() -> None:
    other = replace(RUN, transform_id="tfm-2")
    blocks = command_report.task_runs([RUN, other], {"tfm-2": 3}, {RUN.transform_id}).split("\n\n")
    assert f"Transform  {RUN.transform_id}, deleted since" in blocks[0].splitlines()
    assert "Transform  tfm-2" in blocks[1].splitlines()
    assert ["Known now" in block for block in blocks] == [False, True]


def test_report_of_failures_fits_a_terminal_and_names_stack_resource_and_reason() -> None:
    failure = Failure(
        "Stack", "ROLLBACK_COMPLETE", "Stack/It", "Custom::It", "CREATE_FAILED", "It did not. " * 9
    )
    lines = command_report.failures([failure]).splitlines()
    assert lines[:3] == [
        "Stack      Stack, ROLLBACK_COMPLETE",
        "Resource   Stack/It",
        "Type       Custom::It, CREATE_FAILED",
    ]
    assert lines[3].startswith("Reason     It did not. ")
    assert max(map(len, lines)) <= 80


def test_report_of_other_environments_gives_the_options_for_them() -> None:
    elsewhere = [
        NamedEnvironment("Far", "444455556666", "eu-west-1"),
        NamedEnvironment("Near", None, "eu-central-1"),
    ]
    here = NamedEnvironment("Here", None, None)
    text = command_report.other_environments([*elsewhere, here], elsewhere, "111122223333", ["us-east-1"])
    assert "The sandbox is account 111122223333, us-east-1." in text
    assert "Stack      Far: 444455556666, eu-west-1" in text
    assert "Stack      Near: any account, eu-central-1" in text
    options = "--account 444455556666 --region us-east-1 --region eu-central-1 --region eu-west-1"
    assert f"Run the sandbox with {options}." in " ".join(text.split())
    # A region that no stack names is not advised.
    text = command_report.other_environments(elsewhere, elsewhere, "111122223333", ["us-east-1"])
    assert "--region us-east-1" not in text


def test_report_of_a_run_fits_a_terminal_and_wraps_the_reason() -> None:
    reason = "Unable to read the label file because the role may not " * 3
    run = replace(RUN, status="FAILED", error_string=reason)
    lines = command_report.task_runs([run], {run.transform_id: 12}).splitlines()
    assert max(map(len, lines)) <= 80
    assert "Labels     as before" in lines
    assert "Known now  12 labels" in lines
    assert sum(line.startswith(" " * 11) for line in lines) == 2


def _deploy(root: Path, deploy: str) -> subprocess.CompletedProcess[str]:
    """Deploy two stacks with a stand-in for the CLI, which prints how it is called."""
    cli = root / "node_modules" / ".bin" / "cdk"
    cli.parent.mkdir(parents=True)
    indented = textwrap.indent(deploy, "    ").strip()
    cli.write_text(STANDIN.format(python=sys.executable, deploy=indented))
    cli.chmod(0o755)
    return subprocess.run(
        [sys.executable, "-m", "glue_labels_sandbox", "deploy", "One", "Two"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def _exports(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        if line.startswith("#"):
            return
        _, assignment = shlex.split(line)
        name, _, value = assignment.partition("=")
        yield name, value
