"""A Create: the run that is started or adopted, waited for, handed over, and reported."""

from __future__ import annotations

import pytest
from world import BUCKET, LABELS, World

from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.records import RunPlan

OTHER = "s3://" + BUCKET + "/other.csv"


def test_create_reports_the_task_run_that_succeeded(world: World) -> None:
    answer = world.create()
    (run,) = world.glue_ml.runs()
    assert (answer.status, answer.physical_id) == ("SUCCESS", run.task_run_id)
    assert run.status == "SUCCEEDED"
    assert run.replace_all_labels
    assert answer.data["TaskRunId"] == run.task_run_id
    assert answer.data["TransformId"] == world.transform_id
    assert answer.data["ExecutionTime"] == "3"
    assert answer.data["CompletedOn"] == "2027-01-15T08:00:03+00:00"


def test_answer_carries_what_cloudformation_matches_it_by(world: World) -> None:
    request = world.request("Create")
    world.serve(request)
    names = ("StackId", "RequestId", "LogicalResourceId")
    assert {name: world.answer.body[name] for name in names} == {name: request[name] for name in names}


def test_short_import_sets_up_no_rule_and_is_answered_within_a_look(world: World) -> None:
    answer = world.create()
    (run,) = world.glue_ml.runs()
    assert run.completed_on is not None
    assert answer.at - run.completed_on.timestamp() <= 0.5
    assert "PutRule" not in world.calls


def test_labels_are_added_when_not_to_be_replaced(world: World) -> None:
    world.create()
    path = world.upload("other.csv", LABELS)
    world.answers.clear()
    world.create(InputS3Path=path, ReplaceAllLabels="false")
    assert len(world.glue_ml.labels(world.transform_id)) == 6


@pytest.mark.parametrize("minutes", [16, 25, 54])
def test_long_import_is_handed_over_and_answered_within_seconds(world: World, minutes: int) -> None:
    world.plan(RunPlan(seconds=60 * minutes))
    answer = world.create()
    (run,) = world.glue_ml.runs()
    assert run.completed_on is not None
    assert answer.status == "SUCCESS"
    # 4 s between looks, 3 s between two ticks' windows
    assert answer.at - run.completed_on.timestamp() <= 7
    assert world.rules() == []
    assert len(world.glue_ml.runs()) == 1


def test_handing_over_leaves_no_minute_without_a_look(world: World) -> None:
    # Ends just after the first invocation's last look, when only the rule can notice.
    world.plan(RunPlan(seconds=841))
    answer = world.create()
    (run,) = world.glue_ml.runs()
    assert run.completed_on is not None
    assert answer.at - run.completed_on.timestamp() <= 4.5


def test_run_ending_after_the_rule_is_set_up_is_answered_by_the_first_invocation(world: World) -> None:
    world.plan(RunPlan(seconds=800))
    world.invoke(world.request("Create"))
    assert world.calls["PutRule"] == 1
    assert world.answer.status == "SUCCESS"
    assert world.rules() == []


def test_tick_that_comes_while_the_first_invocation_looks_leaves_it_alone(world: World) -> None:
    world.plan(RunPlan(seconds=1200))
    world.invoke(world.request("Create"))
    (event,) = world.polling_events()
    world.clock.now -= 62
    before = dict(world.calls)
    world.invoke(event)
    assert world.calls["GetMLTaskRun"] == before["GetMLTaskRun"]


def test_rule_name_of_the_longest_logical_id_fits(world: World) -> None:
    world.plan(RunPlan(seconds=1000))
    world.serve(world.request("Create", LogicalResourceId="L" * 255))
    assert world.answer.status == "SUCCESS"
    assert world.rules() == []


@pytest.mark.parametrize("status", ["FAILED", "STOPPED", "TIMEOUT"])
def test_run_that_does_not_succeed_fails_the_request_with_status_run_and_reason(
    world: World, status: str
) -> None:
    world.plan(RunPlan(status=status, error_string="Labels of set 'A' are empty."))
    answer = world.create()
    (run,) = world.glue_ml.runs()
    assert answer.status == "FAILED"
    assert "Labels of set 'A' are empty" in answer.reason
    assert f"status {status}" in answer.reason
    assert run.task_run_id in answer.reason
    assert answer.physical_id == run.task_run_id


def test_missing_object_is_told_with_its_path(world: World) -> None:
    answer = world.create(InputS3Path=OTHER)
    assert answer.status == "FAILED"
    assert f"Check bucket and key: aws s3 ls {OTHER}" in answer.reason


def test_run_over_its_timeout_is_cancelled_and_ended_before_the_answer(world: World) -> None:
    world.plan(RunPlan(status=None))
    begun = world.clock()
    answer = world.create(TimeoutSeconds="120")
    assert world.statuses() == ["STOPPED"]
    assert answer.status == "FAILED"
    assert "did not end within 120 seconds" in answer.reason
    assert "was cancelled." in answer.reason
    assert 120 <= answer.at - begun <= 130


def test_longest_timeout_is_answered_within_cloudformations_hour(world: World) -> None:
    world.plan(RunPlan(status=None))
    begun = world.clock()
    answer = world.create()
    assert "did not end within 3300 seconds" in answer.reason
    assert answer.at - begun < 3600
    assert (world.rules(), world.in_flight()) == ([], [])


def test_run_in_flight_with_same_path_and_flag_is_adopted(world: World) -> None:
    started = world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=f"s3://{BUCKET}/labels.csv", ReplaceAllLabels=True
    )["TaskRunId"]
    assert world.create().physical_id == started
    assert len(world.glue_ml.runs()) == 1


def test_run_in_flight_with_another_flag_is_awaited_not_adopted(world: World) -> None:
    started = world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=f"s3://{BUCKET}/labels.csv", ReplaceAllLabels=False
    )["TaskRunId"]
    assert world.create().physical_id != started
    first, second = world.glue_ml.runs()
    assert first.completed_on is not None
    assert second.started_on >= first.completed_on


def test_import_that_is_blocked_until_its_timeout_names_the_blocker_and_the_remedy(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.upload("other.csv")
    blocker = world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )["TaskRunId"]
    answer = world.create(TimeoutSeconds="90")
    assert answer.status == "FAILED"
    assert blocker in answer.reason
    assert "node.add_dependency" in answer.reason
    assert answer.physical_id == NO_RUN
    assert world.in_flight() == [blocker]  # it is not ours to cancel
