"""Requests that meet bad properties, errors of AWS, lost answers and defects; and what is logged of them."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from crhelper.log_helper import JsonFormatter
from world import BUCKET, STACK_ID, URL, Fault, World

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
    world: World, request_type: str, changes: dict[str, object], name: str
) -> None:
    request = world.request(request_type, ResourceProperties=world.properties(**changes))
    if request_type == "Update":
        request |= {"PhysicalResourceId": "tsk-former", "OldResourceProperties": world.properties()}
    world.serve(request)
    assert world.answer.status == "FAILED"
    assert world.answer.reason.startswith(name)
    assert world.answer.physical_id == (NO_RUN if request_type == "Create" else "tsk-former")
    assert world.glue_ml.runs() == ()


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
def test_errors_of_a_start_reach_the_user_with_message_and_remedy(world: World, code: str, says: str) -> None:
    world.glue_ml.fail_calls("StartImportLabelsTaskRun", code, times=9999)
    begun = world.clock()
    answer = world.create()
    assert answer.status == "FAILED"
    assert f"StartImportLabelsTaskRun failed: {code}: The sandbox was set to fail" in answer.reason
    assert says in answer.reason
    assert world.transform_id in answer.reason
    assert answer.at - begun <= 310
    assert answer.physical_id == NO_RUN


@pytest.mark.parametrize("action", ["StartImportLabelsTaskRun", "GetMLTaskRuns", "GetMLTaskRun"])
@pytest.mark.parametrize("code", ["ThrottlingException", "InternalServiceException", "AccessDeniedException"])
def test_passing_trouble_does_not_fail_a_deployment(world: World, action: str, code: str) -> None:
    world.glue_ml.fail_calls(action, code, times=5)
    assert world.create().status == "SUCCESS"
    assert len(world.glue_ml.runs()) == 1


def test_lasting_denial_is_told_after_what_a_new_role_needs(world: World) -> None:
    world.glue_ml.fail_calls("StartImportLabelsTaskRun", "AccessDeniedException", times=9999)
    begun = world.clock()
    answer = world.create()
    assert "The role of the import function is denied this call" in answer.reason
    assert 180 <= answer.at - begun <= 210
    assert "It was retried for 20" in answer.reason


def test_run_that_can_neither_be_looked_at_nor_cancelled_at_once_is_cancelled_by_a_later_look(
    world: World,
) -> None:
    world.plan(RunPlan(status=None))
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetMLTaskRun")
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow"}}, "CancelMLTaskRun")
    late = world.clock() + 100
    world.faults.append(Fault("GetMLTaskRun", lambda: denied, not_before=late))
    world.faults.append(Fault("CancelMLTaskRun", lambda: throttled, not_before=late, seconds=20))
    assert world.create().status == "FAILED"
    assert "AccessDeniedException" in world.answer.reason
    world.clock.sleep(30)
    assert world.statuses() == ["STOPPED"]


def test_start_whose_answer_is_lost_is_adopted_even_when_it_has_ended(world: World) -> None:
    world.plan(RunPlan(seconds=7))
    real_start = world.glue.start_import_labels_task_run
    lost = []

    def start(**parameters: object) -> object:
        answer = real_start(**parameters)
        if not lost:
            lost.append(answer["TaskRunId"])
            world.clock.sleep(10)
            raise ReadTimeoutError(endpoint_url="https://glue.example")
        return answer

    world.glue.start_import_labels_task_run = start
    answer = world.create()
    assert answer.status == "SUCCESS"
    assert [answer.physical_id] == lost
    assert len(world.glue_ml.runs()) == 1


def test_invocation_that_lambda_repeats_keeps_to_the_runs_own_deadline(world: World) -> None:
    world.plan(RunPlan(status=None))
    request = world.request("Create", ResourceProperties=world.properties(TimeoutSeconds="1200"))
    begun = world.clock()
    world.invoke(request)  # and now suppose it crashed after all
    for rule in world.rules():
        targets = world.events.list_targets_by_rule(Rule=rule)["Targets"]
        world.events.remove_targets(Rule=rule, Ids=[target["Id"] for target in targets])
        world.events.delete_rule(Name=rule)
    world.serve(request)
    assert "did not end within 1200 seconds" in world.answer.reason
    assert world.answer.at - begun < 1200 + 300


def test_rule_that_cannot_be_put_ends_the_request_and_the_run(world: World) -> None:
    world.plan(RunPlan(status=None))

    def refuse(**_: object) -> object:
        raise ReadTimeoutError(endpoint_url="https://events.example")

    world.events.put_targets = refuse
    answer = world.create()
    assert "rule for the next one could not be set up" in answer.reason
    world.clock.sleep(5)
    assert (world.rules(), world.in_flight()) == ([], [])


def test_longest_request_fits_into_the_target_of_a_rule(world: World) -> None:
    longest = {
        "TransformId": "t" * 255,
        "InputS3Path": f"s3://{'b' * 63}/{'k' * 1024}",
        "Version": "v" * 256,
        # A role's ARN: a path of 512 characters, a name of 64.
        "TransformRole": f"arn:aws-us-gov:iam::123456789012:role{'/' * 512}{'r' * 64}",
        "Summary": "9,999,999 sets, 99,999,999 rows, 999,999,999 matches, 999,999,999 non-matches",
    }
    event = world.request(
        "Update",
        StackId=STACK_ID.replace("Labels", "S" * 128),
        LogicalResourceId="L" * 255,
        # Of those that CloudFormation has given out, none was known to be half as long.
        ResponseURL=URL + "x" * 2000,
        PhysicalResourceId="tsk-former",
        OldResourceProperties=world.properties(**longest),
        ResourceProperties=world.properties(**{**longest, "Version": "w" * 256}),
    )
    world.glue.get_ml_task_runs = lambda **_: {"TaskRuns": []}
    run = {"TaskRunId": f"tsk-{'0' * 64}", "Status": "RUNNING", "Properties": {}}
    world.glue.start_import_labels_task_run = world.glue.get_ml_task_run = lambda **_: run
    inputs: list[str] = []

    def note(**call: Any) -> dict[str, int]:
        inputs.append(call["Targets"][0]["Input"])
        return {"FailedEntryCount": 0}

    world.events.put_targets = note
    world.invoke(event)
    assert 6000 < max(map(len, inputs)) <= 8192


def test_target_that_eventbridge_refuses_counts_as_not_put(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.events.put_targets = lambda **_: {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "X"}]}
    assert "rule for the next one could not be set up" in world.create().reason


def test_answer_that_is_not_taken_is_given_by_a_later_invocation(world: World) -> None:
    world.faults.append(Fault("PUT", OSError, seconds=1000))
    answer = world.create()
    assert answer.status == "SUCCESS"
    assert len(world.glue_ml.runs()) == 1
    assert world.rules() == []


def test_failure_whose_response_is_not_taken_is_told_with_its_first_cause_by_a_later_invocation(
    world: World,
) -> None:
    world.plan(RunPlan(status=None))
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "GetMLTaskRun")
    world.faults.append(Fault("GetMLTaskRun", lambda: denied, not_before=world.clock() + 250))
    world.faults.append(Fault("PUT", OSError, seconds=800))
    answer = world.create()
    assert "GetMLTaskRun failed: AccessDeniedException: no." in answer.reason
    assert "somebody else" not in answer.reason
    assert world.statuses() == ["STOPPED"]
    assert answer.physical_id == world.glue_ml.runs()[0].task_run_id


def test_tick_delivered_twice_gives_one_outcome(world: World) -> None:
    world.plan(RunPlan(seconds=1000))
    world.invoke(world.request("Create"))
    (event,) = world.polling_events()
    while not world.answers:
        world.invoke(event)
    world.invoke(event)
    assert world.answer.status == "SUCCESS"


def test_polling_that_cloudformation_gave_up_removes_itself(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.invoke(world.request("Create"))
    world.clock.sleep(3700)
    world.tick()
    assert world.answers == []
    assert world.rules() == []


def test_request_is_answered_once_though_its_rule_cannot_be_removed_for_long(world: World) -> None:
    world.plan(RunPlan(seconds=1000))
    down = ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "down"}}, "Call")
    world.faults.append(Fault("DeleteRule", lambda: down, not_before=world.clock() + 1000, seconds=400))
    world.invoke(world.request("Create"))
    waiting = world.polling_events()
    with pytest.raises(RuleNotRemovedError):
        tick_until_answered(world)
    # Without its target the rule invokes nobody any more: Lambda repeats the invocation.
    assert world.polling_events() == []
    world.clock.sleep(400)
    for event in waiting:
        world.invoke(event)
    assert (world.answer.status, world.rules()) == ("SUCCESS", [])


def tick_until_answered(world: World) -> None:
    while not world.answers:
        world.tick()


def test_rule_that_is_refused_is_put_again_ever_less_often(world: World) -> None:
    world.plan(RunPlan(seconds=1000))
    world.upload("other.csv")
    world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=f"s3://{BUCKET}/other.csv", ReplaceAllLabels=True
    )
    denied = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutRule")
    world.faults.append(Fault("PutRule", lambda: denied))
    answer = world.create()
    assert "could not be set up." in answer.reason
    assert "(no task run" in answer.reason
    assert world.calls["PutRule"] <= 10


def test_polling_that_cloudformation_gave_up_removes_itself_though_its_rule_cannot_be_deleted_at_once(
    world: World,
) -> None:
    world.plan(RunPlan(status=None))
    world.invoke(world.request("Create"))
    world.clock.sleep(3700)
    throttled = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "DeleteRule")
    world.faults.append(Fault("DeleteRule", lambda: throttled, seconds=20))
    # By then the target is gone, so that no other tick comes.
    world.tick()
    assert world.rules() == []


def test_event_without_an_address_is_not_answered_and_starts_nothing(world: World) -> None:
    request = world.request("Create")
    del request["ResponseURL"]
    world.serve(request)
    assert world.answers == []
    assert world.glue_ml.runs() == ()


def test_defect_of_the_function_is_answered_not_hung(world: World) -> None:
    world.glue.get_ml_task_runs = lambda **_: {"TaskRuns": [{"Properties": {"TaskType": "IMPORT_LABELS"}}]}
    world.serve(world.request("Create"))
    assert world.answer.status == "FAILED"
    assert "KeyError: 'TaskRunId' (a defect of the import function" in world.answer.reason


@pytest.mark.parametrize("formatter", [logging.Formatter(), JsonFormatter()], ids=["text", "json"])
def test_no_log_line_at_any_level_shows_the_address(
    world: World,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    formatter: logging.Formatter,
) -> None:
    def log_everything(*_: object) -> None:
        caplog.handler.setFormatter(formatter)
        for name in ("", "crhelper", "glue_labels_handler"):
            logging.getLogger(name).setLevel("DEBUG")

    monkeypatch.setattr(world.resource, "_log_setup", log_everything)
    world.faults.append(Fault("PUT", OSError, seconds=1000))
    world.plan(RunPlan(seconds=1000))
    world.create()
    ours = [
        record for record in caplog.records if record.name.startswith(("crhelper", "glue_labels_handler"))
    ]
    shown = "\n".join(formatter.format(record) for record in ours)
    assert "<ResponseURL>" in shown  # the event is logged, only not its address
    assert "X-Amz-Signature" not in shown


def test_refusal_that_quotes_the_request_is_logged_by_its_code_alone(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**call: Any) -> None:
        quoted = (
            f"Value '{call['Targets'][0]['Input']}' at 'targets.1.member.input' failed to satisfy constraint"
        )
        raise ClientError({"Error": {"Code": "ValidationException", "Message": quoted}}, "PutTargets")

    world.plan(RunPlan(status=None))
    world.events.put_targets = refuse
    world.create()
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "'errors': ['ValidationException']" in logged
    assert "X-Amz-Signature" not in logged


def test_defect_of_the_function_leaves_no_run_in_flight(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.glue.get_ml_task_run = lambda **_: {}
    world.serve(world.request("Create"))
    assert "KeyError: 'TaskRunId' (a defect of the import function" in world.answer.reason
    world.clock.sleep(5)
    assert world.in_flight() == []


def test_looks_that_glue_refuses_make_those_that_follow_rarer(world: World) -> None:
    def looks() -> int:
        world.plan(RunPlan(seconds=60))
        before = world.calls["GetMLTaskRun"]
        world.create()
        world.answers.clear()
        return world.calls["GetMLTaskRun"] - before

    in_peace = looks()
    world.glue_ml.fail_calls("GetMLTaskRun", "ThrottlingException", times=3)
    assert looks() < in_peace
