"""What a user does with the construct, from the first deployment to the deletion.

A scenario is a function over the stack. It returns what it saw. It raises `ScenarioFailedError` if that
is not what the project promises. It uses AWS's public API and the CDK CLI only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from . import label_files
from .assumptions import (
    IMPORT_TYPE,
    POLICY_TYPE,
    described,
    finding,
    judge_file,
    judge_rollback_event,
    judge_rollback_order,
    judge_stack_events,
    judge_transform_id,
)
from .desired import CUSTOMERS, LABELS_FOLDER, RECORDS_FOLDER
from .stack import GONE, ScenarioStack, import_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from .assumptions import Findings

SHORT_FUNCTION_SECONDS = 60
"""The timeout of the import function where a run must outlive an invocation. No user can make Glue's run take
longer than Lambda's 15 minutes. The handover works the same with a shorter timeout."""


class ScenarioFailedError(Exception):
    """The product did not do what it promises. The text says what was seen instead."""


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    Attributes:
        name: for the report.
        act: runs it, and returns what it saw.
        needed: whether all later scenarios need it.
    """

    name: str
    act: Callable[[ScenarioStack, Findings], str]
    needed: bool = False


def prepare(stack: ScenarioStack, _findings: Findings) -> str:
    """Make the table, its bucket and the roles, and upload the records."""
    _deploy(stack, stack.desired.but(labels=None))
    stack.put(f"{RECORDS_FOLDER}records.csv", label_files.records())
    return "bucket, table, records and roles are there"


def create(stack: ScenarioStack, findings: Findings) -> str:
    """Create transforms, a grant and an import. The roles exist already."""
    path = stack.write_labels(label_files.labels(1))
    _deploy(stack, stack.desired.but(labels=path, version="1"))
    transform = stack.output("Transform")
    run = _newest(stack, transform)
    _expect(run["Status"] == "SUCCEEDED", f"{described(run)}, but the deployment succeeded")
    findings.note(judge_transform_id(transform))
    findings.note(judge_stack_events(stack.events(), import_path(run)))
    return f"task run {run['TaskRunId']} took {run.get('ExecutionTime')} s"


def new_version(stack: ScenarioStack, _findings: Findings) -> str:
    """Deploy a changed label file."""
    transform = stack.output("Transform")
    former = stack.known_path(transform)
    stack.write_labels(label_files.labels(2))
    _deploy(stack, stack.desired.but(version="2"))
    run = _newest(stack, transform)
    _expect(run["Status"] == "SUCCEEDED", f"{described(run)}, but the deployment succeeded")
    _expect(import_path(run) != former, f"the same file was imported again: {former}")
    return f"{import_path(run)} is imported"


def empty_file(stack: ScenarioStack, _findings: Findings) -> str:
    """Deploy an empty object as label file. The deployment fails. The rollback imports the former labels."""
    key = f"{LABELS_FOLDER}empty/{CUSTOMERS}"
    path = stack.put(key, "")
    return f"refused: {_deploy_failing_file(stack, key, path)}"


def other_columns(stack: ScenarioStack, findings: Findings) -> str:
    """Deploy a label file without the table's columns. AWS does not document what Glue does with it."""
    key = f"{LABELS_FOLDER}columns/{CUSTOMERS}"
    path = stack.put(key, label_files.labels_with_other_columns())
    transform, former = stack.output("Transform"), stack.known_path(stack.output("Transform"))
    before = stack.desired
    done = stack.deploy(before.but(labels_key=key, version="other-columns"))
    if done.code != 0:
        reason = stack.failure()
        started = [run for run in stack.runs(transform) if import_path(run) == path]
        outcome = started[-1] if started else reason
        findings.note(judge_file("columns-not-of-the-table", outcome, accepted=False))
        _expect_restored(stack, transform, former)
        stack.desired = before
        return f"refused: {reason}"
    _expect(stack.known_path(transform) == path, "the deployment succeeded without importing the file")
    findings.note(judge_file("columns-not-of-the-table", _newest(stack, transform), accepted=False))
    _deploy(stack, before)
    _expect_restored(stack, transform, former)
    return "Glue accepted the file"


def rollback(stack: ScenarioStack, findings: Findings) -> str:
    """Fail a deployment after its import has succeeded. The rollback imports the former labels."""
    transform, former = stack.output("Transform"), stack.known_path(stack.output("Transform"))
    marker = stack.logical_id(POLICY_TYPE, "Marker")
    resource = stack.logical_id(IMPORT_TYPE, "Labels")
    before = stack.desired
    stack.write_labels(label_files.labels(3))
    done = stack.deploy(before.but(version="3", then_fail=True))
    stack.write_labels(label_files.labels(2))
    stack.desired = before
    _expect(done.code != 0, "the deployment succeeded, although one of its resources must fail")
    _expect_restored(stack, transform, former)
    events = stack.events()
    findings.note(judge_rollback_order(events, marker, resource))
    findings.note(judge_rollback_event(events, resource))
    return f"{former} is imported again"


