"""Glue's ML actions, as an extension of moto's Glue.

moto (5.2) has ML transforms but no task runs. It finds the method for an action by the action's name. So
methods added to its response class serve the missing actions, under `moto.mock_aws` and in the sandbox's
server.

    with mock_aws(), glue_ml.simulated(Simulation(clock=clock)) as simulation:
        simulation.plan_runs(RunPlan(seconds=600))
        boto3.client("glue").start_import_labels_task_run(...)

Source: https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-machine-learning-api.html
"""

from __future__ import annotations

import contextlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from moto.core.responses import ActionResult
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.glue.responses import GlueResponse

from .records import EVALUATION, EXPORT_LABELS, IMPORT_LABELS, LABELING_SET_GENERATION
from .simulation import RefusedError, Simulation
from .task_run_requests import (
    GlueError,
    RunsQuery,
    flag,
    hash_string,
    invalid,
    no_such_run,
    no_such_transform,
    s3_object_path,
    s3_output_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from .records import Metrics, TaskRun

    Action = Callable[[GlueResponse], ActionResult]

LOG_GROUPS: Final = {
    IMPORT_LABELS: "/aws-glue/ml/import-labels",
    EVALUATION: "/aws-glue/ml/evaluation",
    LABELING_SET_GENERATION: "/aws-glue/ml/labeling-set-generation",
    EXPORT_LABELS: "/aws-glue/ml/export-labels",
}
"""LogGroupName of runs, by type. Nothing is written there, and AWS does not document the names."""

_UPDATABLE: Final = {
    "Name": "name",
    "Description": "description",
    "Parameters": "parameters",
    "Role": "role",
    "GlueVersion": "glue_version",
    "MaxCapacity": "max_capacity",
    "WorkerType": "worker_type",
    "NumberOfWorkers": "number_of_workers",
    "Timeout": "timeout",
    "MaxRetries": "max_retries",
}
"""What UpdateMLTransform changes, and moto's name for it."""

_FILTERS = ("Name", "Status", "GlueVersion")
"""What GetMLTransforms can filter by here, of AWS's TransformFilterCriteria."""

_current: Simulation = Simulation()


def install(simulation: Simulation | None = None) -> Simulation:
    """Have moto's Glue serve the ML actions from `simulation`, a new one by default; return it.

    Calling it again replaces the simulation, with all its runs and labels.
    """
    global _current  # moto creates its response objects itself, so it cannot be passed to them
    _current = simulation or Simulation()
    for name, action in _ACTIONS.items():
        setattr(GlueResponse, camelcase_to_underscores(name), _serving(name, action))
    return _current


@contextlib.contextmanager
def simulated(simulation: Simulation | None = None) -> Iterator[Simulation]:
    """Install a simulation for a ``with`` block, and an empty one after it."""
    try:
        yield install(simulation)
    finally:
        install()


def _serving(name: str, action: Action) -> Action:
    def serve(response: GlueResponse) -> ActionResult:
        error_code = _current.note_call(name, str(response.parameters.get("TransformId") or ""))
        if error_code is not None:
            raise GlueError(error_code, f"The sandbox was set to fail {name} with {error_code}.")
        if name not in _PROVISIONING:
            _current.settle()
        if name not in _WITHOUT_TRANSFORM:
            _transform(response)
        try:
            return action(response)
        except RefusedError as error:
            raise GlueError(error.code, str(error)) from error

    return serve


def _start_import(response: GlueResponse) -> ActionResult:
    transform = _transform(response)
    path = s3_object_path(response.parameters, "InputS3Path")
    replace = flag(response.parameters, "ReplaceAllLabels")
    run = _current.start(transform, response.current_account, response.region, path, replace)
    return ActionResult({"TaskRunId": run.task_run_id})


def _start_evaluation(response: GlueResponse) -> ActionResult:
    run = _current.start_evaluation(_transform(response), response.current_account, response.region)
    return ActionResult({"TaskRunId": run.task_run_id})


def _start_generation(response: GlueResponse) -> ActionResult:
    output = s3_output_path(response.parameters)
    run = _current.start_generation(_transform(response), response.current_account, response.region, output)
    return ActionResult({"TaskRunId": run.task_run_id})


def _start_export(response: GlueResponse) -> ActionResult:
    output = s3_output_path(response.parameters)
    run = _current.start_export(_transform(response), response.current_account, response.region, output)
    return ActionResult({"TaskRunId": run.task_run_id})


def _get_transform(response: GlueResponse) -> ActionResult:
    return ActionResult(_described_transform(_transform(response)))


def _get_transforms(response: GlueResponse) -> ActionResult:
    listed: Any = _MOTO_GET_TRANSFORMS(response).result
    known = response.glue_backend.ml_transforms
    transforms = [_described_transform(known[found["TransformId"]]) for found in listed["Transforms"]]
    asked = response.parameters.get("Filter") or {}
    wanted = {name: asked[name] for name in _FILTERS if name in asked}
    # moto ignores the filter.
    shown = [one for one in transforms if all(one.get(name) == value for name, value in wanted.items())]
    return ActionResult({**listed, "Transforms": shown})


def _described_transform(transform: Any) -> dict[str, object]:
    """Return a transform as GetMLTransform shows it."""
    return {**transform.as_dict(), **described_quality(_current, transform.transform_id)}


def _get_run(response: GlueResponse) -> ActionResult:
    return ActionResult(described(_run(response), _current.now()))


def _get_runs(response: GlueResponse) -> ActionResult:
    transform = _transform(response)
    query = RunsQuery.from_parameters(response.parameters)
    page, token = query.page_of(_current.runs(transform.transform_id))
    now = _current.now()
    return ActionResult({"TaskRuns": [described(run, now) for run in page], "NextToken": token})


def _cancel_run(response: GlueResponse) -> ActionResult:
    run = _current.cancel(_run(response))
    return ActionResult({"TransformId": run.transform_id, "TaskRunId": run.task_run_id, "Status": run.status})


def _update_transform(response: GlueResponse) -> ActionResult:
    transform = _transform(response)
    for name, attribute in _UPDATABLE.items():
        if name in response.parameters:
            setattr(transform, attribute, response.parameters[name])
    transform.last_modified_on = utcnow()
    return ActionResult({"TransformId": transform.transform_id})


def _delete_transform(response: GlueResponse) -> ActionResult:
    result = _MOTO_DELETE(response)
    _current.forget(response.parameters["TransformId"])
    return result


def _not_simulated(response: GlueResponse) -> ActionResult:
    raise invalid(
        f"{response.headers.get('X-Amz-Target', 'This action')} is not simulated. "
        "The sandbox simulates the ML task runs about labels and evaluations only."
    )


def _transform(response: GlueResponse) -> Any:  # moto's FakeMLTransform; its attributes have no types
    transform_id = hash_string(response.parameters, "TransformId")
    found = response.glue_backend.ml_transforms.get(transform_id)
    if found is None:
        raise no_such_transform(response.current_account, transform_id)
    return found


def _run(response: GlueResponse) -> TaskRun:
    transform = _transform(response)
    task_run_id = hash_string(response.parameters, "TaskRunId")
    for run in _current.runs(transform.transform_id):
        if run.task_run_id == task_run_id:
            return run
    raise no_such_run(response.current_account, transform.transform_id, task_run_id)


def described(run: TaskRun, now: datetime) -> dict[str, object]:
    """Return the run as GetMLTaskRun shows it at `now`; fields it does not have yet are left out."""
    seconds = int(((run.completed_on or now) - run.started_on).total_seconds())
    is_silent = now < run.started_on + timedelta(seconds=run.silent_seconds)
    described: dict[str, object] = {
        "TransformId": run.transform_id,
        "TaskRunId": run.task_run_id,
        "Status": run.status,
        "LogGroupName": LOG_GROUPS[run.task_type],
        "Properties": {"TaskType": run.task_type, **_type_properties(run)},
        "ErrorString": run.error_string,
        "StartedOn": None if is_silent else run.started_on,
        "LastModifiedOn": None if is_silent else run.last_modified_on,
        "CompletedOn": run.completed_on,
        "ExecutionTime": seconds,
    }
    return _without_none(described)


def _type_properties(run: TaskRun) -> dict[str, object]:
    if run.task_type == EVALUATION:
        return {}
    if run.task_type != IMPORT_LABELS:
        name = (
            "ExportLabelsTaskRunProperties"
            if run.task_type == EXPORT_LABELS
            else "LabelingSetGenerationTaskRunProperties"
        )
        return {name: {"OutputS3Path": run.output_s3_path}}
    properties = {"InputS3Path": run.input_s3_path, "Replace": run.replace_all_labels}
    return {"ImportLabelsTaskRunProperties": properties}


def described_quality(simulation: Simulation, transform_id: str) -> dict[str, object]:
    """Return a transform's state and quality as GetMLTransform shows them; without metrics no field."""
    described: dict[str, object] = {"Status": "READY" if simulation.ready(transform_id) else "NOT_READY"}
    if metrics := simulation.metrics(transform_id):
        described["EvaluationMetrics"] = {
            "TransformType": "FIND_MATCHES",
            "FindMatchesMetrics": _described_metrics(metrics),
        }
    return described


def _described_metrics(metrics: Metrics) -> dict[str, object]:
    counts = _without_none(
        {
            "NumTruePositives": metrics.true_positives,
            "NumFalsePositives": metrics.false_positives,
            "NumTrueNegatives": metrics.true_negatives,
            "NumFalseNegatives": metrics.false_negatives,
        }
    )
    importances = [
        {"ColumnName": name, "Importance": importance} for name, importance in metrics.column_importances
    ]
    return _without_none(
        {
            "AreaUnderPRCurve": metrics.area_under_pr_curve,
            "Precision": metrics.precision,
            "Recall": metrics.recall,
            "F1": metrics.f1,
            "ConfusionMatrix": counts or None,
            "ColumnImportances": importances or None,
        }
    )


def _without_none(fields: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


# Taken once, at import: `install` may run many times, and must not wrap its own wrappers.
_MOTO_DELETE = GlueResponse.delete_ml_transform
_MOTO_GET_TRANSFORMS = GlueResponse.get_ml_transforms

_ACTIONS: Final[dict[str, Action]] = {
    "CreateMLTransform": GlueResponse.create_ml_transform,
    "GetMLTransform": _get_transform,
    "GetMLTransforms": _get_transforms,
    "UpdateMLTransform": _update_transform,
    "DeleteMLTransform": _delete_transform,
    "StartImportLabelsTaskRun": _start_import,
    "GetMLTaskRun": _get_run,
    "GetMLTaskRuns": _get_runs,
    "CancelMLTaskRun": _cancel_run,
    "StartExportLabelsTaskRun": _start_export,
    "StartMLEvaluationTaskRun": _start_evaluation,
    "StartMLLabelingSetGenerationTaskRun": _start_generation,
    "ListMLTransforms": _not_simulated,
}

_PROVISIONING: Final = frozenset({"CreateMLTransform", "UpdateMLTransform", "DeleteMLTransform"})
"""CloudFormation calls these in the thread that serves S3. They settle no run, because that would wait for a
file from S3."""

_WITHOUT_TRANSFORM: Final = frozenset({"CreateMLTransform", "GetMLTransforms", "ListMLTransforms"})
"""The actions that name no transform."""

ACTIONS: Final = frozenset(_ACTIONS)
"""The ML actions that this module serves."""
