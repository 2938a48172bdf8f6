"""The phases of a request, and the decisions between them. Pure: Glue's reports and the time are passed in.

    Verifying -> Queued -> Running -> Succeeded | Failed
                   ^          |
                   +-- Stopping (cancel runs, wait until they have ended, then go on)

An invocation leaves the next one the phase, the time of the request, and the last error; nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from glue_labels_handler import causes, errors, reasons
from glue_labels_handler.request import LabelsRequest
from glue_labels_handler.task_runs import TaskRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from glue_labels_handler.evaluation_request import TaskRequest
    from glue_labels_handler.quality import Quality

NO_RUN = "glue-labels-import-without-task-run"
"""PhysicalResourceId of a Create that failed before there was a run; its Delete has no run to cancel."""

CLOCK_SKEW_SECONDS = 5.0
"""How far Glue's clock may be from CloudFormation's, which dates a request."""

LATE_SECONDS = 5.0
"""An older request may be a Lambda retry, or superseded: ask CloudFormation before a start."""

EVENTS_LAG_SECONDS = 10.0
"""How late CloudFormation's events may show the request that started a run of the resource's other labels."""

ROLLBACK_SECONDS = 60.0
"""How long to ask whether an evaluation's Update is part of a rollback, and then for the last metrics."""

STOPPING_SECONDS = 150.0
"""How long a run that is cancelled at its deadline may take to end before the function responds."""

GIVING_UP_SECONDS = 60.0
"""How long to try to cancel the run of a request that failed for another reason."""


@dataclass(frozen=True)
class Job:
    """What a Create or Update asks for.

    Attributes:
        request: the label version to import, or the evaluation.
        former: on an Update, the request before it; None if there was none, or it is invalid.
        physical_id: on an Update, the resource's physical id.
        made_at: when CloudFormation made the request, in epoch seconds.
    """

    request: TaskRequest
    former: TaskRequest | None
    physical_id: str | None
    made_at: float

    @property
    def deadline(self) -> float:
        """When to cancel the run, if it is still in flight."""
        return self.made_at + self.request.timeout_seconds

    def is_former(self, run: TaskRun) -> bool:
        """Return whether the run imports the former label version, and not this one as well."""
        return (
            self.former is not None
            and self.former.transform_id == self.request.transform_id
            and run.serves(self.former)
            and not run.serves(self.request)
        )

    def served_by(self, runs: Sequence[TaskRun], now: float) -> list[TaskRun]:
        """Return the runs that do what is asked for; of evaluations, those of the present labels."""
        if self.request.task_type == LabelsRequest.task_type:
            return [run for run in runs if run.serves(self.request)]
        imports = (run for run in runs if run.task_type == LabelsRequest.task_type)
        # No source says what a failed import does to the labels. So it counts: an evaluation costs little.
        taught_at = max((run.ended(now) for run in imports), default=0.0)
        return [run for run in runs if run.serves(self.request) and run.began(now) >= taught_at]

    def physical_id_after(self, run_id: str) -> str:
        """Return the physical id to report: always the run that created the resource.

        A new id would be a replacement, which CloudFormation rolls back by deleting the new id, without an
        Update that would import the former labels (https://github.com/aws/aws-cdk/issues/17040).
        """
        return run_id if self.physical_id in (None, NO_RUN) else str(self.physical_id)


@dataclass(frozen=True)
class Verifying:
    """An Update that may need no run: of an evaluation, or one that asks for the same as before."""

    physical_id: str


@dataclass(frozen=True)
class Queued:
    """There is no run yet; `blocker` is somebody else's run that has to end first, if there is one."""

    blocker: str | None = None


@dataclass(frozen=True)
class Running:
    """The request waits for this run, which it has started or found.

    Attributes:
        run_id: the run.
        status: its last known status.
        before: the metrics before an evaluation, by name.
    """

    run_id: str
    status: str = ""
    before: Mapping[str, float] | None = None


@dataclass(frozen=True)
class Failed:
    """The request failed; the reason is final."""

    reason: str
    run_id: str | None = None


@dataclass(frozen=True)
class Succeeded:
    """The run that succeeded, and its result if it was an evaluation."""

    run: TaskRun
    quality: Quality | None = None


