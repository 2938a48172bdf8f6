"""The two handlers of CDK's Provider framework."""

from __future__ import annotations

from typing import Any

import boto3

glue = boto3.client("glue")


def on_event(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Start the import; the labels of a deleted one stay, Glue has no way to take them back."""
    if event["RequestType"] == "Delete":
        return {}
    properties = event["ResourceProperties"]
    run = glue.start_import_labels_task_run(
        TransformId=properties["TransformId"],
        InputS3Path=properties["InputS3Path"],
        ReplaceAllLabels=properties["ReplaceAllLabels"] == "true",
    )
    return {"PhysicalResourceId": run["TaskRunId"]}


def is_complete(event: dict[str, Any], _context: object) -> dict[str, bool]:
    """Tell whether the import has ended."""
    if event["RequestType"] == "Delete":
        return {"IsComplete": True}
    run = glue.get_ml_task_run(
        TransformId=event["ResourceProperties"]["TransformId"], TaskRunId=event["PhysicalResourceId"]
    )
    if run["Status"] in ("FAILED", "STOPPED", "TIMEOUT"):
        raise RuntimeError(f"{event['PhysicalResourceId']} {run['Status']}: {run.get('ErrorString', '')}")
    return {"IsComplete": run["Status"] == "SUCCEEDED"}
