"""Glue's import runs as a model: a boto3 client of the four calls the function makes.

The same as the sandbox's simulation where they overlap (test_model_glue compares them), and quicker: no HTTP,
no S3. What is more: runs that take long to stop, or succeed although they were asked to stop.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from model_trouble import Troubles, client_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from turns import Schedule

ENDED = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT")
RUNS_IN_FLIGHT = 3
"""Per transform (Glue's quota)."""

DENIED = "Access Denied (Service: Amazon S3; Status Code: 403)"
"""What S3 says of a file that the transform's role may not read."""


@dataclass(frozen=True)
class Denial:
    """The transform's role may not read label files for a while, as when its policy is new.

    Attributes:
        until: epoch seconds.
        at_start: whether the start is refused; else the run ends FAILED. No source says which Glue does.
    """

    until: float
    at_start: bool = True


@dataclass(frozen=True)
class Course:
    """How a run goes.

    Attributes:
        seconds: until it ends by itself.
        ending: how it ends by itself; None if it never does.
        stopping_seconds: how long it takes to stop once it is asked to.
        finishes: whether it still ends as it would have, where that comes before it has stopped.
    """

    seconds: float = 3.0
    ending: str | None = "SUCCEEDED"
    stopping_seconds: float = 1.0
    finishes: bool = False


@dataclass
class Run:
    """One import."""

    id: str
    transform_id: str
    path: str
    replace: bool
    started: float
    order: int
    course: Course
    starter: str | None = None
    """RequestId that the function's invocation which started it was serving; None: another party's."""
    cancelled: float | None = None
    is_denied: bool = False
    """Whether it ends FAILED because the role may not read the file."""
    clock_ahead: float = 0.0
    """Of the others' clock."""
    silent_until: float = 0.0
    """When Glue begins to say when it started; no source says that this is at once."""

    @property
    def ends(self) -> float:
        """When it ends, as things stand."""
        course = self.course
        by_itself = self.started + course.seconds if course.ending else float("inf")
        if self.cancelled is None:
            return by_itself
        stopped = self.cancelled + course.stopping_seconds
        return min(by_itself, stopped) if course.finishes else stopped

    def status(self, now: float) -> str:
        if now >= self.ends:
            stopped = (
                self.cancelled is not None and self.ends == self.cancelled + self.course.stopping_seconds
            )
            return "STOPPED" if stopped else "FAILED" if self.is_denied else str(self.course.ending)
        if self.cancelled is not None:
            return "STOPPING"
        starting = min(0.5, self.course.seconds / 4) if self.course.ending else 0.5
        return "STARTING" if now < self.started + starting else "RUNNING"

    def in_flight(self, now: float) -> bool:
        return now < self.ends

    def imports(self, transform_id: str, path: str, replace: bool) -> bool:
        return (self.transform_id, self.path, self.replace) == (transform_id, path, replace)

    def described(self, now: float) -> dict[str, Any]:
        """As GetMLTaskRun shows it."""
        has_ended = now >= self.ends
        until = self.ends if has_ended else now
        shown = {
            "TransformId": self.transform_id,
            "TaskRunId": self.id,
            "Status": self.status(now),
            "LogGroupName": "/aws-glue/ml/import-labels",
            "Properties": {
                "TaskType": "IMPORT_LABELS",
                "ImportLabelsTaskRunProperties": {"InputS3Path": self.path, "Replace": self.replace},
            },
            "ExecutionTime": int(until - self.started),
        }
        if now >= self.silent_until:
            shown["StartedOn"] = _utc(self.started + self.clock_ahead)
        if self.status(now) == "FAILED" and self.is_denied:
            shown["ErrorString"] = f"Unable to read {self.path}: {DENIED}"
        return shown | ({"CompletedOn": _utc(self.ends + self.clock_ahead)} if has_ended else {})


def _utc(moment: float) -> datetime:
    return datetime.fromtimestamp(moment, timezone.utc)


@dataclass
class Glue:
    """The service: its runs, and a client of it."""

    schedule: Schedule
    troubles: Troubles
    serving: Any  # () -> the invocation that calls, see model_lambda
    violations: list[str]
    runs: list[Run] = field(default_factory=list)
    courses: deque[Course] = field(default_factory=deque)
    transform_is_gone: bool = False
    denial: Denial = Denial(0.0)
    clock_ahead: float = 0.0
    silent_seconds: float = 0.0
    """How long after its start a run has no StartedOn."""
    started: Callable[[Run], None] = field(default=lambda _: None)
    """Told of each run that the function starts."""

    # The boto3 client.

    def start_import_labels_task_run(self, **asked: Any) -> dict[str, Any]:
        return self.troubles.call("StartImportLabelsTaskRun", lambda: self._start_ours(**asked))

    def get_ml_task_run(self, **asked: Any) -> dict[str, Any]:
        return self.troubles.call(
            "GetMLTaskRun",
            lambda: self._run("GetMLTaskRun", asked["TaskRunId"]).described(self.schedule.now),
        )

    def get_ml_task_runs(self, **asked: Any) -> dict[str, Any]:
        return self.troubles.call("GetMLTaskRuns", lambda: self._list(**asked))

    def cancel_ml_task_run(self, **asked: Any) -> dict[str, Any]:
        return self.troubles.call("CancelMLTaskRun", lambda: self._cancel(asked["TaskRunId"]))

    # What happens in the service.

    def start(self, path: str, *, replace: bool, transform_id: str, starter: str | None = None) -> Run:
        """Start a run, for the function or for another party."""
        self._check_transform("StartImportLabelsTaskRun")
        in_flight = [run for run in self.runs_of(transform_id) if run.in_flight(self.schedule.now)]
        if len(in_flight) >= RUNS_IN_FLIGHT:
            text = "ML Task Runs count 3 has exceeded the transform limit of 3 task runs."
            raise client_error("ConcurrentRunsExceededException", "StartImportLabelsTaskRun", text)
        course = self.courses.popleft() if self.courses else Course()
        order = next(self.schedule.order)
        run = Run(
            f"tsk-{len(self.runs):064x}",
            transform_id,
            path,
            replace,
            self.schedule.now,
            order,
            course,
            starter,
            clock_ahead=self.clock_ahead,
            silent_until=self.schedule.now + self.silent_seconds,
        )
        self.runs.append(run)
        return run

    def runs_of(self, transform_id: str) -> list[Run]:
        return [run for run in self.runs if run.transform_id == transform_id]

    def left_in_flight(self) -> list[Run]:
        """Return what goes on of the function's runs."""
        return [run for run in self.runs if run.starter is not None and run.in_flight(self.schedule.now)]

    def _start_ours(self, **asked: Any) -> dict[str, Any]:
        invocation, now = self.serving(), self.schedule.now
        transform_id = asked["TransformId"]
        # Rules 4, 6, 9: nothing is started while anything is in flight. What another invocation started after
        # our list was taken cannot be known: Glue has no conditional start, no client token and no lock, so
        # the time of one call, between list and start, is the narrowest gap that its API allows.
        in_flight = [run for run in self.runs_of(transform_id) if run.in_flight(now)]
        known = [run for run in in_flight if run.order < invocation.listed_at_order]
        if known:
            self.violations.append(f"rule 4/6: started while {known[0]} was in flight and could be seen")
        path, is_denied = asked["InputS3Path"], now < self.denial.until
        if is_denied and self.denial.at_start:
            text = f"Cannot access the label file at {path}. {DENIED}"
            raise client_error("InvalidInputException", "StartImportLabelsTaskRun", text)
        run = self.start(
            path,
            replace=asked["ReplaceAllLabels"],
            transform_id=transform_id,
            starter=invocation.request_id,
        )
        if is_denied:
            run.is_denied = True
            run.course = replace(run.course, ending="FAILED", seconds=min(run.course.seconds, 20.0))
        self.started(run)
        return {"TaskRunId": run.id}

    def _list(self, **asked: Any) -> dict[str, Any]:
        self._check_transform("GetMLTaskRuns")
        runs = self.runs_of(asked["TransformId"])
        self.serving().listed_at_order = next(self.schedule.order)
        return {"TaskRuns": [run.described(self.schedule.now) for run in runs]}

    def _cancel(self, run_id: str) -> dict[str, Any]:
        run = self._run("CancelMLTaskRun", run_id)
        if not run.in_flight(self.schedule.now):
            raise client_error("InvalidInputException", "CancelMLTaskRun", f"{run_id} has ended.")
        if run.starter is None:
            self.violations.append(f"cancelled another party's {run}")
        if run.cancelled is None:
            run.cancelled = self.schedule.now
        return {"TransformId": run.transform_id, "TaskRunId": run.id, "Status": run.status(self.schedule.now)}

    def _run(self, action: str, run_id: str) -> Run:
        self._check_transform(action)
        for run in self.runs:
            if run.id == run_id:
                return run
        raise client_error(
            "EntityNotFoundException", action, f"No ML Task Run found for {run_id}: in account 1."
        )

    def _check_transform(self, action: str) -> None:
        if self.transform_is_gone:
            raise client_error("EntityNotFoundException", action, "Cannot find MLTransform in account 1.")
