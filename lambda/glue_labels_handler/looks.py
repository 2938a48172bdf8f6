"""One look at an import: start or adopt a run, give way, cancel; the one or two calls that are due.

A look may be the first of an invocation or the last; the next may be another invocation's.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from glue_labels_handler.causes import Kind
from glue_labels_handler.errors import CAN_PASS, ImportFailedError, is_worth_retrying
from glue_labels_handler.job import (
    Adopt,
    GiveWay,
    Job,
    Start,
    eldest,
    is_disputed,
    may_start_another,
    next_step,
    run_left_behind,
)
from glue_labels_handler.reasons import (
    explain_blocked,
    explain_deadline,
    explain_ended_run,
    explain_fault,
    explain_superseded,
)
from glue_labels_handler.task_runs import GlueCallError, TaskRun
from glue_labels_handler.waiting import RIVAL_SECONDS, STOPPING_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_handler.errors import Fault
    from glue_labels_handler.progress import Progress
    from glue_labels_handler.task_runs import TaskRuns

_log = logging.getLogger(__name__)


class Carrier(Protocol):
    """Takes the progress over the end of an invocation."""

    def remember(self, progress: Progress) -> None:
        """Note how far the request has come."""

    def hand_over(self) -> bool:
        """See to it that a later invocation carries on from what is noted; return whether that worked."""

    def is_superseded(self) -> bool:
        """Return whether a newer request is known to have taken over what was handed over."""


def _tell(event: str, job: Job, run_id: str, **more: str) -> None:
    _log.info({"event": event, "task_run": run_id, "transform": job.request.transform_id, **more})


def _last_moment(progress: Progress) -> float:
    """Return when the request is answered whatever its run does."""
    may_have_run = progress.run_id is not None or progress.maybe_started
    return progress.deadline + (STOPPING_SECONDS if may_have_run else 0.0)


class Looks:
    """Looks at imports through `task_runs`, on a clock and sleep that are passed in.

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

    def look(self, job: Job, progress: Progress, carrier: Carrier) -> Progress | TaskRun:
        """Do what is due and return how far the import has come: the run, once it has succeeded.

        Args:
            job: what is asked for.
            progress: how far it has come.
            carrier: tells whether a newer request has taken over.

        Raises:
            ImportFailedError: it did not succeed and will not. No run is left behind that nobody waits for,
                not even for a defect of ours.
        """
        try:
            return self._look(job, progress, carrier)
        except ImportFailedError:
            raise
        except Exception:
            self.abandon(job, progress)
            raise

    def abandon(self, job: Job, progress: Progress) -> Fault | None:
        """Cancel the run that is waited for, or that a start whose answer was lost may have left.

        Returns:
            Why the run that is waited for was not cancelled; None if it was, or if none is waited for.
        """
        if progress.run_id is not None:
            return self._try_to_cancel(job, progress.run_id)
        if progress.maybe_started:
            try:
                runs = self._task_runs.recent_imports(job.request.transform_id, self._clock())
            except GlueCallError:
                return None
            left = run_left_behind(runs, job, progress, self._clock())
            if left is not None and left.can_be_cancelled:
                self._try_to_cancel(job, left.id)
        return None

    def _look(self, job: Job, progress: Progress, carrier: Carrier) -> Progress | TaskRun:
        try:
            if progress.done_by is not None:
                return self._look_at_former(job, progress, progress.done_by)
            if progress.run_id is not None:
                return self._look_at_run(job, progress, progress.run_id)
            return self._look_for_way(job, progress, carrier)
        except GlueCallError as error:
            return self._after(error, job, progress)

    def _look_at_former(self, job: Job, progress: Progress, physical_id: str) -> Progress | TaskRun:
        """See whether exactly this was imported before; else go on without it."""
        try:
            runs = self._task_runs.imports(job.request.transform_id, self._clock())
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
        if run.status != progress.status:
            _tell("run status changed", job, run_id, status=run.status)
            progress = replace(progress, status=run.status)
        if run.status == "SUCCEEDED":
            return run
        if may_start_another(run, progress, self._clock()):
            _tell("run denied, to be started again", job, run_id, reason=run.error_string)
            denied = f"task run {run_id} failed: {run.error_string.rstrip('. ')}."
            return replace(progress, run_id=None, status=None).troubled(denied, self._clock())
        if run.has_ended:
            explain = explain_ended_run if progress.cancelled_at is None else explain_deadline
            raise ImportFailedError(explain(job.request, run), run.id)
        now = self._clock()
        if now < progress.deadline:
            return progress.calm()
        if progress.cancelled_at is None:
            progress = self._cancel(job, progress, run_id)
        if now >= _last_moment(progress):
            raise ImportFailedError(explain_deadline(job.request, run, progress.trouble), run.id)
        return progress

    def _look_for_way(self, job: Job, progress: Progress, carrier: Carrier) -> Progress:
        now, transform_id = self._clock(), job.request.transform_id
        runs = self._task_runs.recent_imports(transform_id, now)
        if now >= progress.deadline:
            left = run_left_behind(runs, job, progress, now)
            if left is None:
                raise ImportFailedError(explain_blocked(job.request, progress))
            _tell("run adopted", job, left.id, status=left.status)
            return progress.calm(run_id=left.id, status=left.status)
        if is_disputed(runs, job, progress, now):
            runs = self._task_runs.imports(transform_id, now)
        step = next_step(runs, job, progress, now)
        if isinstance(step, GiveWay):
            raise ImportFailedError(explain_superseded(job.request, step.newer))
        if isinstance(step, Adopt):
            _tell("run adopted", job, step.run.id, status=step.run.status)
            deadline = progress.deadline
            if progress.made_at is None and step.run.started_on is not None:
                # Lambda may be repeating the request: the wait must not begin anew.
                until = step.run.started_on.timestamp() + job.request.timeout_seconds
                deadline = max(now, min(deadline, until))
            return progress.calm(run_id=step.run.id, deadline=deadline, status=step.run.status)
        acts = isinstance(step, Start) or step.cancel
        if acts and carrier.is_superseded():
            raise ImportFailedError(explain_superseded(job.request))
        if isinstance(step, Start):
            run_id = self._task_runs.start(job.request)
            _tell("run started", job, run_id)
            return self._settle(job, progress, run_id, carrier)
        if step.blocker.id != progress.blocked_by:
            _tell("waiting for another run", job, step.blocker.id, status=step.blocker.status)
        waiting = progress.calm(blocked_by=step.blocker.id)
        for run in step.cancel:
            waiting = replace(self._cancel(job, waiting, run.id), cancelled_at=None)
        return waiting

    def _settle(self, job: Job, progress: Progress, run_id: str, carrier: Carrier) -> Progress:
        """Return how it goes on after a start, if others started runs between our look and our start.

        Glue can neither be asked to start only if nothing is in flight nor be locked, so the runs of two
        invocations can be started at once. Of like ones the eldest stays. Where the other imports the former
        version, the requests undo each other: the newer one prevails, and imports anew when all is quiet.
        """
        try:
            runs = self._task_runs.recent_imports(job.request.transform_id, self._clock())
        except GlueCallError:
            return progress.calm(run_id=run_id)
        chosen = eldest(runs, job.request, run_id)
        rivals = [run for run in runs if job.is_former(run) and not run.has_ended]
        if chosen != run_id:
            self._cancel(job, progress, run_id)
            _tell("run adopted", job, chosen)
        if not rivals:
            return progress.calm(run_id=chosen)
        # Each leaves word with the rule when it was made, and gives the other the time to do so.
        carrier.remember(progress.calm(run_id=chosen))
        carrier.hand_over()
        self._sleep(RIVAL_SECONDS)
        newest = not carrier.is_superseded()
        for run in [run for run in runs if run.id == chosen or (newest and run in rivals)]:
            self._cancel(job, progress, run.id)
        if not newest:
            raise ImportFailedError(explain_superseded(job.request), chosen)
        return progress.calm(blocked_by=rivals[0].id, disowned=chosen)

    def _after(self, error: GlueCallError, job: Job, progress: Progress) -> Progress:
        """Decide how it goes on after a call that failed."""
        now, run_id = self._clock(), progress.run_id
        troubled = progress.troubled(error.fault.explained(job.request), now)
        if troubled.trouble != progress.trouble:
            _log.warning({"event": "call failed", "call": error.call, "trouble": troubled.trouble})
        worth = is_worth_retrying(
            error.fault,
            elapsed=now - progress.begun,
            troubled=now - (troubled.troubled_since or now),
            run_in_flight=run_id is not None,
        )
        if error.call == "StartImportLabelsTaskRun" and error.fault.kind is Kind.PASSING:
            troubled = replace(troubled, maybe_started=True)
        is_over = now >= _last_moment(troubled)
        if not worth or is_over:
            left = self.abandon(job, troubled)
            if left is not None and left.kind in CAN_PASS and not is_over:
                # Nobody else would cancel it: the next look meets the same error and tries again.
                return troubled
            raise ImportFailedError(
                explain_fault(job.request, error.call, error.fault, progress, now - progress.begun), run_id
            ) from error
        if run_id is not None and now >= progress.deadline and progress.cancelled_at is None:
            # That it cannot be looked at is no reason to let it run on.
            return self._cancel(job, troubled, run_id)
        return troubled

    def _cancel(self, job: Job, progress: Progress, run_id: str) -> Progress:
        """Ask for the run's end. A refusal is no failure: the run may have ended this moment, the next look
        tells."""
        refused = self._try_to_cancel(job, run_id)
        if refused is not None:
            return progress.troubled(f"CancelMLTaskRun: {refused}", self._clock())
        return replace(progress, cancelled_at=self._clock())

    def _try_to_cancel(self, job: Job, run_id: str) -> Fault | None:
        try:
            self._task_runs.cancel(job.request.transform_id, run_id)
        except GlueCallError as error:
            return error.fault
        _tell("run cancelled", job, run_id)
        return None
