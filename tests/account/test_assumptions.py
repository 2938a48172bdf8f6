"""What one observation says about an assumption, and that the page has the same assumptions."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from glue_labels_account.assumptions import (
    ASSUMPTIONS,
    Finding,
    Findings,
    Verdict,
    judge_cancel,
    judge_denied_start,
    judge_file,
    judge_glue_versions,
    judge_limit,
    judge_new_run,
    judge_rollback_event,
    judge_rollback_order,
    judge_stack_events,
    judge_transform_id,
)
from glue_labels_account.report import TASK_RUNS
from glue_labels_account.scenarios import SHORT_FUNCTION_SECONDS

HELD, NOT_HELD, NOT_SEEN = Verdict.HELD, Verdict.DID_NOT_HOLD, Verdict.NOT_SEEN
PAGE = Path(__file__).parents[2] / "docs" / "assumptions.md"
NOW = datetime(2026, 11, 25, tzinfo=timezone.utc)
PATH = "s3://labels/customers.csv"
SUCCEEDED = {"Status": "SUCCEEDED"}
FAILED = {"Status": "FAILED", "ErrorString": "Row 3 has too many fields"}
REFUSED = "InvalidInputException: The label file is not CSV"
NO_ACCESS = "InvalidInputException: Cannot access the label file. Access Denied"
CALLER_DENIED = "AccessDeniedException: User ann is not authorized to perform this call"


def run(**fields: Any) -> dict[str, Any]:
    """A run as Glue lists it directly after its start."""
    echoed = {"InputS3Path": PATH, "Replace": True}
    return {
        "TaskRunId": "tsk-1",
        "Status": "STARTING",
        "StartedOn": NOW,
        "Properties": {"TaskType": "IMPORT_LABELS", "ImportLabelsTaskRunProperties": echoed},
        **fields,
    }


def by_check(findings: tuple[Finding, ...]) -> dict[str, Verdict]:
    return {one.check: one.verdict for one in findings}


def event(resource: str, status: str, resource_type: str = "AWS::IAM::Policy", **more: str) -> dict[str, str]:
    return {"LogicalResourceId": resource, "ResourceStatus": status, "ResourceType": resource_type, **more}


STACK_ROLLS_BACK = event("Stack", "UPDATE_ROLLBACK_IN_PROGRESS", "AWS::CloudFormation::Stack")


def test_new_run_that_is_listed_with_its_start_and_path_confirms_all_three() -> None:
    assert set(by_check(judge_new_run(run(), [run()], PATH, replace=True)).values()) == {HELD}


def test_new_run_without_a_start_contradicts_it() -> None:
    new = {key: value for key, value in run().items() if key != "StartedOn"}
    assert by_check(judge_new_run(new, [new], PATH, replace=True))["started-on-at-once"] is NOT_HELD


def test_new_run_that_is_not_listed_says_nothing_about_its_path() -> None:
    verdicts = by_check(judge_new_run(run(), [], PATH, replace=True))
    assert verdicts["listed-at-once"] is NOT_HELD
    assert "path-and-flag-echoed" not in verdicts


def test_flag_that_is_echoed_differently_contradicts_it() -> None:
    assert by_check(judge_new_run(run(), [run()], PATH, replace=False))["path-and-flag-echoed"] is NOT_HELD


@pytest.mark.parametrize(
    ("response", "after", "verdict"),
    [
        ("STOPPING", "SUCCEEDED", HELD),
        ("InvalidInputException: it has ended", "SUCCEEDED", HELD),
        ("STOPPING", "STOPPED", NOT_HELD),
        (CALLER_DENIED, "SUCCEEDED", NOT_SEEN),
    ],
)
def test_cancelling_an_ended_run_must_not_change_its_status(
    response: str, after: str, verdict: Verdict
) -> None:
    assert judge_cancel("SUCCEEDED", response, after).verdict is verdict


@pytest.mark.parametrize(
    ("refused", "verdict"),
    [
        ("ConcurrentRunsExceededException: too many", HELD),
        ("ResourceNumberLimitExceededException: too many", NOT_HELD),
        (None, NOT_SEEN),
        ("ThrottlingException: slow down", NOT_SEEN),
    ],
)
def test_refusal_over_the_limit_is_judged_by_its_code(refused: str | None, verdict: Verdict) -> None:
    assert judge_limit(refused, 3).verdict is verdict


@pytest.mark.parametrize(
    ("attempt", "verdict"),
    [(NO_ACCESS, HELD), (FAILED, NOT_HELD), (SUCCEEDED, NOT_SEEN), (CALLER_DENIED, NOT_SEEN)],
)
def test_denied_start_is_a_refusal_or_a_run_that_fails(attempt: Any, verdict: Verdict) -> None:
    assert by_check(judge_denied_start([attempt, attempt], 0))["denied-start-refused"] is verdict


@pytest.mark.parametrize(
    ("attempt", "in_flight", "verdict"),
    [(NO_ACCESS, 0, HELD), (NO_ACCESS, 1, NOT_HELD), (SUCCEEDED, 0, NOT_SEEN), (CALLER_DENIED, 0, NOT_SEEN)],
)
def test_denied_start_must_leave_no_run_in_flight(attempt: Any, in_flight: int, verdict: Verdict) -> None:
    findings = by_check(judge_denied_start([attempt, attempt], in_flight))
    assert findings["second-start-after-denied"] is verdict


@pytest.mark.parametrize(
    ("outcome", "accepted", "verdict"),
    [
        (SUCCEEDED, True, HELD),
        (SUCCEEDED, False, NOT_HELD),
        (FAILED, True, NOT_HELD),
        (FAILED, False, HELD),
        (REFUSED, True, NOT_HELD),
        (REFUSED, False, HELD),
        # Glue did not read the file.
        (NO_ACCESS, False, NOT_SEEN),
        (CALLER_DENIED, False, NOT_SEEN),
        ("ConcurrentRunsExceededException: too many", False, NOT_SEEN),
        ({"Status": "FAILED", "ErrorString": "Access Denied (403)"}, False, NOT_SEEN),
        ({"Status": "TIMEOUT"}, False, NOT_SEEN),
        ({"Status": "STOPPED"}, True, NOT_SEEN),
    ],
)
def test_unusual_file_is_accepted_or_refused_as_assumed(
    outcome: Any, accepted: bool, verdict: Verdict
) -> None:
    assert judge_file("unlabeled-rows", outcome, accepted=accepted).verdict is verdict


def test_rollback_that_restores_the_policy_first_confirms_that_order() -> None:
    events = [
        event("Labels", "UPDATE_COMPLETE"),
        event("Labels", "UPDATE_IN_PROGRESS"),
        event("Marker", "UPDATE_COMPLETE"),
        event("Marker", "UPDATE_IN_PROGRESS"),
        STACK_ROLLS_BACK,
    ]
    assert judge_rollback_order(events, "Marker", "Labels").verdict is HELD


def test_rollback_that_requests_the_import_first_contradicts_that_order() -> None:
    events = [
        event("Marker", "UPDATE_COMPLETE"),
        event("Labels", "UPDATE_COMPLETE"),
        event("Labels", "UPDATE_IN_PROGRESS"),
        STACK_ROLLS_BACK,
    ]
    assert judge_rollback_order(events, "Marker", "Labels").verdict is NOT_HELD


def test_order_of_an_update_says_nothing_about_a_rollback() -> None:
    update = [event("Labels", "UPDATE_IN_PROGRESS"), event("Marker", "UPDATE_COMPLETE")]
    assert judge_rollback_order([STACK_ROLLS_BACK, *update], "Marker", "Labels").verdict is NOT_SEEN


IMPORT = "Custom::GlueLabelsImport"
FORWARD = [
    event("Doomed", "CREATE_FAILED", IMPORT),
    event("Labels", "UPDATE_COMPLETE", IMPORT),
    event("Labels", "UPDATE_IN_PROGRESS", IMPORT),
    event("Stack", "UPDATE_IN_PROGRESS", "AWS::CloudFormation::Stack"),
]
RESTORED = [event("Labels", "UPDATE_COMPLETE", IMPORT), event("Labels", "UPDATE_IN_PROGRESS", IMPORT)]


@pytest.mark.parametrize(
    ("events", "verdict"),
    [
        ([*RESTORED, STACK_ROLLS_BACK, *FORWARD], HELD),
        ([*RESTORED, FORWARD[0], STACK_ROLLS_BACK, *FORWARD[1:]], HELD),
        ([event("Labels", "UPDATE_FAILED", IMPORT), RESTORED[1], STACK_ROLLS_BACK, *FORWARD], HELD),
        ([RESTORED[0], STACK_ROLLS_BACK, RESTORED[1], *FORWARD], NOT_HELD),
        ([STACK_ROLLS_BACK, *RESTORED, *FORWARD], NOT_HELD),
        # The event is missing. That of an earlier rollback does not count.
        ([*RESTORED, *FORWARD], NOT_HELD),
        ([*RESTORED, *FORWARD, *RESTORED, STACK_ROLLS_BACK], NOT_HELD),
        # The rollback is not over, or there was none.
        ([STACK_ROLLS_BACK, *FORWARD], NOT_SEEN),
        (FORWARD[1:], NOT_SEEN),
        ([], NOT_SEEN),
    ],
)
def test_event_that_began_a_rollback_must_come_before_those_in_it(
    events: list[dict[str, str]], verdict: Verdict
) -> None:
    assert judge_rollback_event(events, "Labels").verdict is verdict


@pytest.mark.parametrize(("properties", "verdict"), [(f'{{"InputS3Path": "{PATH}"}}', HELD), ("", NOT_HELD)])
def test_stack_events_must_have_the_import_s_path(properties: str, verdict: Verdict) -> None:
    of_import = event(
        "Labels", "CREATE_IN_PROGRESS", "Custom::GlueLabelsImport", ResourceProperties=properties
    )
    assert judge_stack_events([of_import], PATH).verdict is verdict


@pytest.mark.parametrize(("transform_id", "verdict"), [("tfm-0a9f", HELD), ("transform/7", NOT_HELD)])
def test_transform_id_must_have_its_format(transform_id: str, verdict: Verdict) -> None:
    assert judge_transform_id(transform_id).verdict is verdict


@pytest.mark.parametrize(("outcome", "verdict"), [("accepted", HELD), ("InvalidInputException: x", NOT_HELD)])
def test_glue_version_of_the_examples_must_be_accepted(outcome: str, verdict: Verdict) -> None:
    assert judge_glue_versions({"2.0": "accepted", "4.0": outcome}, "4.0").verdict is verdict


def test_assumption_that_no_scenario_checked_is_not_seen() -> None:
    findings = Findings()
    findings.note(Finding("listed-at-once", HELD, "seen"))
    verdicts = by_check(findings.all())
    assert verdicts.pop("listed-at-once") is HELD
    assert set(verdicts.values()) == {NOT_SEEN}


def test_finding_about_no_assumption_is_refused() -> None:
    with pytest.raises(KeyError):
        Findings().note(Finding("moon-is-cheese", HELD, "seen"))


def test_page_has_the_number_of_task_runs_that_is_announced() -> None:
    assert f"starts about {TASK_RUNS} task runs" in PAGE.read_text(encoding="utf-8")


def test_page_has_the_function_s_timeout_in_the_long_scenario() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert f"a function timeout of {SHORT_FUNCTION_SECONDS} seconds" in text


def test_page_has_the_assumptions_that_are_checked_and_no_other_check() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"check `([a-z-]+)`", text)) == ASSUMPTIONS.keys()


@pytest.mark.parametrize("check", ASSUMPTIONS)
def test_page_and_report_use_the_same_words_for_an_assumption(check: str) -> None:
    assert ASSUMPTIONS[check] in " ".join(PAGE.read_text(encoding="utf-8").split())
