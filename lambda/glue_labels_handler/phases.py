"""Where a request stands, and where it goes next. Pure: what Glue reports and the moment are passed in.

    Verifying -> Queued -> Running -> Succeeded | Failed
                   ^          |
                   +-- Stopping (cancel runs, see them end, go on with what follows)

One phase is the whole state that one invocation leaves to the next, beside when the request was made and the
last error.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from glue_labels_handler.causes import Kind, cause_of
from glue_labels_handler.errors import NEW_ROLE_SECONDS
from glue_labels_handler.evaluation_request import EvaluationRequest
from glue_labels_handler.reasons import (
    explain_blocked,
    explain_deadline,
    explain_ended_run,
    explain_quality,
    explain_superseded,
    with_fate,
)
from glue_labels_handler.task_runs import IMPORT_LABELS, TaskRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from glue_labels_handler.evaluation_request import TaskRequest
    from glue_labels_handler.quality import Quality

NO_RUN = "glue-labels-import-without-task-run"
"""PhysicalResourceId of a Create that failed before there was a run; its Delete has no run to cancel."""

CLOCK_SKEW_SECONDS = 5.0
"""How far Glue's clock may be from CloudFormation's, which dates a request."""

LATE_SECONDS = 5.0
"""A request older than this may be overtaken, or a Lambda retry: ask CloudFormation before a start."""

EVENTS_LAG_SECONDS = 10.0
"""How long after a rival's run began CloudFormation's events may not show the rival's request yet."""

ROLLBACK_SECONDS = 60.0
"""How long to ask whether an evaluation's Update is part of a rollback, and for the last metrics then."""

STOPPING_SECONDS = 150.0
"""How long a run that is cancelled at its deadline may take to end before the request is responded to."""

GIVING_UP_SECONDS = 60.0
"""How long it is tried to cancel the run of a request that failed for another reason."""


@dataclass(frozen=True)
class Job:
    """What a Create or Update asks for.

    Attributes:
        request: the label version that the transform is to know, or the evaluation.
        former: on an Update, the request before it; None if there was none that can be read.
        physical_id: on an Update, the resource's physical id.
        made_at: when CloudFormation made the request, in epoch seconds.
    """

    request: TaskRequest
    former: TaskRequest | None
    physical_id: str | None
    made_at: float

    @property
    def deadline(self) -> float:
        """When the run is cancelled, if it is still in flight."""
        return self.made_at + self.request.timeout_seconds

    def is_former(self, run: TaskRun) -> bool:
        """Return whether the run imports the label version before this one, and not this one as well."""
        return (
            self.former is not None
            and self.former.transform_id == self.request.transform_id
            and run.serves(self.former)
            and not run.serves(self.request)
        )

    def served_by(self, runs: Sequence[TaskRun], now: float) -> list[TaskRun]:
        """Return the runs that do what is asked for; of evaluations, those of the present labels."""
        if not isinstance(self.request, EvaluationRequest):
            return [run for run in runs if run.serves(self.request)]
        imports = (run for run in runs if run.task_type == IMPORT_LABELS)
        # What a failed import does to the labels no source says; an evaluation is cheap next to a wrong one.
        taught_at = max((run.ended(now) for run in imports), default=0.0)
        return [run for run in runs if run.serves(self.request) and run.began(now) >= taught_at]

    def physical_id_after(self, run_id: str) -> str:
        """Return the physical id to report: the run that created the resource, for good.

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
    """There is no run yet; `blocker` is the run of somebody else that is in the way, if there is one."""

    blocker: str | None = None


@dataclass(frozen=True)
class Running:
    """This run is waited for.

    Attributes:
        run_id: the run.
        status: its last known status.
        before: of an evaluation: the metrics before it, by name, to tell which fell.
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
    """The run that succeeded, and what it found if it was an evaluation."""

    run: TaskRun
    quality: Quality | None = None


