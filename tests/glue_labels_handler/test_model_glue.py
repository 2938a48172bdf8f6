"""The model of Glue answers as the sandbox's simulation does, wherever both can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from model_glue import Course, Glue
from model_lambda import Invocation
from model_trouble import CALL_SECONDS, Troubles
from turns import Schedule
from world import BUCKET, LABELS, World

from glue_labels_sandbox.run_plan import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable

PATHS = [f"s3://{BUCKET}/{name}.csv" for name in ("labels", "other", "third", "fourth")]


class BothGlues:
    """The same calls to both, at the same simulated moments; what each of them answered."""

    def __init__(self, world: World, courses: list[Course]) -> None:
        self._world = world
        self._schedule = Schedule()
        self._schedule.now = world.clock.now
        invocation = Invocation(self._schedule, "", 0, 0.0, "request", is_tick=False)
        self._model = Glue(self._schedule, Troubles(self._schedule), lambda: invocation, [])
        self._model.courses.extend(courses)
        # arg-type: the model's endings are the statuses that a plan takes
        plan = [RunPlan(seconds=course.seconds, status=course.ending) for course in courses]  # type: ignore[arg-type]
        world.plan(*plan)
        self._runs: list[tuple[str, str]] = []

    def pass_time(self, seconds: float) -> None:
        self._schedule.advance(seconds)
        self._world.clock.sleep(seconds)

    def start(self, path: str, *, replace: bool) -> None:
        asked = {"TransformId": self._world.transform_id, "InputS3Path": path, "ReplaceAllLabels": replace}
        model, sandbox = self._answers("start_import_labels_task_run", asked, asked)
        assert ("TaskRunId" in model) == ("TaskRunId" in sandbox), (model, sandbox)
        if "TaskRunId" in model:
            self._runs.append((model["TaskRunId"], sandbox["TaskRunId"]))
        else:
            assert model == sandbox

    def compare(self, method: str, number: int) -> None:
        """Ask both about, or for the end of, the run of that number."""
        transform_id = self._world.transform_id
        asked = [{"TransformId": transform_id, "TaskRunId": run_id} for run_id in self._runs[number]]
        model, sandbox = self._answers(method, *asked)
        assert self._told(model) == self._told(sandbox)

    def compare_lists(self) -> None:
        asked = {
            "TransformId": self._world.transform_id,
            "Filter": {"TaskRunType": "IMPORT_LABELS"},
        }
        model, sandbox = self._answers("get_ml_task_runs", asked, asked)
        # The function sorts by itself: in which order a model lists does not matter.
        told = [
            sorted(map(self._told, side["TaskRuns"]), key=lambda run: run["run"]) for side in (model, sandbox)
        ]
        assert told[0] == told[1]

    def _answers(self, method: str, *asked: dict[str, Any]) -> list[dict[str, Any]]:
        answers: list[dict[str, Any]] = []
        in_turn = self._schedule.turn(
            lambda: answers.append(_answer(getattr(self._model, method), asked[0])), lambda _: None
        )
        in_turn.resume()
        self._schedule.advance(CALL_SECONDS)
        self._world.clock.sleep(CALL_SECONDS)
        answers.insert(0, _answer(getattr(self._world.glue, method), asked[1]))
        self._schedule.advance(CALL_SECONDS)
        self._world.clock.sleep(CALL_SECONDS)
        sandbox, model = answers
        return [model, sandbox]

    def _told(self, answer: dict[str, Any]) -> dict[str, Any]:
        """What the function reads of a run; ids differ, and the sandbox gives every failure a reason."""
        sides = {run_id: number for number, pair in enumerate(self._runs) for run_id in pair}
        told = {name: answer.get(name) for name in ("Error", "Status", "Properties", "ExecutionTime")}
        # To a tenth of a second: HTTP cuts a moment's microseconds off, the model does not.
        moments = {
            name: int(answer[name].timestamp() * 10 + 0.1)
            for name in ("StartedOn", "CompletedOn")
            if answer.get(name) is not None
        }
        return told | moments | {"run": sides.get(answer.get("TaskRunId", ""))}


def _answer(method: Callable[..., dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return method(**asked)
    except ClientError as error:
        return {"Error": error.response["Error"]["Code"]}


@pytest.mark.parametrize("ending", ["SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT", None])
def test_model_and_simulation_tell_the_same_of_runs(world: World, ending: str | None) -> None:
    for path in PATHS:
        world.upload(path.rpartition("/")[2], LABELS)
    both = BothGlues(world, [Course(10, ending), Course(1), Course(20), Course(3), Course(3)])
    for path in PATHS[:3]:
        both.start(path, replace=path == PATHS[0])
    both.start(PATHS[3], replace=True)  # a fourth in flight is refused
    both.compare("cancel_ml_task_run", 2)
    both.compare("cancel_ml_task_run", 2)
    for seconds in (0.0, 0.5, 3.0, 10.0):
        both.pass_time(seconds)
        both.compare_lists()
        for number in range(3):
            both.compare("get_ml_task_run", number)
    both.compare("cancel_ml_task_run", 1)  # it has ended
    both.start(PATHS[3], replace=True)
    both.compare_lists()
