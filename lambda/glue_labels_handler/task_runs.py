"""Glue's task runs that import labels or evaluate a transform, as typed values, and the calls for them.

Source: https://docs.aws.amazon.com/glue/latest/webapi/API_GetMLTaskRun.html and its neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_labels_handler import errors, quality
from glue_labels_handler.request import LabelsRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from glue_labels_handler.errors import AwsError
    from glue_labels_handler.evaluation_request import TaskRequest
    from glue_labels_handler.quality import Quality

ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"})
"""The statuses of a run that has ended."""

RUN_MAX_AGE = timedelta(hours=48)
"""An older run is not in flight: 2,880 minutes is the default timeout of a transform's task runs
(https://docs.aws.amazon.com/glue/latest/webapi/API_CreateMLTransform.html, Timeout)."""

PAGE_SIZE = 1000
"""Runs on a page of GetMLTaskRuns, at most (API page, MaxResults)."""


class GlueCallError(Exception):
    """A call failed.

    Attributes:
        call: the API's name of the action, such as GetMLTaskRun.
        error: the call's error.
    """

    def __init__(self, call: str, error: AwsError) -> None:
        super().__init__(f"{call}: {error}")
        self.call = call
        self.error = error


@dataclass(frozen=True)
class TaskRun:
    """One task run.

    Attributes:
        id: `TaskRunId`.
        status: STARTING, RUNNING, STOPPING, STOPPED, SUCCEEDED, FAILED or TIMEOUT.
        input_s3_path: `InputS3Path` it was started with; None where Glue does not say.
        replace_all_labels: `Replace` it was started with.
        error_string: Glue's reason; empty without one.
        started_on: UTC; None as long as Glue does not say.
        last_modified_on: UTC.
        completed_on: UTC.
        execution_time: seconds.
        log_group_name: of the run's logs; empty without one.
        task_type: as in `TaskRequest.task_type`.
    """

    id: str
    status: str
    input_s3_path: str | None = None
    replace_all_labels: bool = False
    error_string: str = ""
    started_on: datetime | None = None
    last_modified_on: datetime | None = None
    completed_on: datetime | None = None
    execution_time: int | None = None
    log_group_name: str = ""
    task_type: str = LabelsRequest.task_type

    @property
    def has_ended(self) -> bool:
        """Whether the run has ended."""
        return self.status in ENDED

    @property
    def can_be_cancelled(self) -> bool:
        """Whether it is in flight and nobody has cancelled it."""
        return not self.has_ended and self.status != "STOPPING"

    def began(self, now: float) -> float:
        """Return when it started, in epoch seconds; 0 if it has ended and has no date.

        No source says that StartedOn is set as soon as a run exists. A run in flight without a date counts as
        started `now`.
        """
        moment = self.started_on or self.last_modified_on or self.completed_on
        if moment is not None:
            return moment.timestamp()
        return 0.0 if self.has_ended else now

    def ended(self, now: float) -> float:
        """Return when it ended, in epoch seconds; `now` while it goes on."""
        if not self.has_ended:
            return now
        return self.completed_on.timestamp() if self.completed_on is not None else self.began(now)

    def serves(self, request: TaskRequest) -> bool:
        """Return whether the run does what `request` asks for: an import with its path and replace flag."""
        return self.task_type == request.task_type and (
            request.task_type == "EVALUATION"
            or (self.input_s3_path, self.replace_all_labels)
            == (request.input_s3_path, request.replace_all_labels)
        )


class TaskRuns:
    """The task runs of Glue's ML transforms, through a boto3 Glue client.

    The client must not retry: a start has no client token, so a retry after a lost response would start a
    second run. Every method raises `GlueCallError`.
    """

    def __init__(self, glue: Any) -> None:
        self._glue = glue

    def start(self, request: TaskRequest) -> str:
        """Start the run that `request` asks for; return the TaskRunId."""
        if request.task_type == "EVALUATION":
            start = self._glue.start_ml_evaluation_task_run
            response = self._call("StartMLEvaluationTaskRun", start, TransformId=request.transform_id)
        else:
            response = self._call(
                "StartImportLabelsTaskRun",
                self._glue.start_import_labels_task_run,
                TransformId=request.transform_id,
                InputS3Path=request.input_s3_path,
                ReplaceAllLabels=request.replace_all_labels,
            )
        return str(response["TaskRunId"])

    def get(self, transform_id: str, run_id: str) -> TaskRun:
        """Return the run as it is now."""
        return _task_run(
            self._call("GetMLTaskRun", self._glue.get_ml_task_run, TransformId=transform_id, TaskRunId=run_id)
        )

    def quality(self, transform_id: str) -> Quality:
        """Return the result of the last evaluation."""
        return quality.Quality.of(
            self._call("GetMLTransform", self._glue.get_ml_transform, TransformId=transform_id)
        )

    def all_of(self, request: TaskRequest, now: float) -> list[TaskRun]:
        """Return the transform's import runs, and for an evaluation its evaluation runs, the newest first.

        They are filtered and sorted here: no source says what GetMLTaskRuns does with a run that has no
        StartedOn.

        Args:
            request: names the transform.
            now: epoch seconds, the start of a run that has no date.
        """
        imports = LabelsRequest.task_type
        types = {imports, request.task_type}
        runs: list[TaskRun] = []
        parameters: dict[str, Any] = {"Filter": {"TaskRunType": imports}} if types == {imports} else {}
        while True:
            page = self._call(
                "GetMLTaskRuns",
                self._glue.get_ml_task_runs,
                TransformId=request.transform_id,
                MaxResults=PAGE_SIZE,
                **parameters,
            )
            runs += [
                _task_run(run)
                for run in page.get("TaskRuns", ())
                if run.get("Properties", {}).get("TaskType") in types
            ]
            if not page.get("NextToken"):
                return sorted(runs, key=lambda run: run.began(now), reverse=True)
            parameters["NextToken"] = page["NextToken"]

    def recent(self, request: TaskRequest, now: float) -> list[TaskRun]:
        """Return the runs of `all_of` that may be in flight at `now`, epoch seconds."""
        since = now - RUN_MAX_AGE.total_seconds()
        return [run for run in self.all_of(request, now) if run.began(now) > since]

    def cancel(self, transform_id: str, run_id: str) -> None:
        """Cancel the run; it ends some time later."""
        self._call(
            "CancelMLTaskRun", self._glue.cancel_ml_task_run, TransformId=transform_id, TaskRunId=run_id
        )

    @staticmethod
    def _call(name: str, method: Callable[..., Mapping[str, Any]], **parameters: Any) -> Mapping[str, Any]:
        try:
            return method(**parameters)
        except (ClientError, BotoCoreError) as error:
            path = str(parameters.get("InputS3Path", ""))
            raise GlueCallError(name, errors.classify(error, path)) from error


def _task_run(response: Mapping[str, Any]) -> TaskRun:
    properties = response.get("Properties", {}).get("ImportLabelsTaskRunProperties", {})
    return TaskRun(
        id=str(response["TaskRunId"]),
        status=str(response["Status"]),
        input_s3_path=properties.get("InputS3Path"),
        replace_all_labels=bool(properties.get("Replace", False)),
        error_string=str(response.get("ErrorString") or ""),
        started_on=_utc(response.get("StartedOn")),
        last_modified_on=_utc(response.get("LastModifiedOn")),
        completed_on=_utc(response.get("CompletedOn")),
        execution_time=response.get("ExecutionTime"),
        log_group_name=str(response.get("LogGroupName") or ""),
        task_type=str(response.get("Properties", {}).get("TaskType") or LabelsRequest.task_type),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(timezone.utc)