@dataclass(frozen=True)
class Stopping:
    """Runs are cancelled, again until Glue accepts it, and watched until they have ended.

    Attributes:
        run_ids: the runs.
        then: what follows. `Failed`: at once when each cancel is accepted. None: the run is our own and its
            deadline has come, so how it ends decides.
        until: epoch seconds; then it is given up.
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
    """A request's phase, and the error that its last poll met.

    Attributes:
        phase: the phase.
        error: the error in words; None after a poll that worked.
        error_since: when the first of an unbroken row of errors came, epoch seconds.
    """

    phase: Phase
    error: str | None = None
    error_since: float | None = None

    def after(self, phase: Phase) -> State:
        """Return the state after a poll that worked."""
        return State(phase)

    def failing(self, error: str, now: float) -> State:
        """Return the state after a poll that met an error."""
        return replace(self, error=error, error_since=now if self.error_since is None else self.error_since)

    @property
    def to_hand_over(self) -> Phase:
        """What makes a difference for a later invocation: the phase without a run's status."""
        return replace(self.phase, status="") if isinstance(self.phase, Running) else self.phase

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"State": _to_data(self.phase), "Error": self.error, "ErrorSince": self.error_since}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> State:
        """Return what `to_data` made `data` of, or what an earlier version left in a rule."""
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
    """Return where a request begins."""
    if isinstance(job.request, EvaluationRequest):
        return Queued() if job.physical_id is None else Verifying(job.physical_id)
    if job.former is None or job.physical_id in (None, NO_RUN) or not job.former.asks_the_same(job.request):
        return Queued()
    return Verifying(str(job.physical_id))


@dataclass(frozen=True)
class Start:
    """Nothing is in the way: start a run."""


@dataclass(frozen=True)
class Ask:
    """CloudFormation knows whether this request is still the resource's newest.

    Attributes:
        current: what follows if it is, or if CloudFormation cannot be asked.
        overtaken: what follows if it is not.
    """

    current: Phase | Start
    overtaken: Phase


def after_verifying(job: Job, runs: Iterable[TaskRun], physical_id: str, now: float) -> Phase:
    """Decide on an unchanged Update, from all runs that Glue knows, the newest first."""
    all_same = [run for run in runs if run.serves(job.request)]
    same = next((run for run in all_same if not _was_one_too_many(run, all_same, now)), None)
    if same is None:
        # Glue knows no more of it; that it was reported as a success is then all there is to know.
        return Succeeded(TaskRun(physical_id, "SUCCEEDED"))
    return Succeeded(same) if same.status == "SUCCEEDED" else Queued()


def leave_queue(job: Job, state: State, runs: Sequence[TaskRun], now: float) -> Phase | Start | Ask:
    """Decide on a request without a run, from the transform's recent runs, the newest first."""
    same = job.served_by(runs, now)
    ours = [run for run in same if _is_ours(run, job, now)]
    if now >= job.deadline:
        succeeded = [run for run in ours if run.status == "SUCCEEDED"]
        left = succeeded or [run for run in ours if not run.has_ended]
        if left:
            return _adopt(job, left[0], ours)
        blocker = state.phase.blocker if isinstance(state.phase, Queued) else None
        return Failed(explain_blocked(job.request, blocker, state.error))
    rivals = [run for run in runs if job.is_former(run)]
    since = max((run.began(now) for run in rivals), default=0.0)
    is_contested = since >= job.made_at - CLOCK_SKEW_SECONDS
    overtaken = Failed(explain_superseded(job.request))
    to_stop = tuple(run.id for run in rivals if not run.has_ended)
    if to_stop:
        if is_contested and now < since + EVENTS_LAG_SECONDS:
            return Queued(to_stop[0])
        return Ask(Stopping(to_stop, Queued(), job.deadline + STOPPING_SECONDS), overtaken)
    going_on = [run for run in same if run.can_be_cancelled]
    if going_on:
        return _adopt(job, going_on[-1], ours)
    for run in ours:
        # One that was stopped may be ours, cancelled in favour of another start.
        tells = run.has_ended and run.status != "STOPPED" and not may_start_another(run, job, now)
        if tells and not _is_undone(run, rivals, now):
            return Running(run.id)
    in_flight = [run for run in runs if not run.has_ended]
    if in_flight:
        return Queued(in_flight[0].id)
    if is_contested and now < since + EVENTS_LAG_SECONDS:
        return Queued()
    return Ask(Start(), overtaken) if is_contested or now >= job.made_at + LATE_SECONDS else Start()


