"""Requests with bad properties, errors of AWS, lost responses and defects; and what is logged about them."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from crhelper.log_helper import JsonFormatter
from harness import BUCKET, STACK_ID, URL, Harness, PlannedError

from glue_labels_handler.custom_resource import RuleNotRemovedError
from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.records import RunPlan


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"TransformId": None}, "TransformId"),
        ({"TransformId": ""}, "TransformId"),
        ({"TransformId": "t" * 256}, "TransformId"),
        ({"InputS3Path": None}, "InputS3Path"),
        ({"InputS3Path": "https://example.com/x"}, "InputS3Path"),
        ({"ReplaceAllLabels": "yes"}, "ReplaceAllLabels"),
        ({"TimeoutSeconds": "3301"}, "TimeoutSeconds"),
        ({"TimeoutSeconds": "soon"}, "TimeoutSeconds"),
        ({"Version": ["1"]}, "Version"),
        ({"Version": "v" * 257}, "Version"),
    ],
)
@pytest.mark.parametrize("request_type", ["Create", "Update"])
def test_malformed_property_fails_the_request_by_name(
    harness: Harness, request_type: str, changes: dict[str, object], name: str
) -> None:
    request = harness.request(request_type, ResourceProperties=harness.properties(**changes))
    if request_type == "Update":
        request |= {"PhysicalResourceId": "tsk-former", "OldResourceProperties": harness.properties()}
    harness.serve(request)
    assert harness.response.status == "FAILED"
    assert harness.response.reason.startswith(name)
    assert harness.response.physical_id == (NO_RUN if request_type == "Create" else "tsk-former")
    assert harness.glue_ml.runs() == ()


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("EntityNotFoundException", "Check that the transform exists"),
        ("InvalidInputException", "is a FindMatches transform that is not being deleted"),
        ("InternalServiceException", "deploy again"),
        ("OperationTimeoutException", "deploy again"),
        ("ResourceNumberLimitExceededException", "Split it, or ask for a higher quota"),
        ("ConcurrentRunsExceededException", "node.add_dependency"),
        ("MLTransformNotReadyException", "get-ml-transform --transform-id"),
    ],
)
def test_errors_of_a_start_reach_the_user_with_message_and_remedy(
    harness: Harness, code: str, says: str
) -> None:
    harness.glue_ml.fail_calls("StartImportLabelsTaskRun", code, times=9999)
    begun = harness.clock()
    response = harness.create()
    assert response.status == "FAILED"
    assert f"StartImportLabelsTaskRun failed: {code}: The sandbox was set to fail" in response.reason
    assert says in response.reason
    assert harness.transform_id in response.reason
    assert response.at - begun <= 310
    assert response.physical_id == NO_RUN


@pytest.mark.parametrize("action", ["StartImportLabelsTaskRun", "GetMLTaskRuns", "GetMLTaskRun"])
@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServiceException", "AccessDeniedException"])
def test_transient_errors_do_not_fail_a_deployment(harness: Harness, action: str, code: str) -> None:
    harness.glue_ml.fail_calls(action, code, times=5)
    assert harness.create().status == "SUCCESS"
    assert len(harness.glue_ml.runs()) == 1


def test_lasting_denial_is_reported_after_the_time_a_new_role_needs(harness: Harness) -> None:
    harness.glue_ml.fail_calls("StartImportLabelsTaskRun", "AccessDeniedException", times=9999)
    begun = harness.clock()
    response = harness.create()
    assert "The role of the import function is denied this call" in response.reason
    assert 180 <= response.at - begun <= 210
    assert "It was retried for 20" in response.reason


def test_run_that_can_neither_be_polled_nor_cancelled_at_once_is_cancelled_by_a_later_poll(
    harness: Harness,
) -> None:
    harness.plan(RunPlan(status=None))
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetMLTaskRun")
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "CancelMLTaskRun")
    late = harness.clock() + 100
    harness.planned_errors.append(PlannedError("GetMLTaskRun", lambda: denied, not_before=late))
    harness.planned_errors.append(
        PlannedError("CancelMLTaskRun", lambda: throttled, not_before=late, seconds=20)
    )
    assert harness.create().status == "FAILED"
    assert "AccessDeniedException" in harness.response.reason
    harness.clock.sleep(30)
    assert harness.statuses() == ["STOPPED"]


def test_run_whose_start_lost_its_response_is_found_even_when_it_has_ended(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=7))
    real_start = harness.glue.start_import_labels_task_run
    lost = []

    def start(**parameters: object) -> object:
        response = real_start(**parameters)
        if not lost:
            lost.append(response["TaskRunId"])
            harness.clock.sleep(10)
            raise ReadTimeoutError(endpoint_url="https://glue.example")
        return response

    harness.glue.start_import_labels_task_run = start
    response = harness.create()
    assert response.status == "SUCCESS"
    assert [response.physical_id] == lost
    assert len(harness.glue_ml.runs()) == 1


def test_invocation_that_lambda_repeats_keeps_to_the_runs_own_deadline(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    request = harness.request("Create", ResourceProperties=harness.properties(TimeoutSeconds="1200"))
    begun = harness.clock()
    harness.invoke(request)  # and now suppose it crashed after all
    for rule in harness.rules():
        targets = harness.events.list_targets_by_rule(Rule=rule)["Targets"]
        harness.events.remove_targets(Rule=rule, Ids=[target["Id"] for target in targets])
        harness.events.delete_rule(Name=rule)
    harness.serve(request)
    assert "did not end within 1200 seconds" in harness.response.reason
    assert harness.response.at - begun < 1200 + 300


def test_rule_that_cannot_be_put_ends_the_request_and_the_run(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))

    def refuse(**_: object) -> object:
        raise ReadTimeoutError(endpoint_url="https://events.example")

    harness.events.put_targets = refuse
    response = harness.create()
    assert "rule for the next one could not be created" in response.reason
    harness.clock.sleep(5)
    assert (harness.rules(), harness.in_flight()) == ([], [])


def test_longest_request_fits_into_the_target_of_a_rule(harness: Harness) -> None:
    longest = {
        "TransformId": "t" * 255,
        "InputS3Path": f"s3://{'b' * 63}/{'k' * 1024}",
        "Version": "v" * 256,
        # A role's ARN: a path of 512 characters, a name of 64.
        "TransformRole": f"arn:aws-us-gov:iam::123456789012:role{'/' * 512}{'r' * 64}",
        "Summary": "9,999,999 sets, 99,999,999 rows, 999,999,999 matches, 999,999,999 non-matches",
    }
    event = harness.request(
        "Update",
        StackId=STACK_ID.replace("Labels", "S" * 128),
        LogicalResourceId="L" * 255,
        # Of those that CloudFormation has given out, none was known to be half as long.
        ResponseURL=URL + "x" * 2000,
        PhysicalResourceId="tsk-former",
        OldResourceProperties=harness.properties(**longest),
        ResourceProperties=harness.properties(**{**longest, "Version": "w" * 256}),
    )
    harness.glue.get_ml_task_runs = lambda **_: {"TaskRuns": []}
    run = {"TaskRunId": f"tsk-{'0' * 64}", "Status": "RUNNING", "Properties": {}}
    harness.glue.start_import_labels_task_run = harness.glue.get_ml_task_run = lambda **_: run
    inputs: list[str] = []

    def note(**call: Any) -> dict[str, int]:
        inputs.append(call["Targets"][0]["Input"])
        return {"FailedEntryCount": 0}

    harness.events.put_targets = note
    harness.invoke(event)
    assert 6000 < max(map(len, inputs)) <= 8192


def test_target_that_eventbridge_refuses_counts_as_not_put(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    harness.events.put_targets = lambda **_: {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "X"}]}
    assert "rule for the next one could not be created" in harness.create().reason


def test_later_invocation_responds_when_a_response_is_not_delivered(harness: Harness) -> None:
    harness.planned_errors.append(PlannedError("PUT", OSError, seconds=1000))
    response = harness.create()
    assert response.status == "SUCCESS"
    assert len(harness.glue_ml.runs()) == 1
    assert harness.rules() == []


def test_later_invocation_reports_the_first_cause_when_a_response_is_not_delivered(
    harness: Harness,
) -> None:
    harness.plan(RunPlan(status=None))
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetMLTaskRun")
    harness.planned_errors.append(
        PlannedError("GetMLTaskRun", lambda: denied, not_before=harness.clock() + 250)
    )
    harness.planned_errors.append(PlannedError("PUT", OSError, seconds=800))
    response = harness.create()
    assert "GetMLTaskRun failed: AccessDeniedException: no." in response.reason
    assert "somebody else" not in response.reason
    assert harness.statuses() == ["STOPPED"]
    assert response.physical_id == harness.glue_ml.runs()[0].task_run_id


def test_tick_delivered_twice_gives_one_outcome(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1000))
    harness.invoke(harness.request("Create"))
    (event,) = harness.polling_events()
    while not harness.responses:
        harness.invoke(event)
    harness.invoke(event)
    assert harness.response.status == "SUCCESS"


def test_polling_that_cloudformation_gave_up_removes_itself(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    harness.invoke(harness.request("Create"))
    harness.clock.sleep(3700)
    harness.tick()
    assert harness.responses == []
    assert harness.rules() == []


def test_request_gets_one_response_though_its_rule_cannot_be_removed_for_long(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1000))
    down = ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "down"}}, "Call")
    harness.planned_errors.append(
        PlannedError("DeleteRule", lambda: down, not_before=harness.clock() + 1000, seconds=400)
    )
    harness.invoke(harness.request("Create"))
    waiting = harness.polling_events()
    with pytest.raises(RuleNotRemovedError):
        tick_until_response(harness)
    # Without its target the rule invokes nobody any more: Lambda repeats the invocation.
    assert harness.polling_events() == []
    harness.clock.sleep(400)
    for event in waiting:
        harness.invoke(event)
    assert (harness.response.status, harness.rules()) == ("SUCCESS", [])


def tick_until_response(harness: Harness) -> None:
    while not harness.responses:
        harness.tick()


def test_rule_that_is_refused_is_put_again_ever_less_often(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=1000))
    harness.upload("other.csv")
    harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=f"s3://{BUCKET}/other.csv", ReplaceAllLabels=True
    )
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutRule")
    harness.planned_errors.append(PlannedError("PutRule", lambda: denied))
    response = harness.create()
    assert "could not be created." in response.reason
    assert "(no task run" in response.reason
    assert harness.calls["PutRule"] <= 10


def test_run_is_cancelled_when_its_rule_was_removed_and_cannot_be_put_again(harness: Harness) -> None:
    harness.plan(RunPlan(seconds=60), RunPlan(status=None))
    harness.upload("other.csv")
    start = harness.glue.start_import_labels_task_run
    start(TransformId=harness.transform_id, InputS3Path=f"s3://{BUCKET}/other.csv", ReplaceAllLabels=True)
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutRule")
    harness.planned_errors.append(PlannedError("PutRule", lambda: denied, not_before=harness.clock() + 30))

    def start_without_rule(**parameters: object) -> object:
        (rule,) = harness.rules()  # a Delete removes it
        harness.events.remove_targets(Rule=rule, Ids=list(harness.eventbridge.rules[rule]))
        harness.events.delete_rule(Name=rule)
        return start(**parameters)

    harness.glue.start_import_labels_task_run = start_without_rule
    assert "could not be created" in harness.create().reason
    harness.clock.sleep(5)
    assert harness.in_flight() == []


def test_polling_that_cloudformation_gave_up_removes_itself_though_its_rule_cannot_be_deleted_at_once(
    harness: Harness,
) -> None:
    harness.plan(RunPlan(status=None))
    harness.invoke(harness.request("Create"))
    harness.clock.sleep(3700)
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "DeleteRule")
    harness.planned_errors.append(PlannedError("DeleteRule", lambda: throttled, seconds=20))
    # By then the target is gone, so that no other tick comes.
    harness.tick()
    assert harness.rules() == []


def test_event_without_an_address_gets_no_response_and_starts_nothing(harness: Harness) -> None:
    request = harness.request("Create")
    del request["ResponseURL"]
    harness.serve(request)
    assert harness.responses == []
    assert harness.glue_ml.runs() == ()


def test_defect_of_the_function_gets_a_response(harness: Harness) -> None:
    harness.glue.get_ml_task_runs = lambda **_: {"TaskRuns": [{"Properties": {"TaskType": "IMPORT_LABELS"}}]}
    harness.serve(harness.request("Create"))
    assert harness.response.status == "FAILED"
    assert "KeyError: 'TaskRunId' (a defect of the import function" in harness.response.reason


@pytest.mark.parametrize("formatter", [logging.Formatter(), JsonFormatter()], ids=["text", "json"])
def test_no_log_line_at_any_level_shows_the_address(
    harness: Harness,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    formatter: logging.Formatter,
) -> None:
    def log_everything(*_: object) -> None:
        caplog.handler.setFormatter(formatter)
        for name in ("", "crhelper", "glue_labels_handler"):
            logging.getLogger(name).setLevel("DEBUG")

    monkeypatch.setattr(harness.resource, "_log_setup", log_everything)
    harness.planned_errors.append(PlannedError("PUT", OSError, seconds=1000))
    harness.plan(RunPlan(seconds=1000))
    harness.create()
    ours = [
        record for record in caplog.records if record.name.startswith(("crhelper", "glue_labels_handler"))
    ]
    shown = "\n".join(formatter.format(record) for record in ours)
    assert "<ResponseURL>" in shown  # the event is logged, only not its address
    assert "X-Amz-Signature" not in shown


def test_refusal_that_quotes_the_request_is_logged_by_its_code_alone(
    harness: Harness, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**call: Any) -> None:
        quoted = (
            f"Value '{call['Targets'][0]['Input']}' at 'targets.1.member.input' failed to satisfy constraint"
        )
        raise ClientError({"Error": {"Code": "ValidationException", "Message": quoted}}, "PutTargets")

    harness.plan(RunPlan(status=None))
    harness.events.put_targets = refuse
    harness.create()
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "'errors': ['ValidationException']" in logged
    assert "X-Amz-Signature" not in logged


def test_defect_of_the_function_leaves_no_run_in_flight(harness: Harness) -> None:
    harness.plan(RunPlan(status=None))
    harness.glue.get_ml_task_run = lambda **_: {}
    harness.serve(harness.request("Create"))
    assert "KeyError: 'TaskRunId' (a defect of the import function" in harness.response.reason
    harness.clock.sleep(5)
    assert harness.in_flight() == []


def test_refused_polls_make_the_following_polls_rarer(harness: Harness) -> None:
    def polls() -> int:
        harness.plan(RunPlan(seconds=60))
        before = harness.calls["GetMLTaskRun"]
        harness.create()
        harness.responses.clear()
        return harness.calls["GetMLTaskRun"] - before

    in_peace = polls()
    harness.glue_ml.fail_calls("GetMLTaskRun", "ThrottlingException", times=3)
    assert polls() < in_peace
