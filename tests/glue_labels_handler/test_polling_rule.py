"""The rule's name, and what is removed with it."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from world import FUNCTION_ARN, LOGICAL_ID, STACK_ID, World

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


def rule_of(world: World, request_id: str) -> PollingRule:
    return PollingRule(lambda: world.events, NAME, request_id)


def refusal(code: str) -> Callable[..., object]:
    def refuse(**_: object) -> object:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Call")

    return refuse


def test_target_id_of_a_uuid_fits_eventbridge() -> None:
    assert re.fullmatch(r"[.\-_A-Za-z0-9]{1,64}", target_id(str(uuid.uuid4()), 1_800_000_000.5))


def test_removing_one_request_keeps_the_rule_for_another(world: World) -> None:
    first, second = rule_of(world, "a"), rule_of(world, "b")
    for rule in (first, second):
        rule.put(FUNCTION_ARN, {})
    fault = first.remove()
    assert fault is not None
    assert fault.code == "ValidationException"
    assert first.serves_others()
    assert not first.still_invokes
    assert len(world.polling_events()) == 1
    assert second.remove() is None
    assert world.rules() == []


def test_target_is_removed_though_it_is_not_listed(world: World) -> None:
    """ListTargetsByRule "can intermittently return no matching target" after a PutTargets that succeeded."""
    rule = rule_of(world, "a")
    rule.put(FUNCTION_ARN, {})
    world.events.list_targets_by_rule = lambda **_: {"Targets": []}
    assert rule.remove() is None
    assert world.rules() == []


def test_rule_that_resists_for_a_target_that_was_removed_is_told_as_still_there(world: World) -> None:
    rule = rule_of(world, "a")
    rule.put(FUNCTION_ARN, {})
    world.events.delete_rule = refusal("ValidationException")
    fault = rule.remove()
    assert fault is not None
    assert not rule.serves_others()
    assert not rule.still_invokes


def test_entry_that_remove_targets_refuses_counts_as_not_removed(world: World) -> None:
    rule = rule_of(world, "a")
    rule.put(FUNCTION_ARN, {})
    refused = {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "AccessDeniedException"}]}
    world.events.remove_targets = lambda **_: refused
    assert rule.remove() is not None
    assert rule.still_invokes


def test_target_whose_removal_met_trouble_may_be_gone(world: World) -> None:
    rule = rule_of(world, "a")
    rule.put(FUNCTION_ARN, {})
    world.events.remove_targets = refusal("InternalException")
    assert rule.remove() is not None
    assert not rule.still_invokes


def test_rule_that_lost_its_last_target_to_a_crash_is_taken_away(world: World) -> None:
    world.events.put_rule(Name=NAME, ScheduleExpression="rate(1 minute)")
    assert rule_of(world, "a").remove_all() is None
    assert world.rules() == []


def test_delete_removes_the_targets_of_all_requests(world: World) -> None:
    for name in ("a", "b"):
        rule_of(world, name).put(FUNCTION_ARN, {})
    assert rule_of(world, "c").remove_all() is None
    assert world.rules() == []


def test_removing_what_is_gone_is_fine(world: World) -> None:
    assert rule_of(world, "a").remove() is None
    assert rule_of(world, "a").remove_all() is None


@pytest.mark.parametrize("method", ["remove_targets", "delete_rule"])
def test_removing_that_is_denied_is_told_and_logged_not_raised(
    world: World, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    rule = rule_of(world, "a")
    rule.put(FUNCTION_ARN, {})
    setattr(world.events, method, refusal("AccessDeniedException"))
    assert rule.remove() is not None
    assert "rule not removed" in caplog.text


def test_entry_that_put_targets_refuses_counts_as_not_put(world: World) -> None:
    refused = {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "InternalException"}]}
    world.events.put_targets = lambda **_: refused
    assert not rule_of(world, "a").put(FUNCTION_ARN, {})
    assert world.rules() == []  # no half a rule, which would invoke nobody