def _adopt(job: Job, kept: TaskRun, ours: Iterable[TaskRun]) -> Phase:
    """Wait for one run; stop the others that attempts of this request have left."""
    others = tuple(run.id for run in ours if run.can_be_cancelled and run.id != kept.id)
    if others:
        return Stopping(others, Running(kept.id), job.deadline + STOPPING_SECONDS)
    return Running(kept.id)


def after_start(job: Job, run_id: str, runs: Sequence[TaskRun], now: float) -> Phase:
    """Decide on a run that was just started, from the transform's runs.

    Glue has no lock and no conditional start, so two invocations can start runs at once. Of runs of the same
    import the eldest stays. Of this resource's other labels: both cancel their own, and ask CloudFormation
    before they start another.
    """
    in_flight = [run for run in runs if not run.has_ended]
    if any(job.is_former(run) for run in in_flight):
        return Stopping((run_id,), Queued(), job.deadline + STOPPING_SECONDS)
    same = [run for run in job.served_by(in_flight, now) if run.can_be_cancelled or run.id == run_id]
    if run_id not in {run.id for run in same}:
        return Running(run_id)
    eldest = min(same, key=lambda run: (run.started_on is None, run.started_on, run.id)).id
    if eldest != run_id:
        return Stopping((run_id,), Running(eldest), job.deadline + STOPPING_SECONDS)
    return Running(run_id)


def after_poll(job: Job, run: TaskRun, now: float) -> Phase | Ask:
    """Decide on the run that is waited for."""
    if run.status == "SUCCEEDED":
        return Succeeded(run)
    if run.has_ended:
        if may_start_another(run, job, now):
            return Queued()
        return _ended(job, run)
    if now < job.deadline:
        return Running(run.id, run.status)
    overtaken = Failed(explain_superseded(job.request), run.id)
    return Ask(stop_at_deadline(job, run.id, now), Stopping((run.id,), overtaken, now + GIVING_UP_SECONDS))


def after_verifying_evaluation(
    job: Job, runs: Sequence[TaskRun], *, is_rolling_back: bool, now: float
) -> Phase:
    """Decide on an Update of an evaluation.

    A rollback gets the last evaluation, whatever it found: nothing that fails may keep a stack from going
    back. Where only the minimum changed, it is compared with the last evaluation of the present labels.
    """
    if is_rolling_back:
        evaluations = [run for run in runs if run.serves(job.request) and run.status == "SUCCEEDED"]
        return Succeeded(evaluations[0] if evaluations else TaskRun("", "SUCCEEDED"))
    if job.former is None or not job.former.asks_the_same(job.request):
        return Queued()
    of_these_labels = [run for run in job.served_by(runs, now) if run.status == "SUCCEEDED"]
    return Succeeded(of_these_labels[0]) if of_these_labels else Queued()


def after_evaluation(
    job: Job, run: TaskRun, quality: Quality, before: Mapping[str, float] | None
) -> Succeeded | Failed:
    """Decide on an evaluation that succeeded, by the minimum that is asked for."""
    request = job.request
    if isinstance(request, EvaluationRequest) and quality.is_below(request.minimum):
        return Failed(explain_quality(request, run.id, quality, before), run.id)
    return Succeeded(run, quality)


def stop_at_deadline(job: Job, run_id: str, now: float) -> Stopping:
    """Return the phase of a run whose deadline has come, or passed long ago."""
    return Stopping((run_id,), None, max(job.deadline + STOPPING_SECONDS, now + 1))


