"""Task runs: start one, wait for it, and say how to continue after an interruption."""

from __future__ import annotations

import shlex
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click

from glue_labels_cli.aws_errors import CallError, call, remedy_of_run
from glue_labels_cli.terminal import CommandError, StatusLine, note
from glue_labels_handler.causes import Kind
from glue_labels_handler.errors import NEW_RUN_SECONDS, STARTING_SECONDS, TEMPORARY
from glue_labels_handler.task_runs import ENDED
from glue_labels_handler.waiting import crowding_after, seconds_to_next_poll

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from glue_labels_cli.aws_account import Account
    from glue_labels_cli.aws_options import Timing
    from glue_labels_cli.transforms import Transform

INTERRUPTED = 130
"""Exit status after Ctrl-C, as in a shell."""


@dataclass(frozen=True)
class Task:
    """A kind of task run that a command starts.

    Attributes:
        type: `TaskType`.
        call: the API's name of the action that starts one.
        method: the boto3 client's name of that action.
        noun: the run's name in a message.
    """

    type: str
    call: str
    method: str
    noun: str


GENERATION = Task(
    "LABELING_SET_GENERATION",
    "StartMLLabelingSetGenerationTaskRun",
    "start_ml_labeling_set_generation_task_run",
    "generation of labeling sets",
)
EXPORT = Task("EXPORT_LABELS", "StartExportLabelsTaskRun", "start_export_labels_task_run", "export of labels")
EVALUATION = Task("EVALUATION", "StartMLEvaluationTaskRun", "start_ml_evaluation_task_run", "evaluation")

_PROPERTIES = (
    "ImportLabelsTaskRunProperties",
    "ExportLabelsTaskRunProperties",
    "LabelingSetGenerationTaskRunProperties",
)


@dataclass(frozen=True)
class MLTaskRun:
    """A task run as Glue describes it.

    Attributes:
        id: `TaskRunId`.
        type: `TaskType`.
        status: STARTING, RUNNING, STOPPING, STOPPED, SUCCEEDED, FAILED or TIMEOUT.
        path: the path in S3 that it reads or writes; "" if there is none.
        error_string: Glue's reason; "" if there is none.
        log_group_name: log group of the run; "" if there is none.
        started_on: UTC; None if Glue does not name it yet.
        completed_on: UTC; None if Glue does not name it yet.
    """

    id: str
    type: str
    status: str
    path: str = ""
    error_string: str = ""
    log_group_name: str = ""
    started_on: datetime | None = None
    completed_on: datetime | None = None

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> MLTaskRun:
        """Return a run of a response of GetMLTaskRun or GetMLTaskRuns."""
        properties = described.get("Properties") or {}
        paths = [
            path
            for name in _PROPERTIES
            for key in ("OutputS3Path", "InputS3Path")
            if (path := (properties.get(name) or {}).get(key))
        ]
        return cls(
            id=str(described["TaskRunId"]),
            type=str(properties.get("TaskType") or ""),
            status=str(described["Status"]),
            path=str(paths[0]) if paths else "",
            error_string=str(described.get("ErrorString") or ""),
            log_group_name=str(described.get("LogGroupName") or ""),
            started_on=_utc(described.get("StartedOn")),
            completed_on=_utc(described.get("CompletedOn")),
        )

    @property
    def has_ended(self) -> bool:
        """Whether the status is final."""
        return self.status in ENDED

    def lasted(self, now: float) -> float | None:
        """Return how many seconds the run has taken until `now` or its end; None if Glue does not say."""
        if self.started_on is None or (self.has_ended and self.completed_on is None):
            return None
        end = self.completed_on.timestamp() if self.completed_on is not None else now
        return max(0.0, end - self.started_on.timestamp())


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(timezone.utc)


def start(account: Account, transform: Transform, task: Task, **parameters: str) -> str:
    """Start a run; return its TaskRunId.

    Raises:
        CallError: Glue refused the start, or did not respond.
    """
    try:
        response = call(
            task.call, getattr(account.glue_once, task.method), TransformId=transform.id, **parameters
        )
    except KeyboardInterrupt:
        note(
            f"Interrupted while the {task.noun} was being started. Check whether it runs: "
            f"{shlex.join(('glue-labels', 'status', '--transform', transform.id, *account.options))}"
        )
        raise SystemExit(INTERRUPTED) from None
    return str(response["TaskRunId"])


