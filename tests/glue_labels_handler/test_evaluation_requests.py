"""Requests of an evaluation, from CloudFormation's request to its response."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from harness import PlannedError

from glue_labels_handler.request import EVALUATION_TYPE
from glue_labels_sandbox.records import Metrics, RunPlan

if TYPE_CHECKING:
    from harness import Harness, Response

FOUND = Metrics(
    f1=0.9,
    precision=0.95,
    recall=0.86,
    area_under_pr_curve=0.93,
    true_positives=61,
    false_positives=4,
    true_negatives=300,
    false_negatives=10,
    column_importances=(("name", 0.7), ("zip", 0.3)),
)
WORSE = Metrics(f1=0.71, precision=0.6, recall=0.87)
MINIMUM = {"F1": "0.85"}


@pytest.fixture
def taught(harness: Harness) -> Harness:
    """A transform that was taught labels."""
    harness.plan(RunPlan(seconds=1))
    assert harness.create().status == "SUCCESS"
    harness.clock.sleep(60)
    harness.responses.clear()
    return harness


def create(harness: Harness, **properties: Any) -> Response:
    request = harness.request(
        "Create",
        ResourceType=EVALUATION_TYPE,
        ResourceProperties=harness.evaluation_properties(**{"After": ["tsk-1"], **properties}),
    )
    harness.serve(request)
    return harness.responses[-1]


def update(
    harness: Harness, physical_id: str, old: dict[str, Any], new: dict[str, Any], *, rolls_back: bool = False
) -> Response:
    harness.responses.clear()
    make = harness.next_request if rolls_back else harness.request
    if rolls_back:
        harness.stack_events.add_of_stack("UPDATE_ROLLBACK_IN_PROGRESS")
    request = make(
        "Update",
        ResourceType=EVALUATION_TYPE,
        PhysicalResourceId=physical_id,
        OldResourceProperties=harness.evaluation_properties(**old),
        ResourceProperties=harness.evaluation_properties(**new),
    )
    harness.serve(request)
    return harness.responses[-1]


def evaluations(harness: Harness) -> list[str]:
    return [run.status for run in harness.glue_ml.runs() if run.task_type == "EVALUATION"]


def test_create_evaluates_and_reports_what_glue_found(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=40, metrics=FOUND))
    response = create(taught, Minimum=MINIMUM)
    assert response.status == "SUCCESS"
    run = taught.glue_ml.runs()[-1]
    assert response.physical_id == run.task_run_id
    assert response.data == {
        "TaskRunId": run.task_run_id,
        "F1": "0.9",
        "Precision": "0.95",
        "Recall": "0.86",
        "AreaUnderPRCurve": "0.93",
        "NumTruePositives": "61",
        "NumFalsePositives": "4",
        "NumTrueNegatives": "300",
        "NumFalseNegatives": "10",
        "ColumnImportances": "name 0.70, zip 0.30",
        "LabelCount": "3",
    }
    assert run.completed_on is not None
    assert response.at - run.completed_on.timestamp() <= 2.5


def test_evaluation_below_the_minimum_fails_and_keeps_its_run(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=40, metrics=WORSE))
    response = create(taught, Minimum={"F1": "0.85", "Precision": "0.5"})
    assert response.status == "FAILED"
    run = taught.glue_ml.runs()[-1]
    assert response.physical_id == run.task_run_id
    assert response.reason.startswith(
        "The transform's quality is below the minimum: F1 0.71 (minimum 0.85), precision 0.60 (minimum 0.50)."
    )
    assert f"(task run {run.task_run_id}, transform {taught.transform_id})" in response.reason
    assert "cancelled" not in response.reason


def test_evaluation_without_a_minimum_only_reports(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=1, metrics=WORSE))
    response = create(taught)
    assert (response.status, response.data["F1"]) == ("SUCCESS", "0.71")


def test_numbers_that_fell_since_the_evaluation_before_are_named(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=1, metrics=FOUND), RunPlan(seconds=700, metrics=WORSE))
    first = create(taught, Minimum=MINIMUM)
    old, new = ({"After": [run], "Minimum": MINIMUM} for run in ("tsk-1", "tsk-2"))
    # The run outlives the invocation that started it.
    taught.invocation_seconds = 120
    response = update(taught, first.physical_id, old, new)
    assert response.status == "FAILED"
    assert response.physical_id == first.physical_id
    assert "Before this evaluation, F1 was 0.90, precision was 0.95." in response.reason


def test_run_without_metrics_fails_only_under_a_minimum(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=1, metrics=Metrics()), RunPlan(seconds=1, metrics=Metrics()))
    first = create(taught)
    assert (first.status, first.data["F1"]) == ("SUCCESS", "")
    second = create(taught, Minimum=MINIMUM)
    assert second.status == "FAILED"


def test_minimum_alone_starts_no_run(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=1, metrics=FOUND))
    first = create(taught)
    taught.clock.sleep(60)
    lower = update(taught, first.physical_id, {"After": ["tsk-1"]}, {"After": ["tsk-1"], "Minimum": MINIMUM})
    assert (lower.status, lower.data) == ("SUCCESS", first.data)
    higher = update(
        taught, first.physical_id, {"After": ["tsk-1"]}, {"After": ["tsk-1"], "Minimum": {"F1": "0.95"}}
    )
    assert higher.status == "FAILED"
    assert evaluations(taught) == ["SUCCEEDED"]


def test_minimum_alone_is_evaluated_where_labels_came_in_since(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=1, metrics=FOUND), RunPlan(seconds=1), RunPlan(seconds=1, metrics=WORSE))
    first = create(taught)
    taught.glue.start_import_labels_task_run(
        TransformId=taught.transform_id, InputS3Path=taught.properties()["InputS3Path"], ReplaceAllLabels=True
    )
    taught.clock.sleep(60)
    response = update(
        taught, first.physical_id, {"After": ["tsk-1"]}, {"After": ["tsk-1"], "Minimum": MINIMUM}
    )
    assert response.status == "FAILED"
    assert evaluations(taught) == ["SUCCEEDED", "SUCCEEDED"]


def test_rollback_responds_with_the_last_metrics_and_starts_nothing(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=1, metrics=FOUND), RunPlan(seconds=1, metrics=WORSE))
    first = create(taught, Minimum=MINIMUM)
    good, bad = ({"After": [run], "Minimum": MINIMUM} for run in ("tsk-1", "tsk-2"))
    assert update(taught, first.physical_id, good, bad).status == "FAILED"
    taught.calls.clear()
    response = update(taught, first.physical_id, bad, good, rolls_back=True)
    assert response.status == "SUCCESS"
    assert response.physical_id == first.physical_id
    assert response.data["F1"] == "0.71"
    assert response.data["TaskRunId"] == taught.glue_ml.runs()[-1].task_run_id
    assert taught.calls["StartMLEvaluationTaskRun"] == 0
    assert taught.calls["PutRule"] == 0


@pytest.mark.parametrize("code", ["AccessDeniedException", "EntityNotFoundException", "ThrottlingException"])
def test_rollback_does_not_fail_though_glue_gives_no_metrics(taught: Harness, code: str) -> None:
    taught.plan(RunPlan(seconds=1, metrics=FOUND))
    first = create(taught)
    for call in ("GetMLTransform", "GetMLTaskRuns"):
        taught.planned_errors.append(
            PlannedError(call, lambda: ClientError({"Error": {"Code": code}}, "Call"))
        )
    response = update(taught, first.physical_id, {"After": ["tsk-2"]}, {"After": ["tsk-1"]}, rolls_back=True)
    assert (response.status, response.physical_id, response.data["F1"]) == ("SUCCESS", first.physical_id, "")


def test_forward_update_after_a_rollback_evaluates_again(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=1, metrics=WORSE), RunPlan(seconds=1, metrics=FOUND))
    first = create(taught)
    update(taught, first.physical_id, {"After": ["tsk-2"]}, {"After": ["tsk-1"]}, rolls_back=True)
    response = update(taught, first.physical_id, {"After": ["tsk-1"]}, {"After": ["tsk-3"]})
    assert (response.status, response.data["F1"]) == ("SUCCESS", "0.9")


def test_evaluation_waits_until_an_import_has_ended(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=100), RunPlan(seconds=1, metrics=FOUND))
    taught.glue.start_import_labels_task_run(
        TransformId=taught.transform_id, InputS3Path=taught.properties()["InputS3Path"], ReplaceAllLabels=True
    )
    assert create(taught).status == "SUCCESS"
    labels, evaluation = taught.glue_ml.runs()[-2:]
    assert labels.completed_on is not None
    assert labels.completed_on <= evaluation.started_on


def test_lambda_s_retry_of_an_evaluation_starts_no_second(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=50, metrics=FOUND))
    request = taught.request(
        "Create",
        ResourceType=EVALUATION_TYPE,
        ResourceProperties=taught.evaluation_properties(After=["tsk-1"]),
    )
    taught.serve(request)
    taught.serve(request)
    assert evaluations(taught) == ["SUCCEEDED"]
    assert len({str(response.body) for response in taught.responses}) == 1


def test_evaluation_at_its_deadline_is_cancelled(taught: Harness) -> None:
    taught.plan(RunPlan(status=None))
    response = create(taught, TimeoutSeconds="120")
    assert response.status == "FAILED"
    assert response.reason.startswith(
        "The evaluation of the transform's quality did not end within 120 seconds (the timeout of "
        "TransformEvaluation) and was cancelled."
    )
    assert evaluations(taught) == ["STOPPED"]


def test_delete_cancels_the_evaluation_in_flight(taught: Harness) -> None:
    taught.plan(RunPlan(status=None))
    taught.glue.start_ml_evaluation_task_run(TransformId=taught.transform_id)
    request = taught.request(
        "Delete",
        ResourceType=EVALUATION_TYPE,
        PhysicalResourceId="tsk-0",
        ResourceProperties=taught.evaluation_properties(),
    )
    taught.serve(request)
    assert taught.responses[-1].status == "SUCCESS"
    taught.clock.sleep(10)
    assert evaluations(taught) == ["STOPPED"]


def test_import_s_delete_leaves_an_evaluation_alone(taught: Harness) -> None:
    taught.plan(RunPlan(seconds=600))
    taught.glue.start_ml_evaluation_task_run(TransformId=taught.transform_id)
    assert taught.delete("tsk-0").status == "SUCCESS"
    assert evaluations(taught) == ["STARTING"]


def test_transform_without_labels_is_explained(harness: Harness) -> None:
    response = create(harness)
    assert response.status == "FAILED"
    assert "MLTransformNotReadyException" in response.reason
    assert "Import a label file with matches and non-matches first" in response.reason


def test_malformed_minimum_is_named(harness: Harness) -> None:
    response = create(harness, Minimum={"F1": "85"})
    assert response.status == "FAILED"
    assert "F1 must be from 0 to 1, this one is 85" in response.reason
