"""Plans of task runs, and the records of runs, calls, invocations and labels: frozen values.

`to_json` and `from_json` carry them between the sandbox's server and the process that started it.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

IMPORT_LABELS: Final = "IMPORT_LABELS"
EVALUATION: Final = "EVALUATION"
LABELING_SET_GENERATION: Final = "LABELING_SET_GENERATION"
EXPORT_LABELS: Final = "EXPORT_LABELS"

DEFAULT_RUN_SECONDS: Final = 3.0
"""How long a run without a plan takes, in simulated seconds."""

STARTING_SECONDS: Final = 0.5
"""How long a run stays STARTING; shorter runs spend a quarter of their time so."""

STOPPING_SECONDS: Final = 1.0
"""How long a cancelled run without a plan stays STOPPING, in simulated seconds."""

ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"})
"""The states in which a task run ends."""

Ending = Literal["SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"]


@dataclass(frozen=True)
class Metrics:
    """The quality of a transform; the API requires none of these fields, and None leaves one out.

    Source: https://docs.aws.amazon.com/glue/latest/webapi/API_FindMatchesMetrics.html

    Attributes:
        f1: 0 to 1, as are the next three.
        precision: How many of the predicted matches are matches.
        recall: How many of the matches are predicted.
        area_under_pr_curve: Of precision by recall, over all thresholds.
        true_positives: Pairs of records, as are the next three: predicted matches that are matches.
        false_positives: Predicted matches that are non-matches.
        true_negatives: Predicted non-matches that are non-matches.
        false_negatives: Predicted non-matches that are matches.
        column_importances: Names of columns with their importances, 0 to 1, the highest first.
    """

    f1: float | None = None
    precision: float | None = None
    recall: float | None = None
    area_under_pr_curve: float | None = None
    true_positives: int | None = None
    false_positives: int | None = None
    true_negatives: int | None = None
    false_negatives: int | None = None
    column_importances: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class RunPlan:
    """How one task run goes.

    Attributes:
        seconds: From its start to its end, 3 by default. Meaningless when `status` is None.
        status: How it ends. ``SUCCEEDED``, the default, is what the run *may* do: an unreadable or
            malformed label file still makes it FAILED. None keeps it RUNNING until it is cancelled.
        error_string: The run's ``ErrorString``; by default a text that says the ending was planned.
        metrics: What an evaluation that succeeds reports: these metrics, or none (``missing``). None, the
            default, computes them from the labels. Other runs ignore it.
        stopping_seconds: From its cancel to its end, 1 by default.
        finishes: Whether a cancelled run that would end before it has stopped still ends as `status` says.
        silent_seconds: How long after its start Glue does not say when it was started and last modified, 0 by
            default. No source says that Glue does so at once.
    """

    seconds: float = DEFAULT_RUN_SECONDS
    status: Ending | None = "SUCCEEDED"
    error_string: str | None = None
    stopping_seconds: float = STOPPING_SECONDS
    finishes: bool = False
    silent_seconds: float = 0.0
    metrics: Metrics | Literal["missing"] | None = None


@dataclass(frozen=True)
class TaskRun:
    """A task run, of any type that is simulated, at one moment.

    Attributes:
        task_run_id: ``tsk-`` and 64 hexadecimal digits.
        transform_id: The transform it belongs to.
        input_s3_path: ``s3://bucket/key`` of the label file; empty except for an import.
        replace_all_labels: Whether the transform forgets earlier labels; False except for an import.
        started_on: When it was started, in UTC.
        status: As of `last_modified_on`; one of Glue's TaskStatusType.
        last_modified_on: When `status` was entered.
        completed_on: When it ended; None before.
        error_string: Why it did not succeed; None if it did, or has not ended.
        task_type: One of Glue's TaskType; by default an import.
        metrics: What an evaluation reported when it succeeded; None if nothing, and for other runs.
        output_s3_path: Where a generation or export writes to, ``s3://bucket/folder``; else empty.
        silent_seconds: How long after its start Glue does not say when that was.
    """

    task_run_id: str
    transform_id: str
    input_s3_path: str
    replace_all_labels: bool
    started_on: datetime
    status: str
    last_modified_on: datetime
    completed_on: datetime | None = None
    error_string: str | None = None
    task_type: str = IMPORT_LABELS
    metrics: Metrics | None = None
    output_s3_path: str = ""
    silent_seconds: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether it is in one of the states in which runs end."""
        return self.status in ENDED