@dataclass(frozen=True)
class Stopping:
    """Runs to stop: each cancel is retried until Glue accepts it, then the runs are polled until they end.

    Attributes:
        run_ids: the runs.
        then: the next phase. `Failed` follows as soon as each cancel is accepted. None: the request's own run
            has reached its deadline, and its end decides.
        until: when to give up, epoch seconds.
        accepted: the runs whose cancel Glue has accepted.
    """

    run_ids: tuple[str, ...]
    then: Queued | Running | Failed | None
    until: float
    accepted: tuple[str, ...] = ()


Phase: TypeAlias = "Verifying | Queued | Running | Stopping | Failed | Succeeded"

_BY_NAME: dict[str, Any] = {kind.__name__: kind for kind in (Verifying, Queued, Running, Stopping, Failed)}


@dataclass(frozen=True)
class State:
    """A request's phase, and the error of its last poll.

    Attributes:
        phase: the phase.
        error: the error's text; None after a poll that worked.
        error_since: when the first of the errors in a row came, epoch seconds.
    """

    phase: Phase
    error: str | None = None
    error_since: float | None = None

    def failing(self, error: str, now: float) -> State:
        """Return the state after a poll that failed."""
        return replace(self, error=error, error_since=now if self.error_since is None else self.error_since)

    @property
    def to_hand_over(self) -> Phase:
        """The phase as far as a later invocation needs it: without a run's status."""
        return replace(self.phase, status="") if isinstance(self.phase, Running) else self.phase

    def to_data(self) -> dict[str, Any]:
        """Return the state as JSON values."""
        return {"State": _to_data(self.phase), "Error": self.error, "ErrorSince": self.error_since}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> State:
        """Return the state that `to_data`, or an earlier version of the function, wrote."""
        if "State" in data:
            return cls(_from_data(data["State"]), data["Error"], data["ErrorSince"])
        former = data.get("Progress", {})
        if former.get("done_by"):
            return cls(Verifying(former["done_by"]))
        return cls(Running(former["run_id"]) if former.get("run_id") else Queued())


def _to_data(phase: Any) -> dict[str, Any]:
    data: dict[str, Any] = {"Phase": type(phase).__name__}
    for field in fields(phase):
        value = getattr(phase, field.name)
        data[field.name] = _to_data(value) if field.name == "then" and value is not None else value
    return data


def _from_data(data: Mapping[str, Any]) -> Any:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
    }
    kind = _BY_NAME[values.pop("Phase")]
    if values.get("then"):
        values["then"] = _from_data(values["then"])
    return kind(**values)


def first_phase(job: Job) -> Phase:
    """Return the phase in which a request begins."""
    if job.request.task_type == "EVALUATION":
        return Queued() if job.physical_id is None else Verifying(job.physical_id)
    if job.former is None or job.physical_id in (None, NO_RUN) or not job.former.asks_the_same(job.request):
        return Queued()
    return Verifying(str(job.physical_id))


@dataclass(frozen=True)
class Start:
    """Start a run: nothing blocks it."""


@dataclass(frozen=True)
class IfNewest:
    """Ask CloudFormation whether this is still the resource's newest request.

    Attributes:
        then: what follows if it is, or if CloudFormation cannot be asked.
        run_id: the request's run, if it has one: a newer request may wait for the same run.
    """

    then: Phase | Start
    run_id: str | None = None


def after_verifying(job: Job, runs: Iterable[TaskRun], physical_id: str, now: float) -> Phase:
    """Decide on an unchanged Update of an import, from all runs that Glue knows, the newest first."""
    all_same = [run for run in runs if run.serves(job.request)]
    same = next((run for run in all_same if not _was_one_too_many(run, all_same, now)), None)
    if same is None:
        # Glue has forgotten the run. The resource exists, so it succeeded.
        return Succeeded(TaskRun(physical_id, "SUCCEEDED"))
    return Succeeded(same) if same.status == "SUCCEEDED" else Queued()


