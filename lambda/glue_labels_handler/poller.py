"""Takes a request from phase to phase: the only module that calls Glue, waits, and decides what to retry."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from glue_labels_handler import causes, errors, quality, reasons
from glue_labels_handler.phases import (
    CLOCK_SKEW_SECONDS,
    GIVING_UP_SECONDS,
    ROLLBACK_SECONDS,
    STOPPING_SECONDS,
    Failed,
    IfNewest,
    Queued,
    Running,
    Start,
    State,
    Stopping,
    Succeeded,
    Verifying,
    after_evaluation,
    after_poll,
    after_start,
    after_stopping,
    after_superseded,
    after_verifying,
    after_verifying_evaluation,
    leave_queue,
    stop_at_deadline,
)
from glue_labels_handler.task_runs import GlueCallError
from glue_labels_handler.waiting import crowding_after, seconds_to_next_poll

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glue_labels_handler.errors import AwsError
    from glue_labels_handler.evaluation_request import TaskRequest
    from glue_labels_handler.phases import Job, Phase
    from glue_labels_handler.stack_events import StackEvents
    from glue_labels_handler.task_runs import TaskRun, TaskRuns
    from glue_labels_handler.waiting import Window

_log = logging.getLogger(__name__)

LOG_GROUP = "AWS_LAMBDA_LOG_GROUP_NAME"
"""The environment variable in which Lambda names the function's log group."""

RULE_RETRY_SECONDS = 5.0
"""The pause before a refused rule is put again; it doubles with each refusal."""


class Handover(Protocol):
    """Lets later invocations go on with a request: one a minute, with the state that was handed over."""

    @property
    def is_lost(self) -> bool:
        """Whether an earlier handover is gone, so that no later invocation comes."""

    def hand_over(self, state: State, poll_from: float) -> bool:
        """Hand the state over; later invocations poll from then on. Return whether that worked."""


