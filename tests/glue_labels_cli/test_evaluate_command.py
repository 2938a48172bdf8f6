"""`glue-labels evaluate`: starts an evaluation, waits, shows what it found."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click
import pytest
from steward import new_transform

from glue_labels_cli.transform_text import quality_as_text
from glue_labels_handler.quality import Quality
from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from steward import Steward


def test_metrics_confusion_matrix_and_importances_are_shown(steward: Steward) -> None:
    steward.teach()
    result = steward.run("evaluate", "--transform", "customers")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"customers ({steward.transform})"
    assert lines[1].split()[0] == "F1"
    assert "Confusion matrix (pairs of records)" in lines
    assert "Column importances" in lines
    assert steward.started() == ["StartMLEvaluationTaskRun"]


def test_progress_is_on_standard_error_a_line_for_each_status(steward: Steward) -> None:
    steward.teach()
    steward.simulation.plan_runs(RunPlan(seconds=130))
    result = steward.run("evaluate", "--transform", steward.transform)
    task_run, *progress = result.stderr.splitlines()
    assert task_run.startswith("Task run tsk-")
    assert [line.split()[0] for line in progress] == ["STARTING", "RUNNING", "SUCCEEDED"]
    assert progress[-1] == "SUCCEEDED  2 min 10 s"


def test_json_has_all_numbers(steward: Steward) -> None:
    steward.teach()
    result = steward.run("evaluate", "--transform", "customers", "--format", "json")
    found = json.loads(result.stdout)
    assert found["transform"] == {"id": steward.transform, "name": "customers"}
    assert found["task_run"].startswith("tsk-")
    assert found["label_count"] == 6
    assert set(found["metrics"]) == {"F1", "Precision", "Recall", "AreaUnderPRCurve"}
    assert set(found["confusion_matrix"]) >= {"NumTruePositives", "NumFalseNegatives"}
    assert {one["name"] for one in found["column_importances"]} <= {"name", "city"}


def test_transform_that_is_not_ready_is_reported_with_what_to_do(steward: Steward) -> None:
    result = steward.run("evaluate", "--transform", "customers")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Import matches and non-matches first" in result.stderr


def test_task_run_that_was_started_is_waited_for_instead_of_another(steward: Steward) -> None:
    steward.teach()
    started = steward.glue.start_ml_evaluation_task_run(TransformId=steward.transform)["TaskRunId"]
    result = steward.run("evaluate", "--transform", "customers", "--task-run", started)
    assert (result.exit_code, result.stderr.splitlines()[0]) == (0, f"Task run {started}")
    assert steward.started() == ["StartMLEvaluationTaskRun"]


def test_task_run_of_another_type_is_refused(steward: Steward) -> None:
    steward.teach()
    (imported,) = steward.simulation.runs()
    result = steward.run("evaluate", "--transform", "customers", "--task-run", imported.task_run_id)
    assert result.exit_code == 1
    assert "has the type IMPORT_LABELS, not EVALUATION." in result.stderr


def test_task_run_that_does_not_exist_is_reported_at_once(steward: Steward) -> None:
    before = steward.now[0]
    result = steward.run("evaluate", "--transform", "customers", "--task-run", "tsk-none")
    assert result.exit_code == 1
    assert "GetMLTaskRun failed: EntityNotFoundException" in result.stderr
    assert steward.now[0] == before


def test_ctrl_c_says_how_to_continue_and_how_to_cancel(steward: Steward) -> None:
    steward.teach()

    def interrupt() -> None:
        raise KeyboardInterrupt

    steward.at_sleep = interrupt
    result = steward.run("evaluate", "--transform", "customers", "--region", "eu-west-1")
    assert (result.exit_code, result.stdout) == (130, "")
    run_id = result.stderr.split()[2]
    assert "Interrupted. The task run continues in Glue." in result.stderr
    assert (
        f"Wait for it:  glue-labels evaluate --transform {steward.transform} --format text --task-run "
        f"{run_id} --region eu-west-1\n"
    ) in result.stderr
    assert (
        f"Cancel it:    aws glue cancel-ml-task-run --transform-id {steward.transform} --task-run-id "
        f"{run_id} --region eu-west-1\n"
    ) in result.stderr


def test_command_that_ctrl_c_shows_waits_for_the_run(steward: Steward) -> None:
    steward.teach()

    def interrupt() -> None:
        raise KeyboardInterrupt

    steward.at_sleep = interrupt
    stopped = steward.run("evaluate", "--transform", "customers")
    (shown,) = (line for line in stopped.stderr.splitlines() if line.startswith("Wait for it:"))
    steward.at_sleep = lambda: None
    program, *arguments = shown.removeprefix("Wait for it:").split()
    assert program == "glue-labels"
    assert steward.run(*arguments).exit_code == 0
    assert steward.started() == ["StartMLEvaluationTaskRun"]


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        (
            RunPlan(status="FAILED", error_string="Access Denied"),
            "The evaluation failed: Access Denied. Grant",
        ),
        (RunPlan(status="TIMEOUT"), "The evaluation ran into the transform's own timeout"),
    ],
)
def test_run_that_does_not_succeed_is_reported_with_its_reason(
    steward: Steward, plan: RunPlan, words: str
) -> None:
    steward.teach()
    steward.simulation.plan_runs(plan)
    result = steward.run("evaluate", "--transform", "customers")
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert "task run tsk-" in result.stderr


def test_poll_with_a_transient_error_is_repeated(steward: Steward) -> None:
    steward.teach()
    steward.simulation.fail_calls("GetMLTaskRun", "ThrottlingException", times=12)
    result = steward.run("evaluate", "--transform", "customers")
    assert result.exit_code == 0
    assert "Cannot be polled: ThrottlingException" in result.stderr


def test_poll_that_keeps_failing_ends_the_wait_and_says_how_to_continue(steward: Steward) -> None:
    steward.teach()
    steward.simulation.fail_calls("GetMLTaskRun", "InternalServiceException", times=10_000)
    before = steward.now[0]
    result = steward.run("evaluate", "--transform", "customers")
    assert result.exit_code == 1
    assert "GetMLTaskRun failed: InternalServiceException" in result.stderr
    assert "The task run may still be running.\nWait for it:  glue-labels evaluate" in result.stderr
    assert 300 <= steward.now[0] - before < 320


def test_poll_that_is_denied_is_reported_at_once(steward: Steward) -> None:
    steward.teach()
    steward.simulation.fail_calls("GetMLTaskRun", "AccessDeniedException")
    before = steward.now[0]
    result = steward.run("evaluate", "--transform", "customers")
    assert "Grant glue:GetMLTaskRun to your identity" in result.stderr
    assert steward.now[0] == before


def test_name_of_several_transforms_is_refused_with_their_ids(steward: Steward) -> None:
    other = new_transform(steward.glue, "customers")
    result = steward.run("evaluate", "--transform", "customers")
    assert result.exit_code == 1
    ids = ", ".join(sorted([other, steward.transform]))
    assert f"2 transforms are named 'customers'. Give the id of one of them: {ids}" in result.stderr


@pytest.mark.parametrize("given", ["customer", "tfm-none", "nobody"])
def test_transform_that_does_not_exist_is_reported_with_the_region(steward: Steward, given: str) -> None:
    result = steward.run("evaluate", "--transform", given)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: There is no transform '{given}' in eu-west-1.")


def test_name_may_begin_like_an_id(steward: Steward) -> None:
    named = new_transform(steward.glue, "tfm-of-people")
    assert named in steward.run("status", "--transform", "tfm-of-people").stdout


QUALITY = Quality(
    {"F1": 0.9166, "Precision": 0.951, "Recall": 0.8846, "AreaUnderPRCurve": 0.97},
    {
        "NumTruePositives": 1_234_567,
        "NumFalsePositives": 89,
        "NumTrueNegatives": 12_345_678_901,
        "NumFalseNegatives": 7,
    },
    (("last_name", 0.62), ("a_very_long_name_of_a_column_of_some_warehouse", 0.21), ("zip", 0.0)),
    50,
)


def test_quality_is_laid_out_in_columns() -> None:
    lines = [click.unstyle(line) for line in quality_as_text(QUALITY)]
    assert lines == [
        "  F1                                     0.917",
        "  Precision                              0.951",
        "  Recall                                 0.885",
        "  Area under the precision-recall curve  0.970",
        "",
        "Confusion matrix (pairs of records)",
        "                       predicted match  predicted no match",
        "  labeled match              1,234,567                   7",
        "  labeled no match                  89      12,345,678,901",
        "",
        "Column importances",
        f"  last_name                       0.620  {'█' * 30}",
        f"  a_very_long_name_of_a_colum...  0.210  {'█' * 10}",
        "  zip                             0.000",
    ]
    assert max(map(len, lines)) <= 80


def test_bars_are_of_a_character_that_can_be_written(steward: Steward) -> None:
    steward.teach()
    result = steward.run("evaluate", "--transform", "customers", charset="ascii")
    assert result.exit_code == 0
    assert "  1.000  ##########" in result.stdout


def test_metric_that_glue_does_not_give_is_a_dash() -> None:
    lines = list(quality_as_text(Quality({"F1": 0.5})))
    assert [line.split()[-1] for line in lines] == ["0.500", "-", "-", "-"]
