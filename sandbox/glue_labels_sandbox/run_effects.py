"""The work of a task run: to teach labels, to estimate the quality, or to write a label file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Protocol

from .catalog import NoSuchTableError, NotCsvError, mismatch, table_records
from .labeling_csv import NotALabelingFileError, file_name, read_labeling_file, similar_sets, written
from .quality_estimate import TooFewLabelsError, estimate
from .records import EVALUATION, EXPORT_LABELS, IMPORT_LABELS, LABELING_SET_GENERATION
from .s3_files import LabelFileError, UnreadableLabelFileError, bucket_and_key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .catalog import Catalog, TableData
    from .labeling_csv import LabelingFile
    from .records import LabeledRow, Metrics, RunPlan, TaskRun
    from .s3_files import S3Files

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


@dataclass
class Job:
    """A run as the simulation keeps it: its record, and what decides how it continues."""

    run: TaskRun
    plan: RunPlan
    account: str
    region: str
    transform: Transform
    cancelled_on: datetime | None = None


@dataclass(frozen=True)
class Taught:
    """What a transform has been taught.

    Attributes:
        columns: Of the records of the last import.
        rows: Labeled, of all imports that count.
        ready_on: When the transform is READY.
    """

    columns: tuple[str, ...]
    rows: tuple[LabeledRow, ...]
    ready_on: datetime


@dataclass(frozen=True)
class Effect:
    """What a run changes in its transform when it succeeds.

    Attributes:
        file: What an import teaches; None for another run.
        metrics: What an evaluation reports; None if it reports nothing, or for another run.
    """

    file: LabelingFile | None = None
    metrics: Metrics | None = None


class _RunFailedError(Exception):
    """The run ends FAILED; the text is its ``ErrorString``."""


_FAILURES = (_RunFailedError, LabelFileError, NotALabelingFileError, NoSuchTableError, TooFewLabelsError)


def effect_of(job: Job, taught: Taught | None, files: S3Files, catalog: Catalog) -> Effect | str:
    """Do the work of a run; return what it changes, or why it fails.

    Args:
        job: The run.
        taught: What its transform knows.
        files: S3, where a run reads and writes.
        catalog: The Data Catalog.
    """
    effects = {
        IMPORT_LABELS: _import,
        EVALUATION: _evaluation,
        LABELING_SET_GENERATION: _generation,
        EXPORT_LABELS: _export,
    }
    try:
        return effects[job.run.task_type](job, taught, files, catalog)
    except _FAILURES as error:
        return str(error)


def primary_key(transform: Transform) -> str:
    """Return the name of the column that identifies records; empty if the transform names none."""
    return str(transform.parameters["FindMatchesParameters"].get("PrimaryKeyColumnName") or "")


def _import(job: Job, taught: Taught | None, files: S3Files, catalog: Catalog) -> Effect:  # noqa: ARG001 - as the others
    bucket, key = bucket_and_key(job.run.input_s3_path)
    file = read_labeling_file(files.read(job.account, job.region, job.transform.role, bucket, key))
    if len(job.transform.input_record_tables) != 1:
        raise _RunFailedError(ONE_TABLE)
    account, database, name = _table_of(job)
    expected = catalog.columns(account, job.region, database, name)
    if expected is not None and (differs := mismatch(file.columns, expected, f"{database}.{name}")):
        raise _RunFailedError(differs)
    return Effect(file=file)


def _evaluation(job: Job, taught: Taught | None, files: S3Files, catalog: Catalog) -> Effect:  # noqa: ARG001 - as the others
    planned = job.plan.metrics
    if planned is not None:
        return Effect(metrics=None if planned == "missing" else planned)
    columns, rows = (taught.columns, taught.rows) if taught else ((), ())
    return Effect(metrics=estimate(columns, rows, primary_key(job.transform)))


def _generation(job: Job, taught: Taught | None, files: S3Files, catalog: Catalog) -> Effect:
    account, database, name = _table_of(job)
    try:
        table = catalog.data(account, job.region, database, name)
        if not table.location.startswith("s3://"):
            raise _RunFailedError(f"Table {database}.{name} names no folder in S3: {table.location!r}.")
        records = _records(job, table, files)
    except UnreadableLabelFileError as error:
        raise _RunFailedError(
            f"Cannot read the records of table {database}.{name} at {error.path}. {error.message}"
        ) from error
    except (NotCsvError, ValueError) as error:
        raise _RunFailedError(str(error)) from error
    key = primary_key(job.transform).lower()
    compared = [at for at, column in enumerate(table.columns) if column.lower() != key]
    labeled = {row.values for row in taught.rows} if taught else set()
    sets = similar_sets(records, compared or range(len(table.columns)), labeled)
    if not sets:
        raise _RunFailedError(f"Table {database}.{name} has no two records that resemble each other.")
    return _output(job, files, written(table.columns, sets))


def _export(job: Job, taught: Taught | None, files: S3Files, catalog: Catalog) -> Effect:  # noqa: ARG001 - as the others
    if taught is None:
        raise _RunFailedError("The transform has no labels any more.")
    return _output(job, files, written(taught.columns, taught.rows))


def _output(job: Job, files: S3Files, content: bytes) -> Effect:
    bucket, folder = bucket_and_key(job.run.output_s3_path)
    ended_on = job.run.started_on + timedelta(seconds=job.plan.seconds)
    name = file_name(job.run.transform_id, job.run.task_run_id, ended_on)
    key = f"{folder.rstrip('/')}/{name}"
    try:
        files.write(job.account, job.region, job.transform.role, bucket, key, content)
    except UnreadableLabelFileError as error:
        raise _RunFailedError(f"Cannot write to {error.path}. {error.message}") from error
    return Effect()


def _records(job: Job, table: TableData, files: S3Files) -> list[tuple[str, ...]]:
    bucket, prefix = bucket_and_key(table.location)
    whose = (job.account, job.region, job.transform.role, bucket)
    keys = files.keys(*whose, prefix)
    return list(table_records(table, keys, lambda key: files.read(*whose, key)))


def _table_of(job: Job) -> tuple[str, str, str]:
    """Return the account, the database and the name of the transform's one table."""
    (table,) = job.transform.input_record_tables
    return table.get("CatalogId") or job.account, table["DatabaseName"], table["TableName"]
