"""Requests that come late, again, or at the same time as others for the same resource or transform."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from harness import BUCKET, URL, Harness, PlannedError

from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.records import RunPlan

OTHER = "s3://" + BUCKET + "/other.csv"


def test_blocked_import_gives_way_to_a_newer_request_for_the_resource(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1000))
    harness.upload("somebody.csv")
    harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=f"s3://{BUCKET}/somebody.csv", ReplaceAllLabels=True
    )
    forward = harness.request(
        "Update",
        PhysicalResourceId="tsk-former",
        OldResourceProperties=harness.properties(),
        ResourceProperties=harness.properties(InputS3Path=OTHER),
    )
    harness.invoke(forward)
    (waiting,) = harness.polling_events()
    back = harness.update("tsk-former", {"InputS3Path": OTHER}, {})
    assert back.status == "SUCCESS"
    harness.invoke(waiting)
    assert OTHER not in {run.input_s3_path for run in harness.glue_ml.runs()}


def test_delete_keeps_a_blocked_import_from_ever_starting(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1000))
    harness.upload("other.csv")
    harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    harness.invoke(harness.request("Create"))
    (waiting,) = harness.polling_events()
    harness.delete(NO_RUN)
    harness.clock.sleep(300)
    harness.invoke(waiting)
    assert len(harness.glue_ml.runs()) == 1
    assert harness.rules() == []


def signed(harness: Harness) -> str:
    return f"{URL}&X-Amz-Date={harness.clock.utc():%Y%m%dT%H%M%SZ}"


def test_request_that_lambda_repeats_after_its_end_imports_nothing_again(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=10))
    request = harness.request("Create", ResponseURL=signed(harness))
    harness.serve(request)
    first = harness.response
    harness.responses.clear()
    harness.clock.sleep(120)
    harness.serve(request)
    assert harness.response.body == first.body
    assert len(harness.glue_ml.runs()) == 1


def test_update_that_lambda_repeats_after_its_rollback_imports_nothing(harness: Harness) -> None:
    first = harness.create()
    harness.clock.sleep(60)
    forward = harness.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        ResponseURL=signed(harness),
        OldResourceProperties=harness.properties(),
        ResourceProperties=harness.properties(InputS3Path=OTHER),
    )
    harness.clock.sleep(5)  # its first invocation crashed before it did anything
    harness.update(first.physical_id, {"InputS3Path": OTHER}, {})
    harness.clock.sleep(60)
    harness.responses.clear()
    harness.serve(forward)
    assert "A newer request for this resource" in harness.response.reason
    assert OTHER not in {run.input_s3_path for run in harness.glue_ml.runs()}


def test_request_that_comes_after_cloudformation_gave_up_imports_nothing(harness: Harness) -> None:
    request = harness.request("Create", ResponseURL=signed(harness))
    harness.clock.sleep(3601)
    harness.serve(request)
    assert harness.glue_ml.runs() == ()


def test_rollback_supersedes_a_forward_run_that_started_after_the_rollback_was_made(harness: Harness) -> None:
    first = harness.create()
    harness.upload("other.csv")
    harness.responses.clear()
    harness.plan(RunPlan(status=None))
    rollback = harness.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        ResponseURL=signed(harness),
        OldResourceProperties=harness.properties(InputS3Path=OTHER),
        ResourceProperties=harness.properties(),
    )
    harness.clock.sleep(2)
    harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    harness.clock.sleep(1)
    harness.serve(rollback)
    assert harness.response.status == "SUCCESS"
    assert harness.statuses() == ["SUCCEEDED", "STOPPED", "SUCCEEDED"]


def test_like_run_that_was_started_between_list_and_start_is_waited_for_instead(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=10), RunPlan(seconds=10))
    start, asked = harness.glue.start_import_labels_task_run, []

    def start_twice(**parameters: object) -> object:
        asked.append(start(**parameters)["TaskRunId"])  # by an invocation that serves the same event
        harness.clock.sleep(0.1)
        return start(**parameters)

    harness.glue.start_import_labels_task_run = start_twice
    response = harness.create()
    assert [response.physical_id] == asked
    assert harness.statuses() == ["SUCCEEDED", "STOPPED"]


def test_younger_of_like_runs_is_cancelled_though_glue_refuses_the_cancel_at_first(harness: Harness) -> None:
    """Else both succeed, and without `ReplaceAllLabels` the transform has the labels twice."""
    harness.plan(RunPlan(seconds=30), RunPlan(seconds=30))
    start = harness.glue.start_import_labels_task_run
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "CancelMLTaskRun")
    harness.planned_errors.append(PlannedError("CancelMLTaskRun", lambda: throttled, seconds=5))

    def start_twice(**parameters: object) -> object:
        start(**parameters)  # by an invocation that serves the same event
        harness.clock.sleep(0.1)
        return start(**parameters)

    harness.glue.start_import_labels_task_run = start_twice
    assert harness.create(ReplaceAllLabels="false").status == "SUCCESS"
    assert harness.statuses() == ["SUCCEEDED", "STOPPED"]
    assert len(harness.glue_ml.labels(harness.transform_id)) == 3


@pytest.mark.parametrize("mine_is_newer", [True, False])
def test_of_requests_that_undo_each_other_and_start_at_once_the_newer_prevails(
    harness: Harness, mine_is_newer: bool
) -> None:
    first = harness.create()
    harness.upload("other.csv")
    harness.responses.clear()
    harness.clock.sleep(60)
    harness.glue_ml.default_plan = RunPlan(seconds=60)
    forward = harness.properties(InputS3Path=OTHER)
    if mine_is_newer:
        harness.stack_events.add("UPDATE_IN_PROGRESS", forward)
    rollback = harness.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        ResponseURL=signed(harness),
        OldResourceProperties=forward,
        ResourceProperties=harness.properties(),
    )
    if not mine_is_newer:
        harness.stack_events.add("UPDATE_IN_PROGRESS", forward)
    start = harness.glue.start_import_labels_task_run

    def start_at_once(**parameters: object) -> object:
        harness.glue.start_import_labels_task_run = start
        start(**{**parameters, "InputS3Path": OTHER})  # by the other request's invocation
        return start(**parameters)

    harness.glue.start_import_labels_task_run = start_at_once
    harness.serve(rollback)
    assert harness.response.status == ("SUCCESS" if mine_is_newer else "FAILED")
    harness.clock.sleep(80)
    _, other, mine, *again = harness.statuses()
    assert (other, mine, again) == (
        ("STOPPED", "STOPPED", ["SUCCEEDED"]) if mine_is_newer else ("SUCCEEDED", "STOPPED", [])
    )


def test_request_goes_on_as_the_newest_where_cloudformation_cannot_be_asked(harness: Harness) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeStackEvents")
    harness.planned_errors.append(PlannedError("DescribeStackEvents", lambda: denied))
    request = harness.request("Create", ResponseURL=signed(harness))
    harness.clock.sleep(60)
    harness.serve(request)
    assert harness.response.status == "SUCCESS"
    assert harness.calls["DescribeStackEvents"] == 1


def test_request_whose_own_event_is_not_seen_yet_goes_on_as_the_newest(harness: Harness) -> None:
    harness.stack_events.add("UPDATE_IN_PROGRESS", harness.properties(InputS3Path=OTHER))
    seen = list(harness.stack_events.events)
    request = harness.request("Create", ResponseURL=signed(harness))
    harness.stack_events.events[:] = seen
    harness.clock.sleep(60)
    harness.serve(request)
    assert harness.response.status == "SUCCESS"


def test_normal_path_asks_cloudformation_nothing(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1000))
    harness.create()
    assert harness.calls["DescribeStackEvents"] == 0


def test_run_that_a_newer_request_waits_for_too_is_not_cancelled_at_the_deadline(harness: Harness) -> None:
    """A rollback that imports the same path waits for the forward request's run."""
    harness.plan(RunPlan(seconds=400))
    forward = harness.properties(TimeoutSeconds="60", Version="2")
    request = harness.request("Update", PhysicalResourceId="tsk-former", ResourceProperties=forward)
    request["OldResourceProperties"] = harness.properties(Version="1")
    request["ResponseURL"] = signed(harness)
    harness.clock.sleep(1)
    harness.stack_events.add("UPDATE_IN_PROGRESS", harness.properties(Version="1"))
    harness.serve(request)
    assert "A newer request" in harness.response.reason
    harness.clock.sleep(400)
    assert harness.statuses() == ["SUCCEEDED"]


def test_tick_that_comes_when_cloudformation_has_given_up_cancels_the_run(harness: Harness) -> None:
    """As when the function was throttled meanwhile."""
    harness.plan(RunPlan(status=None))
    harness.invoke(harness.request("Create"))
    harness.stack_events.add("CREATE_FAILED", harness.properties())
    harness.clock.sleep(3700)
    harness.tick()
    harness.clock.sleep(5)
    assert (harness.responses, harness.rules(), harness.in_flight()) == ([], [], [])


def test_tick_that_would_start_a_run_for_a_request_that_has_ended_starts_none(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1000))
    harness.upload("other.csv")
    harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    harness.invoke(harness.request("Create"))
    harness.stack_events.add("CREATE_FAILED", harness.properties())
    harness.stack_events.add("DELETE_IN_PROGRESS", harness.properties())
    harness.clock.sleep(300)
    harness.tick()
    assert len(harness.glue_ml.runs()) == 1
    assert harness.rules() == []
