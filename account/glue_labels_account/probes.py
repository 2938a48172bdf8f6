"""Calls of Glue, without the construct, that show whether an assumption holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import label_files
from .assumptions import (
    ENDED,
    judge_cancel,
    judge_denied_start,
    judge_file,
    judge_glue_versions,
    judge_limit,
    judge_new_run,
)
from .desired import PROBES_FOLDER
from .scenarios import ScenarioFailedError
from .stack import refusal, transforms_named

if TYPE_CHECKING:
    from .assumptions import Findings
    from .stack import ScenarioStack

STARTS = 4
"""How many imports are started at the same time: one more than Glue's quota of 3 task runs per transform."""

GLUE_VERSIONS = ("1.0", "2.0", "3.0", "4.0", "5.0")
"""The Glue versions that transforms are created with."""


def check_new_run(stack: ScenarioStack, findings: Findings) -> str:
    """Check a run directly after its start, and cancel it after its end."""
    transform = stack.output("ProbeTransform")
    path = stack.put(f"{PROBES_FOLDER}plain.csv", label_files.labels(1))
    started = stack.start(transform, path)
    if isinstance(started, str):
        raise ScenarioFailedError(f"Glue refused an import of a plain label file: {started}")
    run_id = started.run_id
    run = stack.run(transform, run_id)
    listed = stack.account.client("glue").get_ml_task_runs(TransformId=transform)["TaskRuns"]
    for one in judge_new_run(run, listed, path, replace=True):
        findings.note(one)
    before = stack.ended_run(transform, run_id)["Status"]
    response = stack.cancel(transform, run_id)
    after = stack.run(transform, run_id)["Status"]
    findings.note(judge_cancel(before, response, after))
    return f"the run ended {before}"


def check_limit(stack: ScenarioStack, findings: Findings) -> str:
    """Start more imports than a transform may have at once, and cancel them."""
    transform = stack.output("ProbeTransform")
    path = stack.put(f"{PROBES_FOLDER}plain.csv", label_files.labels(1))
    started: list[str] = []
    refused: str | None = None
    while refused is None and len(started) < STARTS:
        start = stack.start(transform, path, replace=False)
        if isinstance(start, str):
            refused = start
        else:
            started.append(start.run_id)
    for run_id in started:
        stack.cancel(transform, run_id)
    for run_id in started:
        stack.ended_run(transform, run_id)
    findings.note(judge_limit(refused, len(started)))
    return f"{len(started)} starts were accepted"


def check_denied_start(stack: ScenarioStack, findings: Findings) -> str:
    """Start an import twice with a role that may not read the file."""
    transform = stack.output("DeniedTransform")
    path = stack.put(f"{PROBES_FOLDER}plain.csv", label_files.labels(1))
    attempts = [_attempt(stack, transform, path) for _ in range(2)]
    in_flight = [run for run in stack.runs(transform) if run["Status"] not in ENDED]
    for one in judge_denied_start(attempts, len(in_flight)):
        findings.note(one)
    return "two starts without permission were made"


def check_files(stack: ScenarioStack, findings: Findings) -> str:
    """Import label files that AWS's guide does not describe."""
    transform = stack.output("ProbeTransform")
    files = {
        "columns-in-other-order": (label_files.labels_in_other_order(), False),
        "unlabeled-rows": (label_files.labels_with_unlabeled_rows(), True),
        "line-ends-in-fields": (label_files.labels_with_line_ends(), True),
        "backslash-quotes": (label_files.labels_with_backslash_quotes(), False),
    }
    for check, (content, accepted) in files.items():
        path = stack.put(f"{PROBES_FOLDER}{check}.csv", content)
        findings.note(judge_file(check, _attempt(stack, transform, path), accepted=accepted))
    return f"{len(files)} files were imported"


def check_glue_versions(stack: ScenarioStack, findings: Findings) -> str:
    """Create a transform with each Glue version, and delete it at once."""
    outcomes = {version: _create_transform(stack, version) for version in GLUE_VERSIONS}
    delete_version_transforms(stack)
    findings.note(judge_glue_versions(outcomes, stack.desired.glue_version))
    return f"{len(outcomes)} Glue versions were tried"


def _create_transform(stack: ScenarioStack, version: str) -> str:
    """Create a transform with a Glue version. Return ``accepted``, or the refusal."""
    table = {"DatabaseName": stack.output("DatabaseName"), "TableName": stack.output("TableName")}
    try:
        stack.account.client("glue").create_ml_transform(
            Name=f"{stack.name}-glue-{version}",
            InputRecordTables=[table],
            Parameters={
                "TransformType": "FIND_MATCHES",
                "FindMatchesParameters": {"PrimaryKeyColumnName": label_files.PRIMARY_KEY},
            },
            Role=stack.output("ProbeRoleArn"),
            GlueVersion=version,
        )
    except ClientError as error:
        return refusal(error)
    return "accepted"


def delete_version_transforms(stack: ScenarioStack) -> None:
    """Delete the transforms of `check_glue_versions`, which are not in the stack."""
    for transform in transforms_named(stack.account, f"{stack.name}-glue-"):
        stack.account.client("glue").delete_ml_transform(TransformId=transform)


def _attempt(stack: ScenarioStack, transform: str, path: str) -> str | dict[str, Any]:
    """Start an import. Return the refusal, or the run as it ended."""
    started = stack.start(transform, path)
    return started if isinstance(started, str) else stack.ended_run(transform, started.run_id)
