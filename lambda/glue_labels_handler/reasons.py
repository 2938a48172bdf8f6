"""What the user reads when a request fails: the cause, then what to do, then the run. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_labels_handler.causes import Kind, cause_of, fill_in
from glue_labels_handler.evaluation_request import METRICS, EvaluationRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glue_labels_handler.errors import AwsError
    from glue_labels_handler.evaluation_request import TaskRequest
    from glue_labels_handler.quality import Quality
    from glue_labels_handler.task_runs import TaskRun


@dataclass(frozen=True)
class _Words:
    """Words that differ between an import and an evaluation."""

    task: str
    short: str
    construct: str
    blocker: str
    order: str
    shorten: str
    fix: str


_IMPORT = _Words(
    task="import of labels",
    short="import",
    construct="LabelsImport",
    blocker="Another import of labels into the transform, task run {run},",
    order="If both imports are in your app, order them with node.add_dependency.",
    shorten="use a smaller label file, or order the imports so that none waits for another",
    fix="Fix the label file or the transform as the reason says, and deploy again.",
)
_EVALUATION = _Words(
    task="evaluation of the transform's quality",
    short="evaluation",
    construct="TransformEvaluation",
    blocker="Another task run of the transform, {run},",
    order="If your app starts it, name its LabelsImport in after.",
    shorten="give the transform more workers (NumberOfWorkers or MaxCapacity)",
    fix="Fix the transform or its table as the reason says, and deploy again.",
)


def _words(request: TaskRequest) -> _Words:
    return _EVALUATION if isinstance(request, EvaluationRequest) else _IMPORT


def explain_ended_run(request: TaskRequest, run: TaskRun) -> str:
    """Explain a run that ended FAILED, STOPPED or TIMEOUT by itself."""
    task = _words(request).task
    cause = {
        "FAILED": f"The {task} failed",
        "STOPPED": f"The {task} was stopped by somebody else",
        "TIMEOUT": f"The {task} ran into the transform's own timeout",
    }.get(run.status, f"The {task} ended {run.status}")
    glue = f": {run.error_string.rstrip('. ')}" if run.error_string else ""
    return _join(f"{cause}{glue}.", _advice(request, run), _which(request, run.id, run.status, run))


def _advice(request: TaskRequest, run: TaskRun) -> str:
    if run.status == "STOPPED":
        return "Find out who cancelled the run, then deploy again."
    if run.status == "TIMEOUT":
        return "Raise the transform's Timeout, or deploy again."
    cause = cause_of(run.error_string, run.input_s3_path or "")
    if cause is not None:
        return fill_in(cause.advice, request)
    if run.error_string:
        return _words(request).fix
    return "Glue gave no reason. See the run's log group."


def explain_deadline(request: TaskRequest, run: TaskRun, refused: str | None = None) -> str:
    """Explain a run that was cancelled at its deadline, or that could not be: `refused` says why."""
    words, may_go_on = _words(request), bool(run.status) and not run.has_ended
    end = "was cancelled"
    if refused is not None:
        end = f"could not be cancelled: {refused.rstrip('. ')}"
    elif may_go_on:
        end = f"was cancelled, but Glue still reports it as {run.status}"
    return _join(
        f"The {words.task} did not end within {request.timeout_seconds} seconds (the timeout of "
        f"{words.construct}) and {end}.",
        "See the run's log group for what takes long. If the timeout is below 55 minutes, raise it. At 55 "
        f"minutes, {words.shorten}.",
        f"Check the run before you deploy again: {_show(request, run.id)}." if may_go_on else "",
        _which(request, run.id, run.status, run),
    )


def explain_blocked(request: TaskRequest, blocker: str | None, error: str | None) -> str:
    """Explain a request that started no run before its deadline: because of an error, or of another run."""
    words, seconds, remedy = _words(request), f"{request.timeout_seconds} seconds", ""
    if error is not None:
        cause = f"The {words.task} could not be started within {seconds}: {error}"
    elif blocker is not None:
        cause = (
            f"{words.blocker.format(run=blocker)} was still in flight after {seconds} (the timeout of "
            f"{words.construct})."
        )
        remedy = (
            f"Wait until it ends, or cancel it: {_cancel(request, blocker)}. Then deploy again. {words.order}"
        )
    else:
        cause = (
            f"Lambda delivered the request later than {seconds} (the timeout of {words.construct}) after it "
            "was made."
        )
        remedy = "Deploy again."
    return _join(cause, remedy, _which(request))


def explain_superseded(request: TaskRequest) -> str:
    """Explain a request that a newer one for the same resource has superseded."""
    return _join(
        "A newer request for this resource replaced this one. Only the newer one counts.", _which(request)
    )


def explain_error(
    request: TaskRequest, call: str, error: AwsError, run_id: str | None, retried: float
) -> str:
    """Explain a call that failed, and that no retry can help or has helped in time.

    Args:
        request: what was asked for.
        call: the API's name of the action.
        error: its last error.
        run_id: the run that it was about.
        retried: seconds since its first error.
    """
    patience = (
        f"It was retried for {retried:.0f} seconds, because a new role or policy needs time."
        if error.kind is Kind.DENIED and retried >= 1
        else ""
    )
    return _join(f"{call} failed: {error.explained(request)}", patience, _which(request, run_id))


def explain_unpolled(request: TaskRequest, run_id: str | None, log_group: str) -> str:
    """Explain a request that failed because no later invocation could be arranged."""
    return _join(
        f"The {_words(request).short} needs more than one invocation of the import function, and the "
        "EventBridge rule for the next one could not be created.",
        "The run was cancelled." if run_id else "",
        f"See the function's log{f' {log_group}' if log_group else ''} for the reason, for example a "
        "quota of rules, or a policy that denies events:PutRule or events:PutTargets.",
        _which(request, run_id),
    )


def explain_quality(
    request: EvaluationRequest, run_id: str, quality: Quality, before: Mapping[str, float] | None
) -> str:
    """Explain an evaluation that is below the minimum, or has no metrics to compare with it.

    Args:
        request: the evaluation, with a minimum.
        run_id: its run.
        quality: its result.
        before: the metrics of the evaluation before it; None or empty if there was none.
    """
    if not quality.metrics:
        return _join(
            "The evaluation of the transform's quality succeeded, but Glue gave no metrics to compare with "
            "the minimum.",
            "Teach the transform more labeling sets, with matches and non-matches. Or remove the minimum.",
            _which(request, run_id),
        )
    found = (
        f"{METRICS[name]} {_metric(quality.metrics.get(name), least)} (minimum {_minimum(least)})"
        for name, least in request.minimum.items()
    )
    fallen = [
        f"{METRICS[name]} was {_metric(former, quality.metrics[name])}"
        for name, former in (before or {}).items()
        if quality.metrics.get(name, former) < former
    ]
    return _join(
        f"The transform's quality is below the minimum: {', '.join(found)}.",
        _pairs(quality),
        f"Before this evaluation, {', '.join(fallen)}." if fallen else "",
        f"Columns that matter most: {quality.columns_text}." if quality.columns else "",
        "Check the labels that this deployment changed, or lower the minimum (guide: Quality gate).",
        _which(request, run_id),
    )


def _pairs(quality: Quality) -> str:
    try:
        found, false, missed = (
            quality.pairs[name] for name in ("NumTruePositives", "NumFalsePositives", "NumFalseNegatives")
        )
    except KeyError:
        return ""
    return (
        f"Of the labeled pairs it found {found} of {found + missed} matches and reported {false} "
        "non-matches as matches."
    )


def _metric(value: float | None, other: float) -> str:
    """Return a metric with two digits, or with more where it would look the same as the other."""
    if value is None:
        return "not given"
    for digits in (2, 3, 4):
        shown = f"{value:.{digits}f}"
        if float(shown) == value or shown != f"{other:.{digits}f}":
            return shown
    return f"{value:.6f}"


def _minimum(least: float) -> str:
    two_digits = f"{least:.2f}"
    return two_digits if float(two_digits) == least else f"{least:g}"


def with_end(reason: str, request: TaskRequest, run_id: str, run: TaskRun | None, *, cancelled: bool) -> str:
    """Return the reason of a failed request, and what became of its run.

    Args:
        reason: why the request failed.
        request: what was asked for.
        run_id: its run.
        run: the run as Glue reports it; None if Glue does not.
        cancelled: whether Glue has accepted the cancel.
    """
    if run is not None and run.has_ended and run.status != "STOPPED":
        return f"{reason} The run had already ended: {run.status}."
    if cancelled:
        return f"{reason} The run was cancelled."
    return f"{reason} The run may still be going on. Cancel it: {_cancel(request, run_id)}"


def _cancel(request: TaskRequest, run_id: str) -> str:
    return f"aws glue cancel-ml-task-run --transform-id {request.transform_id} --task-run-id {run_id}"


def _show(request: TaskRequest, run_id: str) -> str:
    return f"aws glue get-ml-task-run --transform-id {request.transform_id} --task-run-id {run_id}"


def _which(
    request: TaskRequest, run_id: str | None = None, status: str = "", run: TaskRun | None = None
) -> str:
    parts = [
        f"task run {run_id}" if run_id else "no task run",
        f"status {status}" if status else "",
        f"transform {request.transform_id}",
        "" if isinstance(request, EvaluationRequest) else request.input_s3_path,
        f"log group {run.log_group_name}" if run is not None and run.log_group_name else "",
    ]
    return f"({', '.join(part for part in parts if part)})"


def _join(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
