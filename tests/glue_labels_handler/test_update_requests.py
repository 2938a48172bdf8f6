"""An Update: what imports and what does not, rollbacks, and the physical id that stays."""

from __future__ import annotations

from harness import BUCKET, Harness

from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.records import RunPlan

OTHER = "s3://" + BUCKET + "/other.csv"


def test_update_imports_the_new_file_and_reports_its_run(harness: Harness) -> None:
    first = harness.create()
    harness.upload("other.csv")
    second = harness.update(first.physical_id, {}, {"InputS3Path": OTHER})
    assert second.status == "SUCCESS"
    run = harness.glue_ml.runs()[-1]
    assert run.input_s3_path == OTHER
    assert second.data["TaskRunId"] == run.task_run_id


def test_update_is_no_replacement_so_that_a_rollback_is_an_update_too(harness: Harness) -> None:
    first = harness.create()
    second = harness.update(first.physical_id, {}, {"Version": "2"})
    assert second.physical_id == first.physical_id


def test_long_update_keeps_its_physical_id_over_the_hand_over(harness: Harness) -> None:
    first = harness.create()
    harness.plan(RunPlan(seconds=1000))
    second = harness.update(first.physical_id, {}, {"Version": "2"})
    assert (second.status, second.physical_id) == ("SUCCESS", first.physical_id)
    assert second.data["TaskRunId"] == harness.glue_ml.runs()[-1].task_run_id


def test_unchanged_update_after_an_update_reports_the_run_of_that_update(harness: Harness) -> None:
    first = harness.create()
    harness.upload("other.csv")
    second = harness.update(first.physical_id, {}, {"InputS3Path": OTHER})
    third = harness.update(
        first.physical_id, {"InputS3Path": OTHER}, {"InputS3Path": OTHER, "TimeoutSeconds": "600"}
    )
    assert third.data == second.data
    assert len(harness.glue_ml.runs()) == 2


def test_unchanged_update_of_a_transform_that_is_gone_does_not_block_the_stack(harness: Harness) -> None:
    first = harness.create()
    harness.glue.delete_ml_transform(TransformId=harness.transform_id)
    assert harness.update(first.physical_id, {}, {"TimeoutSeconds": "600"}).status == "SUCCESS"


def test_update_with_only_a_new_timeout_starts_no_run_and_keeps_id_and_attributes(harness: Harness) -> None:
    first = harness.create()
    second = harness.update(first.physical_id, {}, {"TimeoutSeconds": "600"})
    assert len(harness.glue_ml.runs()) == 1
    assert (second.status, second.physical_id) == ("SUCCESS", first.physical_id)
    assert second.data == first.data


def test_update_with_only_another_summary_starts_no_run(harness: Harness) -> None:
    first = harness.create(Summary="12 sets")
    second = harness.update(first.physical_id, {"Summary": "12 sets"}, {"Summary": "15 sets"})
    assert len(harness.glue_ml.runs()) == 1
    assert (second.status, second.physical_id) == ("SUCCESS", first.physical_id)


def test_update_with_only_a_new_version_imports_the_same_path_again(harness: Harness) -> None:
    first = harness.create(Version="1")
    second = harness.update(first.physical_id, {"Version": "1"}, {"Version": "2"})
    assert second.status == "SUCCESS"
    assert len(harness.glue_ml.runs()) == 2


def test_unchanged_update_of_an_import_that_never_succeeded_imports(harness: Harness) -> None:
    harness.plan(RunPlan(status="FAILED"))
    first = harness.create()
    second = harness.update(first.physical_id, {}, {"TimeoutSeconds": "600"})
    assert second.status == "SUCCESS"
    assert harness.statuses() == ["FAILED", "SUCCEEDED"]


def test_unchanged_update_after_a_create_without_run_imports(harness: Harness) -> None:
    second = harness.update(NO_RUN, {}, {"TimeoutSeconds": "600"})
    assert second.physical_id == harness.glue_ml.runs()[0].task_run_id
    assert harness.statuses() == ["SUCCEEDED"]


