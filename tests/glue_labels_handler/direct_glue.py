"""The simulated Glue without HTTP in between: the function's calls, straight on the simulation.

For the many cases of the error matrix; that the calls are what botocore and Glue take is what the tests under
moto show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from glue_labels_sandbox.catalog import AnyColumns
from glue_labels_sandbox.glue_ml import described, described_quality
from glue_labels_sandbox.simulation import RefusedError, Simulation
from glue_labels_sandbox.task_run_requests import no_such_run, no_such_transform

if TYPE_CHECKING:
    from glue_labels_sandbox import TaskRun
    from glue_labels_sandbox.task_run_requests import GlueError

_ACCOUNT = "123456789012"

_METHODS = {
    "start_import_labels_task_run": "StartImportLabelsTaskRun",
    "get_ml_task_run": "GetMLTaskRun",
    "get_ml_task_runs": "GetMLTaskRuns",
    "cancel_ml_task_run": "CancelMLTaskRun",
    "start_ml_evaluation_task_run": "StartMLEvaluationTaskRun",
    "get_ml_transform": "GetMLTransform",
}


@dataclass
class Transform:
    """What the simulation needs of one."""

    transform_id: str
    role: str = "arn:aws:iam::123456789012:role/transform"
    timeout: int = 2880
    label_count: int = 0
    input_record_tables: tuple[dict[str, str], ...] = ({"DatabaseName": "crm", "TableName": "customers"},)
    parameters: dict[str, Any] = field(
        default_factory=lambda: {
            "TransformType": "FIND_MATCHES",
            "FindMatchesParameters": {"PrimaryKeyColumnName": "customer_id"},
        }
    )


@dataclass
class DirectGlue:
    """Looks like a boto3 Glue client to the function."""

    simulation: Simulation
    transforms: dict[str, Transform] = field(default_factory=dict)
    meta: Any = field(default_factory=lambda: SimpleNamespace(method_to_api_mapping=_METHODS))

    def __post_init__(self) -> None:
        self.simulation.catalog = AnyColumns()

    def create_transform(self) -> str:
        """Make a transform; return its id."""
        transform = Transform(f"tfm-{len(self.transforms) + 1}")
        self.transforms[transform.transform_id] = transform
        return transform.transform_id

    def start_import_labels_task_run(self, **asked: Any) -> dict[str, Any]:
        """Start an import."""
        transform = self._transform(asked)
        try:
            run = self.simulation.start(
                transform, _ACCOUNT, "eu-west-1", asked["InputS3Path"], asked["ReplaceAllLabels"]
            )
        except RefusedError as error:
            raise _client_error(error.code, str(error)) from error
        return {"TaskRunId": run.task_run_id}

    def start_ml_evaluation_task_run(self, **asked: Any) -> dict[str, Any]:
        """Start an evaluation."""
        try:
            run = self.simulation.start_evaluation(self._transform(asked), _ACCOUNT, "eu-west-1")
        except RefusedError as error:
            raise _client_error(error.code, str(error)) from error
        return {"TaskRunId": run.task_run_id}

    def get_ml_transform(self, **asked: Any) -> dict[str, Any]:
        """Return a transform, as far as an evaluation needs it."""
        transform = self._transform(asked)
        return {
            "TransformId": transform.transform_id,
            "LabelCount": transform.label_count,
            **described_quality(self.simulation, transform.transform_id),
        }

    def get_ml_task_run(self, **asked: Any) -> dict[str, Any]:
        """Return one run."""
        return described(self._run(asked), self.simulation.now())

    def get_ml_task_runs(self, **asked: Any) -> dict[str, Any]:
        """Return the runs of a type that started after the given moment, the newest first, on one page."""
        asked_for = asked.get("Filter", {})
        since, task_type = asked_for.get("StartedAfter"), asked_for.get("TaskRunType")
        runs = self.simulation.runs(self._transform(asked).transform_id)
        now = self.simulation.now()
        wanted = [
            described(run, now)
            for run in runs
            if (since is None or run.started_on > since) and task_type in (None, run.task_type)
        ]
        return {"TaskRuns": wanted[::-1]}

    def cancel_ml_task_run(self, **asked: Any) -> dict[str, Any]:
        """Ask a run to stop."""
        try:
            self.simulation.cancel(self._run(asked))
        except RefusedError as error:
            raise _client_error(error.code, str(error)) from error
        return {}

    def _transform(self, asked: dict[str, Any]) -> Transform:
        found = self.transforms.get(asked["TransformId"])
        if found is None:
            raise _as_client_error(no_such_transform(_ACCOUNT, asked["TransformId"]))
        return found

    def _run(self, asked: dict[str, Any]) -> TaskRun:
        transform_id, task_run_id = self._transform(asked).transform_id, asked["TaskRunId"]
        for run in self.simulation.runs(transform_id):
            if run.task_run_id == task_run_id:
                return run
        raise _as_client_error(no_such_run(_ACCOUNT, transform_id, task_run_id))


def _as_client_error(error: GlueError) -> ClientError:
    return _client_error(error.error_type, error.message)


def _client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")
