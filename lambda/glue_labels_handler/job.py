"""What a Create or Update asks for, and what it does next by what the transform is doing. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_labels_handler.causes import Kind, cause_of
from glue_labels_handler.errors import NEW_ROLE_SECONDS
from glue_labels_handler.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterable

    from glue_labels_handler.request import LabelsRequest
    from glue_labels_handler.task_runs import TaskRun

NO_RUN = "glue-labels-import-without-task-run"
"""PhysicalResourceId of a Create that failed before there was a run; its Delete has no run to cancel."""


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

    def begin(self, now: float, made_at: float | None) -> Progress:
        """Return the progress of a request that is seen for the first time, as far as this invocation knows.

        Args:
            now: the moment.
            made_at: when CloudFormation made the request, None where that cannot be told.
        """
        unchanged = self.former is not None and self.former.imports_the_same(self.request)
        done_by = self.physical_id if unchanged and self.physical_id != NO_RUN else None
        begun = now if made_at is None else min(made_at, now)
        deadline = begun + self.request.timeout_seconds
        # One that comes so late may have come before, and that attempt of Lambda's may have started a run.
        return Progress(begun, deadline, done_by=done_by, made_at=made_at, maybe_started=now >= deadline)

    def is_former(self, run: TaskRun) -> bool:
        """Return whether the run imports the label version before this one, and not this one as well."""
        return (
            self.former is not None
            and self.former.transform_id == self.request.transform_id
            and run.imports(self.former)
            and not run.imports(self.request)
        )

    def physical_id_after(self, run: TaskRun) -> str:
        """Return the physical id to report: the run that created the resource, for good.

        A new id would be a replacement. Where a later resource of the stack fails, CloudFormation rolls a
        replacement back by deleting the new id, without an Update, so that the former labels would not be
        imported again (reported in https://github.com/aws/aws-cdk/issues/17040).
        """
        return run.id if self.physical_id in (None, NO_RUN) else self.physical_id


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


@dataclass(frozen=True)
class GiveWay:
    """A newer request for the resource is at work: this one must not import any more."""

    newer: TaskRun


def is_disputed(runs: Iterable[TaskRun], job: Job, progress: Progress, now: float) -> bool:
    """Return whether `next_step` needs all of the transform's import runs, not just the recent ones."""
    return any(job.is_former(run) and _started_since(run, progress.made_at, now) for run in runs)


def may_start_another(run: TaskRun, progress: Progress, now: float) -> bool:
    """Return whether a run FAILED for a denial that passes if the role or its policy is new."""
    if run.status != "FAILED" or now >= min(progress.begun + NEW_ROLE_SECONDS, progress.deadline):
        return False
    cause = cause_of(run.error_string, run.input_s3_path or "")
    return cause is not None and cause.kind is Kind.DENIED


def next_step(
    runs: Iterable[TaskRun], job: Job, progress: Progress, now: float
) -> Start | Adopt | Await | GiveWay:
    """Decide how a request without a run goes on, from the transform's import runs, newest first."""
    recent = list(runs)
    in_flight = [run for run in recent if not run.has_ended]
    former = [run for run in recent if job.is_former(run)]
    newer = _newer(recent, job, progress, now)
    if newer is not None:
        return GiveWay(newer)
    same = [run for run in recent if run.imports(job.request)]
    going_on = next((run for run in same if run.can_be_cancelled), None)
    for run in same if going_on is None else ():
        if run.has_ended and _is_ours(run, progress, now) and not may_start_another(run, progress, now):
            return Adopt(run)
    superseded = [run for run in former if not run.has_ended]
    if superseded:
        return Await(superseded[0], tuple(run for run in superseded if run.can_be_cancelled))
    if going_on is not None:
        return Adopt(going_on)
    return Await(in_flight[0]) if in_flight else Start()


def run_left_behind(runs: Iterable[TaskRun], job: Job, progress: Progress, now: float) -> TaskRun | None:
    """Return what there is to wait for, or to cancel, for a request whose deadline came before it knew a run.

    A start whose answer was lost may have left it, or an attempt of Lambda's that crashed.
    """
    ours = [run for run in runs if run.imports(job.request) and _is_ours(run, progress, now)]
    return next((run for run in ours if not run.has_ended or run.status == "SUCCEEDED"), None)


def _is_ours(run: TaskRun, progress: Progress, now: float) -> bool:
    """Return whether this request must have started the run, if the run imports what it asks for."""
    return (
        run.id != progress.disowned
        and _started_since(run, progress.ours_since, now)
        and not _started_since(run, progress.deadline, now)
    )


def _newer(runs: list[TaskRun], job: Job, progress: Progress, now: float) -> TaskRun | None:
    """Return the run by which a newer request has imported the former labels again, if there is one.

    A forward request that comes late and the rollback that overtook it each see a run of the other's labels
    that began after they were made themselves. They differ in what the transform had learned until then: the
    forward request finds the other's labels, the rollback its own.
    """
    since = [run for run in runs if job.is_former(run) and _started_since(run, progress.made_at, now)]
    learned = (
        run
        for run in runs
        if run.status == "SUCCEEDED"
        and not _started_since(run, progress.made_at, now)
        and (run.imports(job.request) or job.is_former(run))
    )
    last = next(learned, None)
    return since[0] if since and last is not None and job.is_former(last) else None


def eldest(runs: Iterable[TaskRun], request: LabelsRequest, mine: str) -> str:
    """Return the id of the run to wait for, where several of the same import may have been started at once.

    Every invocation that started one comes to the same answer, and cancels its own if it is another.

    Args:
        runs: the transform's recent import runs.
        request: the import.
        mine: the run that was just started.
    """
    same = [run for run in runs if run.imports(request) and (run.can_be_cancelled or run.id == mine)]
    if mine not in {run.id for run in same}:
        return mine
    return min(same, key=lambda run: (run.started_on is None, run.started_on, run.id)).id


def _started_since(run: TaskRun, moment: float | None, now: float) -> bool:
    began = run.began(now)
    return moment is not None and began is not None and began >= moment
