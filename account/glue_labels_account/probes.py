"""Calls of Glue, without the construct, that show whether an assumption holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import label_files
from .assumptions import (
    ENDED,
    described,
    judge_cancel,
    judge_denied_start,
    judge_file,
    judge_glue_versions,
    judge_limit,
    judge_new_run,
)
from .desired import EXPORTS_FOLDER, GLUE_VERSION, PROBES_FOLDER
from .label_judges import (
    judge_export,
    judge_failed_import,
    judge_label_count,
    judge_metrics,
    judge_name_filter,
    judge_output_path,
    judge_unready_evaluation,
)
from .scenarios import ScenarioFailedError
from .stack import names_found, refusal, transforms_named

if TYPE_CHECKING:
    from .assumptions import Findings
    from .stack import ScenarioStack

STARTS = 4
"""How many imports are started at the same time: one more than Glue's quota of 3 task runs per transform."""

READY_SECONDS = 60
"""How long a transform may take to be READY after its first import. The construct waits as long."""

END_PAUSE_SECONDS = 1
"""The longest pause between two polls of a run whose end must be noticed at once."""

PLAIN_FILE = f"{PROBES_FOLDER}plain.csv"
"""The key of a label file as AWS's guide describes it."""

GLUE_VERSIONS = ("1.0", "2.0", "3.0", "4.0", "5.0")
"""The Glue versions that transforms are created with."""


def check_new_run(stack: ScenarioStack, findings: Findings) -> str:
    """Check a run directly after its start, and cancel it after its end."""
    transform = stack.output("ProbeTransform")
    path = _put_plain_file(stack)
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


def check_unready_evaluation(stack: ScenarioStack, findings: Findings) -> str:
    """Evaluate a transform that was never taught."""
    transform = stack.output("DeniedTransform")
    status = str(stack.transform(transform).get("Status"))
    started = stack.start_evaluation(transform)
    is_taught = any(run["Status"] == "SUCCEEDED" for run in stack.runs(transform))
    refused = started if isinstance(started, str) else None
    findings.note(judge_unready_evaluation(status, refused, is_taught=is_taught))
    if isinstance(started, str):
        return "the evaluation was refused"
    stack.cancel(transform, started.run_id)
    return f"the evaluation was started. {described(stack.ended_run(transform, started.run_id))}"


def check_evaluation(stack: ScenarioStack, findings: Findings) -> str:
    """Evaluate a transform for the first time, and read its metrics at once and again later."""
    transform, account = stack.output("ProbeTransform"), stack.account
    account.wait_until(lambda: stack.transform(transform).get("Status") == "READY", READY_SECONDS)
    before = stack.metrics(transform)
    started = stack.start_evaluation(transform)
    if isinstance(started, str):
        raise ScenarioFailedError(f"Glue refused an evaluation: {started}")
    run = stack.ended_run(transform, started.run_id, min(account.wait_times.pause, END_PAUSE_SECONDS))
    first = stack.metrics(transform)
    account.sleep(account.wait_times.second_look)
    later = stack.metrics(transform)
    findings.note(judge_metrics(run, before, first, later, account.wait_times.second_look))
    return described(run)


def check_export(stack: ScenarioStack, findings: Findings) -> str:
    """Export the labels of `check_new_run`, and compare them with what was imported."""
    transform = stack.output("ProbeTransform")
    folder = f"s3://{stack.output('Bucket')}/{EXPORTS_FOLDER}"
    started = stack.start_export(transform, folder)
    if isinstance(started, str):
        raise ScenarioFailedError(f"Glue refused an export of labels: {started}")
    run = stack.ended_run(transform, started.run_id)
    findings.note(judge_output_path(run, folder))
    if run["Status"] != "SUCCEEDED":
        raise ScenarioFailedError(described(run))
    objects = stack.objects(folder)
    imported = label_files.labels(1) if _knows_plain_file(stack, transform) else None
    for one in judge_export(objects, label_files.COLUMNS, imported):
        findings.note(one)
    return f"objects written: {len(objects)}"


def check_failed_import(stack: ScenarioStack, findings: Findings) -> str:
    """Fail an import into a transform that has labels, and count its labels before and after."""
    transform = stack.output("ProbeTransform")
    if not _knows_plain_file(stack, transform):
        raise ScenarioFailedError(f"the transform knows {stack.known_path(transform)}")
    rows = label_files.row_count(label_files.labels(1))
    before = stack.transform(transform).get("LabelCount")
    findings.note(judge_label_count(before, rows))
    path = stack.put(f"{PROBES_FOLDER}other-columns.csv", label_files.labels_with_other_columns())
    outcome = _attempt(stack, transform, path)
    after = stack.transform(transform).get("LabelCount")
    findings.note(judge_failed_import(outcome, before, after, rows))
    return f"LabelCount is {after}"


def check_limit(stack: ScenarioStack, findings: Findings) -> str:
    """Start more imports than a transform may have at once, and cancel them."""
    transform = stack.output("ProbeTransform")
    path = _put_plain_file(stack)
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
    path = _put_plain_file(stack)
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
    findings.note(judge_glue_versions(outcomes, GLUE_VERSION))
    for version in [version for version, outcome in outcomes.items() if outcome == "accepted"][:1]:
        name = _transform_name(stack, version)
        findings.note(judge_name_filter(name, names_found(stack.account, name)))
    delete_version_transforms(stack)
    return f"{len(outcomes)} Glue versions were tried"


def _transform_name(stack: ScenarioStack, version: str) -> str:
    return f"{stack.name}-glue-{version}"


def _create_transform(stack: ScenarioStack, version: str) -> str:
    """Create a transform with a Glue version. Return ``accepted``, or the refusal."""
    table = {"DatabaseName": stack.output("DatabaseName"), "TableName": stack.output("TableName")}
    try:
        stack.account.client("glue").create_ml_transform(
            Name=_transform_name(stack, version),
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
    for transform in transforms_named(stack.account, _transform_name(stack, "")):
        stack.account.client("glue").delete_ml_transform(TransformId=transform)


def _put_plain_file(stack: ScenarioStack) -> str:
    return stack.put(PLAIN_FILE, label_files.labels(1))


def _knows_plain_file(stack: ScenarioStack, transform: str) -> bool:
    return stack.known_path(transform).endswith(f"/{PLAIN_FILE}")


def _attempt(stack: ScenarioStack, transform: str, path: str) -> str | dict[str, Any]:
    """Start an import. Return the refusal, or the run as it ended."""
    started = stack.start(transform, path)
    return started if isinstance(started, str) else stack.ended_run(transform, started.run_id)
