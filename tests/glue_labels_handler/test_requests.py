"""Each request of CloudFormation against a simulated Glue: what is started, answered, left behind."""

from __future__ import annotations

import logging

import pytest
from botocore.exceptions import ReadTimeoutError
from crhelper.log_helper import JsonFormatter
from world import BUCKET, FUNCTION_ARN, LABELS, LOGICAL_ID, STACK_ID, URL, Fault, World

from glue_labels_handler.job import NO_RUN
from glue_labels_handler.polling_rule import PollingRule, rule_name, target_id
from glue_labels_sandbox.run_plan import RunPlan

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
    assert f"Check that {OTHER} exists" in answer.reason


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


def test_update_imports_the_new_file_and_reports_its_run(world: World) -> None:
    first = world.create()
    world.upload("other.csv")
    second = world.update(first.physical_id, {}, {"InputS3Path": OTHER})
    assert second.status == "SUCCESS"
    run = world.glue_ml.runs()[-1]
    assert run.input_s3_path == OTHER
    assert second.data["TaskRunId"] == run.task_run_id


def test_update_is_no_replacement_so_that_a_rollback_is_an_update_too(world: World) -> None:
    first = world.create()
    second = world.update(first.physical_id, {}, {"Version": "2"})
    assert second.physical_id == first.physical_id


def test_long_update_keeps_its_physical_id_over_the_hand_over(world: World) -> None:
    first = world.create()
    world.plan(RunPlan(seconds=1000))
    second = world.update(first.physical_id, {}, {"Version": "2"})
    assert (second.status, second.physical_id) == ("SUCCESS", first.physical_id)
    assert second.data["TaskRunId"] == world.glue_ml.runs()[-1].task_run_id


def test_unchanged_update_after_an_update_reports_the_run_of_that_update(world: World) -> None:
    first = world.create()
    world.upload("other.csv")
    second = world.update(first.physical_id, {}, {"InputS3Path": OTHER})
    third = world.update(
        first.physical_id, {"InputS3Path": OTHER}, {"InputS3Path": OTHER, "TimeoutSeconds": "600"}
    )
    assert third.data == second.data
    assert len(world.glue_ml.runs()) == 2


def test_unchanged_update_of_a_transform_that_is_gone_does_not_block_the_stack(world: World) -> None:
    first = world.create()
    world.glue.delete_ml_transform(TransformId=world.transform_id)
    assert world.update(first.physical_id, {}, {"TimeoutSeconds": "600"}).status == "SUCCESS"


def test_update_with_only_a_new_timeout_starts_no_run_and_keeps_id_and_attributes(world: World) -> None:
    first = world.create()
    second = world.update(first.physical_id, {}, {"TimeoutSeconds": "600"})
    assert len(world.glue_ml.runs()) == 1
    assert (second.status, second.physical_id) == ("SUCCESS", first.physical_id)
    assert second.data == first.data


def test_update_with_only_another_summary_starts_no_run(world: World) -> None:
    first = world.create(Summary="12 sets")
    second = world.update(first.physical_id, {"Summary": "12 sets"}, {"Summary": "15 sets"})
    assert len(world.glue_ml.runs()) == 1
    assert (second.status, second.physical_id) == ("SUCCESS", first.physical_id)


def test_update_with_only_a_new_version_imports_the_same_path_again(world: World) -> None:
    first = world.create(Version="1")
    second = world.update(first.physical_id, {"Version": "1"}, {"Version": "2"})
    assert second.status == "SUCCESS"
    assert len(world.glue_ml.runs()) == 2


def test_unchanged_update_of_an_import_that_never_succeeded_imports(world: World) -> None:
    world.plan(RunPlan(status="FAILED"))
    first = world.create()
    second = world.update(first.physical_id, {}, {"TimeoutSeconds": "600"})
    assert second.status == "SUCCESS"
    assert world.statuses() == ["FAILED", "SUCCEEDED"]


def test_unchanged_update_after_a_create_without_run_imports(world: World) -> None:
    second = world.update(NO_RUN, {}, {"TimeoutSeconds": "600"})
    assert second.physical_id == world.glue_ml.runs()[0].task_run_id
    assert world.statuses() == ["SUCCEEDED"]


def test_unchanged_update_of_a_run_that_glue_forgot_starts_nothing(world: World) -> None:
    second = world.update("tsk-forgotten", {}, {"TimeoutSeconds": "600"})
    assert (second.status, second.physical_id) == ("SUCCESS", "tsk-forgotten")
    assert world.glue_ml.runs() == ()


def test_failed_update_keeps_the_former_physical_id(world: World) -> None:
    first = world.create()
    world.plan(RunPlan(status="FAILED"))
    second = world.update(first.physical_id, {}, {"Version": "2"})
    assert (second.status, second.physical_id) == ("FAILED", first.physical_id)


def test_rollback_imports_the_former_labels_again(world: World) -> None:
    first = world.create()
    world.upload("other.csv", b"labeling_set_id,label,name\nB,1,Cy\nB,1,Cyd\n")
    world.plan(RunPlan(status="FAILED"))
    world.update(first.physical_id, {}, {"InputS3Path": OTHER})
    back = world.update(first.physical_id, {"InputS3Path": OTHER}, {})
    assert back.status == "SUCCESS"
    assert {label.labeling_set_id for label in world.glue_ml.labels(world.transform_id)} == {"A"}


def test_rollback_cancels_and_awaits_the_forward_run_before_it_imports(world: World) -> None:
    world.upload("other.csv")
    world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    back = world.update("tsk-former", {"InputS3Path": OTHER}, {})
    forward, former = world.glue_ml.runs()
    assert back.status == "SUCCESS"
    assert (forward.status, former.status) == ("STOPPED", "SUCCEEDED")
    assert forward.completed_on is not None
    assert former.started_on >= forward.completed_on


