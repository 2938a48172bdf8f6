"""A Delete: what it cancels and clears up, and that it succeeds."""

from __future__ import annotations

import pytest
from harness import BUCKET, Harness

from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.records import RunPlan

OTHER = "s3://" + BUCKET + "/other.csv"


def test_delete_cancels_the_run_in_flight_and_its_polling(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    harness.invoke(harness.request("Create"))
    assert len(harness.rules()) == 1
    (run_id,) = harness.in_flight()
    response = harness.delete(run_id)
    assert (response.status, response.physical_id) == ("SUCCESS", run_id)
    harness.clock.sleep(5)
    assert (harness.rules(), harness.statuses()) == ([], ["STOPPED"])


def test_delete_finds_a_run_whose_id_cloudformation_never_learned(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    harness.invoke(harness.request("Create"))
    assert harness.delete(NO_RUN).status == "SUCCESS"
    harness.clock.sleep(5)
    assert harness.in_flight() == []


def test_delete_leaves_runs_of_others_alone(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    harness.upload("other.csv")
    harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    harness.delete("tsk-former")
    assert harness.calls["CancelMLTaskRun"] == 0


def test_delete_of_a_finished_import_starts_and_cancels_nothing(harness: Harness) -> None:
    first = harness.create()
    assert harness.delete(first.physical_id).status == "SUCCESS"
    assert harness.calls["CancelMLTaskRun"] == 0
    assert harness.calls["StartImportLabelsTaskRun"] == 1


@pytest.mark.parametrize(
    "code", ["EntityNotFoundException", "AccessDeniedException", "InvalidInputException"]
)
def test_delete_succeeds_whatever_glue_says(harness: Harness, code: str) -> None:
    for action in ("GetMLTaskRuns", "CancelMLTaskRun"):
        harness.glue_ml.fail_calls(action, code, times=99)
    assert harness.delete("tsk-former").status == "SUCCESS"


def test_delete_rides_out_a_throttle_so_that_the_run_is_cancelled(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    harness.invoke(harness.request("Create"))
    harness.glue_ml.fail_calls("GetMLTaskRuns", "ThrottlingException", times=4)
    harness.delete(harness.in_flight()[0])
    harness.clock.sleep(5)
    assert harness.in_flight() == []


def test_delete_of_unreadable_properties_succeeds(harness: Harness) -> None:
    request = harness.request("Delete", PhysicalResourceId=NO_RUN, ResourceProperties={})
    harness.serve(request)
    assert (harness.response.status, harness.response.physical_id) == ("SUCCESS", NO_RUN)


def test_delete_that_is_denied_for_a_moment_still_cancels_the_run(harness: Harness) -> None:
    """The function's role may be as new as the resource, whose creation was given up."""
    harness.plan(RunPlan(status=None))
    started = harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=f"s3://{BUCKET}/labels.csv", ReplaceAllLabels=True
    )["TaskRunId"]
    harness.glue_ml.fail_calls("CancelMLTaskRun", "AccessDeniedException", times=3)
    assert harness.delete(started).status == "SUCCESS"
    harness.clock.sleep(5)
    assert harness.in_flight() == []


def test_delete_that_stays_denied_succeeds_after_a_minute(harness: Harness) -> None:
    harness.glue_ml.fail_calls("GetMLTaskRuns", "AccessDeniedException", times=9999)
    begun = harness.clock()
    response = harness.delete("tsk-former")
    assert response.status == "SUCCESS"
    assert response.at - begun < 70
