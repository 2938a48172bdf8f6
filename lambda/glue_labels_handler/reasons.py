"""What the user reads when an import fails: the cause first, then what to do, then which run. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_labels_handler.causes import Kind, cause_of, filled_in

if TYPE_CHECKING:
    from glue_labels_handler.errors import Fault
    from glue_labels_handler.request import LabelsRequest
    from glue_labels_handler.task_runs import TaskRun


def explain_ended_run(request: LabelsRequest, run: TaskRun) -> str:
    """Explain a run that ended FAILED, STOPPED or TIMEOUT by itself."""
    cause = {
        "FAILED": "The import of labels failed",
        "STOPPED": "The import of labels was stopped by somebody else",
        "TIMEOUT": "The import of labels ran into the transform's own timeout",
    }.get(run.status, f"The import of labels ended {run.status}")
    glue = f": {run.error_string.rstrip('. ')}" if run.error_string else ""
    return _join(f"{cause}{glue}.", _advice(request, run), _which(request, run.id, run.status, run))


def _advice(request: LabelsRequest, run: TaskRun) -> str:
    if run.status == "STOPPED":
        return "Deploy again to import it."
    if run.status == "TIMEOUT":
        return "Raise the transform's Timeout, or deploy again."
    cause = cause_of(run.error_string, request.input_s3_path)
    if cause is not None:
        return filled_in(cause.advice, request)
    if run.error_string:
        return "Fix the label file or the transform as the reason says, and deploy again."
    return "Glue gave no reason. See the run's log group."


def explain_deadline(request: LabelsRequest, run: TaskRun, refused: str | None = None) -> str:
    """Explain a run that was not done in time: cancelled, or (`refused` says why) not to be cancelled."""
    if refused is not None:
        end = f"could not be cancelled: {refused.rstrip('. ')}"
    elif run.has_ended or not run.status:
        end = "was cancelled"
    else:
        end = f"was cancelled, but Glue still reports it as {run.status}"
    return _join(
        f"The import of labels did not end within {request.timeout_seconds} seconds (the timeout of "
        f"LabelsImport) and {end}.",
        "Raise the timeout, or look in the run's log for what holds it up.",
        _which(request, run.id, run.status, run),
    )


def explain_blocked(request: LabelsRequest, blocker: str | None, error: str | None) -> str:
    """Explain a request that could not start a run before its deadline: for an error, or another run."""
    seconds, remedy = f"{request.timeout_seconds} seconds", ""
    if error is not None:
        cause = f"The import of labels could not be started within {seconds}: {error}"
    elif blocker is not None:
        cause = (
            f"Another import of labels into the transform, task run {blocker}, was still in flight after "
            f"{seconds} (the timeout of LabelsImport)."
        )
        remedy = (
            "Wait for it or cancel it, then deploy again; order imports into one transform with "
            "node.add_dependency."
        )
    else:
        cause = (
            f"The request reached the import function later than {seconds} (the timeout of LabelsImport) "
            "after it was made."
        )
        remedy = "Deploy again."
    return _join(cause, remedy, _which(request, None))


def explain_superseded(request: LabelsRequest) -> str:
    """Explain a request that a newer one for the same resource has overtaken."""
    return _join(
        "Nothing was imported: a newer request for this resource has taken over.", _which(request, None)
    )


def explain_fault(request: LabelsRequest, call: str, fault: Fault, run_id: str | None, waited: float) -> str:
    """Explain a call that failed for good, or for longer than there is time.

    Args:
        request: the import.
        call: the API's name of the action.
        fault: how it failed the last time.
        run_id: the run that it was about.
        waited: seconds since the request was made.
    """
    retried = f"It was retried for {waited:.0f} seconds." if fault.kind is Kind.DENIED and waited >= 1 else ""
    return _join(f"{call} failed: {fault.explained(request)}", retried, _which(request, run_id))


def explain_unpolled(request: LabelsRequest, run_id: str | None) -> str:
    """Explain an import that was given up because no later invocation could be arranged."""
    cancelled = "; the run was cancelled" if run_id else ""
    return _join(
        "The import of labels takes longer than one invocation of the import function, and the EventBridge "
        f"rule that would invoke it again could not be set up{cancelled}.",
        "The function's log says why: look for a quota of rules, or a policy that denies events:PutRule or "
        "events:PutTargets.",
        _which(request, run_id),
    )


def _which(
    request: LabelsRequest, run_id: str | None, status: str | None = None, run: TaskRun | None = None
) -> str:
    parts = [
        f"task run {run_id}" if run_id else "no task run",
        f"status {status}" if status else "",
        f"transform {request.transform_id}",
        request.input_s3_path,
        f"log group {run.log_group_name}" if run is not None and run.log_group_name else "",
    ]
    return f"({', '.join(part for part in parts if part)})"


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
