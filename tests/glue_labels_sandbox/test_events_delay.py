"""EventBridge's delay: a rule's targets are seen late."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError
from eventual import DELAY, comes_true, is_over

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Stacks

    from glue_labels_sandbox import Sandbox


@pytest.fixture
def delayed(sandbox: Sandbox) -> Iterator[Sandbox]:
    """A sandbox whose EventBridge is late."""
    sandbox.delay_events(DELAY)
    yield sandbox
    sandbox.delay_events(0)


def test_target_is_listed_only_after_the_delay(delayed: Sandbox, unique: str) -> None:
    since = time.monotonic()
    _put(delayed, unique)
    assert _listed(delayed, unique) == [] or is_over(since)
    assert comes_true(lambda: _listed(delayed, unique) == ["1"])


def test_removed_target_is_listed_until_then_and_keeps_the_rule(delayed: Sandbox, unique: str) -> None:
    _put(delayed, unique)
    assert comes_true(lambda: _listed(delayed, unique) == ["1"])
    since = time.monotonic()
    delayed.client("events").remove_targets(Rule=unique, Ids=["1"])
    assert _listed(delayed, unique) == ["1"] or is_over(since)
    assert not _deletes(delayed, unique) or is_over(since)
    assert comes_true(lambda: _deletes(delayed, unique))
    assert delayed.client("events").list_rules(NamePrefix=unique)["Rules"] == []


def test_rule_whose_target_is_not_listed_yet_cannot_be_deleted(delayed: Sandbox, unique: str) -> None:
    delayed.delay_events(600)
    _put(delayed, unique)
    assert _listed(delayed, unique) == []
    assert not _deletes(delayed, unique)


def test_target_of_a_stacks_rule_is_listed_only_after_the_delay(
    delayed: Sandbox, stacks: Stacks, unique: str
) -> None:
    rule = {"Name": unique, "ScheduleExpression": "rate(1 minute)", "Targets": [_target(delayed)]}
    delayed.delay_events(600)
    stacks.deploy_one(unique, {"Type": "AWS::Events::Rule", "Properties": rule})
    assert _listed(delayed, unique) == []
    delayed.delay_events(0)
    assert _listed(delayed, unique) == ["1"]


def test_without_a_delay_all_is_seen_at_once(sandbox: Sandbox, unique: str) -> None:
    _put(sandbox, unique)
    assert _listed(sandbox, unique) == ["1"]
    sandbox.client("events").remove_targets(Rule=unique, Ids=["1"])
    assert _listed(sandbox, unique) == []
    assert _deletes(sandbox, unique)


def _put(sandbox: Sandbox, name: str) -> None:
    events = sandbox.client("events")
    # Disabled: it is not to fire.
    events.put_rule(Name=name, ScheduleExpression="rate(1 minute)", State="DISABLED")
    events.put_targets(Rule=name, Targets=[_target(sandbox)])


def _target(sandbox: Sandbox) -> dict[str, str]:
    return {"Id": "1", "Arn": f"arn:aws:lambda:{sandbox.region}:{sandbox.account}:function:any"}


def _listed(sandbox: Sandbox, name: str) -> list[str]:
    return [target["Id"] for target in sandbox.client("events").list_targets_by_rule(Rule=name)["Targets"]]


def _deletes(sandbox: Sandbox, name: str) -> bool:
    try:
        sandbox.client("events").delete_rule(Name=name)
    except ClientError as error:
        if "has targets" not in str(error):
            raise
        return False
    return True
