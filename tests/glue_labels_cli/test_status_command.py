"""`glue-labels status`: the state of a transform, and whether its labels are those of a label file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from steward import BUCKET, LABELS

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from steward import Steward

STATUS = ("status", "--transform", "customers")
DRIFT = (*STATUS, "--output", f"s3://{BUCKET}/drift")


def test_transform_without_labels_is_shown(steward: Steward) -> None:
    result = steward.run(*STATUS)
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        f"customers ({steward.transform})",
        "  status      NOT_READY",
        "  labels      0",
        "  metrics     not evaluated yet",
        "  task runs   none",
    ]


def test_labels_metrics_and_the_last_runs_are_shown_the_newest_first(steward: Steward) -> None:
    steward.teach()
    evaluated = json.loads(steward.run("evaluate", "--transform", "customers", "--format", "json").stdout)
    result = steward.run(*STATUS)
    lines = result.stdout.splitlines()
    assert lines[1:3] == ["  status      READY", "  labels      6"]
    assert f"F1 {evaluated['metrics']['F1']:.3f}" in lines[3]
    runs = lines[lines.index("Last task runs (UTC)") + 1 :]
    assert runs[0] == "  2027-01-15 08:01  evaluation              SUCCEEDED  3 s"
    assert runs[1] == f"      {evaluated['task_run']}"
    assert runs[2].startswith("  2027-01-15 08:00  import labels           SUCCEEDED")
    assert max(map(len, lines)) <= 80


def test_reason_of_a_run_that_failed_is_shown(steward: Steward) -> None:
    steward.teach()
    steward.simulation.plan_runs(RunPlan(status="FAILED", error_string="Out of luck"))
    steward.run("evaluate", "--transform", "customers")
    assert "      Out of luck\n" in steward.run(*STATUS).stdout


def test_only_the_last_five_runs_are_shown(steward: Steward) -> None:
    for _ in range(6):
        steward.teach()
    assert steward.run(*STATUS).stdout.count("import labels") == 5


def test_transform_with_the_same_labels_exits_with_0(steward: Steward) -> None:
    steward.teach()
    Path("labels.csv").write_bytes(LABELS.replace(b",A,", b",one,").replace(b",B,", b",two,"))
    result = steward.run(*DRIFT, "labels.csv")
    assert result.exit_code == 0, result.stderr
    same = f"customers ({steward.transform}) has the same labels as labels.csv: 2 labeling sets."
    assert result.stdout.splitlines()[-1] == same


def test_sets_that_differ_are_named_and_it_exits_with_1(steward: Steward) -> None:
    steward.teach(LABELS + b"S3,A,Ed May,Rom\nS3,A,Eddy May,Rom\n")
    changed = LABELS.replace(b"S1,B,Bo", b"S1,A,Bo") + b"S4,A,Flo,Linz\nS4,A,Floh,Linz\n"
    Path("labels.csv").write_bytes(changed)
    result = steward.run(*DRIFT, "labels.csv")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-5:] == [
        f"customers ({steward.transform}) has other labels than labels.csv.",
        "  3 labeling sets in the file, 3 in the transform",
        "  missing in the transform (1): 'S4'",
        "  only in the transform (1): 'S3'",
        "  different (1): 'S1'",
    ]


def test_transform_without_labels_misses_all_sets(steward: Steward) -> None:
    Path("labels.csv").write_bytes(LABELS)
    result = steward.run(*DRIFT, "labels.csv")
    assert result.exit_code == 1
    assert "  missing in the transform (2): 'S1', 'S2'" in result.stdout


def test_folder_is_compared_as_the_one_file_that_it_is_deployed_as(steward: Steward) -> None:
    steward.teach()
    header, *rows = LABELS.splitlines(keepends=True)
    Path("labels").mkdir()
    Path("labels", "1.csv").write_bytes(header + b"".join(rows[:3]))
    Path("labels", "2.csv").write_bytes(header + b"".join(rows[3:]))
    assert steward.run(*DRIFT, "labels").exit_code == 0


def test_file_with_errors_is_not_compared(steward: Steward) -> None:
    Path("labels.csv").write_bytes(LABELS + b"S3,A\n")
    result = steward.run(*DRIFT, "labels.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: labels.csv has errors. See them: glue-labels check labels.csv\n"
    assert steward.started() == []


def test_file_that_is_not_there_is_reported_before_aws_is_asked(steward: Steward) -> None:
    before = steward.simulation.glue_calls()
    result = steward.run(*DRIFT, "none.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: none.csv: cannot be read: No such file or directory\n"
    assert steward.simulation.glue_calls() == before


@pytest.mark.parametrize("action", ["GetMLTransforms", "GetMLTaskRuns"])
def test_denied_call_is_reported_with_the_action_to_allow(steward: Steward, action: str) -> None:
    steward.simulation.fail_calls(action, "AccessDeniedException")
    result = steward.run(*STATUS)
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{action} failed: AccessDeniedException:" in result.stderr
    assert f"Grant glue:{action} to your identity" in result.stderr


def test_missing_transform_is_wrong_use(steward: Steward) -> None:
    result = steward.run("status")
    assert result.exit_code == 2
    assert "Missing option '--transform'" in result.stderr
