"""Glue's task runs, simulated: which there are, what each transform knows, and how good it is."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Protocol

from .catalog import Catalog, MotoCatalog, NoSuchTableError, NotCsvError, mismatch
from .glue_call import GlueCall
from .import_run import (
    ENDED,
    EVALUATION,
    EXPORT_LABELS,
    IMPORT_LABELS,
    LABELING_SET_GENERATION,
    ImportRun,
    Phase,
    phase_at,
)
from .label_files import (
    LabelFileError,
    LabelFiles,
    MotoLabelFiles,
    OtherRegionError,
    UnreadableLabelFileError,
)
from .labeled_rows import LabeledRow, LabelingFile, NotALabelingFileError, read_labeling_file
from .labeling_sets import file_name, similar_sets, written
from .quality_estimate import TooFewLabelsError, estimate
from .run_plan import RunPlan
from .table_records import table_records
from .throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from .catalog import TableData
    from .metrics import Metrics

    # What a run does that succeeds, given the moment of its end; or why it does not succeed.
    _Effect = Callable[[datetime], None] | str

CONCURRENT_RUNS = 3
"""Task runs a transform may have in flight (Glue endpoints and quotas: 3 per transform)."""

LABEL_FILE_BYTES = 10_000_000
"""Size of a label file that can be imported (Glue endpoints and quotas: 10 MB)."""


ONE_TABLE = "Exactly one input record table must be provided."
"""Why a transform without a table, or with several, is refused or its run fails."""


class Transform(Protocol):
    """What the simulation needs of a transform; moto's FakeMLTransform is one."""

    transform_id: str
    role: str
    timeout: int
    label_count: int
    input_record_tables: Sequence[Mapping[str, str]]
    parameters: Mapping[str, Any]


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


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(timezone.utc)


def new_task_run_id() -> str:
    """Return an id as Glue gives it: ``tsk-`` and 64 hexadecimal digits."""
    return f"tsk-{secrets.token_hex(32)}"


@dataclass
class _Job:
    """A run as the simulation keeps it: what is known from outside, and what it takes to go on."""

    run: ImportRun
    plan: RunPlan
    account: str
    region: str
    transform: Transform
    cancelled_on: datetime | None = None


@dataclass(frozen=True)
class _Taught:
    """What a transform has been taught.

    Attributes:
        columns: Of the records of the last import.
        rows: Labeled, of all imports that count.
        ready_on: When the transform is READY.
    """

    columns: tuple[str, ...]
    rows: tuple[LabeledRow, ...]
    ready_on: datetime


