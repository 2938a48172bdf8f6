"""What a stack used, from the sandbox's records."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .measured_import import MeasuredImport

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from glue_labels_sandbox import GlueCall, Invocation, TaskRun

IMPORT_ACTIONS = frozenset(
    {"StartImportLabelsTaskRun", "GetMLTaskRun", "GetMLTaskRuns", "CancelMLTaskRun", "GetMLTransform"}
)
"""Glue's actions that an import may need, without those that create the transform."""


def measured_import(
    contender: str,
    length: int,
    run: TaskRun,
    responded_on: datetime,
    invocations: Sequence[Invocation],
    calls: Iterable[GlueCall],
    state_transitions: int,
) -> MeasuredImport:
    """Return the measurements of an import.

    Args:
        contender: its name.
        length: the nominal run length, in seconds.
        run: it must have ended.
        responded_on: the time of CloudFormation's event that the resource is complete.
        invocations: of the contender's functions.
        calls: all calls of Glue.
        state_transitions: what Step Functions bills.
    """
    if run.completed_on is None:
        raise ValueError(f"{run.task_run_id} has not ended")
    return MeasuredImport(
        contender=contender,
        length=length,
        run_seconds=(run.completed_on - run.started_on).total_seconds(),
        lag_seconds=(responded_on - run.completed_on).total_seconds(),
        glue_calls=sum(
            call.transform_id == run.transform_id and call.action in IMPORT_ACTIONS for call in calls
        ),
        invocations=len(invocations),
        gb_seconds=gb_seconds(invocations),
        state_transitions=state_transitions,
    )


def gb_seconds(invocations: Iterable[Invocation]) -> float:
    """Return the GB-seconds that Lambda bills: each duration, rounded up to a millisecond, times memory."""
    return sum(
        math.ceil(invocation.seconds * 1000) / 1000 * invocation.memory_mb / 1024
        for invocation in invocations
    )


def state_transitions(history: Iterable[dict[str, Any]]) -> int:
    """Return the transitions that Step Functions bills for an execution: states entered and retried tasks.

    Args:
        history: events of GetExecutionHistory.
    """
    kinds = [str(event["type"]) for event in history]
    entered = sum(kind.endswith("StateEntered") for kind in kinds)
    retries = kinds.count("TaskScheduled") - kinds.count("TaskStateEntered")
    return entered + max(0, retries)
