"""A Create: the run that is started or found, waited for, handed over, and reported."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from harness import BUCKET, LABELS, Harness, PlannedError

from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.records import RunPlan

OTHER = "s3://" + BUCKET + "/other.csv"


def test_create_reports_the_task_run_that_succeeded(harness: Harness) -> None:
    response = harness.create()
    (run,) = harness.glue_ml.runs()
    assert (response.status, response.physical_id) == ("SUCCESS", run.task_run_id)
    assert run.status == "SUCCEEDED"
    assert run.replace_all_labels
    assert response.data["TaskRunId"] == run.task_run_id
    assert response.data["TransformId"] == harness.transform_id
    assert response.data["ExecutionTime"] == "3"
    assert response.data["CompletedOn"] == "2027-01-15T08:00:03+00:00"


def test_response_has_the_fields_by_which_cloudformation_matches_it(harness: Harness) -> None:
    request = harness.request("Create")
    harness.serve(request)
    names = ("StackId", "RequestId", "LogicalResourceId")
    assert {name: harness.response.body[name] for name in names} == {name: request[name] for name in names}


def test_short_import_creates_no_rule_and_gets_its_response_within_a_poll(harness: Harness) -> None:
    response = harness.create()
    (run,) = harness.glue_ml.runs()
    assert run.completed_on is not None
    assert response.at - run.completed_on.timestamp() <= 0.5
    assert "PutRule" not in harness.calls


def test_labels_are_added_when_not_to_be_replaced(harness: Harness) -> None:
    harness.create()
    path = harness.upload("other.csv", LABELS)
    harness.responses.clear()
    harness.create(InputS3Path=path, ReplaceAllLabels="false")
    assert len(harness.glue_ml.labels(harness.transform_id)) == 6


@pytest.mark.parametrize("minutes", [16, 25, 54])
def test_long_import_is_handed_over_and_gets_its_response_within_seconds(
    harness: Harness, minutes: int
) -> None:
    harness.plan(RunPlan(seconds=60 * minutes))
    response = harness.create()
    (run,) = harness.glue_ml.runs()
    assert run.completed_on is not None
    assert response.status == "SUCCESS"
    # 4 s between polls, 3 s between two ticks' windows
    assert response.at - run.completed_on.timestamp() <= 7
    assert harness.rules() == []
    assert len(harness.glue_ml.runs()) == 1


def test_handover_leaves_no_minute_without_a_poll(harness: Harness) -> None:
    # Ends just after the first invocation's last poll, when only the rule can notice.
    harness.plan(RunPlan(seconds=841))
    response = harness.create()
    (run,) = harness.glue_ml.runs()
    assert run.completed_on is not None
    assert response.at - run.completed_on.timestamp() <= 4.5


def test_first_invocation_responds_to_a_run_that_ends_after_the_handover(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=800))
    harness.invoke(harness.request("Create"))
    assert harness.calls["PutRule"] == 1
    assert harness.response.status == "SUCCESS"
    assert harness.rules() == []


def test_tick_that_comes_while_the_first_invocation_polls_does_nothing(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1200))
    harness.invoke(harness.request("Create"))
    (event,) = harness.polling_events()
    harness.clock.now -= 62
    before = dict(harness.calls)
    harness.invoke(event)
    assert harness.calls["GetMLTaskRun"] == before["GetMLTaskRun"]


def test_delayed_request_leaves_its_execution_to_others(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1200))
    request = harness.request("Create")
    harness.clock.sleep(60)
    begun = harness.clock()
    harness.invoke(request)
    assert harness.clock() - begun <= 17
    while not harness.responses:
        (event,) = harness.polling_events()
        harness.clock.sleep(60)
        begun = harness.clock()
        harness.invoke(event)
        assert harness.clock() == begun
    (run,) = harness.glue_ml.runs()
    assert run.completed_on is not None
    assert harness.response.status == "SUCCESS"
    assert harness.response.at - run.completed_on.timestamp() <= 60
    assert harness.rules() == []


def test_delayed_request_that_waits_for_another_run_leaves_no_sooner_than_others_may_poll(
    harness: Harness,
) -> None:
    harness.plan(RunPlan(seconds=70), RunPlan(seconds=1200))
    harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=harness.upload("other.csv"), ReplaceAllLabels=True
    )
    request = harness.request("Create")
    harness.clock.sleep(60)
    begun = harness.clock()
    polls_from: list[float] = []
    put_targets = harness.events.put_targets

    def put(**asked: Any) -> Any:
        data = json.loads(asked["Targets"][0]["Input"])["CrHelperData"]
        polls_from.append(data["PollFrom"] - harness.clock())
        return put_targets(**asked)

    harness.events.put_targets = put
    harness.invoke(request)
    # The first handover comes at once, without a run. The other one is the last thing that is done.
    assert polls_from == [pytest.approx(840, abs=2), 0]
    assert harness.clock() - begun <= 17
    assert harness.statuses() == ["SUCCEEDED", "RUNNING"]


def test_delayed_request_without_a_rule_polls_as_long_as_the_invocation_lasts(harness: Harness) -> None:
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutRule")
    harness.planned_errors.append(PlannedError("PutRule", lambda: denied))
    harness.plan(RunPlan(seconds=600))
    request = harness.request("Create")
    harness.clock.sleep(60)
    harness.invoke(request)
    assert harness.response.status == "SUCCESS"


def test_tick_of_a_version_that_knew_no_delayed_requests_polls_until_the_next_one(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=880))
    harness.invoke(harness.request("Create"))
    (event,) = harness.polling_events()
    del event["CrHelperData"]["IsDelayed"]
    harness.invoke(event)
    (run,) = harness.glue_ml.runs()
    assert run.completed_on is not None
    assert harness.response.at - run.completed_on.timestamp() <= 2


def test_rule_name_of_the_longest_logical_id_fits(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1000))
    harness.serve(harness.request("Create", LogicalResourceId="L" * 255))
    assert harness.response.status == "SUCCESS"
    assert harness.rules() == []


@pytest.mark.parametrize("status", ["FAILED", "STOPPED", "TIMEOUT"])
def test_run_that_does_not_succeed_fails_the_request_with_status_run_and_reason(
    harness: Harness, status: str
) -> None:
    harness.plan(RunPlan(status=status, error_string="Labels of set 'A' are empty."))
    response = harness.create()
    (run,) = harness.glue_ml.runs()
    assert response.status == "FAILED"
    assert "Labels of set 'A' are empty" in response.reason
    assert f"status {status}" in response.reason
    assert run.task_run_id in response.reason
    assert response.physical_id == run.task_run_id


def test_missing_object_is_reported_with_its_path(harness: Harness) -> None:
    response = harness.create(InputS3Path=OTHER)
    assert response.status == "FAILED"
    assert f"Check bucket and key: aws s3 ls {OTHER}" in response.reason


def test_run_over_its_timeout_is_cancelled_and_ended_before_the_response(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    begun = harness.clock()
    response = harness.create(TimeoutSeconds="120")
    assert harness.statuses() == ["STOPPED"]
    assert response.status == "FAILED"
    assert "did not end within 120 seconds" in response.reason
    assert "was cancelled." in response.reason
    assert 120 <= response.at - begun <= 130


def test_longest_timeout_gets_its_response_within_cloudformations_hour(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    begun = harness.clock()
    response = harness.create()
    assert "did not end within 3300 seconds" in response.reason
    assert response.at - begun < 3600
    assert (harness.rules(), harness.in_flight()) == ([], [])


def test_request_waits_for_a_run_in_flight_with_the_same_path_and_flag(harness: Harness) -> None:
    started = harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=f"s3://{BUCKET}/labels.csv", ReplaceAllLabels=True
    )["TaskRunId"]
    assert harness.create().physical_id == started
    assert len(harness.glue_ml.runs()) == 1


def test_run_in_flight_with_another_flag_has_to_end_first(harness: Harness) -> None:
    started = harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=f"s3://{BUCKET}/labels.csv", ReplaceAllLabels=False
    )["TaskRunId"]
    assert harness.create().physical_id != started
    first, second = harness.glue_ml.runs()
    assert first.completed_on is not None
    assert second.started_on >= first.completed_on


def test_import_that_is_blocked_until_its_timeout_names_the_blocker_and_the_remedy(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    harness.upload("other.csv")
    blocker = harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )["TaskRunId"]
    response = harness.create(TimeoutSeconds="90")
    assert response.status == "FAILED"
    assert blocker in response.reason
    assert "node.add_dependency" in response.reason
    assert response.physical_id == NO_RUN
    assert harness.in_flight() == [blocker]  # it is not ours to cancel
