"""Cancelling what a resource that is deleted, or moved to another transform, may have left in flight."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from glue_labels_handler.causes import Kind
from glue_labels_handler.errors import MAY_PASS, Fault
from glue_labels_handler.task_runs import GlueCallError, TaskRuns
from glue_labels_handler.waiting import seconds_to_next_look

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_handler.request import LabelsRequest

_log = logging.getLogger(__name__)

TRYING_SECONDS = 60.0
"""How long it is retried: the service may be in trouble, or the function's role new."""


def cancel_in_flight(
    task_runs: TaskRuns,
    request: LabelsRequest,
    physical_id: str | None,
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    seconds: float = TRYING_SECONDS,
) -> Fault | None:
    """Cancel the resource's run, and any that imports the same: CloudFormation may never have learned its id.

    Args:
        task_runs: Glue.
        request: what was imported.
        physical_id: the resource's physical id.
        clock: returns epoch seconds.
        sleep: waits that many seconds.
        seconds: how long to retry what may pass.

    Returns:
        Why it could not be made sure of; None when nothing of it goes on any more.
    """

    def cancel() -> Fault | None:
        try:
            return _cancel_once(task_runs, request, physical_id, clock())
        except GlueCallError as error:
            return None if error.fault.kind is Kind.GONE else error.fault

    return insist(cancel, clock, sleep, seconds)


def insist(
    do: Callable[[], Fault | None],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    seconds: float = TRYING_SECONDS,
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
        sleep(seconds_to_next_look(clock() - begun))


def _cancel_once(
    task_runs: TaskRuns, request: LabelsRequest, physical_id: str | None, now: float
) -> Fault | None:
    refused = None
    for run in task_runs.recent_imports(request.transform_id, now):
        if (run.id != physical_id and not run.imports(request)) or not run.can_be_cancelled:
            continue
        try:
            task_runs.cancel(request.transform_id, run.id)
        except GlueCallError as error:
            if error.fault.kind in MAY_PASS:
                raise
            # It may have ended this moment; the others are cancelled all the same.
            refused = error.fault
        else:
            _log.info({"event": "run cancelled", "task_run": run.id, "transform": request.transform_id})
    return refused