def leave_queue(job: Job, state: State, runs: Sequence[TaskRun], now: float) -> Phase | Start | IfNewest:
    """Decide on a request without a run, from the transform's recent runs, the newest first."""
    same = job.served_by(runs, now)
    ours = [run for run in same if _is_ours(run, job, now)]
    if now >= job.deadline:
        succeeded = [run for run in ours if run.status == "SUCCEEDED"]
        left = succeeded or [run for run in ours if not run.has_ended]
        if left:
            return _wait_for(left[0], job, ours)
        blocker = state.phase.blocker if isinstance(state.phase, Queued) else None
        return Failed(reasons.explain_blocked(job.request, blocker, state.error))
    former = [run for run in runs if job.is_former(run)]
    since = max((run.began(now) for run in former), default=0.0)
    is_contested = since >= job.made_at - CLOCK_SKEW_SECONDS
    # The events may not show yet which request started the former run.
    is_unclear = is_contested and now < since + EVENTS_LAG_SECONDS
    to_stop = tuple(run.id for run in former if not run.has_ended)
    if to_stop:
        stopping = Stopping(to_stop, Queued(), job.deadline + STOPPING_SECONDS)
        return Queued(to_stop[0]) if is_unclear else IfNewest(stopping)
    going_on = [run for run in same if run.can_be_cancelled]
    if going_on:
        return _wait_for(going_on[-1], job, ours)
    for run in ours:
        # A stopped run may be one that this request cancelled, to start another.
        decides = run.has_ended and run.status != "STOPPED" and not may_start_another(run, job, now)
        if decides and not _is_undone(run, former, now):
            return Running(run.id)
    in_flight = [run for run in runs if not run.has_ended]
    if in_flight or is_unclear:
        return Queued(in_flight[0].id if in_flight else None)
    is_late = is_contested or now >= job.made_at + LATE_SECONDS
    return IfNewest(Start()) if is_late else Start()


def _wait_for(kept: TaskRun, job: Job, ours: Iterable[TaskRun]) -> Phase:
    """Wait for one run; stop the others that earlier attempts of this request have left."""
    others = tuple(run.id for run in ours if run.can_be_cancelled and run.id != kept.id)
    if others:
        return Stopping(others, Running(kept.id), job.deadline + STOPPING_SECONDS)
    return Running(kept.id)


def after_start(job: Job, run_id: str, runs: Sequence[TaskRun], now: float) -> Phase:
    """Decide on a run that was just started, from the transform's runs.

    Glue has no lock and no conditional start, so two invocations can start runs at once. Of two runs of the
    same import, the older one stays. Of two runs of this resource's different labels, each request cancels
    its own, and asks CloudFormation before it starts another.
    """
    in_flight, until = [run for run in runs if not run.has_ended], job.deadline + STOPPING_SECONDS
    if any(job.is_former(run) for run in in_flight):
        return Stopping((run_id,), Queued(), until)
    same = [run for run in job.served_by(in_flight, now) if run.can_be_cancelled or run.id == run_id]
    if run_id not in {run.id for run in same}:
        return Running(run_id)
    oldest = min(same, key=lambda run: (run.started_on is None, run.started_on, run.id)).id
    return Running(run_id) if oldest == run_id else Stopping((run_id,), Running(oldest), until)


def after_poll(job: Job, run: TaskRun, now: float) -> Phase | IfNewest:
    """Decide on the run that the request waits for."""
    if run.status == "SUCCEEDED":
        return Succeeded(run)
    if run.has_ended:
        return Queued() if may_start_another(run, job, now) else _ended(job, run)
    if now < job.deadline:
        return Running(run.id, run.status)
    return IfNewest(stop_at_deadline(job, run.id, now), run.id)


def after_superseded(job: Job, run_id: str | None, *, is_shared: bool, now: float) -> Failed | Stopping:
    """Decide on a superseded request: stop its run, unless the newer request waits for the same run."""
    failed = Failed(reasons.explain_superseded(job.request), run_id)
    return failed if run_id is None or is_shared else Stopping((run_id,), failed, now + GIVING_UP_SECONDS)


def after_verifying_evaluation(
    job: Job, runs: Sequence[TaskRun], *, is_rolling_back: bool, now: float
) -> Phase:
    """Decide on an Update of an evaluation.

    A rollback gets the last evaluation, whatever its result: a rollback must not fail. Where only the minimum
    changed, it is compared with the last evaluation of the present labels.
    """
    if is_rolling_back:
        done = [run for run in runs if run.serves(job.request) and run.status == "SUCCEEDED"]
        return Succeeded(done[0] if done else TaskRun("", "SUCCEEDED"))
    if job.former is None or not job.former.asks_the_same(job.request):
        return Queued()
    done = [run for run in job.served_by(runs, now) if run.status == "SUCCEEDED"]
    return Succeeded(done[0]) if done else Queued()


