"""Start or adopt a run, supersede the former one, wait, cancel.

An import goes forward in *looks*: each makes the one or two calls that are due and returns how far it has
come. A look may be the first of an invocation or the last; the next may be another invocation's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Protocol

from glue_labels_handler.errors import Fault, ImportFailedError, Kind, is_worth_retrying
from glue_labels_handler.progress import Progress
from glue_labels_handler.reasons import (
    explain_blocked,
    explain_deadline,
    explain_ended_run,
    explain_fault,
    explain_unpolled,
)
from glue_labels_handler.task_runs import RUN_MAX_AGE, GlueCallError, TaskRun
from glue_labels_handler.waiting import STOPPING_SECONDS, Window, seconds_to_next_look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from glue_labels_handler.request import LabelsRequest
    from glue_labels_handler.task_runs import TaskRuns

NO_RUN = "glue-labels-import-without-task-run"
"""PhysicalResourceId of a Create that failed before there was a run; its Delete has no run to cancel."""

CLOCK_SKEW_SECONDS = 5.0
"""How far Glue's StartedOn may lie before our clock's moment of the call that started the run."""

CANCEL_ON_DELETE_SECONDS = 60.0
"""How long a Delete tries to cancel a run while Glue is in passing trouble."""


@dataclass(frozen=True)
class Job:
    """What a Create or Update asks for.

    Attributes:
        request: the label version the transform is to know.
        former: on an Update, the label version before it; None if there was none that can be read.
        physical_id: on an Update, the resource's physical id.
    """

    request: LabelsRequest
    former: LabelsRequest | None = None
    physical_id: str | None = None

    def begin(self, now: float) -> Progress:
        """Return the progress of a request first seen at `now`."""
        unchanged = self.former is not None and self.former.imports_the_same(self.request)
        done_by = self.physical_id if unchanged and self.physical_id != NO_RUN else None
        return Progress(begun=now, deadline=now + self.request.timeout_seconds, done_by=done_by)

    def physical_id_after(self, run: TaskRun) -> str:
        """Return the physical id to report: the run that created the resource, for good.

        A new id would be a replacement. Where a later resource of the stack fails, CloudFormation rolls a
        replacement back by deleting the new id, without an Update, so that the former labels would not be
        imported again (reported in https://github.com/aws/aws-cdk/issues/17040).
        """
        return run.id if self.physical_id in (None, NO_RUN) else self.physical_id


class Carrier(Protocol):
    """Takes the progress over the end of an invocation."""

    def remember(self, progress: Progress) -> None:
        """Note how far the request has come."""

    def hand_over(self) -> bool:
        """See to it that a later invocation carries on from what is noted; return whether that worked."""


@dataclass(frozen=True)
class Start:
    """Nothing is in the way: start a run."""


@dataclass(frozen=True)
class Adopt:
    """This run imports what is asked for: wait for it."""

    run: TaskRun


@dataclass(frozen=True)
class Await:
    """Runs that are in flight must end first; `cancel` names those that were our resource's own."""

    blocker: TaskRun
    cancel: tuple[TaskRun, ...] = ()


def next_step(runs: Iterable[TaskRun], job: Job, progress: Progress) -> Start | Adopt | Await:
    """Decide how a request without a run goes on, from the transform's recent import runs, newest first."""
    recent = list(runs)
    in_flight = [run for run in recent if not run.has_ended]
    superseded = [
        run
        for run in in_flight
        if job.former is not None and run.imports(job.former) and not run.imports(job.request)
    ]
    if superseded:
        return Await(superseded[0], tuple(run for run in superseded if run.status != "STOPPING"))
    for run in recent:
        ours = progress.maybe_started and run.has_ended and _started_since(run, progress.begun)
        going = not run.has_ended and run.status != "STOPPING"
        if run.imports(job.request) and (going or ours):
            return Adopt(run)
    return Await(in_flight[0]) if in_flight else Start()


def _started_since(run: TaskRun, begun: float) -> bool:
    return run.started_on is not None and run.started_on.timestamp() >= begun - CLOCK_SKEW_SECONDS


def _last_moment(progress: Progress) -> float:
    """Return when the request is answered whatever its run does."""
    if progress.run_id is None:
        return progress.deadline
    return (progress.cancelled_at or progress.deadline) + STOPPING_SECONDS


class Importer:
    """Imports labels through `task_runs`, on a clock and sleep that are passed in.

    Args:
        task_runs: Glue.
        clock: returns epoch seconds.
        sleep: waits that many seconds.
    """

    def __init__(
        self, task_runs: TaskRuns, clock: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._task_runs = task_runs
        self._clock = clock
        self._sleep = sleep

    def wait(
        self,
        job: Job,
        progress: Progress,
        window: Window,
        carrier: Carrier,
        handed_over: Progress | None = None,
    ) -> TaskRun | None:
        """Look at the import during `window`.

        Args:
            job: what is asked for.
            progress: how far it has come.
            window: when to look; `window.begin` has come.
            carrier: takes the progress over the end of the invocation.
            handed_over: what later invocations carry on from already.

        Returns:
            The run that succeeded; None when the wait was handed over to a later invocation.

        Raises:
            ImportFailedError: it did not succeed and will not.
        """
        while True:
            step = self.look(job, progress)
            if isinstance(step, TaskRun):
                carrier.remember(replace(progress, run_id=step.id, done_by=None))
                return step
            progress = step
            carrier.remember(progress)
            now = self._clock()
            is_last = now >= window.end
            if handed_over != progress and (is_last or (handed_over is None and now >= window.hand_over)):
                handed_over = progress if carrier.hand_over() else handed_over
            if is_last:
                if handed_over is None:
                    if progress.run_id is not None:
                        self._cancel(job, progress, progress.run_id)
                    raise ImportFailedError(explain_unpolled(job.request, progress), progress.run_id)
                return None
            pause = seconds_to_next_look(now - progress.begun)
            self._sleep(max(0.0, min(pause, window.end - now)))

    def look(self, job: Job, progress: Progress) -> Progress | TaskRun:
        """Do what is due and return how far the import has come: the run, once it has succeeded."""
        try:
            if progress.done_by is not None:
                return self._look_at_former(job, progress, progress.done_by)
            if progress.run_id is not None:
                return self._look_at_run(job, progress, progress.run_id)
            return self._look_for_way(job, progress)
        except GlueCallError as error:
            return self._after(error, job, progress)

    def _look_at_former(self, job: Job, progress: Progress, physical_id: str) -> Progress | TaskRun:
        """See whether exactly this was imported before; else go on without it."""
        try:
            runs = self._task_runs.imports_since(job.request.transform_id)
        except GlueCallError as error:
            if error.fault.kind is not Kind.GONE:
                raise
            # The transform is gone. A stack must be able to roll back over that.
            runs = []
        same = next((run for run in runs if run.imports(job.request)), None)
        if same is None:
            # Glue knows no more of it; that it was reported as a success is then all there is to know.
            request = job.request
            return TaskRun(physical_id, "SUCCEEDED", request.input_s3_path, request.replace_all_labels)
        return same if same.status == "SUCCEEDED" else replace(progress, done_by=None)

    def _look_at_run(self, job: Job, progress: Progress, run_id: str) -> Progress | TaskRun:
        run = self._task_runs.get(job.request.transform_id, run_id)
        if run.status == "SUCCEEDED":
            return run
        if run.has_ended:
            explain = explain_ended_run if progress.cancelled_at is None else explain_deadline
            raise ImportFailedError(explain(job.request, run), run.id)
        now = self._clock()
        if now < progress.deadline:
            return progress.calm()
        if now >= _last_moment(progress):
            raise ImportFailedError(explain_deadline(job.request, run, progress.trouble), run.id)
        return progress if progress.cancelled_at else self._cancel(job, progress, run_id)

    def _look_for_way(self, job: Job, progress: Progress) -> Progress:
        now = self._clock()
        if now >= progress.deadline:
            raise ImportFailedError(explain_blocked(job.request, progress))
        transform_id = job.request.transform_id
        since = datetime.fromtimestamp(now, timezone.utc) - RUN_MAX_AGE
        step = next_step(self._task_runs.imports_since(transform_id, since), job, progress)
        if isinstance(step, Adopt):
            # The deadline is the run's: an invocation that Lambda repeats must not begin the wait anew.
            started = now if step.run.started_on is None else step.run.started_on.timestamp()
            deadline = min(progress.deadline, started + job.request.timeout_seconds)
            return progress.calm(run_id=step.run.id, deadline=deadline)
        if isinstance(step, Await):
            waiting = progress.calm(blocked_by=step.blocker.id)
            for run in step.cancel:
                waiting = replace(self._cancel(job, waiting, run.id), cancelled_at=None)
            return waiting
        return progress.calm(run_id=self._task_runs.start(job.request))

    def _after(self, error: GlueCallError, job: Job, progress: Progress) -> Progress:
        """Decide how it goes on after a call that failed."""
        now, run_id = self._clock(), progress.run_id
        troubled = progress.troubled(str(error.fault), now)
        worth = is_worth_retrying(
            error.fault,
            elapsed=now - progress.begun,
            troubled=now - (troubled.troubled_since or now),
            run_in_flight=run_id is not None,
        )
        if not worth or now >= _last_moment(progress):
            if run_id is not None:
                self._cancel(job, progress, run_id)
            raise ImportFailedError(
                explain_fault(job.request, error.call, error.fault, progress), run_id
            ) from error
        if error.call == "StartImportLabelsTaskRun" and error.fault.kind is Kind.PASSING:
            return replace(troubled, maybe_started=True)
        if run_id is not None and now >= progress.deadline and progress.cancelled_at is None:
            # That it cannot be looked at is no reason to let it run on.
            return self._cancel(job, troubled, run_id)
        return troubled

    def _cancel(self, job: Job, progress: Progress, run_id: str) -> Progress:
        """Ask for the run's end. A refusal is no failure: the run may have ended this moment, the next look
        tells."""
        try:
            self._task_runs.cancel(job.request.transform_id, run_id)
        except GlueCallError as error:
            return progress.troubled(str(error), self._clock())
        return replace(progress, cancelled_at=self._clock())

    def leave_former_transform(self, job: Job) -> None:
        """Cancel what the former version may have left running on another transform, if it can be had."""
        if job.former is not None and job.former.transform_id != job.request.transform_id:
            self.cancel_in_flight(job.former, job.physical_id or NO_RUN)

    def cancel_in_flight(self, request: LabelsRequest, physical_id: str) -> Fault | None:
        """Cancel what a deleted resource may have left running: its run, or one that imports the same.

        Returns:
            Why it could not be made sure of; None when nothing of it is in flight any more.
        """
        until = self._clock() + CANCEL_ON_DELETE_SECONDS
        while True:
            now = self._clock()
            try:
                since = datetime.fromtimestamp(now, timezone.utc) - RUN_MAX_AGE
                for run in self._task_runs.imports_since(request.transform_id, since):
                    ours = run.id == physical_id or run.imports(request)
                    if ours and not run.has_ended and run.status != "STOPPING":
                        self._task_runs.cancel(request.transform_id, run.id)
            except GlueCallError as error:
                if error.fault.kind is Kind.GONE:
                    return None
                if error.fault.kind is not Kind.PASSING or now >= until:
                    return error.fault
                self._sleep(seconds_to_next_look(now + CANCEL_ON_DELETE_SECONDS - until))
            else:
                return None
