"""EventBridge's rules and Lambda's invocations in the sandbox, as a polling custom resource needs them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_sandbox import Sandbox

    Allow = Callable[[str, str, str], None]
    CreateFunction = Callable[..., str]

NOTE = """
import boto3, json, time
def handler(event, context):
    boto3.client("s3").put_object(Bucket="{bucket}", Key="noted", Body=json.dumps(event))
"""


@pytest.fixture
def noting_function(allow: Allow, function_role: str, bucket: str, create_function: CreateFunction) -> str:
    """A function that writes its event into the bucket: its ARN."""
    allow(function_role, "s3:PutObject", f"arn:aws:s3:::{bucket}/noted")
    return create_function(NOTE.format(bucket=bucket))


@pytest.mark.parametrize("prefix", ["test-", "other-"])
def test_rule_invokes_with_its_input_the_function_that_lets_it(
    sandbox: Sandbox, unique: str, bucket: str, noting_function: str, prefix: str
) -> None:
    sandbox.client("lambda").add_permission(
        FunctionName=noting_function,
        StatementId="rules",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=f"arn:aws:events:{sandbox.region}:{sandbox.account}:rule/{prefix}*",
    )
    _put_rule(sandbox, unique, noting_function, Input=json.dumps({"poll": [1, "two"]}))
    sandbox.fire_rule(unique)
    expected = {"poll": [1, "two"]} if prefix == "test-" else None
    assert _noted(sandbox, bucket, seconds=10 if expected else 3) == expected


def test_rule_made_anew_counts_its_minute_from_then(
    sandbox: Sandbox, unique: str, bucket: str, noting_function: str
) -> None:
    sandbox.client("lambda").add_permission(
        FunctionName=noting_function,
        StatementId="rules",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    events = sandbox.client("events")
    # Due at once, but disabled: what is left of it would make its successor fire.
    events.put_rule(Name=unique, ScheduleExpression="rate(1 minute)", State="DISABLED")
    sandbox.fire_rule(unique)
    events.delete_rule(Name=unique)
    _put_rule(sandbox, unique, noting_function)
    assert _noted(sandbox, bucket, seconds=3) is None


def test_rule_that_does_not_exist_cannot_fire(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="no-such-rule"):
        sandbox.fire_rule("no-such-rule")


def test_rule_with_targets_cannot_be_deleted(sandbox: Sandbox, unique: str, noting_function: str) -> None:
    events = sandbox.client("events")
    _put_rule(sandbox, unique, noting_function)
    with pytest.raises(ClientError, match=r"ValidationException.*has targets"):
        events.delete_rule(Name=unique)
    events.remove_targets(Rule=unique, Ids=["1"])
    events.delete_rule(Name=unique)
    assert events.list_rules(NamePrefix=unique)["Rules"] == []


@pytest.mark.parametrize("name", ["x" * 65, "a b", "a/b", "ü"])
def test_rule_with_a_name_out_of_bounds_is_refused(sandbox: Sandbox, name: str) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        sandbox.client("events").put_rule(Name=name, ScheduleExpression="rate(1 minute)")


def test_rule_name_may_have_64_characters(sandbox: Sandbox) -> None:
    name = "x" * 64
    sandbox.client("events").put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    sandbox.client("events").delete_rule(Name=name)


@pytest.mark.parametrize(
    "target",
    [{"Input": json.dumps("x" * 8191)}, {"Input": "{no json"}, {"Id": "x" * 65}, {"Id": "a b"}],
)
def test_target_out_of_bounds_is_refused(
    sandbox: Sandbox, unique: str, noting_function: str, target: dict[str, Any]
) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        _put_rule(sandbox, unique, noting_function, **target)


def test_targets_of_a_rule_that_is_gone_are_not_found(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        sandbox.client("events").remove_targets(Rule="no-such-rule", Ids=["1"])


def test_function_is_ended_at_its_timeout(invoke: Callable[..., Any]) -> None:
    started = time.monotonic()
    answer = invoke("import time\ndef handler(event, context): time.sleep(20)", Timeout=1)
    assert "timed out" in answer["errorMessage"]
    assert time.monotonic() - started < 10


def test_function_gets_the_time_it_has_left(invoke: Callable[..., Any]) -> None:
    left = invoke("def handler(event, context): return context.get_remaining_time_in_millis()", Timeout=7)
    assert 6000 < left <= 7000


def test_event_invocation_returns_before_the_function_does(
    sandbox: Sandbox, bucket: str, noting_function: str
) -> None:
    answer = sandbox.client("lambda").invoke(
        FunctionName=noting_function, InvocationType="Event", Payload=json.dumps({"once": True})
    )
    assert answer["StatusCode"] == 202
    assert _noted(sandbox, bucket, seconds=10) == {"once": True}


def _put_rule(sandbox: Sandbox, name: str, function_arn: str, **target: Any) -> None:
    events = sandbox.client("events")
    events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": function_arn, **target}])


def _noted(sandbox: Sandbox, bucket: str, seconds: float) -> Any:
    """Return the event the function noted, None if it noted none within the time."""
    s3, deadline = sandbox.client("s3"), time.monotonic() + seconds
    while time.monotonic() < deadline:
        if s3.list_objects_v2(Bucket=bucket, Prefix="noted")["KeyCount"]:
            return json.loads(s3.get_object(Bucket=bucket, Key="noted")["Body"].read())
        time.sleep(0.1)
    return None
