"""Takes a request from phase to phase: the one place that calls Glue, waits, and judges errors."""

from __future__ import annotations

import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from glue_labels_handler.causes import Kind
from glue_labels_handler.errors import CAN_PASS, MAY_PASS, is_worth_retrying
from glue_labels_handler.evaluation_request import EvaluationRequest
from glue_labels_handler.phases import (
    CLOCK_SKEW_SECONDS,
    GIVING_UP_SECONDS,
    ROLLBACK_SECONDS,
    STOPPING_SECONDS,
    Ask,
    Failed,
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
    after_verifying,
    after_verifying_evaluation,
    leave_queue,
    stop_at_deadline,
)
from glue_labels_handler.quality import Quality
from glue_labels_handler.reasons import explain_fault, explain_unpolled
from glue_labels_handler.task_runs import GlueCallError
from glue_labels_handler.waiting import crowding_after, seconds_to_next_poll

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glue_labels_handler.errors import Fault
    from glue_labels_handler.evaluation_request import TaskRequest
    from glue_labels_handler.phases import Job, Phase
    from glue_labels_handler.stack_events import Newest, StackEvents
    from glue_labels_handler.task_runs import TaskRun, TaskRuns
    from glue_labels_handler.waiting import Window

_log = logging.getLogger(__name__)


LOG_GROUP = "AWS_LAMBDA_LOG_GROUP_NAME"
"""The environment variable by which Lambda names the function's log group."""

PUT_AGAIN_SECONDS = 5.0
"""How long after the first refusal the rule is put again; it doubles with each."""


class Handover(Protocol):
    """Has the function invoked again every minute, with the state that it has reached."""

    def put(self, state: State) -> bool:
        """Hand the state over to later invocations; return whether that worked."""