def after_evaluation(
    job: Job, run: TaskRun, quality: Quality, before: Mapping[str, float] | None
) -> Succeeded | Failed:
    """Compare an evaluation that succeeded with the minimum."""
    request = job.request
    if request.task_type == "EVALUATION" and quality.is_below(request.minimum):
        return Failed(reasons.explain_quality(request, run.id, quality, before), run.id)
    return Succeeded(run, quality)


def stop_at_deadline(job: Job, run_id: str, now: float) -> Stopping:
    """Return the phase of a run whose deadline has come, perhaps long ago."""
    return Stopping((run_id,), None, max(job.deadline + STOPPING_SECONDS, now + 1))


def after_stopping(job: Job, state: State, phase: Stopping, seen: Mapping[str, TaskRun], now: float) -> Phase:
    """Decide on runs that are cancelled.

    Args:
        job: what is asked for.
        state: the state before this poll.
        phase: the runs, and which cancels Glue has accepted by now.
        seen: each run as Glue reports it, without those whose poll failed.
        now: epoch seconds.
    """
    going_on = [run_id for run_id in phase.run_ids if run_id not in seen or not seen[run_id].has_ended]
    accepted = {*phase.accepted, *(run.id for run in seen.values() if run.status == "STOPPING")}
    is_accepted, last = accepted.issuperset(going_on), phase.run_ids[-1]
    if isinstance(phase.then, Failed):
        if is_accepted or now >= phase.until:
            reason = reasons.with_end(
                phase.then.reason, job.request, last, seen.get(last), cancelled=is_accepted
            )
            return replace(phase.then, reason=reason)
    elif not going_on:
        if phase.then is not None:
            return phase.then
        return Succeeded(seen[last]) if seen[last].status == "SUCCEEDED" else _ended(job, seen[last])
    elif now >= phase.until:
        run = seen.get(going_on[0], TaskRun(going_on[0], ""))
        refused = None if is_accepted else state.error or "Glue did not accept it"
        return Failed(reasons.explain_deadline(job.request, run, refused), run.id)
    return replace(phase, accepted=tuple(sorted(accepted)))


def _ended(job: Job, run: TaskRun) -> Failed:
    """Return the failure of a run that has ended. If it was stopped at its deadline, we cancelled it."""
    ended = run.completed_on
    is_late = ended is None or ended.timestamp() >= job.deadline - CLOCK_SKEW_SECONDS
    explain = reasons.explain_deadline if run.status == "STOPPED" and is_late else reasons.explain_ended_run
    return Failed(explain(job.request, run), run.id)


def may_start_another(run: TaskRun, job: Job, now: float) -> bool:
    """Return whether a run FAILED for a denial that ends if the role or its policy is new.

    What counts is when the run ended. It may be polled much later, if the polling rule's invocation was late.
    """
    ended = now if run.completed_on is None else run.completed_on.timestamp()
    if run.status != "FAILED" or ended >= job.made_at + errors.NEW_ROLE_SECONDS or now >= job.deadline:
        return False
    cause = causes.cause_of(run.error_string, run.input_s3_path or "")
    return cause is not None and cause.kind is causes.Kind.DENIED


def _is_ours(run: TaskRun, job: Job, now: float) -> bool:
    """Return whether this request started the run, given that the run does what the request asks for.

    So a Lambda retry, or a start whose response was lost, finds its run. A run that has ended may be an
    earlier request's, unless it ended clearly after this request was made.
    """
    until = job.deadline + CLOCK_SKEW_SECONDS
    if not job.made_at - CLOCK_SKEW_SECONDS <= run.began(now) < until:
        return False
    ended = run.completed_on
    return not run.has_ended or ended is None or ended.timestamp() > job.made_at + CLOCK_SKEW_SECONDS


def _was_one_too_many(run: TaskRun, same: Iterable[TaskRun], now: float) -> bool:
    """Return whether a run was stopped in favour of an older run of the same import, which succeeded."""
    began = run.began(now)
    return run.status == "STOPPED" and any(
        other.status == "SUCCEEDED"
        and other.began(now) <= began
        and other.completed_on is not None
        and began <= other.completed_on.timestamp()
        for other in same
    )


def _is_undone(run: TaskRun, former: Iterable[TaskRun], now: float) -> bool:
    """Return whether the former labels of this resource were imported after the run began."""
    began = run.began(now)
    return any(other.status == "SUCCEEDED" and other.began(now) >= began for other in former)
