"""What each request type, and each invocation of the polling rule, does."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from glue_labels_handler.cancelling import TRYING_SECONDS, cancel_in_flight, insist
from glue_labels_handler.custom_resource import CustomResource
from glue_labels_handler.errors import Fault, ImportFailedError
from glue_labels_handler.importer import Importer
from glue_labels_handler.job import Job
from glue_labels_handler.looks import Looks
from glue_labels_handler.polling_rule import TakeOver
from glue_labels_handler.progress import Progress
from glue_labels_handler.reasons import explain_superseded
from glue_labels_handler.request import ANSWER_SECONDS, InvalidPropertyError, LabelsRequest
from glue_labels_handler.response import put_response
from glue_labels_handler.task_runs import TaskRun, TaskRuns
from glue_labels_handler.waiting import first_window, tick_window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)


def attributes(run: TaskRun, request: LabelsRequest) -> dict[str, str]:
    """Return what Fn::GetAtt can ask for. Each is always there, empty where Glue does not say."""
    return {
        "TaskRunId": run.id,
        "TransformId": request.transform_id,
        "InputS3Path": request.input_s3_path,
        "StartedOn": run.started_on.isoformat() if run.started_on else "",
        "CompletedOn": run.completed_on.isoformat() if run.completed_on else "",
        "ExecutionTime": "" if run.execution_time is None else str(run.execution_time),
        "LogGroupName": run.log_group_name,
    }


def build(
    glue: Any,
    events: Callable[[], Any],
    clock: Callable[[], float],
    sleep: Callable[[float], None],
    put: Callable[..., bool] = put_response,
) -> CustomResource:
    """Return the custom resource, its functions registered.

    Args:
        glue: a boto3 Glue client that does not retry.
        events: makes a boto3 EventBridge client; only called when one is needed.
        clock: returns epoch seconds.
        sleep: waits that many seconds.
        put: sends an answer, see `put_response`.
    """
    resource = CustomResource(events, clock, sleep, put)
    task_runs = TaskRuns(glue)
    importer = Importer(Looks(task_runs, clock, sleep), clock, sleep)

    def trying_seconds() -> float:
        return min(TRYING_SECONDS, resource.seconds_left() / 4)

    def take_over() -> bool:
        """Take the resource over from older requests; return whether a newer one has done so already."""
        found = TakeOver()

        def try_it() -> Fault | None:
            nonlocal found
            found = resource.take_over()
            return found.fault

        insist(try_it, clock, sleep, trying_seconds())
        return found.newer

    def import_labels(event: Mapping[str, Any], _context: Any) -> str | None:
        job, now = _job(event), clock()
        progress = job.begin(now, resource.made_at())
        window = first_window(now, resource.seconds_left())
        _log.info({"event": "request", **job.request.to_properties()})
        resource.remember(progress)
        resource.look_from(window.end)
        if event["RequestType"] == "Update" and take_over():
            raise ImportFailedError(explain_superseded(job.request))
        if job.former is not None and job.former.transform_id != job.request.transform_id:
            cancel(job.former, job.physical_id)
        return report(importer.wait(job, progress, window, resource), job)

    def keep_looking(event: Mapping[str, Any], _context: Any) -> str | None:
        data, now = event["CrHelperData"], clock()
        if "AnsweredAt" in data:
            resource.end_polling(data["AnsweredAt"])
            return None
        window = tick_window(now, resource.seconds_left(), data["LookFrom"])
        if window is None:
            return None
        sleep(window.begin - now)
        if resource.is_superseded():
            # The attempt that removed the target may have crashed before it removed the rule.
            resource.end_polling()
            return None
        job = _job(event)
        progress = (
            Progress.from_data(data["Progress"]) if "Progress" in data else job.begin(now, resource.made_at())
        )
        if now >= progress.deadline + ANSWER_SECONDS:
            resource.end_polling()
            return None
        resource.remember(progress)
        return report(importer.wait(job, progress, window, resource, handed_over=progress), job)

    def report(run: TaskRun | None, job: Job) -> str | None:
        if run is None:
            return None
        resource.Data = attributes(run, job.request)
        return job.physical_id_after(run)

    def cancel(request: LabelsRequest, physical_id: str | None) -> None:
        fault = cancel_in_flight(task_runs, request, physical_id, clock, sleep, trying_seconds())
        if fault is not None:
            # Labels cannot be taken back anyway, and a stack that cannot be deleted helps nobody.
            _log.warning({"event": "run not cancelled", "reason": str(fault)})

    def cancel_import(event: Mapping[str, Any], _context: Any) -> str:
        take_over()
        physical_id = str(event.get("PhysicalResourceId", ""))
        try:
            request = LabelsRequest.from_properties(event.get("ResourceProperties", {}))
        except InvalidPropertyError as error:
            # A request that cannot be read has never started a run.
            _log.info({"event": "nothing to cancel", "reason": str(error)})
            return physical_id
        cancel(request, physical_id)
        return physical_id

    for register in (resource.create, resource.update):
        register(import_labels)
    for register in (resource.poll_create, resource.poll_update):
        register(keep_looking)
    resource.delete(cancel_import)
    return resource


def _job(event: Mapping[str, Any]) -> Job:
    request = LabelsRequest.from_properties(event.get("ResourceProperties", {}))
    former = None
    if event["RequestType"] == "Update":
        try:
            former = LabelsRequest.from_properties(event.get("OldResourceProperties", {}))
        except InvalidPropertyError as error:
            _log.info({"event": "former properties unreadable", "reason": str(error)})
    return Job(request, former, event.get("PhysicalResourceId"))
