"""Runs of the simulated service, from their start to what the transform knows."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import LabeledRow, RunPlan, glue_ml
from glue_labels_sandbox.s3_files import MotoS3Files

if TYPE_CHECKING:
    from conftest import World


def test_run_passes_through_starting_and_running_to_succeeded(world: World) -> None:
    run = world.start()
    seen = []
    for _ in range(5):
        seen.append(world.status(run))
        world.clock.pass_seconds(1)
    assert seen == ["STARTING", "RUNNING", "RUNNING", "SUCCEEDED", "SUCCEEDED"]


def test_run_describes_itself_as_glue_does(world: World) -> None:
    run = world.start("two.csv", ReplaceAllLabels=True)
    world.clock.pass_seconds(10)
    described = world.run(run)
    assert described["TransformId"] == world.transform_id
    assert described["TaskRunId"] == run
    assert described["Properties"] == {
        "TaskType": "IMPORT_LABELS",
        "ImportLabelsTaskRunProperties": {"InputS3Path": "s3://labels-bucket/two.csv", "Replace": True},
    }
    assert (described["CompletedOn"] - described["StartedOn"]).total_seconds() == 3
    assert described["LastModifiedOn"] == described["CompletedOn"]
    assert described["ExecutionTime"] == 3
    assert described["LogGroupName"]
    assert "ErrorString" not in described


def test_what_cloudformation_calls_reads_no_label_file(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # In the sandbox the thread that provisions a stack serves S3 too: each would wait for the other.
    run = world.start()
    world.clock.pass_seconds(10)
    read: list[object] = []
    with monkeypatch.context() as patch:
        patch.setattr(MotoS3Files, "read", lambda *_: read.append("a file"))
        transform = world.glue.create_ml_transform(
            Name="another",
            InputRecordTables=[{"DatabaseName": "crm", "TableName": "customers"}],
            Parameters={"TransformType": "FIND_MATCHES"},
            Role="role",
        )["TransformId"]
        world.glue.update_ml_transform(TransformId=transform, Description="other")
        world.glue.delete_ml_transform(TransformId=transform)
        assert read == []
    assert world.status(run) == "SUCCEEDED"


def test_callers_at_the_same_time_read_a_file_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # A hundred runs that ended together had each of their callers read all hundred files.
    world.start()
    world.clock.pass_seconds(10)
    callers = 4
    together, read = threading.Barrier(callers), []

    def slow_read(*_: object) -> bytes:
        read.append("a file")
        time.sleep(0.2)
        return b"labeling_set_id,label,name\nset,a,Ann\n"

    def settle() -> None:
        together.wait(timeout=10)
        world.simulation.settle()

    monkeypatch.setattr(MotoS3Files, "read", slow_read)
    threads = [threading.Thread(target=settle) for _ in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert read == ["a file"]


def test_run_that_goes_on_has_no_completion(world: World) -> None:
    assert "CompletedOn" not in world.run(world.start())


def test_task_run_ids_are_those_of_glue_and_differ(world: World) -> None:
    first, second = world.start(), world.start()
    assert first != second
    prefix, _, digits = first.partition("-")
    assert prefix == "tsk"
    assert len(digits) == 64
    assert int(digits, 16)


def test_labels_are_unknown_until_the_run_ends(world: World) -> None:
    world.start()
    world.clock.pass_seconds(2.9)
    assert world.simulation.labels(world.transform_id) == ()
    world.clock.pass_seconds(0.1)
    assert world.simulation.labels(world.transform_id) == (
        LabeledRow("set-1", "A", ("Ada",)),
        LabeledRow("set-1", "B", ("Bob",)),
    )


def test_labels_are_added_by_default(world: World) -> None:
    for key in ("two.csv", "one.csv"):
        world.start(key)
        world.clock.pass_seconds(10)
    assert [row.values for row in world.simulation.labels(world.transform_id)] == [
        ("Ada",),
        ("Bob",),
        ("Cyd",),
    ]


def test_labels_are_replaced_when_asked_for(world: World) -> None:
    world.start("two.csv")
    world.clock.pass_seconds(10)
    world.start("one.csv", ReplaceAllLabels=True)
    world.clock.pass_seconds(10)
    assert [row.values for row in world.simulation.labels(world.transform_id)] == [("Cyd",)]


def test_runs_that_ended_unseen_take_effect_in_order_of_their_ends(world: World) -> None:
    world.simulation.plan_runs(RunPlan(seconds=20), RunPlan(seconds=5))
    world.start("two.csv", ReplaceAllLabels=True)
    world.start("one.csv", ReplaceAllLabels=True)
    world.clock.pass_seconds(60)
    assert len(world.simulation.labels(world.transform_id)) == 2


def test_transform_counts_its_labels(world: World) -> None:
    world.start()
    world.clock.pass_seconds(10)
    assert world.glue.get_ml_transform(TransformId=world.transform_id)["LabelCount"] == 2


def test_labels_of_one_transform_are_not_those_of_another(world: World) -> None:
    other = world.glue.create_ml_transform(
        Name="other", InputRecordTables=[], Parameters={"TransformType": "FIND_MATCHES"}, Role="role"
    )["TransformId"]
    run = world.start()
    world.clock.pass_seconds(10)
    assert world.simulation.labels(other) == ()
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        world.glue.get_ml_task_run(TransformId=other, TaskRunId=run)


def test_file_is_read_when_the_run_ends(world: World) -> None:
    run = world.start()
    world.s3.put_object(Bucket="labels-bucket", Key="two.csv", Body=b"labeling_set_id,label,name\n1,A,x\n")
    world.clock.pass_seconds(10)
    assert world.status(run) == "SUCCEEDED"
    assert [row.values for row in world.simulation.labels(world.transform_id)] == [("x",)]


def test_run_whose_file_is_gone_by_its_end_fails_and_says_so(world: World) -> None:
    run = world.start()
    world.s3.delete_object(Bucket="labels-bucket", Key="two.csv")
    world.clock.pass_seconds(10)
    described = world.run(run)
    assert described["Status"] == "FAILED"
    assert described["ErrorString"] == (
        "Cannot access the label file at s3://labels-bucket/two.csv. The specified key does not exist "
        "(Service: Amazon S3; Status Code: 404; Error Code: NoSuchKey)."
    )


def test_failed_run_leaves_earlier_labels_alone(world: World) -> None:
    world.start()
    world.clock.pass_seconds(10)
    assert world.import_file(b"no labels", ReplaceAllLabels=True)["Status"] == "FAILED"
    assert len(world.simulation.labels(world.transform_id)) == 2


def test_planned_ending_and_reason_are_what_glue_shows(world: World) -> None:
    world.simulation.plan_runs(RunPlan(seconds=600, status="FAILED", error_string="out of memory"))
    run = world.start()
    world.clock.pass_seconds(599)
    assert world.status(run) == "RUNNING"
    world.clock.pass_seconds(1)
    described = world.run(run)
    assert described["Status"] == "FAILED"
    assert described["ErrorString"] == "out of memory"
    assert world.simulation.labels(world.transform_id) == ()


@pytest.mark.parametrize("status", ["STOPPED", "TIMEOUT", "FAILED"])
def test_run_may_be_planned_to_end_in_any_way(world: World, status: str) -> None:
    world.simulation.plan_runs(RunPlan(status=status))  # type: ignore[arg-type]  # from the list above
    run = world.start()
    world.clock.pass_seconds(3)
    assert world.status(run) == status


def test_plans_are_taken_in_order_and_then_the_default_again(world: World) -> None:
    world.simulation.plan_runs(RunPlan(status="FAILED"), RunPlan(status="TIMEOUT"))
    runs = [world.start() for _ in range(3)]
    world.clock.pass_seconds(10)
    assert [world.status(run) for run in runs] == ["FAILED", "TIMEOUT", "SUCCEEDED"]


def test_stuck_run_runs_until_it_is_cancelled(world: World) -> None:
    world.simulation.plan_runs(RunPlan(status=None))
    run = world.start()
    world.clock.pass_seconds(24 * 3600)
    assert world.status(run) == "RUNNING"
    world.glue.cancel_ml_task_run(TransformId=world.transform_id, TaskRunId=run)
    world.clock.pass_seconds(1)
    assert world.status(run) == "STOPPED"


def test_run_longer_than_the_transforms_timeout_times_out(world: World) -> None:
    world.glue.update_ml_transform(TransformId=world.transform_id, Timeout=10)
    world.simulation.plan_runs(RunPlan(seconds=601))
    run = world.start()
    world.clock.pass_seconds(599)
    assert world.status(run) == "RUNNING"
    world.clock.pass_seconds(1)
    assert world.status(run) == "TIMEOUT"


def test_cancelled_run_stops_a_moment_later_and_teaches_nothing(world: World) -> None:
    run = world.start()
    answer = world.glue.cancel_ml_task_run(TransformId=world.transform_id, TaskRunId=run)
    assert (answer["TaskRunId"], answer["Status"]) == (run, "STOPPING")
    world.clock.pass_seconds(0.9)
    assert world.status(run) == "STOPPING"
    world.clock.pass_seconds(60)
    described = world.run(run)
    assert described["Status"] == "STOPPED"
    assert (described["CompletedOn"] - described["StartedOn"]).total_seconds() == 1
    assert world.simulation.labels(world.transform_id) == ()


def test_cancelling_twice_does_not_prolong_the_stop(world: World) -> None:
    run = world.start()
    for _ in range(2):
        world.glue.cancel_ml_task_run(TransformId=world.transform_id, TaskRunId=run)
        world.clock.pass_seconds(0.6)
    assert world.status(run) == "STOPPED"


def test_time_that_a_run_takes_to_stop_may_be_planned(world: World) -> None:
    world.simulation.plan_runs(RunPlan(stopping_seconds=100))
    run = world.start()
    world.glue.cancel_ml_task_run(TransformId=world.transform_id, TaskRunId=run)
    world.clock.pass_seconds(99)
    assert world.status(run) == "STOPPING"
    world.clock.pass_seconds(1)
    assert world.status(run) == "STOPPED"


@pytest.mark.parametrize(
    ("plan", "status", "labels"),
    [
        (RunPlan(seconds=10, stopping_seconds=15, finishes=True), "SUCCEEDED", 2),
        (RunPlan(seconds=20, stopping_seconds=15, finishes=True), "STOPPED", 0),
        (RunPlan(seconds=10, stopping_seconds=15), "STOPPED", 0),
        (RunPlan(status="FAILED", error_string="why", stopping_seconds=15, finishes=True), "FAILED", 0),
    ],
)
def test_cancelled_run_ends_as_planned_only_if_it_finishes_first(
    world: World, plan: RunPlan, status: str, labels: int
) -> None:
    world.simulation.plan_runs(plan)
    run = world.start()
    world.glue.cancel_ml_task_run(TransformId=world.transform_id, TaskRunId=run)
    world.clock.pass_seconds(2)
    assert world.status(run) == "STOPPING"
    world.clock.pass_seconds(20)
    assert world.status(run) == status
    assert world.run(run).get("ErrorString") == plan.error_string
    assert len(world.simulation.labels(world.transform_id)) == labels


def test_moments_of_a_run_may_be_kept_back_for_a_while(world: World) -> None:
    world.simulation.plan_runs(RunPlan(seconds=60, silent_seconds=5))
    run = world.start()
    world.clock.pass_seconds(4.9)
    assert not {"StartedOn", "LastModifiedOn"} & world.run(run).keys()
    world.clock.pass_seconds(0.1)
    assert {"StartedOn", "LastModifiedOn"} <= world.run(run).keys()


@pytest.mark.parametrize("seconds", [2.0, -2.0])
def test_moments_of_a_run_are_those_of_glues_clock(world: World, seconds: float) -> None:
    world.simulation.clock_ahead = seconds
    begun, run = world.clock(), world.start()
    world.clock.pass_seconds(3)
    described = world.run(run)
    assert described["Status"] == "SUCCEEDED"
    assert (described["StartedOn"] - begun).total_seconds() == seconds
    assert (described["CompletedOn"] - begun).total_seconds() == seconds + 3


def test_plan_of_the_next_run_goes_before_all_others(world: World) -> None:
    world.simulation.plan_runs(RunPlan(status="FAILED"))
    world.simulation.plan_next_run(RunPlan(status="TIMEOUT"))
    runs = [world.start() for _ in range(2)]
    world.clock.pass_seconds(3)
    assert [world.status(run) for run in runs] == ["TIMEOUT", "FAILED"]


def test_run_that_ended_cannot_be_cancelled(world: World) -> None:
    run = world.start()
    world.clock.pass_seconds(10)
    with pytest.raises(ClientError, match=r"InvalidInputException.*SUCCEEDED"):
        world.glue.cancel_ml_task_run(TransformId=world.transform_id, TaskRunId=run)


def test_runs_in_flight_are_limited_per_transform(world: World) -> None:
    runs = [world.start() for _ in range(3)]
    with pytest.raises(ClientError) as refused:
        world.start()
    assert refused.value.response["Error"] == {
        "Code": "ConcurrentRunsExceededException",
        "Message": "ML Task Runs count [3] has exceeded the transform limit of 3 task runs.",
    }
    world.glue.cancel_ml_task_run(TransformId=world.transform_id, TaskRunId=runs[0])
    world.clock.pass_seconds(1)
    assert world.start()


def test_limit_of_runs_in_flight_can_be_set(world: World) -> None:
    world.simulation.concurrent_runs = 1
    world.start()
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        world.start()


def test_deleted_transform_takes_its_runs_and_labels_along(world: World) -> None:
    run = world.start()
    world.clock.pass_seconds(10)
    world.glue.delete_ml_transform(TransformId=world.transform_id)
    assert world.simulation.labels(world.transform_id) == ()
    assert world.simulation.runs() == ()
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        world.run(run)


def test_runs_of_a_deleted_transform_are_kept_for_reports_as_they_stood(world: World) -> None:
    world.simulation.plan_runs(RunPlan(status="FAILED", error_string="why"))
    failed, going_on = world.start(), world.start()
    world.clock.pass_seconds(2)
    world.simulation.plan_runs(RunPlan(seconds=60))
    world.clock.pass_seconds(2)
    world.run(failed)
    world.glue.delete_ml_transform(TransformId=world.transform_id)
    world.clock.pass_seconds(60)
    assert world.simulation.runs() == ()
    past = {run.task_run_id: run.status for run in world.simulation.runs_of_deleted_transforms()}
    assert past.keys() == {failed, going_on}
    assert past[failed] == "FAILED"


def test_installing_again_forgets_all_runs(world: World) -> None:
    run = world.start()
    glue_ml.install()
    glue_ml.install()
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        world.run(run)
    assert world.start() != run