def after_stopping(job: Job, state: State, phase: Stopping, seen: Mapping[str, TaskRun], now: float) -> Phase:
    """Decide on runs that are cancelled.

    Args:
        job: what is asked for.
        state: the state before this poll.
        phase: the runs, with what is accepted by now.
        seen: each run as Glue reports it; one that it could not be asked about is missing.
        now: epoch seconds.
    """
    going_on = [run_id for run_id in phase.run_ids if run_id not in seen or not seen[run_id].has_ended]
    accepted = {*phase.accepted, *(run.id for run in seen.values() if run.status == "STOPPING")}
    is_over = not going_on or (isinstance(phase.then, Failed) and accepted.issuperset(going_on))
    if is_over and isinstance(phase.then, Failed):
        return _with_fate(job, phase, phase.then, cancelled=True)
    if is_over and phase.then is not None:
        return phase.then
    last = seen.get(phase.run_ids[-1])
    if is_over and last is not None:
        return Succeeded(last) if last.status == "SUCCEEDED" else _ended(job, last)
    if now < phase.until:
        return replace(phase, accepted=tuple(sorted(accepted)))
    if isinstance(phase.then, Failed):
        return _with_fate(job, phase, phase.then, cancelled=False)
    unknown = TaskRun(going_on[0], "")
    refused = None if accepted.issuperset(going_on) else state.error or "Glue did not accept it"
    return Failed(explain_deadline(job.request, seen.get(going_on[0], unknown), refused), going_on[0])


def _with_fate(job: Job, phase: Stopping, failed: Failed, *, cancelled: bool) -> Failed:
    return replace(failed, reason=with_fate(failed.reason, job.request, phase.run_ids, cancelled=cancelled))


def _ended(job: Job, run: TaskRun) -> Failed:
    """Return the failure of a run that has ended; stopped at its deadline, it was cancelled by us."""
    ended = run.completed_on
    is_late = ended is None or ended.timestamp() >= job.deadline - CLOCK_SKEW_SECONDS
    explain = explain_deadline if run.status == "STOPPED" and is_late else explain_ended_run
    return Failed(explain(job.request, run), run.id)


def may_start_another(run: TaskRun, job: Job, now: float) -> bool:
    """Return whether a run FAILED for a denial that passes if the role or its policy is new."""
    if run.status != "FAILED" or now >= min(job.made_at + NEW_ROLE_SECONDS, job.deadline):
        return False
    cause = cause_of(run.error_string, run.input_s3_path or "")
    return cause is not None and cause.kind is Kind.DENIED


def _is_ours(run: TaskRun, job: Job, now: float) -> bool:
    """Return whether this request must have started the run, if it imports what the request asks for.

    So a Lambda retry, or a start whose response was lost, recognises its run. A run that has ended may be an
    earlier request's, unless it ended clearly after this request was made.
    """
    until = job.deadline + CLOCK_SKEW_SECONDS
    if not job.made_at - CLOCK_SKEW_SECONDS <= run.began(now) < until:
        return False
    ended = run.completed_on
    return not run.has_ended or ended is None or ended.timestamp() > job.made_at + CLOCK_SKEW_SECONDS


def _was_one_too_many(run: TaskRun, same: Iterable[TaskRun], now: float) -> bool:
    """Return whether a run was stopped in favour of the same import, which was in flight and succeeded."""
    began = run.began(now)
    return run.status == "STOPPED" and any(
        other.status == "SUCCEEDED"
        and other.began(now) <= began
        and other.completed_on is not None
        and began <= other.completed_on.timestamp()
        for other in same
    )


def _is_undone(run: TaskRun, rivals: Iterable[TaskRun], now: float) -> bool:
    """Return whether other labels of this resource were imported after the run began."""
    began = run.began(now)
    return any(rival.status == "SUCCEEDED" and rival.began(now) >= began for rival in rivals)