def test_rollback_stops_the_polling_of_the_forward_update(world: World) -> None:
    first = world.create()
    world.answers.clear()
    world.upload("other.csv")
    world.plan(RunPlan(status=None))
    forward = world.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        OldResourceProperties=world.properties(),
        ResourceProperties=world.properties(InputS3Path=OTHER),
    )
    world.invoke(forward)
    (forward_tick,) = world.polling_events()
    back = world.update(first.physical_id, {"InputS3Path": OTHER}, {})
    assert back.status == "SUCCESS"
    assert world.rules() == []
    before = dict(world.calls)
    world.invoke(forward_tick)  # one that EventBridge had on its way
    assert len(world.answers) == 1
    assert world.calls["GetMLTaskRun"] == before["GetMLTaskRun"]


def test_update_to_another_transform_cancels_what_is_left_running_on_the_former(world: World) -> None:
    old_transform = world.transform_id
    world.plan(RunPlan(status=None))
    world.glue.start_import_labels_task_run(
        TransformId=old_transform, InputS3Path=f"s3://{BUCKET}/labels.csv", ReplaceAllLabels=True
    )
    described = world.glue.get_ml_transform(TransformId=old_transform)
    names = ("InputRecordTables", "Parameters", "Role")
    new_transform = world.glue.create_ml_transform(Name="other", **{name: described[name] for name in names})[
        "TransformId"
    ]
    answer = world.update("tsk-former", {}, {"TransformId": new_transform})
    assert answer.status == "SUCCESS"
    assert world.in_flight() == []


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
    blocker = world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )["TaskRunId"]
    answer = world.create(TimeoutSeconds="90")
    assert answer.status == "FAILED"
    assert blocker in answer.reason
    assert "node.add_dependency" in answer.reason
    assert answer.physical_id == NO_RUN
    assert world.in_flight() == [blocker]  # it is not ours to cancel


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
        ("InvalidInputException", "Check that the transform can learn"),
        ("InternalServiceException", "deploy again"),
        ("OperationTimeoutException", "deploy again"),
        ("ResourceNumberLimitExceededException", "node.add_dependency"),
    ],
)
def test_the_apis_five_errors_reach_the_user_with_message_and_remedy(
    world: World, code: str, says: str
) -> None:
    world.glue_ml.fail_calls("StartImportLabelsTaskRun", code, times=9999)
    begun = world.clock()
    answer = world.create()
    assert answer.status == "FAILED"
    assert f"StartImportLabelsTaskRun failed: {code}: The sandbox was told to answer" in answer.reason
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
    assert 90 <= answer.at - begun <= 95


def test_start_whose_answer_is_lost_is_adopted_even_when_it_has_ended(world: World) -> None:
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
    assert "rule that would invoke it again could not be set up" in answer.reason
    world.clock.sleep(5)
    assert (world.rules(), world.in_flight()) == ([], [])


def test_target_that_eventbridge_refuses_counts_as_not_put(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.events.put_targets = lambda **_: {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "X"}]}
    assert "rule that would invoke it again could not be set up" in world.create().reason


def test_answer_that_is_not_taken_is_given_by_a_later_invocation(world: World) -> None:
    world.faults.append(Fault("PUT", OSError, seconds=1000))
    answer = world.create()
    assert answer.status == "SUCCESS"
    assert len(world.glue_ml.runs()) == 1
    assert world.rules() == []


def test_tick_delivered_twice_gives_one_answer(world: World) -> None:
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


def test_blocked_import_gives_way_to_a_newer_request_for_the_resource(world: World) -> None:
    world.plan(RunPlan(seconds=1000))
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


def test_defect_of_the_function_leaves_no_run_in_flight(world: World) -> None:
    world.plan(RunPlan(status=None))
    world.glue.get_ml_task_run = lambda **_: {}
    world.serve(world.request("Create"))
    assert "KeyError: 'TaskRunId' (a defect of the import function" in world.answer.reason
    world.clock.sleep(5)
    assert world.in_flight() == []


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


@pytest.mark.parametrize("mine_is_newer", [True, False])
def test_of_requests_that_undo_each_other_and_start_at_once_the_newer_prevails(
    world: World, mine_is_newer: bool
) -> None:
    first = world.create()
    world.upload("other.csv")
    world.answers.clear()
    world.glue_ml.default_plan = RunPlan(seconds=20)
    rollback = world.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        ResponseURL=signed(world),
        OldResourceProperties=world.properties(InputS3Path=OTHER),
        ResourceProperties=world.properties(),
    )
    other = PollingRule(
        lambda: world.events,
        rule_name(STACK_ID, LOGICAL_ID),
        target_id("other", world.clock() + (-1 if mine_is_newer else 1)),
    )
    start = world.glue.start_import_labels_task_run

    def start_at_once(**parameters: object) -> object:
        world.glue.start_import_labels_task_run = start
        start(**{**parameters, "InputS3Path": OTHER})  # by the other request's invocation
        other.put(FUNCTION_ARN, {})
        return start(**parameters)

    world.glue.start_import_labels_task_run = start_at_once
    world.invoke(rollback)
    assert world.answer.status == ("SUCCESS" if mine_is_newer else "FAILED")
    world.clock.sleep(30)
    _, forward, mine, *again = world.statuses()
    assert (forward, mine, again) == (
        ("STOPPED", "STOPPED", ["SUCCEEDED"]) if mine_is_newer else ("SUCCEEDED", "STOPPED", [])
    )


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
