"""A Delete: what it cancels and clears up, and that it succeeds."""

from __future__ import annotations

import pytest
from world import BUCKET, World

from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.records import RunPlan

OTHER = "s3://" + BUCKET + "/other.csv"


def test_delete_cancels_the_run_in_flight_and_its_polling(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.invoke(world.request("Create"))
    assert len(world.rules()) == 1
    (run_id,) = world.in_flight()
    answer = world.delete(run_id)
    assert (answer.status, answer.physical_id) == ("SUCCESS", run_id)
    world.clock.sleep(5)
    assert (world.rules(), world.statuses()) == ([], ["STOPPED"])


def test_delete_finds_a_run_whose_id_cloudformation_never_learned(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.invoke(world.request("Create"))
    assert world.delete(NO_RUN).status == "SUCCESS"
    world.clock.sleep(5)
    assert world.in_flight() == []


def test_delete_leaves_runs_of_others_alone(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.upload("other.csv")
    world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    world.delete("tsk-former")
    assert world.calls["CancelMLTaskRun"] == 0


def test_delete_of_a_finished_import_starts_and_cancels_nothing(world: World) -> None:
    first = world.create()
    assert world.delete(first.physical_id).status == "SUCCESS"
    assert world.calls["CancelMLTaskRun"] == 0
    assert world.calls["StartImportLabelsTaskRun"] == 1


@pytest.mark.parametrize(
    "code", ["EntityNotFoundException", "AccessDeniedException", "InvalidInputException"]
)
def test_delete_succeeds_whatever_glue_says(world: World, code: str) -> None:
    for action in ("GetMLTaskRuns", "CancelMLTaskRun"):
        world.glue_ml.fail_calls(action, code, times=99)
    assert world.delete("tsk-former").status == "SUCCESS"


def test_delete_rides_out_a_throttle_so_that_the_run_is_cancelled(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.invoke(world.request("Create"))
    world.glue_ml.fail_calls("GetMLTaskRuns", "ThrottlingException", times=4)
    world.delete(world.in_flight()[0])
    world.clock.sleep(5)
    assert world.in_flight() == []


def test_delete_of_unreadable_properties_succeeds(world: World) -> None:
    request = world.request("Delete", PhysicalResourceId=NO_RUN, ResourceProperties={})
    world.serve(request)
    assert (world.answer.status, world.answer.physical_id) == ("SUCCESS", NO_RUN)


def test_delete_that_is_denied_for_a_moment_still_cancels_the_run(world: World) -> None:
    """The function's role may be as new as the resource, whose creation was given up."""
    world.plan(RunPlan(status=None))
    started = world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=f"s3://{BUCKET}/labels.csv", ReplaceAllLabels=True
    )["TaskRunId"]
    world.glue_ml.fail_calls("CancelMLTaskRun", "AccessDeniedException", times=3)
    assert world.delete(started).status == "SUCCESS"
    world.clock.sleep(5)
    assert world.in_flight() == []


def test_delete_that_stays_denied_succeeds_after_a_minute(world: World) -> None:
    world.glue_ml.fail_calls("GetMLTaskRuns", "AccessDeniedException", times=9999)
    begun = world.clock()
    answer = world.delete("tsk-former")
    assert answer.status == "SUCCESS"
    assert answer.at - begun < 70
