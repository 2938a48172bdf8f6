"""Task runs: starting one, waiting for it, and how to go on where that is interrupted."""

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
"""How a command ends that Ctrl-C ended, as in a shell."""


@dataclass(frozen=True)
class Task:
    """A kind of task run that a command starts.

    Attributes:
        type: `TaskType`.
        call: the API's name of the action that starts one.
        method: the boto3 client's name of it.
        noun: what the run is, in a sentence.
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
        path: the path in S3 that it reads or writes; "" where there is none.
        error_string: Glue's reason; "" without one.
        log_group_name: of the run's logs; "" without one.
        started_on: UTC; None as long as Glue does not say.
        completed_on: UTC.
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
        """Return the run that GetMLTaskRun or GetMLTaskRuns describes."""
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
        """Whether the status is one that a run never leaves."""
        return self.status in ENDED

    def lasted(self, now: float) -> float | None:
        """Return how many seconds it has taken at `now`, or took in all; None if that is not known."""
        if self.started_on is None or (self.has_ended and self.completed_on is None):
            return None
        end = self.completed_on.timestamp() if self.completed_on is not None else now
        return max(0.0, end - self.started_on.timestamp())


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(timezone.utc)


def start(account: Account, transform: Transform, task: Task, **parameters: str) -> str:
    """Start a run; return its TaskRunId.

    Raises:
        CallError: Glue refuses it, or did not respond.
    """
    try:
        answer = call(
            task.call, getattr(account.glue_once, task.method), TransformId=transform.id, **parameters
        )
    except KeyboardInterrupt:
        note(
            f"Interrupted while the {task.noun} was being started. See whether it was: "
            f"{_command('glue-labels', 'status', '--transform', transform.id, *account.options)}"
        )
        raise SystemExit(INTERRUPTED) from None
    return str(answer["TaskRunId"])


def wait_until_done(
    account: Account,
    transform: Transform,
    task: Task,
    run_id: str,
    timing: Timing,
    again: Sequence[str],
) -> MLTaskRun:
    """Wait until a run has succeeded, and say on standard error how it stands.

    Args:
        account: the account.
        transform: the run's transform.
        task: what the run must be.
        run_id: the run.
        timing: clock and sleep.
        again: the words of the command that goes on waiting for this run.

    Raises:
        CommandError: the run ended otherwise, or cannot be asked for; the text says how to go on.
        SystemExit: Ctrl-C; how to go on was said.
    """
    line = StatusLine()
    note(f"Task run {run_id}")
    with can_go_on(transform, run_id, account, again):
        try:
            run = _poll_until_ended(account, transform, run_id, timing, line)
        finally:
            line.end()
    if run.type and run.type != task.type:
        raise CommandError(f"Task run {run_id} is no {task.noun}; its type is {run.type}.")
    if run.status != "SUCCEEDED":
        raise CommandError(_why(task, run, transform))
    return run


def _poll_until_ended(
    account: Account, transform: Transform, run_id: str, timing: Timing, line: StatusLine
) -> MLTaskRun:
    began = timing.clock()
    crowding, failing_since = 1.0, None
    while True:
        now = timing.clock()
        try:
            run = _described(account.glue_once, transform, run_id)
        except CallError as error:
            failing_since = now if failing_since is None else failing_since
            kind = error.fault.kind
            limit = {Kind.GONE: NEW_RUN_SECONDS}.get(kind, STARTING_SECONDS)
            can_pass = kind in TEMPORARY or (kind is Kind.GONE and now - began < limit)
            if not can_pass or now - failing_since >= limit:
                raise
            line.show(f"Cannot be polled: {error.fault.code}", now - began)
        else:
            failing_since = None
            line.show(run.status, run.lasted(now) or now - began)
            if run.has_ended:
                return run
        crowding = crowding_after(crowding, failing_since is not None)
        timing.sleep(seconds_to_next_poll(now - began, crowding))


@contextmanager
def can_go_on(
    transform: Transform, run_id: str, account: Account, again: Sequence[str], *, done: bool = False
) -> Iterator[None]:
    """Say how to go on with the run, and how to cancel it, if what is in the block fails or is interrupted.

    Args:
        transform: the run's transform.
        run_id: the run.
        account: the account.
        again: the words of the command that goes on with this run.
        done: whether the run has ended.

    Raises:
        CommandError: of the block, with the same added.
        SystemExit: Ctrl-C.
    """
    command = _command(*again, *account.options)
    cancel = _command(
        *("aws", "glue", "cancel-ml-task-run", "--transform-id", transform.id, "--task-run-id", run_id),
        *account.options,
    )
    try:
        yield
    except KeyboardInterrupt:
        note(f"Interrupted. The task run {'is done' if done else 'goes on in Glue'}.")
        ways = [("Fetch it:", command)] if done else [("Wait for it:", command), ("Cancel it:", cancel)]
        for title, way in ways:
            # In one line, to be pasted.
            click.echo(f"{title:<13} {way}", err=True)
        raise SystemExit(INTERRUPTED) from None
    except CommandError as error:
        how = (
            f"Task run {run_id} is done; to fetch what it wrote: {command}"
            if done
            else f"Task run {run_id} may still be going on; to wait for it: {command}"
        )
        raise CommandError(f"{error.message} {how}") from error


def get_run(account: Account, transform: Transform, run_id: str) -> MLTaskRun:
    """Return a run as it is now.

    Raises:
        CallError: there is none, or Glue cannot be asked.
    """
    return _described(account.glue, transform, run_id)


def _described(glue: Any, transform: Transform, run_id: str) -> MLTaskRun:
    described = call("GetMLTaskRun", glue.get_ml_task_run, TransformId=transform.id, TaskRunId=run_id)
    return MLTaskRun.of(described)


def last_runs(account: Account, transform: Transform, count: int) -> list[MLTaskRun]:
    """Return the transform's last runs of all types, the newest first.

    Sorted here: no source says where GetMLTaskRuns puts a run that has no StartedOn yet.

    Raises:
        CallError: Glue cannot be asked.
    """
    answer = call(
        "GetMLTaskRuns",
        account.glue.get_ml_task_runs,
        TransformId=transform.id,
        MaxResults=100,
        Sort={"Column": "STARTED", "SortDirection": "DESCENDING"},
    )
    future = datetime.max.replace(tzinfo=timezone.utc)
    runs = [MLTaskRun.of(run) for run in answer.get("TaskRuns", ())]
    return sorted(runs, key=lambda run: run.started_on or future, reverse=True)[:count]


def _why(task: Task, run: MLTaskRun, transform: Transform) -> str:
    reason = f": {run.error_string.rstrip('. ')}" if run.error_string else ""
    log = f" (task run {run.id}, log group {run.log_group_name})" if run.log_group_name else f" ({run.id})"
    if run.status == "STOPPED":
        return f"The {task.noun} was cancelled{reason}.{log}"
    if run.status == "TIMEOUT":
        return f"The {task.noun} ran into the transform's own timeout{reason}. Raise its Timeout.{log}"
    what_to_do = remedy_of_run(run.error_string, run.path, transform.role)
    return f"The {task.noun} failed{reason}. {what_to_do}{log}"


def _command(*words: str) -> str:
    return shlex.join(words)
