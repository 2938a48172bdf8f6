"""A custom resource with crhelper and polling."""

from __future__ import annotations

from typing import Any

import boto3
from crhelper import CfnResource

helper = CfnResource()

try:
    glue = boto3.client("glue")
except Exception as error:
    helper.init_failure(error)


@helper.create
@helper.update
def start(event: dict[str, Any], _context: object) -> None:
    """Start the import."""
    properties = event["ResourceProperties"]
    run = glue.start_import_labels_task_run(
        TransformId=properties["TransformId"],
        InputS3Path=properties["InputS3Path"],
        ReplaceAllLabels=properties["ReplaceAllLabels"] == "true",
    )
    helper.Data["TaskRunId"] = run["TaskRunId"]


@helper.poll_create
@helper.poll_update
def poll(event: dict[str, Any], _context: object) -> str | None:
    """Return the run's id once it has ended, None until then."""
    run_id = str(event["CrHelperData"]["TaskRunId"])
    run = glue.get_ml_task_run(TransformId=event["ResourceProperties"]["TransformId"], TaskRunId=run_id)
    if run["Status"] in ("FAILED", "STOPPED", "TIMEOUT"):
        raise RuntimeError(f"{run_id} {run['Status']}: {run.get('ErrorString', '')}")
    return run_id if run["Status"] == "SUCCEEDED" else None


@helper.delete
def delete(_event: dict[str, Any], _context: object) -> None:
    """Do nothing: labels stay, Glue has no way to take them back."""


def handler(event: dict[str, Any], context: object) -> None:
    """Serve one request, or one invocation of the polling rule."""
    helper(event, context)
