"""What the project assumes about AWS, and whether an observation confirms it.

docs/assumptions.md has the same checks, and what depends on each. The functions here are pure: they take
what boto3 returned and return a verdict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from glue_labels_handler.causes import Kind, cause_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

IMPORT_TYPE = "Custom::GlueLabelsImport"
"""The resource type of an import."""

POLICY_TYPE = "AWS::IAM::Policy"
"""The resource type of the policy whose order in a rollback is checked."""

ENDED = frozenset({"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"})
"""The statuses in which a task run ends."""


_STACK_TYPE = "AWS::CloudFormation::Stack"

_ABOUT_THE_CALL = re.compile(
    "AccessDenied|Unauthorized|ExpiredToken|Throttl|TooManyRequests|InternalService|OperationTimeout"
)
"""In the code of a refusal that is about the caller or the service, and not about what is asked."""


class Verdict(Enum):
    """What an observation says about an assumption."""

    HELD = "held"
    DID_NOT_HOLD = "did not hold"
    NOT_SEEN = "not seen"


ASSUMPTIONS: dict[str, str] = {
    "started-on-at-once": "StartedOn is set in the first response about a new run.",
    "listed-at-once": "GetMLTaskRuns lists a run directly after its start.",
    "path-and-flag-echoed": "GetMLTaskRuns returns InputS3Path and Replace as they were passed.",
    "cancel-ended-run": "Cancelling a run that has ended does not change its status.",
    "over-the-limit": "A start over the limit of task runs is refused with ConcurrentRunsExceededException.",
    "denied-start-refused": "A start is refused at once if the role may not read the file.",
    "second-start-after-denied": "A denied start leaves no run in flight. A second start is safe.",
    "evaluation-not-ready": "A transform that has no labels is not READY, and StartMLEvaluationTaskRun says "
    "so.",
    "metrics-at-once": "GetMLTransform has an evaluation's metrics as soon as its run has SUCCEEDED.",
    "label-count": "LabelCount of GetMLTransform is the number of labeled rows that the transform knows.",
    "failed-import-keeps-labels": "A failed import leaves the labels as they were.",
    "rollback-event-first": "CloudFormation shows the event that began a rollback no later than those of the "
    "resources in it.",
    "new-role-accepted": "A transform with a role made in the same deployment is created, and imports.",
    "rollback-order": "A rollback restores a policy before it requests the import that depends on it.",
    "stack-events-have-properties": "DescribeStackEvents returns a custom resource's status and properties.",
    "columns-not-of-the-table": "A label file whose columns are not the table's is refused.",
    "columns-in-other-order": "A label file with the table's columns in another order is refused.",
    "unlabeled-rows": "Rows without a label are accepted.",
    "line-ends-in-fields": "Line ends inside quoted fields are accepted.",
    "backslash-quotes": "Quotes that are escaped by a backslash are refused.",
    "export-format": "The objects are CSV with a header, at the path or in the folder below it.",
    "output-path-echoed": "GetMLTaskRun gives the OutputS3Path of a run.",
    "export-has-records": "An export has the records as they were imported.",
    "name-filter": "The filter of GetMLTransforms finds a transform by its whole name.",
    "transform-id-format": "The id of a transform is tfm- and hexadecimal digits.",
    "glue-versions": "CreateMLTransform accepts the Glue version of the examples.",
}
"""The checks, by name, each with the assumption as a sentence."""


@dataclass(frozen=True)
class Finding:
    """What was seen about one assumption.

    Attributes:
        check: the name in `ASSUMPTIONS`.
        verdict: what it says about the assumption.
        seen: the observation, a sentence or less.
    """

    check: str
    verdict: Verdict
    seen: str


@dataclass
class Findings:
    """The findings so far. A later finding of the same check replaces the earlier one."""

    _by_check: dict[str, Finding] = field(default_factory=dict)

    def note(self, finding: Finding) -> None:
        """Add a finding.

        Raises:
            KeyError: no assumption has this name.
        """
        ASSUMPTIONS[finding.check]
        self._by_check[finding.check] = finding

    def all(self) -> tuple[Finding, ...]:
        """Return one finding for each assumption, in the order of `ASSUMPTIONS`."""
        return tuple(
            self._by_check.get(check, Finding(check, Verdict.NOT_SEEN, "No scenario checked it in this run."))
            for check in ASSUMPTIONS
        )


def finding(check: str, holds: bool, seen: str) -> Finding:
    """Return a finding for or against an assumption."""
    return Finding(check, Verdict.HELD if holds else Verdict.DID_NOT_HOLD, seen)


def says_nothing(refused: str | None) -> bool:
    """Return whether a refusal, code and text, is about the caller or the service only."""
    return refused is not None and _ABOUT_THE_CALL.search(refused.partition(":")[0]) is not None


def judge_new_run(
    run: Mapping[str, Any], listed: Sequence[Mapping[str, Any]], path: str, *, replace: bool
) -> tuple[Finding, ...]:
    """Judge the responses about a run directly after its start.

    Args:
        run: what GetMLTaskRun returned.
        listed: the runs of GetMLTaskRuns.
        path: the InputS3Path that was passed.
        replace: the ReplaceAllLabels that was passed.
    """
    started = run.get("StartedOn")
    same = [one for one in listed if one["TaskRunId"] == run["TaskRunId"]]
    findings = [
        finding("started-on-at-once", started is not None, f"StartedOn: {started}, status {run['Status']}"),
        finding("listed-at-once", bool(same), f"{len(listed)} runs listed, the new one: {bool(same)}"),
    ]
    if same:
        echoed = same[0].get("Properties", {}).get("ImportLabelsTaskRunProperties", {})
        holds = echoed.get("InputS3Path") == path and echoed.get("Replace", False) == replace
        seen = f"InputS3Path {echoed.get('InputS3Path')}, Replace {echoed.get('Replace')}"
        findings.append(finding("path-and-flag-echoed", holds, seen))
    return tuple(findings)


def judge_cancel(before: str, response: str, after: str) -> Finding:
    """Judge what cancelling an ended run did.

    Args:
        before: the run's status before.
        response: of CancelMLTaskRun, a status or an error.
        after: the run's status after.
    """
    if says_nothing(response):
        return Finding("cancel-ended-run", Verdict.NOT_SEEN, response)
    return finding("cancel-ended-run", before == after, f"{before}, then {response}, then {after}")


def judge_limit(refused: str | None, started: int) -> Finding:
    """Judge the refusal of a start while others are in flight.

    Args:
        refused: the refusal, code and text. None, if no start was refused.
        started: how many starts were accepted before.
    """
    if refused is None:
        return Finding("over-the-limit", Verdict.NOT_SEEN, f"{started} starts in a row were all accepted")
    if says_nothing(refused):
        return Finding("over-the-limit", Verdict.NOT_SEEN, refused)
    holds = refused.startswith("ConcurrentRunsExceededException")
    return finding("over-the-limit", holds, f"{started} accepted, then {refused}")


def judge_denied_start(attempts: Sequence[str | Mapping[str, Any]], in_flight: int) -> tuple[Finding, ...]:
    """Judge two starts with a role that may not read the file.

    Args:
        attempts: of each start, the refusal or the run as it ended.
        in_flight: how many runs were in flight after the second start had ended.
    """
    checks = ("denied-start-refused", "second-start-after-denied")
    first = attempts[0]
    shown = [one if isinstance(one, str) else described(one) for one in attempts]
    if isinstance(first, str) and says_nothing(first):
        return tuple(Finding(check, Verdict.NOT_SEEN, first) for check in checks)
    if not isinstance(first, str) and first["Status"] == "SUCCEEDED":
        seen = f"The role could read the file: {shown[0]}"
        return tuple(Finding(check, Verdict.NOT_SEEN, seen) for check in checks)
    return (
        finding(checks[0], isinstance(first, str), shown[0]),
        finding(checks[1], in_flight == 0, f"second start: {shown[-1]}"),
    )


def judge_file(check: str, outcome: str | Mapping[str, Any], *, accepted: bool) -> Finding:
    """Judge the import of an unusual label file.

    Args:
        check: the assumption.
        outcome: the refusal of the start, or the run as it ended.
        accepted: whether the assumption is that the import succeeds.
    """
    if isinstance(outcome, str):
        seen, error, is_accepted = f"The start was refused: {outcome}", outcome, False
        has_read = "InvalidInputException" in outcome
    else:
        seen, error = described(outcome), str(outcome.get("ErrorString") or "")
        is_accepted = outcome["Status"] == "SUCCEEDED"
        has_read = outcome["Status"] in ("SUCCEEDED", "FAILED")
    cause = cause_of(error)
    if not has_read or (cause is not None and cause.kind in (Kind.DENIED, Kind.BUSY)):
        # Something else kept Glue from reading the file.
        return Finding(check, Verdict.NOT_SEEN, seen)
    return finding(check, is_accepted == accepted, seen)


def judge_rollback_order(events: Sequence[Mapping[str, Any]], policy: str, resource: str) -> Finding:
    """Judge the order in which the newest rollback restored a policy and an import.

    Args:
        events: the stack's events, newest first.
        policy: the logical id of the policy.
        resource: the logical id of the import.
    """
    order: list[str] = []
    for event in events:
        status = event.get("ResourceStatus", "")
        if event["ResourceType"] == _STACK_TYPE and status == "UPDATE_ROLLBACK_IN_PROGRESS":
            break
        if event["LogicalResourceId"] in (policy, resource):
            order.append(f"{event['LogicalResourceId']} {status}")
    order.reverse()
    seen = "; ".join(order) or "neither was touched in the rollback"
    asked, restored = f"{resource} UPDATE_IN_PROGRESS", f"{policy} UPDATE_COMPLETE"
    if asked not in order or restored not in order:
        return Finding("rollback-order", Verdict.NOT_SEEN, seen)
    return finding("rollback-order", order.index(restored) < order.index(asked), seen)


def judge_rollback_event(events: Sequence[Mapping[str, Any]], resource: str) -> Finding:
    """Judge whether the event that began the newest rollback is shown before those of a resource in it.

    Another import must have failed after the resource was updated, so that the resource's later events are
    those of the rollback.

    Args:
        events: the stack's events, newest first.
        resource: the logical id of an import.
    """
    check = "rollback-event-first"
    shown = [(str(one["LogicalResourceId"]), str(one.get("ResourceStatus", ""))) for one in events]
    of_stack = [one["ResourceType"] == _STACK_TYPE for one in events]
    updates = [at for at, (_, status) in enumerate(shown) if of_stack[at] and status == "UPDATE_IN_PROGRESS"]
    operation = range(updates[0] if updates else 0)
    failures = [at for at in operation if events[at]["ResourceType"] == IMPORT_TYPE
                and shown[at][0] != resource and shown[at][1].endswith("_FAILED")]  # fmt: skip
    in_rollback = [at for at in range(failures[0] if failures else 0) if shown[at][0] == resource]
    if not in_rollback:
        return Finding(check, Verdict.NOT_SEEN, f"{resource} was not touched in a rollback")
    began = [at for at in operation if of_stack[at] and shown[at][1] == "UPDATE_ROLLBACK_IN_PROGRESS"]
    seen = "; ".join(" ".join(shown[at]) for at in sorted([*in_rollback, *began], reverse=True))
    return finding(check, bool(began) and began[0] > max(in_rollback), seen)


def judge_stack_events(events: Sequence[Mapping[str, Any]], path: str) -> Finding:
    """Judge whether an event of the import has its properties.

    Args:
        events: the stack's events.
        path: the InputS3Path that the import was deployed with.
    """
    of_import = [event for event in events if event["ResourceType"] == IMPORT_TYPE]
    with_path = [event for event in of_import if path in str(event.get("ResourceProperties", ""))]
    statuses = sorted({event.get("ResourceStatus", "") for event in with_path})
    seen = f"{len(of_import)} events of the import, {len(with_path)} with its path: {', '.join(statuses)}"
    holds = any(status.endswith("_IN_PROGRESS") for status in statuses)
    return finding("stack-events-have-properties", holds, seen)


def judge_transform_id(transform_id: str) -> Finding:
    """Judge the form of a transform's id."""
    holds = re.fullmatch(r"tfm-[0-9a-f]+", transform_id) is not None
    return finding("transform-id-format", holds, transform_id)


def judge_glue_versions(outcomes: Mapping[str, str], ours: str) -> Finding:
    """Judge which Glue versions a transform can be made with.

    Args:
        outcomes: by version, ``accepted`` or the refusal.
        ours: the version of the examples.
    """
    seen = "; ".join(f"{version}: {outcome}" for version, outcome in outcomes.items())
    return finding("glue-versions", outcomes.get(ours) == "accepted", seen)


def described(run: Mapping[str, Any]) -> str:
    """Describe the end of a run: its status, and its error if it has one."""
    error = f": {run['ErrorString']}" if run.get("ErrorString") else ""
    return f"The run ended {run['Status']}{error}"
