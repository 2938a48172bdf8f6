"""What the state machine notes of the calls to Glue, and which of them no request may make."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from direct_glue import DirectGlue
    from model_lambda import Invocation

    from glue_labels_sandbox import TaskRun


@dataclass
class GlueRecorder:
    """A boto3 client between the function and the simulated Glue.

    Attributes:
        serving: returns the invocation that calls.
        started: called with each run that a request started.
        starters: by TaskRunId, the RequestId of what started the run; another party's runs are not there.
    """

    client: DirectGlue
    serving: Callable[[], Invocation]
    started: Callable[[TaskRun], None]
    violations: list[str]
    starters: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.meta = self.client.meta

    def start_import_labels_task_run(self, **asked: Any) -> dict[str, Any]:
        return self._start(self.client.start_import_labels_task_run, asked)

    def start_ml_evaluation_task_run(self, **asked: Any) -> dict[str, Any]:
        return self._start(self.client.start_ml_evaluation_task_run, asked)

    def get_ml_transform(self, **asked: Any) -> dict[str, Any]:
        return self.client.get_ml_transform(**asked)

    def _start(self, start: Callable[..., dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
        invocation, runs = self.serving(), self.client.simulation.runs
        # Rules 4, 6, 9: nothing is started while anything is in flight. What another invocation started after
        # our list was taken cannot be known: Glue has no conditional start, no client token and no lock, so
        # the time of one call, between list and start, is the narrowest gap that its API allows.
        in_flight = [run for run in runs(asked["TransformId"]) if not run.ended]
        known = [run for run in in_flight if run.task_run_id in invocation.listed]
        if known:
            self.violations.append(f"rule 4/6: started while {known[0]} was in flight and could be seen")
        response = start(**asked)
        self.starters[response["TaskRunId"]] = invocation.request_id
        self.started(runs(asked["TransformId"])[-1])
        return response

    def get_ml_task_run(self, **asked: Any) -> dict[str, Any]:
        return self.client.get_ml_task_run(**asked)

    def get_ml_task_runs(self, **asked: Any) -> dict[str, Any]:
        response = self.client.get_ml_task_runs(**asked)
        self.serving().listed = frozenset(run["TaskRunId"] for run in response["TaskRuns"])
        return response

    def cancel_ml_task_run(self, **asked: Any) -> dict[str, Any]:
        response = self.client.cancel_ml_task_run(**asked)
        if asked["TaskRunId"] not in self.starters:
            self.violations.append(f"cancelled another party's {asked['TaskRunId']}")
        return response