def test_unchanged_update_of_a_run_that_glue_forgot_starts_nothing(harness: Harness) -> None:
    second = harness.update("tsk-forgotten", {}, {"TimeoutSeconds": "600"})
    assert (second.status, second.physical_id) == ("SUCCESS", "tsk-forgotten")
    assert harness.glue_ml.runs() == ()


def test_failed_update_keeps_the_former_physical_id(harness: Harness) -> None:
    first = harness.create()
    harness.plan(RunPlan(status="FAILED"))
    second = harness.update(first.physical_id, {}, {"Version": "2"})
    assert (second.status, second.physical_id) == ("FAILED", first.physical_id)


def test_rollback_imports_the_former_labels_again(harness: Harness) -> None:
    first = harness.create()
    harness.upload("other.csv", b"labeling_set_id,label,name\nB,1,Cy\nB,1,Cyd\n")
    harness.plan(RunPlan(status="FAILED"))
    harness.update(first.physical_id, {}, {"InputS3Path": OTHER})
    back = harness.update(first.physical_id, {"InputS3Path": OTHER}, {})
    assert back.status == "SUCCESS"
    assert {label.labeling_set_id for label in harness.glue_ml.labels(harness.transform_id)} == {"A"}


def test_rollback_cancels_and_awaits_the_forward_run_before_it_imports(harness: Harness) -> None:
    harness.upload("other.csv")
    harness.plan(RunPlan(seconds=60))
    harness.glue.start_import_labels_task_run(
        TransformId=harness.transform_id, InputS3Path=OTHER, ReplaceAllLabels=True
    )
    harness.clock.sleep(15)
    back = harness.update("tsk-former", {"InputS3Path": OTHER}, {})
    forward, former = harness.glue_ml.runs()
    assert back.status == "SUCCESS"
    assert (forward.status, former.status) == ("STOPPED", "SUCCEEDED")
    assert forward.completed_on is not None
    assert former.started_on >= forward.completed_on


def test_rollback_stops_the_polling_of_the_forward_update(harness: Harness) -> None:
    first = harness.create()
    harness.responses.clear()
    harness.upload("other.csv")
    harness.plan(RunPlan(status=None))
    forward = harness.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        OldResourceProperties=harness.properties(),
        ResourceProperties=harness.properties(InputS3Path=OTHER),
    )
    harness.invoke(forward)
    (forward_tick,) = harness.polling_events()
    rollback = harness.request(
        "Update",
        PhysicalResourceId=first.physical_id,
        OldResourceProperties=harness.properties(InputS3Path=OTHER),
        ResourceProperties=harness.properties(),
    )
    harness.serve(rollback)
    (back,) = (
        response for response in harness.responses if response.body["RequestId"] == rollback["RequestId"]
    )
    assert back.status == "SUCCESS"
    assert harness.rules() == []
    started = len(harness.glue_ml.runs())
    harness.invoke(forward_tick)  # one that EventBridge had on its way
    assert len(harness.glue_ml.runs()) == started
    assert harness.rules() == []


def test_update_to_another_transform_cancels_what_is_left_running_on_the_former(harness: Harness) -> None:
    old_transform = harness.transform_id
    harness.plan(RunPlan(status=None))
    harness.glue.start_import_labels_task_run(
        TransformId=old_transform, InputS3Path=f"s3://{BUCKET}/labels.csv", ReplaceAllLabels=True
    )
    described = harness.glue.get_ml_transform(TransformId=old_transform)
    names = ("InputRecordTables", "Parameters", "Role")
    new_transform = harness.glue.create_ml_transform(
        Name="other", **{name: described[name] for name in names}
    )["TransformId"]
    response = harness.update("tsk-former", {}, {"TransformId": new_transform})
    assert response.status == "SUCCESS"
    assert harness.in_flight() == []
