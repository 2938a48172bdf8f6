"""The rule's name, and what is removed with it."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from world import FUNCTION_ARN, LOGICAL_ID, STACK_ID, World

from glue_labels_handler.errors import Kind
from glue_labels_handler.polling_rule import PollingRule, TakeOver, rule_name, target_id

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


def rule_of(world: World, request_id: str, made_at: float | None = None) -> PollingRule:
    return PollingRule(lambda: world.events, NAME, target_id(request_id, made_at))


def refusal(code: str) -> Callable[..., object]:
    def refuse(**_: object) -> object:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Call")

    return refuse


def test_target_id_of_a_uuid_fits_eventbridge() -> None:
    name = target_id(str(uuid.uuid4()), 1_800_000_000.5)
    assert len(name) <= 64
    assert re.fullmatch(r"[.\-_A-Za-z0-9]+", name)


def test_rule_serves_the_requests_it_was_put_for(world: World) -> None:
    rule = rule_of(world, "a")
    assert not rule.serves()
    rule.put(FUNCTION_ARN, {})
    assert rule.serves()
    assert not rule_of(world, "b").serves()


def test_rule_serves_no_request_that_a_newer_one_has_overtaken(world: World) -> None:
    older, newer = rule_of(world, "a", 100), rule_of(world, "b", 101)
    for rule in (older, newer):
        rule.put(FUNCTION_ARN, {})
    assert (older.serves(), newer.serves()) == (False, True)


def test_removing_one_request_keeps_the_rule_for_another(world: World) -> None:
    first, second = rule_of(world, "a"), rule_of(world, "b")
    for rule in (first, second):
        rule.put(FUNCTION_ARN, {})
    assert first.remove() is None
    assert (first.serves(), second.serves()) == (False, True)
    assert second.remove() is None
    assert world.rules() == []


def test_taking_over_removes_the_targets_of_older_requests(world: World) -> None:
    older, mine = rule_of(world, "a", 100), rule_of(world, "c", 102)
    older.put(FUNCTION_ARN, {})
    assert mine.take_over() == TakeOver()
    assert world.rules() == []


def test_taking_over_keeps_ones_own_target_and_a_newer_ones(world: World) -> None:
    older, mine, newer = (rule_of(world, name, at) for name, at in (("a", 100), ("b", 101), ("c", 102)))
    for rule in (older, mine, newer):
        rule.put(FUNCTION_ARN, {})
    assert mine.take_over() == TakeOver(newer=True)
    assert newer.serves()
    assert older.remove() is None
    assert len(world.polling_events()) == 2


def test_rule_that_lost_its_last_target_to_a_crash_is_taken_away(world: World) -> None:
    world.events.put_rule(Name=NAME, ScheduleExpression="rate(1 minute)")
    rule_of(world, "a").take_over()
    assert world.rules() == []


def test_two_requests_that_clear_up_at_once_leave_no_rule(world: World) -> None:
    first, second = rule_of(world, "a"), rule_of(world, "b")
    for rule in (first, second):
        rule.put(FUNCTION_ARN, {})
    remove = world.events.remove_targets

    def remove_after_the_other(**parameters: object) -> object:
        world.events.remove_targets = remove
        second.remove()
        return remove(**parameters)

    world.events.remove_targets = remove_after_the_other
    first.remove()
    assert world.rules() == []


def test_removing_what_is_gone_is_fine(world: World) -> None:
    assert rule_of(world, "a").remove() is None
    assert rule_of(world, "a").take_over() == TakeOver()
    assert "DeleteRule" not in world.calls


@pytest.mark.parametrize("method", ["list_targets_by_rule", "remove_targets", "delete_rule"])
def test_removing_that_is_denied_is_told_and_logged_not_raised(
    world: World, caplog: pytest.LogCaptureFixture, method: str
) -> None:
    rule = rule_of(world, "a")
    rule.put(FUNCTION_ARN, {})
    setattr(world.events, method, refusal("AccessDeniedException"))
    fault = rule.remove()
    assert fault is not None
    assert fault.kind is Kind.DENIED
    assert "rule not removed" in caplog.text


def test_rule_that_cannot_be_read_counts_as_serving_so_that_an_answer_is_given(world: World) -> None:
    world.events.list_targets_by_rule = refusal("AccessDeniedException")
    assert rule_of(world, "a").serves()
