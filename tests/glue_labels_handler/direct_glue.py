"""The simulated Glue without HTTP in between: the function's four calls, straight on the simulation.

For the many cases of the fault matrix; that the calls are what botocore and Glue take is what the tests under
moto show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from glue_labels_sandbox.glue_ml import described
from glue_labels_sandbox.simulation import RunHasEndedError, Simulation, TooManyRunsError

if TYPE_CHECKING:
    from glue_labels_sandbox import ImportRun

_METHODS = {
    "start_import_labels_task_run": "StartImportLabelsTaskRun",
    "get_ml_task_run": "GetMLTaskRun",
    "get_ml_task_runs": "GetMLTaskRuns",
    "cancel_ml_task_run": "CancelMLTaskRun",
}


@dataclass
class Transform:
    """What the simulation needs of one."""

    transform_id: str
    role: str = "arn:aws:iam::123456789012:role/transform"
    timeout: int = 2880
    label_count: int = 0


@dataclass
class DirectGlue:
    """Looks like a boto3 Glue client to the function."""

    simulation: Simulation
    transforms: dict[str, Transform] = field(default_factory=dict)
    meta: Any = field(default_factory=lambda: SimpleNamespace(method_to_api_mapping=_METHODS))

    def create_transform(self) -> str:
        """Make a transform; return its id."""
        transform = Transform(f"tfm-{len(self.transforms)}")
        self.transforms[transform.transform_id] = transform
        return transform.transform_id

    def start_import_labels_task_run(self, **asked: Any) -> dict[str, Any]:
        """Start an import."""
        transform = self._transform(asked)
        try:
            run = self.simulation.start(
                transform, "123456789012", "eu-west-1", asked["InputS3Path"], asked["ReplaceAllLabels"]
            )
        except TooManyRunsError as error:
            raise _client_error("ResourceNumberLimitExceededException", error) from error
        return {"TaskRunId": run.task_run_id}

    def get_ml_task_run(self, **asked: Any) -> dict[str, Any]:
        """Return one run."""
        return described(self._run(asked))

    def get_ml_task_runs(self, **asked: Any) -> dict[str, Any]:
        """Return the runs that started after the given moment, the newest first, on one page."""
        since = asked["Filter"].get("StartedAfter")
        runs = self.simulation.runs(self._transform(asked).transform_id)
        wanted = [described(run) for run in runs if since is None or run.started_on > since]
        return {"TaskRuns": wanted[::-1]}

    def cancel_ml_task_run(self, **asked: Any) -> dict[str, Any]:
        """Ask a run to stop."""
        try:
            self.simulation.cancel(self._run(asked))
        except RunHasEndedError as error:
            raise _client_error("InvalidInputException", error) from error
        return {}

    def _transform(self, asked: dict[str, Any]) -> Transform:
        return self.transforms[asked["TransformId"]]

    def _run(self, asked: dict[str, Any]) -> ImportRun:
        for run in self.simulation.runs(self._transform(asked).transform_id):
            if run.task_run_id == asked["TaskRunId"]:
                return run
        raise _client_error("EntityNotFoundException", f"{asked['TaskRunId']} not found")


def _client_error(code: str, message: object) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": str(message)}}, "Call")