def new_role(stack: ScenarioStack, findings: Findings) -> str:
    """Make a role, its grant, a transform and its import in one deployment."""
    done = stack.deploy(stack.desired.but(new_role=True))
    if done.code != 0:
        reason = stack.failure()
        findings.note(finding("new-role-accepted", False, reason))
        stack.desired = stack.desired.but(new_role=False)
        raise ScenarioFailedError(reason)
    runs = stack.runs(stack.output("NewRoleTransform"))
    seen = ", then ".join(described(run) for run in runs)
    findings.note(finding("new-role-accepted", True, seen))
    return seen


def long_run(
    stack: ScenarioStack, _findings: Findings, function_seconds: int = SHORT_FUNCTION_SECONDS
) -> str:
    """Import a large file with a function whose timeout is a minute. A rule has to take over."""
    transform = stack.output("Transform")
    stack.put(f"{RECORDS_FOLDER}large.csv", label_files.large_records())
    stack.write_labels(label_files.large_labels())
    before = stack.desired
    _deploy(stack, before.but(version="large", function_timeout=function_seconds))
    stack.desired = before.but(function_timeout=function_seconds)
    run = _newest(stack, transform)
    _expect(run["Status"] == "SUCCEEDED", f"{described(run)}, but the deployment succeeded")
    left = _rules(stack)
    _expect(not left, f"rules of the stack are left: {', '.join(left)}")
    seconds = int(run.get("ExecutionTime") or 0)
    if seconds < function_seconds:
        return f"the run took {seconds} s, one invocation was enough, and no rule was needed"
    return f"the run took {seconds} s, longer than an invocation, and no rule is left"


def delete(stack: ScenarioStack, _findings: Findings) -> str:
    """Run `cdk destroy`. The stack and its transforms are gone."""
    transform = stack.output("Transform")
    empty_buckets(stack)
    done = stack.destroy()
    _expect(done.code == 0, f"cdk destroy failed: {stack.failure() if stack.status != GONE else done.text}")
    _expect(stack.status == GONE, f"the stack is {stack.status}")
    try:
        stack.account.client("glue").get_ml_transform(TransformId=transform)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code")
        _expect(code == "EntityNotFoundException", f"the transform is not gone: {code}")
    else:
        raise ScenarioFailedError(f"transform {transform} is still there")
    return "the stack and its transforms are gone"


def empty_buckets(stack: ScenarioStack) -> None:
    """Delete all objects of the stack's buckets, which CloudFormation deletes only when they are empty."""
    s3 = stack.account.client("s3")
    for bucket in stack.resources("AWS::S3::Bucket"):
        name = bucket["PhysicalResourceId"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=name):
            for found in page.get("Contents", ()):
                s3.delete_object(Bucket=name, Key=found["Key"])


def _deploy_failing_file(stack: ScenarioStack, key: str, path: str) -> str:
    """Deploy a file in the stack's bucket that cannot be imported. Return the reason of the failure."""
    transform, former = stack.output("Transform"), stack.known_path(stack.output("Transform"))
    before = stack.desired
    done = stack.deploy(before.but(labels_key=key, version="failing-file"))
    stack.desired = before
    _expect(done.code != 0, "the deployment succeeded")
    reason = stack.failure()
    _expect(path in reason, f"the reason does not name {path}: {reason}")
    _expect_restored(stack, transform, former)
    return reason


def _expect_restored(stack: ScenarioStack, transform: str, former: str) -> None:
    status = stack.status
    if status not in ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_COMPLETE"):
        raise ScenarioFailedError(f"the stack is {status}: {stack.failure()}")
    known = stack.known_path(transform)
    _expect(known == former, f"the transform knows {known}, not the former labels {former}")


def _deploy(stack: ScenarioStack, desired: Any) -> None:
    done = stack.deploy(desired)
    if done.code != 0:
        reason = stack.failure() if stack.status != GONE else done.text[-300:]
        raise ScenarioFailedError(f"cdk deploy failed: {reason}")


def _newest(stack: ScenarioStack, transform: str) -> dict[str, Any]:
    runs = stack.runs(transform)
    _expect(bool(runs), f"transform {transform} has no import")
    return runs[-1]


def _rules(stack: ScenarioStack) -> list[str]:
    uuid = stack.stack_id.rpartition("/")[2]
    response = stack.account.client("events").list_rules(NamePrefix=f"glue-labels-{uuid}-")
    return [str(rule["Name"]) for rule in response["Rules"]]


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ScenarioFailedError(otherwise)
