"""Glue's task runs, simulated, with the labels and metrics of the transforms."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from .catalog import Catalog, MotoCatalog
from .glue_calls import GlueCalls
from .records import (
    ENDED,
    EVALUATION,
    EXPORT_LABELS,
    IMPORT_LABELS,
    LABELING_SET_GENERATION,
    LabeledRow,
    Phase,
    RunPlan,
    TaskRun,
    phase_at,
)
from .run_effects import ONE_TABLE, Effect, Job, Taught, effect_of, primary_key
from .s3_files import LabelFileError, MotoS3Files, OtherRegionError, S3Files, bucket_and_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .labeling_csv import LabelingFile
    from .records import Metrics
    from .run_effects import Transform

CONCURRENT_RUNS = 3
"""Task runs a transform may have in flight (Glue endpoints and quotas: 3 per transform)."""

LABEL_FILE_BYTES = 10_000_000
"""Size of a label file that can be imported (Glue endpoints and quotas: 10 MB)."""


class RefusedError(Exception):
    """Glue refuses a call; the text is its message.

    Source of the texts: Glue developer guide, "AWS Glue machine learning exceptions"
    (https://docs.aws.amazon.com/glue/latest/dg/exceptions-machine-learning.html).

    Attributes:
        code: The error's code, for example ``InvalidInputException``.
    """

    def __init__(self, code: str, message: str) -> None:
        """Refuse with this code and message."""
        super().__init__(message)
        self.code = code


def new_task_run_id() -> str:
    """Return an id as Glue gives it: ``tsk-`` and 64 hexadecimal digits."""
    return f"tsk-{secrets.token_hex(32)}"


@dataclass
class Simulation(GlueCalls):
    """The state of the simulated service; every method may be called from any thread.

    Attributes:
        s3_files: Where runs read and write files; moto's S3 by default.
        catalog: Where tables are described; moto's Data Catalog by default.
        default_plan: What a run without a plan does: succeed after 3 seconds.
        concurrent_runs: How many runs a transform may have in flight, 3 by default.
        label_file_bytes: The largest label file that can be imported, 10,000,000 by default.
        denies_at: When Glue notices that a role cannot be used or may not read the label file: at the start,
            which is refused (the default), or in the run, which ends FAILED. AWS documents the former; no
            source says which of the two happens while a new grant is not active yet.
        ready_after_seconds: How long after the end of its first import a transform becomes READY, 0 by
            default. A new one is NOT_READY (it "needs teaching", Glue's guide); no source says how long.
        clock_ahead: How many seconds Glue's clock is ahead of `clock`, 0 by default; negative if behind.
        new_id: Makes the ids of runs; a test may pass its own, to get the same ids each time.
    """

    s3_files: S3Files = field(default_factory=MotoS3Files)
    catalog: Catalog = field(default_factory=MotoCatalog)
    default_plan: RunPlan = field(default_factory=RunPlan)
    concurrent_runs: int = CONCURRENT_RUNS
    label_file_bytes: int = LABEL_FILE_BYTES
    denies_at: Literal["start", "run"] = "start"
    ready_after_seconds: float = 0.0
    clock_ahead: float = 0.0
    new_id: Callable[[], str] = new_task_run_id
    _plans: deque[RunPlan] = field(default_factory=deque, init=False)
    _jobs: dict[str, Job] = field(default_factory=dict, init=False)
    _past_runs: list[TaskRun] = field(default_factory=list, init=False)
    _taught: dict[str, Taught] = field(default_factory=dict, init=False)
    _metrics: dict[str, Metrics] = field(default_factory=dict, init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)
    _settling_lock: threading.RLock = field(default_factory=threading.RLock, init=False)

    def now(self) -> datetime:
        """Return the time on Glue's clock, in UTC."""
        return self.clock() + timedelta(seconds=self.clock_ahead)

    def plan_runs(self, *plans: RunPlan) -> None:
        """Plan the next runs, in this order; later runs follow `default_plan`."""
        with self._lock:
            self._plans.extend(plans)

    def plan_next_run(self, plan: RunPlan) -> None:
        """Plan the next run, before the plans of `plan_runs`."""
        with self._lock:
            self._plans.appendleft(plan)

    def configure(self, **settings: Any) -> None:
        """Set attributes of the simulation, by their names."""
        with self._lock:
            for name, value in settings.items():
                setattr(self, name, value)

    def labels(self, transform_id: str) -> tuple[LabeledRow, ...]:
        """Return the labels that a transform knows now, in the order in which it learned them."""
        self.settle()
        with self._lock:
            taught = self._taught.get(transform_id)
            return taught.rows if taught else ()

    def ready(self, transform_id: str) -> bool:
        """Return whether a transform is READY: it has been taught."""
        self.settle()
        with self._lock:
            taught = self._taught.get(transform_id)
            return taught is not None and self.clock() >= taught.ready_on

    def metrics(self, transform_id: str) -> Metrics | None:
        """Return the metrics of a transform's last evaluation that succeeded; None if there are none."""
        self.settle()
        with self._lock:
            return self._metrics.get(transform_id)

    def runs(self, transform_id: str | None = None) -> tuple[TaskRun, ...]:
        """Return the runs of a transform, or of all that exist, in the order in which they were started."""
        self.settle()
        with self._lock:
            return tuple(
                job.run for job in self._jobs.values() if transform_id in (None, job.run.transform_id)
            )

    def runs_of_deleted_transforms(self) -> tuple[TaskRun, ...]:
        """Return the runs of deleted transforms, as they were then; Glue forgets them."""
        with self._lock:
            return tuple(self._past_runs)

    def start(
        self, transform: Transform, account: str, region: str, input_s3_path: str, replace_all_labels: bool
    ) -> TaskRun:
        """Start an import.

        Raises:
            RefusedError: the label file or the role cannot be used, or `concurrent_runs` are in flight.
        """
        self._check(transform, account, region, input_s3_path)
        return self._start(
            transform, account, region, input_s3_path=input_s3_path, replace_all_labels=replace_all_labels
        )

    def start_evaluation(self, transform: Transform, account: str, region: str) -> TaskRun:
        """Start an evaluation.

        Raises:
            RefusedError: the transform is not set up for it or not READY, or `concurrent_runs` are in flight.
        """
        _check_definition(transform)
        if not self.ready(transform.transform_id):
            raise RefusedError(
                "MLTransformNotReadyException",
                "This operation can only be applied to a transform that is in a READY state.",
            )
        return self._start(transform, account, region, task_type=EVALUATION)

    def start_generation(
        self, transform: Transform, account: str, region: str, output_s3_path: str
    ) -> TaskRun:
        """Start to generate labeling sets, which are written below `output_s3_path`.

        Raises:
            RefusedError: the transform is not set up for it, or `concurrent_runs` are in flight.
        """
        _check_definition(transform)
        return self._start(
            transform, account, region, task_type=LABELING_SET_GENERATION, output_s3_path=output_s3_path
        )

    def start_export(self, transform: Transform, account: str, region: str, output_s3_path: str) -> TaskRun:
        """Start to write what the transform was taught below `output_s3_path`.

        Raises:
            RefusedError: it was taught nothing, `concurrent_runs` are in flight, or the bucket is in another
                region.
        """
        if not self.labels(transform.transform_id):
            raise RefusedError(
                "EntityNotFoundException",
                f"No labelset exists for transformId [{transform.transform_id}] in account id [{account}].",
            )
        bucket, _ = bucket_and_key(output_s3_path)
        if (actual := self.s3_files.region(account, region, bucket)) not in (None, region):
            raise RefusedError("InvalidInputException", str(OtherRegionError(region, str(actual))))
        return self._start(transform, account, region, task_type=EXPORT_LABELS, output_s3_path=output_s3_path)

    def _start(
        self,
        transform: Transform,
        account: str,
        region: str,
        *,
        task_type: str = IMPORT_LABELS,
        input_s3_path: str = "",
        replace_all_labels: bool = False,
        output_s3_path: str = "",
    ) -> TaskRun:
        self.settle()
        with self._lock:
            in_flight = [job for job in self._going_on() if job.run.transform_id == transform.transform_id]
            if len(in_flight) >= self.concurrent_runs:
                raise RefusedError(
                    "ConcurrentRunsExceededException",
                    f"ML Task Runs count [{len(in_flight)}] has exceeded the transform limit of "
                    f"{self.concurrent_runs} task runs.",
                )
            plan = self._plans.popleft() if self._plans else self.default_plan
            now = self.now()
            run = TaskRun(
                task_run_id=self.new_id(),
                transform_id=transform.transform_id,
                input_s3_path=input_s3_path,
                replace_all_labels=replace_all_labels,
                started_on=now,
                status="STARTING",
                last_modified_on=now,
                task_type=task_type,
                output_s3_path=output_s3_path,
                silent_seconds=plan.silent_seconds,
            )
            self._jobs[run.task_run_id] = Job(run, plan, account, region, transform)
            return run

    def cancel(self, run: TaskRun) -> TaskRun:
        """Ask a run to stop; a second call changes nothing.

        Raises:
            RefusedError: it has ended. That Glue refuses this is an assumption: its reference lists errors
                without their causes.
        """
        self.settle()
        with self._lock:
            job = self._jobs[run.task_run_id]
            if job.run.ended:
                raise RefusedError(
                    "InvalidInputException",
                    f"Task run {run.task_run_id} cannot be cancelled, it is {job.run.status}.",
                )
            if job.cancelled_on is None:
                job.cancelled_on = self.now()
                self._advance(job, job.cancelled_on)
            return job.run

    def forget(self, transform_id: str) -> None:
        """Drop the runs and labels of a deleted transform."""
        with self._lock:
            self._past_runs += [
                job.run for job in self._jobs.values() if job.run.transform_id == transform_id
            ]
            self._taught.pop(transform_id, None)
            self._metrics.pop(transform_id, None)
            self._jobs = {key: job for key, job in self._jobs.items() if job.run.transform_id != transform_id}

    def settle(self) -> None:
        """Bring all runs up to date; runs that have ended do their work in the order of their ends."""
        # By one caller at a time: if a hundred runs end together, each caller would read every file.
        with self._settling_lock:
            now = self.now()
            with self._lock:
                jobs = sorted(self._going_on(), key=lambda job: self._phase(job, now).since)
            for job in jobs:
                # The file is read without `_lock`: its server's event loop takes that lock to delete a
                # transform.
                succeeds = self._phase(job, now).status == "SUCCEEDED"
                with self._lock:
                    taught = self._taught.get(job.run.transform_id)
                effect = effect_of(job, taught, self.s3_files, self.catalog) if succeeds else None
                with self._lock:
                    if job.run.task_run_id in self._jobs:
                        self._advance(job, now, effect)

    def _going_on(self) -> list[Job]:
        return [job for job in self._jobs.values() if not job.run.ended]

    def _check(self, transform: Transform, account: str, region: str, path: str) -> None:
        """Refuse an import of a file that Glue cannot read or that is too large."""
        bucket, key = bucket_and_key(path)
        try:
            size = len(self.s3_files.read(account, region, transform.role, bucket, key))
        except LabelFileError as error:
            if error.denied and self.denies_at == "run":
                return
            raise RefusedError("InvalidInputException", str(error)) from error
        if not size:
            raise RefusedError("InvalidInputException", "Invalid label file of size 0.")
        if size > self.label_file_bytes:
            raise RefusedError(
                "ResourceNumberLimitExceededException",
                f"Label file has exceeded the limit of {self.label_file_bytes / 1e6:g} MB.",
            )

    @staticmethod
    def _phase(job: Job, now: datetime) -> Phase:
        return phase_at(
            now, job.run.started_on, job.plan, job.cancelled_on, timedelta(minutes=job.transform.timeout)
        )

    def _advance(self, job: Job, now: datetime, effect: Effect | str | None = None) -> None:
        phase = self._phase(job, now)
        if phase.status == job.run.status:
            return
        status, error = phase.status, None
        if status == "SUCCEEDED":
            if effect is None:  # the transform's timeout was raised since; the next call settles it
                return
            if isinstance(effect, str):
                status, error = "FAILED", effect
            else:
                self._apply(job, effect, phase.since)
        elif status in ENDED and (status != "STOPPED" or job.cancelled_on is None):
            error = job.plan.error_string or f"The plan of this run ends it as {status}."
        job.run = dataclasses.replace(
            job.run,
            status=status,
            last_modified_on=phase.since,
            completed_on=phase.since if status in ENDED else None,
            error_string=error,
        )

    def _apply(self, job: Job, effect: Effect, ended_on: datetime) -> None:
        transform_id = job.run.transform_id
        if effect.file is not None:
            self._teach(job, effect.file, ended_on)
        if job.run.task_type == EVALUATION:
            job.run = dataclasses.replace(job.run, metrics=effect.metrics)
            self._metrics.pop(transform_id, None)
            if effect.metrics is not None:
                self._metrics[transform_id] = effect.metrics

    def _teach(self, job: Job, file: LabelingFile, ended_on: datetime) -> None:
        transform_id = job.run.transform_id
        known = self._taught.get(transform_id)
        rows = (*known.rows, *file.rows) if known and not job.run.replace_all_labels else file.rows
        ready_on = known.ready_on if known else ended_on + timedelta(seconds=self.ready_after_seconds)
        self._taught[transform_id] = Taught(file.columns, rows, ready_on)
        job.transform.label_count = len(rows)


def _check_definition(transform: Transform) -> None:
    """Refuse an evaluation of a transform whose definition does not allow one; source as `RefusedError`."""
    if len(transform.input_record_tables) != 1:
        raise RefusedError("InvalidInputException", ONE_TABLE)
    (table,) = transform.input_record_tables
    for name, what in (("DatabaseName", "database"), ("TableName", "table")):
        if not table.get(name):
            raise RefusedError("InvalidInputException", f"Should specify {what} name.")
    if not transform.parameters.get("FindMatchesParameters"):
        raise RefusedError("InvalidInputException", "Find Matches parameters have not been set.")
    if not primary_key(transform):
        raise RefusedError(
            "InvalidInputException", "A primary key must be specified in Find Matches parameters."
        )
