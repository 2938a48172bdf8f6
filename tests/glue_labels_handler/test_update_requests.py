"""An Update: what imports and what does not, rollbacks, and the physical id that stays."""

from __future__ import annotations

from world import BUCKET, World

from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.records import RunPlan

OTHER = "s3://" + BUCKET + "/other.csv"


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
    world.plan(RunPlan(seconds=60))
    world.glue.start_import_labels_task_run(
        TransformId=world.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    world.clock.sleep(15)
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
    rollback = world.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        OldResourceProperties=world.properties(InputS3Path=OTHER),
        ResourceProperties=world.properties(),
    )
    world.serve(rollback)
    (back,) = (answer for answer in world.answers if answer.body["RequestId"] == rollback["RequestId"])
    assert back.status == "SUCCESS"
    assert world.rules() == []
    started = len(world.glue_ml.runs())
    world.invoke(forward_tick)  # one that EventBridge had on its way
    assert len(world.glue_ml.runs()) == started
    assert world.rules() == []


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