@dataclass
class Simulation:
    """The state of the simulated service; every method may be called from any thread.

    Attributes:
        clock: Gives the time in UTC; a test may pass its own.
        label_files: Where label files are read from; moto's S3 by default.
        catalog: Where the columns of tables are read from; moto's Data Catalog by default.
        default_plan: What a run does that nobody planned: succeed after 3 seconds.
        concurrent_runs: How many runs a transform may have in flight, 3 by default.
        label_file_bytes: The largest label file that can be imported, 10,000,000 by default.
        denies_at: When a role that cannot be used, or may not read the label file, is noticed: the start is
            refused (the default), or the run ends FAILED. AWS documents the former; no source says which of
            the two happens while a new grant is not active yet.
        ready_after_seconds: How long after the end of its first import a transform is READY. A new one is
            NOT_READY (it "needs teaching", Glue's guide); how soon it is READY no source says. 0 by default.
        clock_ahead: How many seconds Glue's clock is ahead of `clock`, 0 by default; negative if behind.
        new_id: Makes the ids of runs; a test may pass one that makes the same ids each time.
    """

    clock: Callable[[], datetime] = utc_now
    label_files: LabelFiles = field(default_factory=MotoLabelFiles)
    catalog: Catalog = field(default_factory=MotoCatalog)
    default_plan: RunPlan = field(default_factory=RunPlan)
    concurrent_runs: int = CONCURRENT_RUNS
    label_file_bytes: int = LABEL_FILE_BYTES
    denies_at: Literal["start", "run"] = "start"
    ready_after_seconds: float = 0.0
    clock_ahead: float = 0.0
    new_id: Callable[[], str] = new_task_run_id
    _plans: deque[RunPlan] = field(default_factory=deque, init=False)
    _faults: defaultdict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque), init=False)
    _throttles: dict[str, Throttle] = field(default_factory=dict, init=False)
    _calls: list[GlueCall] = field(default_factory=list, init=False)
    _jobs: dict[str, _Job] = field(default_factory=dict, init=False)
    _past_runs: list[ImportRun] = field(default_factory=list, init=False)
    _taught: dict[str, _Taught] = field(default_factory=dict, init=False)
    _metrics: dict[str, Metrics] = field(default_factory=dict, init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock, init=False)
    _settling_lock: threading.RLock = field(default_factory=threading.RLock, init=False)
    # Of faults, throttles and calls.
    _orders_lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def now(self) -> datetime:
        """Return the time on Glue's clock, in UTC."""
        return self.clock() + timedelta(seconds=self.clock_ahead)

    def plan_runs(self, *plans: RunPlan) -> None:
        """Have the runs started next do as planned, in this order; later ones follow the default."""
        with self._lock:
            self._plans.extend(plans)

    def plan_next_run(self, plan: RunPlan) -> None:
        """Have the next run do as planned, whatever `plan_runs` was given before."""
        with self._lock:
            self._plans.appendleft(plan)

    def fail_calls(self, action: str, error_code: str, times: int = 1) -> None:
        """Have the next calls of a Glue action fail.

        Args:
            action: As the API names it, for example ``GetMLTaskRun``.
            error_code: The error they answer with, for example ``ThrottlingException``.
            times: How many calls; each HTTP request counts, the SDK's own retries too.
        """
        with self._orders_lock:
            self._faults[action].extend([error_code] * times)

    def throttle_calls(self, action: str, per_second: float | None) -> None:
        """Answer an action with ThrottlingException when it is called more often; None lifts the limit."""
        with self._orders_lock:
            self._throttles.pop(action, None)
            if per_second is not None:
                self._throttles[action] = Throttle(per_second)

    def note_call(self, action: str, transform_id: str) -> str | None:
        """Record a call of a Glue action; return the error it is to answer with, if it is to fail."""
        with self._orders_lock:
            now = self.clock()
            fault = self._next_fault(action)
            throttle = self._throttles.get(action)
            if throttle is not None and throttle.refuses(now):
                fault = fault or "ThrottlingException"
            self._calls.append(GlueCall(action, transform_id, now, fault))
            return fault

    def calls(self) -> tuple[GlueCall, ...]:
        """Return the calls of Glue's ML actions, in the order in which they came."""
        with self._orders_lock:
            return tuple(self._calls)

    def take_fault(self, action: str) -> str | None:
        """Return the error this call of `action` is to answer with, if it is to fail."""
        with self._orders_lock:
            return self._next_fault(action)

    def _next_fault(self, action: str) -> str | None:
        faults = self._faults.get(action)
        return faults.popleft() if faults else None

    def labels(self, transform_id: str) -> tuple[LabeledRow, ...]:
        """Return what a transform knows now, in the order in which it was taught."""
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

    def runs(self, transform_id: str | None = None) -> tuple[ImportRun, ...]:
        """Return the runs of a transform, or of all that exist, in the order in which they were started."""
        self.settle()
        with self._lock:
            return tuple(
                job.run for job in self._jobs.values() if transform_id in (None, job.run.transform_id)
            )

    def runs_of_deleted_transforms(self) -> tuple[ImportRun, ...]:
        """Return the runs of deleted transforms, as they stood then; Glue itself knows them no more."""
        with self._lock:
            return tuple(self._past_runs)

    def start(
        self, transform: Transform, account: str, region: str, input_s3_path: str, replace_all_labels: bool
    ) -> ImportRun:
        """Start an import.

        Raises:
            RefusedError: the label file or the role cannot be used, or `concurrent_runs` are in flight.
        """
        self._check(transform, account, region, input_s3_path)
        return self._start(
            transform, account, region, input_s3_path=input_s3_path, replace_all_labels=replace_all_labels
        )

    def start_evaluation(self, transform: Transform, account: str, region: str) -> ImportRun:
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
    ) -> ImportRun:
        """Start to generate labeling sets, which are written below `output_s3_path`.

        Raises:
            RefusedError: the transform is not set up for it, or `concurrent_runs` are in flight.
        """
        _check_definition(transform)
        return self._start(
            transform, account, region, task_type=LABELING_SET_GENERATION, output_s3_path=output_s3_path
        )

    def start_export(self, transform: Transform, account: str, region: str, output_s3_path: str) -> ImportRun:
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
        bucket, _ = _bucket_and_key(output_s3_path)
        if (actual := self.label_files.region(account, region, bucket)) not in (None, region):
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
    ) -> ImportRun:
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
            run = ImportRun(
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
            self._jobs[run.task_run_id] = _Job(run, plan, account, region, transform)
            return run

    def cancel(self, run: ImportRun) -> ImportRun:
        """Ask a run to stop; one that is stopping already goes on doing so.

        Raises:
            RefusedError: it has ended. That Glue refuses this is an assumption: its reference lists only
                errors, not when each is given.
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
        """Drop the runs and labels of a transform that was deleted; Glue knows neither from then on."""
        with self._lock:
            self._past_runs += [
                job.run for job in self._jobs.values() if job.run.transform_id == transform_id
            ]
            self._taught.pop(transform_id, None)
            self._metrics.pop(transform_id, None)
            self._jobs = {key: job for key, job in self._jobs.items() if job.run.transform_id != transform_id}

    def settle(self) -> None:
        """Bring every run to where it stands now; runs that ended do their work in order of their ends."""
        # One caller reads: where a hundred runs end together, each of their callers would read every file.
        with self._settling_lock:
            now = self.now()
            with self._lock:
                jobs = sorted(self._going_on(), key=lambda job: self._phase(job, now).since)
            for job in jobs:
                # Without `_lock`: a file is read from a server whose event loop asks for that lock when it
                # deletes a transform.
                succeeds = self._phase(job, now).status == "SUCCEEDED"
                effect = self._effect(job) if succeeds else None
                with self._lock:
                    if job.run.task_run_id in self._jobs:
                        self._advance(job, now, effect)

    def _going_on(self) -> list[_Job]:
        return [job for job in self._jobs.values() if not job.run.ended]

    def _check(self, transform: Transform, account: str, region: str, path: str) -> None:
        """Refuse to start an import of a file that Glue sees at once it cannot have."""
        bucket, key = _bucket_and_key(path)
        try:
            size = len(self.label_files.read(account, region, transform.role, bucket, key))
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
    def _phase(job: _Job, now: datetime) -> Phase:
        return phase_at(
            now, job.run.started_on, job.plan, job.cancelled_on, timedelta(minutes=job.transform.timeout)
        )

    def _advance(self, job: _Job, now: datetime, effect: _Effect | None = None) -> None:
        phase = self._phase(job, now)
        if phase.status == job.run.status:
            return
        status, error = phase.status, None
        if status == "SUCCEEDED":
            if effect is None:  # the transform's timeout was raised since; the next look settles it
                return
            if isinstance(effect, str):
                status, error = "FAILED", effect
            else:
                effect(phase.since)
        elif status in ENDED and (status != "STOPPED" or job.cancelled_on is None):
            error = job.plan.error_string or f"The sandbox was told to end this run as {status}."
        job.run = dataclasses.replace(
            job.run,
            status=status,
            last_modified_on=phase.since,
            completed_on=phase.since if status in ENDED else None,
            error_string=error,
        )

    def _effect(self, job: _Job) -> _Effect:
        effects = {
            EVALUATION: self._evaluation,
            LABELING_SET_GENERATION: self._generation,
            EXPORT_LABELS: self._export,
        }
        return effects.get(job.run.task_type, self._lesson)(job)

    def _generation(self, job: _Job) -> _Effect:
        account, database, name = _table_of(job)
        with self._lock:
            taught = self._taught.get(job.run.transform_id)
        try:
            data = self.catalog.data(account, job.region, database, name)
            if not data.location.startswith("s3://"):
                return f"Table {database}.{name} names no folder in S3: {data.location!r}."
            records = self._records(job, data)
        except UnreadableLabelFileError as error:
            return f"Cannot read the records of table {database}.{name} at {error.path}. {error.message}"
        except (LabelFileError, NoSuchTableError, NotCsvError, ValueError) as error:
            return str(error)
        key = _primary_key(job.transform).lower()
        compared = [at for at, column in enumerate(data.columns) if column.lower() != key]
        labeled = {row.values for row in taught.rows} if taught else set()
        sets = similar_sets(records, compared or range(len(data.columns)), labeled)
        if not sets:
            return f"Table {database}.{name} has no two records that resemble each other."
        return self._output(job, written(data.columns, sets))

    def _records(self, job: _Job, table: TableData) -> list[tuple[str, ...]]:
        bucket, prefix = _bucket_and_key(table.location)
        whose = (job.account, job.region, job.transform.role, bucket)
        keys = self.label_files.keys(*whose, prefix)
        return list(table_records(table, keys, lambda key: self.label_files.read(*whose, key)))

    def _export(self, job: _Job) -> _Effect:
        with self._lock:
            taught = self._taught.get(job.run.transform_id)
        if taught is None:
            return "The transform has no labels any more."
        return self._output(job, written(taught.columns, taught.rows))

    def _output(self, job: _Job, content: bytes) -> _Effect:
        bucket, folder = _bucket_and_key(job.run.output_s3_path)
        ended_on = job.run.started_on + timedelta(seconds=job.plan.seconds)
        name = file_name(job.run.transform_id, job.run.task_run_id, ended_on)
        key = f"{folder.rstrip('/')}/{name}"
        try:
            self.label_files.write(job.account, job.region, job.transform.role, bucket, key, content)
        except UnreadableLabelFileError as error:
            return f"Cannot write to {error.path}. {error.message}"
        except LabelFileError as error:
            return str(error)
        return lambda _: None

    def _evaluation(self, job: _Job) -> _Effect:
        ordered = job.plan.metrics
        if ordered is not None:
            return partial(self._judge, job, None if ordered == "missing" else ordered)
        with self._lock:
            taught = self._taught.get(job.run.transform_id)
        columns, rows = (taught.columns, taught.rows) if taught else ((), ())
        try:
            metrics = estimate(columns, rows, _primary_key(job.transform))
        except TooFewLabelsError as error:
            return str(error)
        return partial(self._judge, job, metrics)

    def _judge(self, job: _Job, metrics: Metrics | None, ended_on: datetime) -> None:  # noqa: ARG002 - an effect
        job.run = dataclasses.replace(job.run, metrics=metrics)
        if metrics is None:
            self._metrics.pop(job.run.transform_id, None)
        else:
            self._metrics[job.run.transform_id] = metrics

    def _lesson(self, job: _Job) -> _Effect:
        bucket, key = _bucket_and_key(job.run.input_s3_path)
        try:
            content = self.label_files.read(job.account, job.region, job.transform.role, bucket, key)
            file = read_labeling_file(content)
            return self._mismatch(job, file.columns) or partial(self._teach, job, file)
        except (LabelFileError, NotALabelingFileError, NoSuchTableError) as error:
            return str(error)

    def _mismatch(self, job: _Job, columns: Sequence[str]) -> str | None:
        if len(job.transform.input_record_tables) != 1:
            return ONE_TABLE
        account, database, name = _table_of(job)
        expected = self.catalog.columns(account, job.region, database, name)
        return None if expected is None else mismatch(columns, expected, f"{database}.{name}")

    def _teach(self, job: _Job, file: LabelingFile, ended_on: datetime) -> None:
        transform_id = job.run.transform_id
        known = self._taught.get(transform_id)
        rows = (*known.rows, *file.rows) if known and not job.run.replace_all_labels else file.rows
        ready_on = known.ready_on if known else ended_on + timedelta(seconds=self.ready_after_seconds)
        self._taught[transform_id] = _Taught(file.columns, rows, ready_on)
        job.transform.label_count = len(rows)


def _table_of(job: _Job) -> tuple[str, str, str]:
    """Return the account, the database and the name of the transform's one table."""
    (table,) = job.transform.input_record_tables
    return table.get("CatalogId") or job.account, table["DatabaseName"], table["TableName"]


def _check_definition(transform: Transform) -> None:
    """Refuse an evaluation of a transform that is not set up for it; source as `RefusedError`."""
    if len(transform.input_record_tables) != 1:
        raise RefusedError("InvalidInputException", ONE_TABLE)
    (table,) = transform.input_record_tables
    for name, what in (("DatabaseName", "database"), ("TableName", "table")):
        if not table.get(name):
            raise RefusedError("InvalidInputException", f"Should specify {what} name.")
    if not transform.parameters.get("FindMatchesParameters"):
        raise RefusedError("InvalidInputException", "Find Matches parameters have not been set.")
    if not _primary_key(transform):
        raise RefusedError(
            "InvalidInputException", "A primary key must be specified in Find Matches parameters."
        )


def _primary_key(transform: Transform) -> str:
    return str(transform.parameters["FindMatchesParameters"].get("PrimaryKeyColumnName") or "")


def _bucket_and_key(path: str) -> tuple[str, str]:
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key