@dataclass(frozen=True)
class Phase:
    """A status and the moment at which it was entered."""

    status: str
    since: datetime


def phase_at(
    now: datetime, started_on: datetime, plan: RunPlan, cancelled_on: datetime | None, timeout: timedelta
) -> Phase:
    """Return the phase of a run at `now`, as planned: whether its work can succeed is not considered.

    Args:
        now: The moment.
        started_on: When the run was started.
        plan: How it goes.
        cancelled_on: When it was cancelled, if it was.
        timeout: The transform's own limit on a run's time.
    """
    end = Phase("TIMEOUT", started_on + timeout)
    if plan.status is not None and plan.seconds <= timeout.total_seconds():
        end = Phase(plan.status, started_on + timedelta(seconds=plan.seconds))
    if cancelled_on is not None:
        stopped_on = cancelled_on + timedelta(seconds=plan.stopping_seconds)
        if not plan.finishes or end.since >= stopped_on:
            end = Phase("STOPPED", stopped_on)
    if now >= end.since:
        return end
    if cancelled_on is not None:
        return Phase("STOPPING", cancelled_on)
    starting = STARTING_SECONDS if plan.status is None else min(STARTING_SECONDS, plan.seconds / 4)
    running_on = started_on + timedelta(seconds=starting)
    return Phase("RUNNING", running_on) if now >= running_on else Phase("STARTING", started_on)


@dataclass(frozen=True)
class LabeledRow:
    """One row a transform learned from.

    Attributes:
        labeling_set_id: The set within which labels are compared.
        label: Rows of one set with the same label are the same record.
        values: The record's fields, in the file's order.
    """

    labeling_set_id: str
    label: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class GlueCall:
    """A call that reached Glue; each HTTP request is one, the SDK's own retries too.

    Attributes:
        action: As the API names it, for example ``GetMLTaskRun``.
        transform_id: The transform it names; empty without one.
        called_on: In UTC.
        ordered_error: The error it got because a test or a throttle ordered it; None for any other response,
            errors among them.
    """

    action: str
    transform_id: str
    called_on: datetime
    ordered_error: str | None = None


@dataclass(frozen=True)
class Invocation:
    """An invocation of a Lambda function that has ended.

    Attributes:
        function_name: The function's name.
        memory_mb: The function's memory, as Lambda bills it.
        started_on: When the service had the request, in UTC.
        seconds: Until the function was done, its initialisation included, which Lambda bills too
            (https://aws.amazon.com/lambda/pricing/). In Lambda more memory makes a process faster; here it
            does not.
    """

    function_name: str
    memory_mb: int
    started_on: datetime
    seconds: float


_TYPE: Final = "__type__"
_RECORDS: Final[dict[str, Any]] = {
    record.__name__: record for record in (GlueCall, Invocation, LabeledRow, Metrics, RunPlan, TaskRun)
}


def to_json(value: object) -> bytes:
    """Return JSON of a value made of records, moments in UTC and what JSON knows."""
    return json.dumps(value, default=_described).encode()


def from_json(text: bytes) -> Any:
    """Return the value that `to_json` was given; a sequence outside of a record becomes a list."""
    return json.loads(text, object_hook=_restored)


def _described(value: Any) -> dict[str, Any]:
    if isinstance(value, datetime):
        return {_TYPE: "datetime", "text": value.isoformat()}
    fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return {_TYPE: type(value).__name__, **fields}


def _restored(found: dict[str, Any]) -> Any:
    name = found.pop(_TYPE, None)
    if name is None:
        return found
    if name == "datetime":
        return datetime.fromisoformat(found["text"])
    return _RECORDS[name](**{field: _with_tuples(value) for field, value in found.items()})


def _with_tuples(value: Any) -> Any:
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value
