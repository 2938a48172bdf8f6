"""The rule's name, and what is removed with it."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from harness import FUNCTION_ARN, LOGICAL_ID, STACK_ID, Harness

from glue_labels_handler.polling_rule import PollingRule, rule_name, target_id

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = rule_name(STACK_ID, LOGICAL_ID)


def test_rule_is_named_by_stack_and_resource_alone() -> None:
    assert rule_name(STACK_ID, LOGICAL_ID) == NAME
    assert rule_name(STACK_ID, LOGICAL_ID + "2") != NAME
    assert rule_name(STACK_ID + "2", LOGICAL_ID) != NAME


def test_name_begins_with_the_stack_s_uuid_where_the_function_s_permissions_end() -> None:
    assert NAME.startswith(f"glue-labels-{STACK_ID.rpartition('/')[2]}-")


def test_name_of_the_longest_ids_is_as_long_as_eventbridge_allows() -> None:
    stack_id = STACK_ID.replace("Labels", "S" * 128)
    assert len(rule_name(stack_id, "L" * 255)) == len(NAME) == 64


def rule_of(harness: Harness, request_id: str) -> PollingRule:
    return PollingRule(lambda: harness.events, NAME, request_id)


def refusal(code: str) -> Callable[..., object]:
    def refuse(**_: object) -> object:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Call")

    return refuse


def test_target_id_of_a_uuid_fits_eventbridge() -> None:
    assert re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", target_id(str(uuid.uuid4()), 1_800_000_000.5))


def test_removing_one_request_keeps_the_rule_for_another(harness: Harness) -> None:
    first, second = rule_of(harness, "a"), rule_of(harness, "b")
    for rule in (first, second):
        rule.put(FUNCTION_ARN, {})
    error = first.remove()
    assert error is not None
    assert error.code == "ValidationException"
    assert first.serves_others()
    assert not first.still_invokes
    assert len(harness.polling_events()) == 1
    assert second.remove() is None
    assert harness.rules() == []


def test_target_is_removed_though_it_is_not_listed(harness: Harness) -> None:
    """ListTargetsByRule "can intermittently return no matching target" after a PutTargets that succeeded."""
    rule = rule_of(harness, "a")
    rule.put(FUNCTION_ARN, {})
    harness.events.list_targets_by_rule = lambda **_: {"Targets": []}
    assert rule.remove() is None
    assert harness.rules() == []


def test_rule_that_resists_for_a_target_that_was_removed_is_reported_as_still_there(harness: Harness) -> None:
    rule = rule_of(harness, "a")
    rule.put(FUNCTION_ARN, {})
    harness.events.delete_rule = refusal("ValidationException")
    error = rule.remove()
    assert error is not None
    assert not rule.serves_others()
    assert not rule.still_invokes


def test_entry_that_remove_targets_refuses_counts_as_not_removed(harness: Harness) -> None:
    rule = rule_of(harness, "a")
    rule.put(FUNCTION_ARN, {})
    refused = {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "AccessDeniedException"}]}
    harness.events.remove_targets = lambda **_: refused
    assert rule.remove() is not None
    assert rule.still_invokes


def test_target_whose_removal_failed_may_be_gone(harness: Harness) -> None:
    rule = rule_of(harness, "a")
    rule.put(FUNCTION_ARN, {})
    harness.events.remove_targets = refusal("InternalException")
    assert rule.remove() is not None
    assert not rule.still_invokes


def test_rule_that_lost_its_last_target_to_a_crash_is_taken_away(harness: Harness) -> None:
    harness.events.put_rule(Name=NAME, ScheduleExpression="rate(1 minute)")
    assert rule_of(harness, "a").remove_all() is None
    assert harness.rules() == []


def test_delete_removes_the_targets_of_all_requests(harness: Harness) -> None:
    for name in ("a", "b"):
        rule_of(harness, name).put(FUNCTION_ARN, {})
    assert rule_of(harness, "c").remove_all() is None
    assert harness.rules() == []


def test_removing_what_is_gone_is_fine(harness: Harness) -> None:
    assert rule_of(harness, "a").remove() is None
    assert rule_of(harness, "a").remove_all() is None


@pytest.mark.parametrize("method", ["remove_targets", "delete_rule"])
def test_denied_removal_is_returned_and_logged_not_raised(
    harness: Harness, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    rule = rule_of(harness, "a")
    rule.put(FUNCTION_ARN, {})
    setattr(harness.events, method, refusal("AccessDeniedException"))
    assert rule.remove() is not None
    assert "rule not removed" in caplog.text


def test_entry_that_put_targets_refuses_counts_as_not_put(harness: Harness) -> None:
    refused = {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "InternalException"}]}
    harness.events.put_targets = lambda **_: refused
    assert not rule_of(harness, "a").put(FUNCTION_ARN, {})
    assert harness.rules() == []  # no half a rule, which would invoke nobody
