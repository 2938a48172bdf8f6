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
        return "Find out who cancelled the run, then deploy again."
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
        "See the run's log group for what takes long. If the timeout is below 55 minutes, raise it. At 55 "
        "minutes, use a smaller label file, or order the imports so that none waits for another.",
        ""
        if run.has_ended or not run.status
        else f"Check the run before you deploy again: {_show(request, run.id)}.",
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
            f"Wait until it ends, or cancel it: {_cancel(request, blocker)}. Then deploy again. If both "
            "imports are in your app, order them with node.add_dependency."
        )
    else:
        cause = (
            f"Lambda delivered the request later than {seconds} (the timeout of LabelsImport) after it was "
            "made."
        )
        remedy = "Deploy again."
    return _join(cause, remedy, _which(request, None))


def explain_superseded(request: LabelsRequest) -> str:
    """Explain a request that a newer one for the same resource has overtaken."""
    return _join(
        "Nothing was imported: a newer request for this resource has taken over.", _which(request, None)
    )


def explain_fault(request: LabelsRequest, call: str, fault: Fault, run_id: str | None, retried: float) -> str:
    """Explain a call that failed for good, or for longer than there is time.

    Args:
        request: the import.
        call: the API's name of the action.
        fault: how it failed the last time.
        run_id: the run that it was about.
        retried: seconds since it failed first.
    """
    patience = (
        f"It was retried for {retried:.0f} seconds, because IAM needs time."
        if fault.kind is Kind.DENIED and retried >= 1
        else ""
    )
    return _join(f"{call} failed: {fault.explained(request)}", patience, _which(request, run_id))


def explain_unpolled(request: LabelsRequest, run_id: str | None, log_group: str) -> str:
    """Explain an import that was given up because no later invocation could be arranged."""
    return _join(
        "The import needs more than one invocation of the import function, and the EventBridge rule for the "
        "next one could not be set up.",
        "The run was cancelled." if run_id else "",
        f"See the function's log{f' {log_group}' if log_group else ''} for the reason: a quota of rules, "
        "say, or a policy that denies events:PutRule or events:PutTargets.",
        _which(request, run_id),
    )


def with_fate(reason: str, request: LabelsRequest, run_ids: tuple[str, ...], *, cancelled: bool) -> str:
    """Return the reason of a failed request with what became of its runs."""
    if cancelled:
        return f"{reason} The run was cancelled."
    return f"{reason} The run may still be going on. Cancel it: {_cancel(request, run_ids[0])}"


def _cancel(request: LabelsRequest, run_id: str) -> str:
    return f"aws glue cancel-ml-task-run --transform-id {request.transform_id} --task-run-id {run_id}"


def _show(request: LabelsRequest, run_id: str) -> str:
    return f"aws glue get-ml-task-run --transform-id {request.transform_id} --task-run-id {run_id}"


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
