"""Requests that come late, again, or at the same time as others for the same resource or transform."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from world import BUCKET, URL, Fault, World

from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.records import RunPlan

OTHER = "s3://" + BUCKET + "/other.csv"


def test_blocked_import_gives_way_to_a_newer_request_for_the_resource(world: World) -> None:
    world.plan(RunPlan(seconds=1000))
    world.upload("somebody.csv")
    world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=f"s3://{BUCKET}/somebody.csv", ReplaceAllLabels=True
    )
    forward = world.request(
        "Update",
        PhysicalResourceId="tsk-former",
        OldResourceProperties=world.properties(),
        ResourceProperties=world.properties(InputS3Path=OTHER),
    )
    world.invoke(forward)
    (waiting,) = world.polling_events()
    back = world.update("tsk-former", {"InputS3Path": OTHER}, {})
    assert back.status == "SUCCESS"
    world.invoke(waiting)
    assert OTHER not in {run.input_s3_path for run in world.glue_ml.runs()}


def test_delete_keeps_a_blocked_import_from_ever_starting(world: World) -> None:
    world.plan(RunPlan(seconds=1000))
    world.upload("other.csv")
    world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    world.invoke(world.request("Create"))
    (waiting,) = world.polling_events()
    world.delete(NO_RUN)
    world.clock.sleep(300)
    world.invoke(waiting)
    assert len(world.glue_ml.runs()) == 1
    assert world.rules() == []


def signed(world: World) -> str:
    return f"{URL}&X-Amz-Date={world.clock.utc():%Y%m%dT%H%M%SZ}"


def test_request_that_lambda_repeats_after_its_end_imports_nothing_again(world: World) -> None:
    world.plan(RunPlan(seconds=10))
    request = world.request("Create", ResponseURL=signed(world))
    world.serve(request)
    first = world.answer
    world.answers.clear()
    world.clock.sleep(120)
    world.serve(request)
    assert world.answer.body == first.body
    assert len(world.glue_ml.runs()) == 1


def test_update_that_lambda_repeats_after_its_rollback_imports_nothing(world: World) -> None:
    first = world.create()
    world.clock.sleep(60)
    forward = world.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        ResponseURL=signed(world),
        OldResourceProperties=world.properties(),
        ResourceProperties=world.properties(InputS3Path=OTHER),
    )
    world.clock.sleep(5)  # its first invocation crashed before it did anything
    world.update(first.physical_id, {"InputS3Path": OTHER}, {})
    world.clock.sleep(60)
    world.answers.clear()
    world.serve(forward)
    assert "a newer request for this resource" in world.answer.reason
    assert OTHER not in {run.input_s3_path for run in world.glue_ml.runs()}


def test_request_that_comes_after_cloudformation_gave_up_imports_nothing(world: World) -> None:
    request = world.request("Create", ResponseURL=signed(world))
    world.clock.sleep(3601)
    world.serve(request)
    assert world.glue_ml.runs() == ()


def test_rollback_supersedes_a_forward_run_that_started_after_the_rollback_was_made(world: World) -> None:
    first = world.create()
    world.upload("other.csv")
    world.answers.clear()
    world.plan(RunPlan(status=None))
    rollback = world.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        ResponseURL=signed(world),
        OldResourceProperties=world.properties(InputS3Path=OTHER),
        ResourceProperties=world.properties(),
    )
    world.clock.sleep(2)
    world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    world.clock.sleep(1)
    world.serve(rollback)
    assert world.answer.status == "SUCCESS"
    assert world.statuses() == ["SUCCEEDED", "STOPPED", "SUCCEEDED"]


def test_like_run_that_was_started_between_look_and_start_is_waited_for_instead(world: World) -> None:
    world.plan(RunPlan(seconds=10), RunPlan(seconds=10))
    start, asked = world.glue.start_import_labels_task_run, []

    def start_twice(**parameters: object) -> object:
        asked.append(start(**parameters)["TaskRunId"])  # by an invocation that serves the same event
        world.clock.sleep(0.1)
        return start(**parameters)

    world.glue.start_import_labels_task_run = start_twice
    answer = world.create()
    assert [answer.physical_id] == asked
    assert world.statuses() == ["SUCCEEDED", "STOPPED"]


def test_younger_of_like_runs_is_cancelled_though_glue_refuses_the_cancel_at_first(world: World) -> None:
    """Else both succeed, and without `ReplaceAllLabels` the transform has the labels twice."""
    world.plan(RunPlan(seconds=30), RunPlan(seconds=30))
    start = world.glue.start_import_labels_task_run
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "CancelMLTaskRun")
    world.faults.append(Fault("CancelMLTaskRun", lambda: throttled, seconds=5))

    def start_twice(**parameters: object) -> object:
        start(**parameters)  # by an invocation that serves the same event
        world.clock.sleep(0.1)
        return start(**parameters)

    world.glue.start_import_labels_task_run = start_twice
    assert world.create(ReplaceAllLabels="false").status == "SUCCESS"
    assert world.statuses() == ["SUCCEEDED", "STOPPED"]
    assert len(world.glue_ml.labels(world.transform_id)) == 3


@pytest.mark.parametrize("mine_is_newer", [True, False])
def test_of_requests_that_undo_each_other_and_start_at_once_the_newer_prevails(
    world: World, mine_is_newer: bool
) -> None:
    first = world.create()
    world.upload("other.csv")
    world.answers.clear()
    world.clock.sleep(60)
    world.glue_ml.default_plan = RunPlan(seconds=60)
    forward = world.properties(InputS3Path=OTHER)
    if mine_is_newer:
        world.stack_events.add("UPDATE_IN_PROGRESS", forward)
    rollback = world.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        ResponseURL=signed(world),
        OldResourceProperties=forward,
        ResourceProperties=world.properties(),
    )
    if not mine_is_newer:
        world.stack_events.add("UPDATE_IN_PROGRESS", forward)
    start = world.glue.start_import_labels_task_run

    def start_at_once(**parameters: object) -> object:
        world.glue.start_import_labels_task_run = start
        start(**{**parameters, "InputS3Path": OTHER})  # by the other request's invocation
        return start(**parameters)

    world.glue.start_import_labels_task_run = start_at_once
    world.serve(rollback)
    assert world.answer.status == ("SUCCESS" if mine_is_newer else "FAILED")
    world.clock.sleep(80)
    _, other, mine, *again = world.statuses()
    assert (other, mine, again) == (
        ("STOPPED", "STOPPED", ["SUCCEEDED"]) if mine_is_newer else ("SUCCEEDED", "STOPPED", [])
    )


def test_request_goes_on_as_the_newest_where_cloudformation_cannot_be_asked(world: World) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStackEvents")
    world.faults.append(Fault("DescribeStackEvents", lambda: denied))
    request = world.request("Create", ResponseURL=signed(world))
    world.clock.sleep(60)
    world.serve(request)
    assert world.answer.status == "SUCCESS"
    assert world.calls["DescribeStackEvents"] == 1


def test_request_whose_own_event_is_not_seen_yet_goes_on_as_the_newest(world: World) -> None:
    world.stack_events.add("UPDATE_IN_PROGRESS", world.properties(InputS3Path=OTHER))
    seen = list(world.stack_events.events)
    request = world.request("Create", ResponseURL=signed(world))
    world.stack_events.events[:] = seen
    world.clock.sleep(60)
    world.serve(request)
    assert world.answer.status == "SUCCESS"


def test_normal_path_asks_cloudformation_nothing(world: World) -> None:
    world.plan(RunPlan(seconds=1000))
    world.create()
    assert world.calls["DescribeStackEvents"] == 0


def test_run_that_a_newer_request_waits_for_too_is_not_cancelled_at_the_deadline(world: World) -> None:
    """A rollback that imports the same path adopts the forward request's run."""
    world.plan(RunPlan(seconds=400))
    forward = world.properties(TimeoutSeconds="60", Version="2")
    request = world.request("Update", PhysicalResourceId="tsk-former", ResourceProperties=forward)
    request["OldResourceProperties"] = world.properties(Version="1")
    request["ResponseURL"] = signed(world)
    world.clock.sleep(1)
    world.stack_events.add("UPDATE_IN_PROGRESS", world.properties(Version="1"))
    world.serve(request)
    assert "a newer request" in world.answer.reason
    world.clock.sleep(400)
    assert world.statuses() == ["SUCCEEDED"]


def test_tick_that_comes_when_cloudformation_has_given_up_cancels_the_run(world: World) -> None:
    """As when the function was throttled meanwhile."""
    world.plan(RunPlan(status=None))
    world.invoke(world.request("Create"))
    world.stack_events.add("CREATE_FAILED", world.properties())
    world.clock.sleep(3700)
    world.tick()
    world.clock.sleep(5)
    assert (world.answers, world.rules(), world.in_flight()) == ([], [], [])


def test_tick_that_would_start_a_run_for_a_request_that_has_ended_starts_none(world: World) -> None:
    world.plan(RunPlan(seconds=1000))
    world.upload("other.csv")
    world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    world.invoke(world.request("Create"))
    world.stack_events.add("CREATE_FAILED", world.properties())
    world.stack_events.add("DELETE_IN_PROGRESS", world.properties())
    world.clock.sleep(300)
    world.tick()
    assert len(world.glue_ml.runs()) == 1
    assert world.rules() == []
