"""Entry point of the function, ``glue_labels_handler.main.handler``: what each request type does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from glue_labels_handler import evaluation_request, quality, stack_events
from glue_labels_handler import services as aws
from glue_labels_handler.custom_resource import CustomResource
from glue_labels_handler.phases import NO_RUN, Failed, Job, Running, State, Succeeded, Verifying, first_phase
from glue_labels_handler.poller import Poller
from glue_labels_handler.request import (
    COMPLETED_ON,
    EVALUATION_TYPE,
    EXECUTION_TIME,
    LOG_GROUP_NAME,
    RESPONSE_SECONDS,
    STARTED_ON,
    TASK_RUN_ID,
    InvalidPropertyError,
    LabelsRequest,
)
from glue_labels_handler.task_runs import TaskRuns
from glue_labels_handler.waiting import Window, first_window, tick_window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glue_labels_handler.evaluation_request import TaskRequest
    from glue_labels_handler.stack_events import StackEvents

_log = logging.getLogger(__name__)

CANCELLING_SECONDS = 60.0
"""How long a Delete, or an Update to another transform, retries to cancel runs and to remove the rule."""

services = aws.connect()
helper = CustomResource(services)
poller = Poller(TaskRuns(services.glue), services.clock, services.sleep)


@helper.create
@helper.update
def create_or_update(event: Mapping[str, Any], _context: Any) -> str | None:
    """Start the run, or find it if it is in flight already, and poll it while the invocation lasts."""
    job = _job(event)
    window = first_window(services.clock(), helper.seconds_left(), is_delayed=helper.is_delayed)
    _log.info({"event": "request received", **job.request.to_properties()})
    if job.former is not None and job.former.transform_id != job.request.transform_id:
        _cancel(job.former, job.physical_id)
    return _wait(event, job, State(first_phase(job)), window)


@helper.poll_create
@helper.poll_update
def poll(event: Mapping[str, Any], _context: Any) -> str | None:
    """Go on with a request that an earlier invocation handed over: the rule invokes this every minute."""
    data, now = event["CrHelperData"], services.clock()
    window = tick_window(now, helper.seconds_left(), data.get("PollFrom", now), is_delayed=helper.is_delayed)
    if window is None:
        # The invocation that handed over still polls.
        return None
    job, state = _job(event), State.from_data(data)
    if now >= job.deadline + RESPONSE_SECONDS:
        # CloudFormation waits no longer, for example because Lambda throttled the function for long.
        poller.abandon(job, state, _stack(event, job))
        helper.is_over = True
        return None
    services.sleep(window.begin - now)
    return _wait(event, job, state, window, is_handed_over=True)


@helper.delete
def delete(event: Mapping[str, Any], _context: Any) -> str:
    """Cancel the resource's runs. Labels stay in the transform: Glue cannot remove them."""
    physical_id = str(event.get("PhysicalResourceId") or NO_RUN)
    helper.remove_rules(_cancelling_seconds())
    try:
        request = _request(event, "ResourceProperties")
    except InvalidPropertyError as error:
        # An invalid request has never started a run.
        _log.info({"event": "nothing to cancel", "reason": str(error)})
    else:
        _cancel(request, physical_id)
    return physical_id


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Serve one request of CloudFormation, or one invocation by the rule.

    Args:
        event: a custom resource's request
            (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requests.html).
        context: Lambda's context object.
    """
    helper(event, context)


def attributes(outcome: Succeeded, request: TaskRequest) -> dict[str, str]:
    """Return the values for Fn::GetAtt: all of them, empty if Glue does not give them."""
    run = outcome.run
    if request.task_type == "EVALUATION":
        return {TASK_RUN_ID: run.id, **(outcome.quality or quality.Quality()).attributes()}
    return {
        TASK_RUN_ID: run.id,
        "TransformId": request.transform_id,
        "InputS3Path": request.input_s3_path,
        STARTED_ON: run.started_on.isoformat() if run.started_on else "",
        COMPLETED_ON: run.completed_on.isoformat() if run.completed_on else "",
        EXECUTION_TIME: "" if run.execution_time is None else str(run.execution_time),
        LOG_GROUP_NAME: run.log_group_name,
    }


def _wait(
    event: Mapping[str, Any], job: Job, state: State, window: Window, *, is_handed_over: bool = False
) -> str | None:
    outcome = poller.wait(job, state, window, helper, _stack(event, job), is_handed_over=is_handed_over)
    if isinstance(outcome, Failed):
        helper.fail(outcome)
    if not isinstance(outcome, Succeeded):
        return None
    was_verified = isinstance(state.phase, Verifying)
    helper.succeeded = state if was_verified else State(Running(outcome.run.id))
    helper.Data = attributes(outcome, job.request)
    return job.physical_id_after(outcome.run.id or NO_RUN)


def _stack(event: Mapping[str, Any], job: Job) -> Callable[[], StackEvents]:
    return lambda: stack_events.StackEvents(services.cloudformation, event, job.request, job.made_at)


def _cancel(request: TaskRequest, physical_id: str | None) -> None:
    error = poller.cancel_all(request, physical_id, _cancelling_seconds())
    if error is not None:
        # The request goes on: a stack that cannot be deleted helps nobody.
        _log.warning({"event": "run not cancelled", "reason": str(error)})


def _cancelling_seconds() -> float:
    return min(CANCELLING_SECONDS, helper.seconds_left() / 4)


def _job(event: Mapping[str, Any]) -> Job:
    request = _request(event, "ResourceProperties")
    former = None
    if event["RequestType"] == "Update":
        try:
            former = _request(event, "OldResourceProperties")
        except InvalidPropertyError as error:
            _log.info({"event": "old properties invalid", "reason": str(error)})
    return Job(request, former, event.get("PhysicalResourceId"), helper.made_at)


def _request(event: Mapping[str, Any], key: str) -> TaskRequest:
    properties = event.get(key, {})
    if event.get("ResourceType") == EVALUATION_TYPE:
        return evaluation_request.EvaluationRequest.from_properties(properties)
    return LabelsRequest.from_properties(properties)