class Poller:
    """Imports labels, or evaluates a transform, by `task_runs`, on a clock and sleep that are passed in.

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
        state: State,
        window: Window,
        handover: Handover,
        stack: StackEvents,
        *,
        is_handed_over: bool = False,
    ) -> Succeeded | Failed | None:
        """Poll the request's run during `window`.

        Args:
            job: what is asked for.
            state: where it stands.
            window: when to poll; `window.begin` has come.
            handover: takes the state over the end of the invocation.
            stack: asks CloudFormation what it waits for.
            is_handed_over: whether later invocations go on from `state` already.

        Returns:
            The outcome; None if the wait was handed over to a later invocation.
        """
        handed_over = state.to_hand_over if is_handed_over else None
        crowding, put_again_at, put_pause = 1.0, 0.0, PUT_AGAIN_SECONDS
        while True:
            state = self.poll(job, state, stack)
            if isinstance(state.phase, (Succeeded, Failed)):
                return state.phase
            now = self._clock()
            is_last = now >= window.end
            # One that waits before it starts is handed over at once: it may wait long.
            is_due = is_last or (
                handed_over is None and (now >= window.hand_over or not isinstance(state.phase, Running))
            )
            if is_due and handed_over != state.to_hand_over and (is_last or now >= put_again_at):
                if handover.put(state):
                    handed_over = state.to_hand_over
                else:
                    put_again_at, put_pause = now + put_pause, 2 * put_pause
            if is_last and handed_over is not None:
                return None
            if is_last:
                return self._give_up(job, state)
            is_refused = state.error is not None
            crowding = crowding_after(crowding, is_refused)
            pause = seconds_to_next_poll(now - job.made_at, crowding, is_refused)
            self._sleep(max(0.0, min(pause, window.end - now)))

    def poll(self, job: Job, state: State, stack: StackEvents) -> State:
        """Make the calls that are due, once; return where the request stands then."""
        try:
            phase = self._next_phase(job, state, stack)
        except GlueCallError as error:
            return self._after_error(error, job, state)
        except Exception:
            # A defect of ours must leave no run that nobody waits for.
            self._cancel_running(job, state.phase)
            raise
        self._note(job, state.phase, phase)
        return state.after(phase)

    def cancel_all(self, request: TaskRequest, physical_id: str | None, seconds: float) -> Fault | None:
        """Cancel a resource's run, and any that does the same: CloudFormation may not know its id.

        Args:
            request: what was asked for.
            physical_id: the resource's physical id.
            seconds: how long to retry what may pass.

        Returns:
            Why it could not be made sure of; None when nothing of it goes on any more.
        """

        def cancel() -> Fault | None:
            try:
                runs = self._task_runs.recent(request, self._clock())
            except GlueCallError as error:
                return None if error.fault.kind is Kind.GONE else error.fault
            mine = [run for run in runs if run.id == physical_id or run.serves(request)]
            return self._cancel(request, [run.id for run in mine if run.can_be_cancelled])[1]

        return retry(cancel, self._clock, self._sleep, seconds)

    def leave(self, job: Job, state: State, stack: StackEvents) -> None:
        """Cancel the run of a request that nobody waits for, unless a newer request waits for it."""
        if isinstance(state.phase, Running):
            wanted = stack.newest().wanted
            if wanted is None or not wanted.needs_the_run_of(job.request):
                self._cancel(job.request, [state.phase.run_id])
        elif isinstance(state.phase, Stopping):
            self._cancel(job.request, list(state.phase.run_ids))

    # One poll.

    def _next_phase(self, job: Job, state: State, stack: StackEvents) -> Phase:
        phase = self._step(job, state, stack)
        if not isinstance(job.request, EvaluationRequest):
            return phase
        before = state.phase.before if isinstance(state.phase, Running) else None
        if isinstance(phase, Succeeded) and phase.quality is None:
            quality = self._task_runs.quality(job.request.transform_id)
            return after_evaluation(job, phase.run, quality, before)
        if isinstance(phase, Running):
            return replace(phase, before=self._metrics_so_far(job) if before is None else before)
        return phase

    def _step(self, job: Job, state: State, stack: StackEvents) -> Phase:
        now, transform_id, phase = self._clock(), job.request.transform_id, state.phase
        step: Phase | Start | Ask
        if isinstance(phase, Verifying) and isinstance(job.request, EvaluationRequest):
            return self._verify_evaluation(job, phase, stack, now)
        if isinstance(phase, Verifying):
            try:
                runs = self._task_runs.all_of(job.request, now)
            except GlueCallError as error:
                if error.fault.kind is not Kind.GONE:
                    raise
                # A stack must be able to roll back over a transform that is gone.
                runs = []
            return after_verifying(job, runs, phase.physical_id, now)
        if isinstance(phase, Queued):
            runs = self._task_runs.recent(job.request, now)
            # After the list, which may take long: what happened meanwhile is not in it.
            step = leave_queue(job, state, runs, self._clock())
        elif isinstance(phase, Running):
            step = after_poll(job, self._task_runs.get(transform_id, phase.run_id), now)
        elif isinstance(phase, Stopping):
            return self._stop(job, state, phase)
        else:
            return phase
        if isinstance(step, Ask):
            answer = stack.newest()
            if not answer.is_ours:
                _log.info({"event": "overtaken by a newer request"})
            step = _answered(job, step, answer)
        if isinstance(step, Running) and isinstance(phase, Queued):
            _log.info({"event": "run adopted", "task_run": step.run_id, "transform": transform_id})
        return self._start(job) if isinstance(step, Start) else step

    def _verify_evaluation(self, job: Job, phase: Verifying, stack: StackEvents, now: float) -> Phase:
        is_urgent = now < job.made_at + ROLLBACK_SECONDS
        is_rolling_back = stack.is_rolling_back()
        if is_rolling_back is None and is_urgent:
            return phase
        try:
            runs = self._task_runs.all_of(job.request, now)
            # Of a forward request the metrics are read, and judged, as after any other success.
            quality = self._task_runs.quality(job.request.transform_id) if is_rolling_back else None
        except GlueCallError as error:
            if not is_rolling_back or (error.fault.kind in CAN_PASS and is_urgent):
                raise
            # A rollback does not fail for metrics, nor for a transform that is gone.
            _log.warning({"event": "last metrics not read", "error": str(error.fault)})
            runs, quality = [], Quality()
        done = after_verifying_evaluation(job, runs, is_rolling_back=bool(is_rolling_back), now=now)
        return replace(done, quality=quality) if isinstance(done, Succeeded) else done

    def _metrics_so_far(self, job: Job) -> Mapping[str, float]:
        try:
            return self._task_runs.quality(job.request.transform_id).metrics
        except GlueCallError:
            # They would only say which numbers fell.
            return {}

    def _start(self, job: Job) -> Phase:
        run_id = self._task_runs.start(job.request)
        _log.info({"event": "run started", "task_run": run_id, "transform": job.request.transform_id})
        try:
            runs = self._task_runs.recent(job.request, self._clock())
        except GlueCallError:
            return Running(run_id)
        return after_start(job, run_id, runs, self._clock())

    def _stop(self, job: Job, state: State, phase: Stopping) -> Phase:
        request = job.request
        accepted, fault = self._cancel(request, [one for one in phase.run_ids if one not in phase.accepted])
        seen: dict[str, TaskRun] = {}
        for run_id in phase.run_ids:
            try:
                seen[run_id] = self._task_runs.get(request.transform_id, run_id)
            except GlueCallError as error:  # noqa: PERF203 - one or two runs
                fault = fault or error.fault
        now = self._clock()
        if fault is not None:
            state = state.failing(f"CancelMLTaskRun: {fault}", now)
        done = Stopping(phase.run_ids, phase.then, phase.until, (*phase.accepted, *accepted))
        return after_stopping(job, state, done, seen, now)

    def _cancel(self, request: TaskRequest, run_ids: list[str]) -> tuple[list[str], Fault | None]:
        """Ask Glue to stop runs; return which it accepted, and why not the others.

        A refusal may mean that the run has just ended; the next poll shows it.
        """
        accepted, fault = [], None
        for run_id in run_ids:
            try:
                self._task_runs.cancel(request.transform_id, run_id)
            except GlueCallError as error:  # noqa: PERF203 - one or two runs
                fault = error.fault
            else:
                accepted.append(run_id)
                _log.info({"event": "run cancelled", "task_run": run_id, "transform": request.transform_id})
        return accepted, fault

    # When something fails.

    def _after_error(self, error: GlueCallError, job: Job, state: State) -> State:
        """Decide how it goes on after a call that failed."""
        now, phase = self._clock(), state.phase
        failing = state.failing(error.fault.explained(job.request), now)
        if failing.error != state.error:
            _log.warning({"event": "call failed", "call": error.call, "error": failing.error})
        if isinstance(phase, Running) and now >= job.deadline:
            # That it cannot be polled is no reason to let it run on.
            return failing.after(stop_at_deadline(job, phase.run_id, now))
        is_worth = is_worth_retrying(
            error.fault,
            elapsed=now - job.made_at,
            failing=now - (failing.error_since or now),
            run_in_flight=isinstance(phase, Running),
        )
        # After the deadline a start whose response was lost may still have left a run, which Glue knows.
        until = job.deadline + (STOPPING_SECONDS if error.fault.kind in CAN_PASS else 0.0)
        if is_worth and now < until:
            return failing
        run_id = phase.run_id if isinstance(phase, Running) else self._left_behind(job)
        reason = explain_fault(
            job.request, error.call, error.fault, run_id, now - (failing.error_since or now)
        )
        failed = Failed(reason, run_id)
        return failing.after(Stopping((run_id,), failed, now + GIVING_UP_SECONDS) if run_id else failed)

    def _left_behind(self, job: Job) -> str | None:
        """Return the run that a start may have left whose response was lost."""
        now = self._clock()
        try:
            runs = self._task_runs.recent(job.request, now)
        except GlueCallError:
            return None
        going_on = (run for run in job.served_by(runs, now) if run.can_be_cancelled)
        since = job.made_at - CLOCK_SKEW_SECONDS
        return next((run.id for run in going_on if run.began(now) >= since), None)

    def _give_up(self, job: Job, state: State) -> Failed:
        """End a request that no later invocation can go on with."""
        self._cancel_running(job, state.phase)
        run_id = state.phase.run_id if isinstance(state.phase, Running) else None
        return Failed(explain_unpolled(job.request, run_id, os.environ.get(LOG_GROUP, "")), run_id)

    def _cancel_running(self, job: Job, phase: Phase) -> None:
        if isinstance(phase, Running):
            self._cancel(job.request, [phase.run_id])

    @staticmethod
    def _note(job: Job, before: Phase, after: Phase) -> None:
        transform = job.request.transform_id
        if isinstance(after, Running) and isinstance(before, Running) and after.status != before.status:
            _log.info({"event": "run status changed", "task_run": after.run_id, "status": after.status})
        elif isinstance(after, Queued) and after.blocker and after != before:
            _log.info({"event": "waiting for another run", "task_run": after.blocker, "transform": transform})


def _answered(job: Job, ask: Ask, newest: Newest) -> Phase | Start:
    if newest.is_ours:
        return ask.current
    wanted = newest.wanted
    if isinstance(ask.overtaken, Stopping) and wanted is not None and wanted.needs_the_run_of(job.request):
        # The newer request waits for this very run.
        return ask.overtaken.then or ask.overtaken
    return ask.overtaken


def retry(
    do: Callable[[], Fault | None],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    seconds: float,
) -> Fault | None:
    """Retry `do` while its error may pass.

    Args:
        do: returns why it failed; None if it did not.
        clock: returns epoch seconds.
        sleep: waits that many seconds.
        seconds: how long.

    Returns:
        Why it failed in the end; None if it did not.
    """
    begun = clock()
    while True:
        fault = do()
        if fault is None or fault.kind not in MAY_PASS or clock() >= begun + seconds:
            return fault
        sleep(seconds_to_next_poll(clock() - begun))
