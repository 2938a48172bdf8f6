"""One task run, and where it stands at a given moment.

Nothing here ticks: a run knows when it started, what it is planned to do and whether it was cancelled, and
its status is worked out from the time at which somebody looks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .metrics import Metrics
    from .run_plan import RunPlan

IMPORT_LABELS: Final = "IMPORT_LABELS"
EVALUATION: Final = "EVALUATION"
LABELING_SET_GENERATION: Final = "LABELING_SET_GENERATION"
EXPORT_LABELS: Final = "EXPORT_LABELS"

STARTING_SECONDS: Final = 0.5
"""How long a run stays STARTING; shorter runs spend a quarter of their time so."""

ENDED: Final = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"})
"""States that a run does not leave."""


@dataclass(frozen=True)
class ImportRun:
    """A task run, of any type that is simulated.

    Attributes:
        task_run_id: ``tsk-`` and 64 hexadecimal digits.
        transform_id: The transform it is of.
        input_s3_path: ``s3://bucket/key`` of the label file; empty if it is no import.
        replace_all_labels: Whether earlier labels are forgotten; False if it is no import.
        started_on: When it was started, in UTC.
        status: As of `last_modified_on`; one of Glue's TaskStatusType.
        last_modified_on: When `status` was entered.
        completed_on: When it ended; None while it goes on.
        error_string: Why it did not succeed; None if it did, or goes on.
        task_type: One of Glue's TaskType; by default an import.
        metrics: What an evaluation that succeeded says; None if it says nothing, or is no evaluation.
        output_s3_path: Where a generation or export writes to, ``s3://bucket/folder``; else empty.
        silent_seconds: How long after its start Glue does not say when that was.
    """

    task_run_id: str
    transform_id: str
    input_s3_path: str
    replace_all_labels: bool
    started_on: datetime
    status: str
    last_modified_on: datetime
    completed_on: datetime | None = None
    error_string: str | None = None
    task_type: str = IMPORT_LABELS
    metrics: Metrics | None = None
    output_s3_path: str = ""
    silent_seconds: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether it goes on no more."""
        return self.status in ENDED


@dataclass(frozen=True)
class Phase:
    """A status and the moment at which it was entered."""

    status: str
    since: datetime


def phase_at(
    now: datetime, started_on: datetime, plan: RunPlan, cancelled_on: datetime | None, timeout: timedelta
) -> Phase:
    """Return where a run stands at `now`, what it does not considered.

    Args:
        now: The moment of looking.
        started_on: When the run was started.
        plan: What it is to do.
        cancelled_on: When it was cancelled, if it was.
        timeout: The transform's own limit on a run's time.
    """
    end = Phase("TIMEOUT", started_on + timeout)
    if plan.status is not None and plan.seconds <= timeout.total_seconds():
        end = Phase(plan.status, started_on + timedelta(seconds=plan.seconds))
    if cancelled_on is not None:
        stopped_on = cancelled_on + timedelta(seconds=plan.stopping_seconds)
        if not plan.finishes or end.since >= stopped_on:
            end = Phase("STOPPED", stopped_on)
    if now >= end.since:
        return end
    if cancelled_on is not None:
        return Phase("STOPPING", cancelled_on)
    starting = STARTING_SECONDS if plan.status is None else min(STARTING_SECONDS, plan.seconds / 4)
    running_on = started_on + timedelta(seconds=starting)
    return Phase("RUNNING", running_on) if now >= running_on else Phase("STARTING", started_on)
