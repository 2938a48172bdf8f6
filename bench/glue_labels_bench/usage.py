"""What a stack used, from the sandbox's own record."""

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
"""Glue's actions that an import may need; the transform itself is made by others."""


def measured_import(
    contender: str,
    length: int,
    run: TaskRun,
    answered_on: datetime,
    invocations: Sequence[Invocation],
    calls: Iterable[GlueCall],
    state_transitions: int,
) -> MeasuredImport:
    """Return what an import took.

    Args:
        contender: its name.
        length: which run length it stands for, in seconds.
        run: which has ended.
        answered_on: when CloudFormation noted that the resource is complete.
        invocations: those of the contender's functions.
        calls: all that Glue had.
        state_transitions: what Step Functions bills.
    """
    if run.completed_on is None:
        raise ValueError(f"{run.task_run_id} goes on")
    return MeasuredImport(
        contender=contender,
        length=length,
        run_seconds=(run.completed_on - run.started_on).total_seconds(),
        lag_seconds=(answered_on - run.completed_on).total_seconds(),
        glue_calls=sum(
            call.transform_id == run.transform_id and call.action in IMPORT_ACTIONS for call in calls
        ),
        invocations=len(invocations),
        gb_seconds=gb_seconds(invocations),
        state_transitions=state_transitions,
    )


def gb_seconds(invocations: Iterable[Invocation]) -> float:
    """Return what Lambda bills: each invocation rounded up to the millisecond, times its memory."""
    return sum(
        math.ceil(invocation.seconds * 1000) / 1000 * invocation.memory_mb / 1024
        for invocation in invocations
    )


def state_transitions(history: Iterable[dict[str, Any]]) -> int:
    """Return what Step Functions bills of an execution: each state entered, and each retry of a task.

    Args:
        history: events as GetExecutionHistory gives them.
    """
    kinds = [str(event["type"]) for event in history]
    entered = sum(kind.endswith("StateEntered") for kind in kinds)
    retries = kinds.count("TaskScheduled") - kinds.count("TaskStateEntered")
    return entered + max(0, retries)
