"""The rule's name, and what is removed with it."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from world import FUNCTION_ARN, LOGICAL_ID, STACK_ID, World

from glue_labels_handler.polling_rule import PollingRule, rule_name

NAME = rule_name(STACK_ID, LOGICAL_ID)


def test_rule_is_named_by_stack_and_resource_alone() -> None:
    assert rule_name(STACK_ID, LOGICAL_ID) == NAME
    assert rule_name(STACK_ID, LOGICAL_ID + "2") != NAME
    assert rule_name(STACK_ID + "2", LOGICAL_ID) != NAME


def test_name_of_the_longest_ids_is_no_longer() -> None:
    assert len(rule_name("s" * 2000, "L" * 255)) == len("glue-labels-") + 32


@pytest.fixture
def rule(world: World) -> PollingRule:
    return PollingRule(lambda: world.events, NAME)


def test_rule_serves_the_requests_it_was_put_for(rule: PollingRule) -> None:
    assert not rule.serves("a")
    rule.put(FUNCTION_ARN, "a", {})
    assert rule.serves("a")
    assert not rule.serves("b")


def test_removing_one_request_keeps_the_rule_for_another(world: World, rule: PollingRule) -> None:
    rule.put(FUNCTION_ARN, "a", {})
    rule.put(FUNCTION_ARN, "b", {})
    rule.remove("a")
    assert (rule.serves("a"), rule.serves("b")) == (False, True)
    rule.remove("b")
    assert world.rules() == []


def test_removing_all_but_one_keeps_that_one(world: World, rule: PollingRule) -> None:
    for request_id in ("a", "b", "c"):
        rule.put(FUNCTION_ARN, request_id, {})
    rule.remove(but="c")
    assert [rule.serves(request_id) for request_id in ("a", "b", "c")] == [False, False, True]
    rule.remove(but="d")
    assert world.rules() == []


def test_removing_what_is_gone_is_fine(world: World, rule: PollingRule) -> None:
    rule.remove("a")
    rule.remove(but="a")
    assert "DeleteRule" not in world.calls


def test_removing_that_is_denied_is_logged_not_raised(
    world: World, rule: PollingRule, caplog: pytest.LogCaptureFixture
) -> None:
    def deny(**_: object) -> object:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "RemoveTargets")

    rule.put(FUNCTION_ARN, "a", {})
    world.events.remove_targets = deny
    rule.remove("a")
    assert "rule not removed" in caplog.text


def test_rule_that_cannot_be_read_counts_as_serving_so_that_an_answer_is_given(
    world: World, rule: PollingRule
) -> None:
    def deny(**_: object) -> object:
        raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListTargetsByRule")

    world.events.list_targets_by_rule = deny
    assert rule.serves("a")