def wait_until_done(
    account: Account,
    transform: Transform,
    task: Task,
    run_id: str,
    timing: Timing,
    again: Sequence[str],
) -> MLTaskRun:
    """Wait until a run has succeeded, and show its status on standard error.

    Args:
        account: the account.
        transform: the run's transform.
        task: the expected kind of run.
        run_id: the run.
        timing: clock and sleep.
        again: the command that waits for this run, as words.

    Raises:
        CommandError: the run did not succeed.
        SystemExit: the run cannot be polled, or Ctrl-C; see `resumable`.
    """
    line = StatusLine()
    note(f"Task run {run_id}")
    with resumable(account, transform, run_id, again):
        try:
            run = _poll_until_ended(account, transform, run_id, timing, line)
        finally:
            line.end()
    if run.type and run.type != task.type:
        raise CommandError(
            f"Task run {run_id} has the type {run.type}, not {task.type}. Give --task-run the id that this "
            "command printed."
        )
    if run.status != "SUCCEEDED":
        raise CommandError(_failure(task, run, transform))
    return run


def _poll_until_ended(
    account: Account, transform: Transform, run_id: str, timing: Timing, line: StatusLine
) -> MLTaskRun:
    began = timing.clock()
    crowding, failing_since = 1.0, None
    while True:
        now = timing.clock()
        try:
            run = get_run(account.glue_once, transform, run_id)
        except CallError as error:
            failing_since = now if failing_since is None else failing_since
            kind = error.aws_error.kind
            limit = NEW_RUN_SECONDS if kind is Kind.GONE else STARTING_SECONDS
            is_temporary = kind in TEMPORARY or (kind is Kind.GONE and now - began < limit)
            if not is_temporary or now - failing_since >= limit:
                raise
            line.show(f"Cannot be polled: {error.aws_error.code}", now - began)
        else:
            failing_since = None
            line.show(run.status, run.lasted(now) or now - began)
            if run.has_ended:
                return run
        crowding = crowding_after(crowding, failing_since is not None)
        timing.sleep(seconds_to_next_poll(now - began, crowding))


@contextmanager
def resumable(
    account: Account, transform: Transform, run_id: str, again: Sequence[str], *, done: bool = False
) -> Iterator[None]:
    """Show the commands to continue with the run, or to cancel it, if the block fails or is interrupted.

    Args:
        account: the account.
        transform: the run's transform.
        run_id: the run.
        again: the command that continues with this run, as words.
        done: whether the run has ended.

    Raises:
        SystemExit: a CommandError, which was shown, or Ctrl-C.
    """
    try:
        yield
        return
    except KeyboardInterrupt:
        note(f"Interrupted. The task run {'has ended' if done else 'continues in Glue'}.")
        status = INTERRUPTED
    except CommandError as error:
        error.show()
        note(f"The task run {'has ended' if done else 'may still be running'}.")
        status = error.exit_code
    cancel = ("aws", "glue", "cancel-ml-task-run", "--transform-id", transform.id, "--task-run-id", run_id)
    ways = {"Fetch its file:": again} if done else {"Wait for it:": again, "Cancel it:": cancel}
    for title, words in ways.items():
        # Not wrapped, so that it can be pasted.
        click.echo(f"{title:<13} {shlex.join((*words, *account.options))}", err=True)
    raise SystemExit(status)


def get_run(glue: Any, transform: Transform, run_id: str) -> MLTaskRun:
    """Return the present state of a run, by a client of `Account`.

    Raises:
        CallError: there is no such run, or the call failed.
    """
    described = call("GetMLTaskRun", glue.get_ml_task_run, TransformId=transform.id, TaskRunId=run_id)
    return MLTaskRun.of(described)


def last_runs(account: Account, transform: Transform, count: int) -> list[MLTaskRun]:
    """Return the transform's last runs of all types, newest first.

    They are sorted here: no source says where GetMLTaskRuns puts a run that has no StartedOn yet.

    Raises:
        CallError: the call failed.
    """
    response = call(
        "GetMLTaskRuns",
        account.glue.get_ml_task_runs,
        TransformId=transform.id,
        MaxResults=100,
        Sort={"Column": "STARTED", "SortDirection": "DESCENDING"},
    )
    future = datetime.max.replace(tzinfo=timezone.utc)
    runs = [MLTaskRun.of(run) for run in response.get("TaskRuns", ())]
    return sorted(runs, key=lambda run: run.started_on or future, reverse=True)[:count]


def _failure(task: Task, run: MLTaskRun, transform: Transform) -> str:
    reason = f": {run.error_string.rstrip('. ')}" if run.error_string else ""
    log = f" (task run {run.id}, log group {run.log_group_name})" if run.log_group_name else f" ({run.id})"
    if run.status == "STOPPED":
        return f"The {task.noun} was cancelled{reason}.{log}"
    if run.status == "TIMEOUT":
        return f"The {task.noun} ran into the transform's own timeout{reason}. Raise its Timeout.{log}"
    remedy = remedy_of_run(run.error_string, run.path, transform.role)
    return f"The {task.noun} failed{reason}. {remedy}{log}"
