"""What the sandbox records, and its throttle."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import GlueCall, Invocation, LabeledRow, Metrics, RunPlan, TaskRun
from glue_labels_sandbox.records import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World

    from glue_labels_sandbox import Sandbox

TWO_LABELS = b"labeling_set_id,label,name\nset-1,A,Ada\nset-1,B,Bob\n"
SLEEP = "import time\ndef handler(event, context): time.sleep(0.5)"


def test_call_is_recorded_with_its_transform_and_moment(world: World) -> None:
    world.start()
    call = world.simulation.glue_calls()[-1]
    assert (call.action, call.transform_id) == ("StartImportLabelsTaskRun", world.transform_id)
    assert (call.called_on, call.ordered_error) == (world.clock.now, None)


def test_call_that_was_set_to_fail_is_recorded_with_its_error(world: World) -> None:
    world.simulation.fail_calls("StartImportLabelsTaskRun", "InternalServiceException")
    with pytest.raises(ClientError):
        world.start()
    assert world.simulation.glue_calls()[-1].ordered_error == "InternalServiceException"


def test_throttled_action_lets_so_many_calls_pass_in_a_second(world: World) -> None:
    task_run_id = world.start()
    world.simulation.throttle_calls("GetMLTaskRun", 2)
    assert [_passes(world, task_run_id) for _ in range(3)] == [True, True, False]
    world.clock.pass_seconds(0.5)
    assert [_passes(world, task_run_id) for _ in range(2)] == [True, False]


def test_throttle_of_one_action_leaves_the_others_alone(world: World) -> None:
    world.simulation.throttle_calls("GetMLTaskRun", 1)
    assert [world.start().startswith("tsk-") for _ in range(3)] == [True, True, True]


def test_throttle_that_is_lifted_refuses_nothing(world: World) -> None:
    task_run_id = world.start()
    world.simulation.throttle_calls("GetMLTaskRun", 1)
    world.simulation.throttle_calls("GetMLTaskRun", None)
    assert all(_passes(world, task_run_id) for _ in range(5))


def test_simulation_responds_while_a_label_file_is_read(world: World) -> None:
    # The file's server takes ordered errors and deletes transforms. It must not have to wait.
    answered: list[bool] = []

    def ask() -> None:
        world.simulation.take_error("PUT")
        world.simulation.forget("another")

    class AskingWhileReading:
        def read(self, *_: str) -> bytes:
            asking = threading.Thread(target=ask, daemon=True)
            asking.start()
            asking.join(10)
            answered.append(not asking.is_alive())
            return TWO_LABELS

    world.simulation.s3_files = AskingWhileReading()
    world.start()
    world.clock.pass_seconds(60)
    assert [run.status for run in world.simulation.runs()] == ["SUCCEEDED"]
    assert answered == [True, True]  # when the start was checked, when the run ended


def test_sandbox_gives_the_calls_of_its_simulation(sandbox: Sandbox, transform_id: str) -> None:
    sandbox.client("glue").get_ml_transform(TransformId=transform_id)
    calls = [call for call in sandbox.glue_calls() if call.transform_id == transform_id]
    assert [call.action for call in calls] == ["GetMLTransform"]
    assert calls[0].called_on.timestamp() == pytest.approx(time.time(), abs=30)


def test_sandbox_throttles_calls(sandbox: Sandbox, transform_id: str) -> None:
    sandbox.throttle_calls("GetMLTransform", 0.01)
    glue = sandbox.client("glue", retries={"total_max_attempts": 1})
    glue.get_ml_transform(TransformId=transform_id)
    with pytest.raises(ClientError, match="ThrottlingException"):
        glue.get_ml_transform(TransformId=transform_id)
    sandbox.throttle_calls("GetMLTransform", None)


def test_invocation_is_recorded_with_its_memory_and_time(
    sandbox: Sandbox, unique: str, invoke: Callable[..., Any]
) -> None:
    invoke(SLEEP, MemorySize=192)
    (invocation,) = [one for one in sandbox.invocations() if one.function_name == unique]
    assert invocation.memory_mb == 192
    assert 0.5 <= invocation.seconds < 20
    assert invocation.started_on.timestamp() == pytest.approx(time.time(), abs=30)


def _passes(world: World, task_run_id: str) -> bool:
    try:
        world.run(task_run_id)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ThrottlingException":
            raise
        return False
    return True


def test_records_are_the_same_on_both_sides_of_the_control_path() -> None:
    now = datetime(2030, 1, 1, 12, 30, tzinfo=timezone.utc)
    metrics = Metrics(f1=0.5, true_positives=3, column_importances=(("name", 0.75), ("city", 0.25)))
    records = [
        GlueCall("GetMLTaskRun", "tfm-1", now, "ThrottlingException"),
        Invocation("function", 128, now, 0.25),
        LabeledRow("set-1", "A", ("Ada", "London")),
        RunPlan(seconds=9, status=None, metrics="missing"),
        RunPlan(metrics=metrics),
        TaskRun("tsk-1", "tfm-1", "s3://bucket/key", True, now, "RUNNING", now, metrics=metrics),
    ]
    assert from_json(to_json({"records": records})) == {"records": records}