# Nobody compares or prints it; without these methods a cold start is shorter.
@dataclass(frozen=True, eq=False, repr=False)
class Poller:
    """Imports labels, or evaluates a transform, and waits until that has ended.

    Attributes:
        task_runs: Glue.
        clock: returns epoch seconds.
        sleep: waits that many seconds.
    """

    task_runs: TaskRuns
    clock: Callable[[], float]
    sleep: Callable[[float], None]

    def wait(
        self,
        job: Job,
        state: State,
        window: Window,
        handover: Handover,
        stack: Callable[[], StackEvents],
        *,
        is_handed_over: bool = False,
    ) -> Succeeded | Failed | None:
        """Poll the request's run during `window`.

        Args:
            job: what is asked for.
            state: the request's state.
            window: when to poll; `window.begin` has come.
            handover: hands the state over to later invocations.
            stack: makes the stack's events, which show whether the request is still the newest.
            is_handed_over: whether later invocations go on from `state` already.

        Returns:
            The outcome; None if later invocations go on with the request.
        """
        handed_over, poll_from = (state.to_hand_over, window.begin) if is_handed_over else (None, window.end)
        crowding, retry_at, pause = 1.0, 0.0, RULE_RETRY_SECONDS
        while True:
            state = self.poll(job, state, stack)
            if isinstance(state.phase, (Succeeded, Failed)):
                return state.phase
            now = self.clock()
            is_last = now >= window.end
            leaves = now >= window.leave
            # A request without a run may wait long, so it is handed over at once.
            is_due = leaves or (
                handed_over is None and (now >= window.hand_over or not isinstance(state.phase, Running))
            )
            # Until this invocation leaves, no other polls: two could start the same run.
            is_stale = handed_over != state.to_hand_over or (leaves and poll_from > now)
            if is_due and is_stale and (is_last or now >= retry_at):
                next_from = now if leaves else window.end
                if handover.hand_over(state, next_from):
                    handed_over, poll_from, is_stale = state.to_hand_over, next_from, False
                else:
                    handed_over = None if handover.is_lost else handed_over
                    retry_at, pause = now + pause, 2 * pause
            if is_last or (leaves and not is_stale):
                return None if handed_over is not None else self._give_up(job, state)
            is_refused = state.error is not None
            crowding = crowding_after(crowding, is_refused)
            to_next = seconds_to_next_poll(now - job.made_at, crowding, is_refused)
            self.sleep(max(0.0, min(to_next, window.end - now)))

    def poll(self, job: Job, state: State, stack: Callable[[], StackEvents]) -> State:
        """Make the calls that are due, once; return the state after them."""
        try:
            phase = self._next_phase(job, state, stack)
        except GlueCallError as failed:
            return self._after_error(failed, job, state)
        except Exception:
            # A defect must leave no run that nobody waits for.
            self._cancel_running(job, state.phase)
            raise
        before, transform = state.phase, job.request.transform_id
        if isinstance(phase, Running) and isinstance(before, Running) and phase.status != before.status:
            _log.info({"event": "run status changed", "task_run": phase.run_id, "status": phase.status})
        elif isinstance(phase, Queued) and phase.blocker and phase != before:
            _log.info({"event": "waiting for another run", "task_run": phase.blocker, "transform": transform})
        return State(phase)

    def cancel_all(self, request: TaskRequest, physical_id: str | None, seconds: float) -> AwsError | None:
        """Cancel a resource's run, and any that does the same: CloudFormation may not know its id.

        Args:
            request: what was asked for.
            physical_id: the resource's physical id.
            seconds: how long to retry.

        Returns:
            The last error; None if no such run goes on any more.
        """
        begun = self.clock()
        while True:
            error = self._cancel_once(request, physical_id)
            if error is None or error.kind not in errors.RETRYABLE or self.clock() >= begun + seconds:
                return error
            self.sleep(seconds_to_next_poll(self.clock() - begun))

    def _cancel_once(self, request: TaskRequest, physical_id: str | None) -> AwsError | None:
        try:
            runs = self.task_runs.recent(request, self.clock())
        except GlueCallError as failed:
            return None if failed.error.kind is causes.Kind.GONE else failed.error
        ours = [run for run in runs if run.id == physical_id or run.serves(request)]
        return self._cancel(request, [run.id for run in ours if run.can_be_cancelled])[1]

    def abandon(self, job: Job, state: State, stack: Callable[[], StackEvents]) -> None:
        """Cancel the run of a request that nobody waits for, unless a newer request waits for the run."""
        if isinstance(state.phase, Running):
            if not stack().newest().shares_run_with(job.request):
                self._cancel(job.request, [state.phase.run_id])
        elif isinstance(state.phase, Stopping):
            self._cancel(job.request, list(state.phase.run_ids))

    # One poll.

    def _next_phase(self, job: Job, state: State, stack: Callable[[], StackEvents]) -> Phase:
        phase = self._step(job, state, stack)
        if job.request.task_type != "EVALUATION":
            return phase
        before = state.phase.before if isinstance(state.phase, Running) else None
        if isinstance(phase, Succeeded) and phase.quality is None:
            result = self.task_runs.quality(job.request.transform_id)
            return after_evaluation(job, phase.run, result, before)
        if isinstance(phase, Running):
            return replace(phase, before=self._metrics_so_far(job) if before is None else before)
        return phase

    def _step(self, job: Job, state: State, stack: Callable[[], StackEvents]) -> Phase:
        now, transform_id, phase = self.clock(), job.request.transform_id, state.phase
        step: Phase | Start | IfNewest
        if isinstance(phase, Verifying):
            if job.request.task_type == "EVALUATION":
                return self._verify_evaluation(job, phase, stack, now)
            return self._verify(job, phase, now)
        if isinstance(phase, Stopping):
            return self._stop(job, state, phase)
        if isinstance(phase, Queued):
            runs = self.task_runs.recent(job.request, now)
            # The clock is read after the list, which may take long: the list lacks what happened meanwhile.
            step = leave_queue(job, state, runs, self.clock())
        elif isinstance(phase, Running):
            step = after_poll(job, self.task_runs.get(transform_id, phase.run_id), now)
        else:
            return phase
        if isinstance(step, IfNewest):
            newest = stack().newest()
            if not newest.is_ours:
                _log.info({"event": "request superseded"})
                is_shared = newest.shares_run_with(job.request)
                return after_superseded(job, step.run_id, is_shared=is_shared, now=now)
            step = step.then
        if isinstance(step, Running) and isinstance(phase, Queued):
            _log.info({"event": "existing run found", "task_run": step.run_id, "transform": transform_id})
        return self._start(job) if isinstance(step, Start) else step

    def _verify(self, job: Job, phase: Verifying, now: float) -> Phase:
        try:
            runs = self.task_runs.all_of(job.request, now)
        except GlueCallError as failed:
            if failed.error.kind is not causes.Kind.GONE:
                raise
            # A rollback must succeed although the transform is gone.
            runs = []
        return after_verifying(job, runs, phase.physical_id, now)

    def _verify_evaluation(
        self, job: Job, phase: Verifying, stack: Callable[[], StackEvents], now: float
    ) -> Phase:
        is_urgent = now < job.made_at + ROLLBACK_SECONDS
        is_rolling_back = stack().is_rolling_back()
        if is_rolling_back is None and is_urgent:
            return phase
        try:
            runs = self.task_runs.all_of(job.request, now)
            # If it is no rollback, the metrics are read and compared as after any other success.
            result = self.task_runs.quality(job.request.transform_id) if is_rolling_back else None
        except GlueCallError as failed:
            if not is_rolling_back or (failed.error.kind in errors.TEMPORARY and is_urgent):
                raise
            # A rollback must not fail because of metrics, or of a transform that is gone.
            _log.warning({"event": "last metrics not read", "error": str(failed.error)})
            runs, result = [], quality.Quality()
        done = after_verifying_evaluation(job, runs, is_rolling_back=bool(is_rolling_back), now=now)
        return replace(done, quality=result) if isinstance(done, Succeeded) else done

    def _metrics_so_far(self, job: Job) -> Mapping[str, float]:
        try:
            return self.task_runs.quality(job.request.transform_id).metrics
        except GlueCallError:
            # They only serve to say which metrics fell.
            return {}

    def _start(self, job: Job) -> Phase:
        run_id = self.task_runs.start(job.request)
        _log.info({"event": "run started", "task_run": run_id, "transform": job.request.transform_id})
        try:
            runs = self.task_runs.recent(job.request, self.clock())
        except GlueCallError:
            return Running(run_id)
        return after_start(job, run_id, runs, self.clock())

    def _stop(self, job: Job, state: State, phase: Stopping) -> Phase:
        request = job.request
        accepted, error = self._cancel(request, [one for one in phase.run_ids if one not in phase.accepted])
        seen: dict[str, TaskRun] = {}
        for run_id in phase.run_ids:
            try:
                seen[run_id] = self.task_runs.get(request.transform_id, run_id)
            except GlueCallError as failed:  # noqa: PERF203 - one or two runs
                error = error or failed.error
        now = self.clock()
        if error is not None:
            state = state.failing(f"CancelMLTaskRun: {error}", now)
        done = replace(phase, accepted=(*phase.accepted, *accepted))
        return after_stopping(job, state, done, seen, now)

    def _cancel(self, request: TaskRequest, run_ids: list[str]) -> tuple[list[str], AwsError | None]:
        """Cancel runs; return those whose cancel Glue accepted, and the error of the others.

        Glue may refuse because the run has just ended; the next poll shows it.
        """
        accepted, error = [], None
        for run_id in run_ids:
            try:
                self.task_runs.cancel(request.transform_id, run_id)
            except GlueCallError as failed:  # noqa: PERF203 - one or two runs
                error = failed.error
            else:
                accepted.append(run_id)
                _log.info({"event": "run cancelled", "task_run": run_id, "transform": request.transform_id})
        return accepted, error

    # When a call fails.

    def _after_error(self, failed: GlueCallError, job: Job, state: State) -> State:
        now, phase, error = self.clock(), state.phase, failed.error
        failing = state.failing(error.explained(job.request), now)
        seconds = now - (failing.error_since or now)
        if failing.error != state.error:
            _log.warning({"event": "call failed", "call": failed.call, "error": failing.error})
        run_id = phase.run_id if isinstance(phase, Running) else None
        if run_id is not None and now >= job.deadline:
            # A run is cancelled at its deadline although it cannot be polled.
            return State(stop_at_deadline(job, run_id, now))
        # After the deadline, Glue may still show a run whose start lost its response.
        until = job.deadline + (STOPPING_SECONDS if error.kind in errors.TEMPORARY else 0.0)
        if now < until and errors.is_worth_retrying(
            error, elapsed=now - job.made_at, failing=seconds, run_in_flight=run_id is not None
        ):
            return failing
        run_id = run_id or self._left_behind(job)
        outcome = Failed(reasons.explain_error(job.request, failed.call, error, run_id, seconds), run_id)
        return State(Stopping((run_id,), outcome, now + GIVING_UP_SECONDS) if run_id else outcome)

    def _left_behind(self, job: Job) -> str | None:
        """Return a run whose start lost its response."""
        now = self.clock()
        try:
            runs = self.task_runs.recent(job.request, now)
        except GlueCallError:
            return None
        going_on = (run for run in job.served_by(runs, now) if run.can_be_cancelled)
        since = job.made_at - CLOCK_SKEW_SECONDS
        return next((run.id for run in going_on if run.began(now) >= since), None)

    def _give_up(self, job: Job, state: State) -> Failed:
        """End a request that no later invocation can go on with."""
        self._cancel_running(job, state.phase)
        run_id = state.phase.run_id if isinstance(state.phase, Running) else None
        return Failed(reasons.explain_unpolled(job.request, run_id, os.environ.get(LOG_GROUP, "")), run_id)

    def _cancel_running(self, job: Job, phase: Phase) -> None:
        if isinstance(phase, Running):
            self._cancel(job.request, [phase.run_id])
