"""How many executions of Lambda functions an account may have at once.

Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation".
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from glue_labels_sandbox import Invocation, Sandbox

    Allow = Callable[[str, str, str], None]
    CreateFunction = Callable[..., str]

HOLD = """
import json, boto3, time
def handler(event, context):
    if not event.get("waits"):
        return "done"
    s3 = boto3.client("s3")
    s3.put_object(Bucket="{bucket}", Key="begun/" + event["waits"], Body=b"")
    while not s3.list_objects_v2(Bucket="{bucket}", Prefix="go-on").get("Contents"):
        time.sleep(0.1)
    s3.put_object(Bucket="{bucket}", Key="ended/" + event["waits"], Body=b"")
"""


@pytest.fixture
def holding_function(allow: Allow, function_role: str, bucket: str, create_function: CreateFunction) -> str:
    """A function that holds its execution until the bucket has the object ``go-on``: its ARN."""
    allow(function_role, "s3:PutObject", f"arn:aws:s3:::{bucket}/*")
    allow(function_role, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
    return create_function(HOLD.format(bucket=bucket), Timeout=60)


@pytest.fixture
def limited(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox with one execution at once for each account and region."""
    sandbox.limit_concurrency(1)
    yield sandbox
    sandbox.limit_concurrency(None)


def test_asynchronous_invocation_over_the_limit_runs_later(
    limited: Sandbox, unique: str, bucket: str, holding_function: str
) -> None:
    _hold(limited, bucket, holding_function, "first")
    _invoke(limited, holding_function, "second")
    time.sleep(3)  # Lambda has tried it again by now.
    assert _keys(limited, bucket, "begun/") == {"begun/first"}
    limited.client("s3").put_object(Bucket=bucket, Key="go-on")
    _wait_for(limited, bucket, "ended/", {"ended/first", "ended/second"})
    assert _ends_before_the_next_begins(limited, unique)


def test_invocation_of_a_rule_over_the_limit_runs_later(
    limited: Sandbox, unique: str, bucket: str, holding_function: str
) -> None:
    events, functions = limited.client("events"), limited.client("lambda")
    functions.add_permission(
        FunctionName=holding_function,
        StatementId="rules",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    events.put_rule(Name=unique, ScheduleExpression="rate(1 minute)")
    target = {"Id": "1", "Arn": holding_function, "Input": json.dumps({"waits": "second"})}
    events.put_targets(Rule=unique, Targets=[target])
    _hold(limited, bucket, holding_function, "first")
    limited.fire_rule(unique)
    time.sleep(3)  # The rule has fired, and Lambda has tried again.
    events.remove_targets(Rule=unique, Ids=["1"])
    events.delete_rule(Name=unique)
    limited.client("s3").put_object(Bucket=bucket, Key="go-on")
    _wait_for(limited, bucket, "ended/", {"ended/first", "ended/second"})
    assert _ends_before_the_next_begins(limited, unique)


def test_synchronous_invocation_over_the_limit_is_refused(
    limited: Sandbox, bucket: str, holding_function: str
) -> None:
    _hold(limited, bucket, holding_function, "first")
    once = limited.client("lambda", retries={"total_max_attempts": 1})
    with pytest.raises(ClientError) as refused:
        once.invoke(FunctionName=holding_function, Payload=b"{}")
    assert refused.value.response["Error"]["Code"] == "TooManyRequestsException"
    assert refused.value.response["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 429
    limited.client("s3").put_object(Bucket=bucket, Key="go-on")
    _wait_for(limited, bucket, "ended/", {"ended/first"})


def test_other_regions_have_a_limit_of_their_own(
    limited: Sandbox, unique: str, bucket: str, holding_function: str
) -> None:
    here, elsewhere = limited.client("lambda"), limited.client("lambda", "eu-west-1")
    configuration = here.get_function_configuration(FunctionName=unique)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", HOLD.format(bucket=bucket))
    elsewhere.create_function(
        FunctionName=unique,
        Role=configuration["Role"],
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    _hold(limited, bucket, holding_function, "first")
    answer = elsewhere.invoke(FunctionName=unique, Payload=b"{}")
    assert json.loads(answer["Payload"].read()) == "done"
    limited.client("s3").put_object(Bucket=bucket, Key="go-on")
    _wait_for(limited, bucket, "ended/", {"ended/first"})


def test_account_settings_show_the_limit(sandbox: Sandbox) -> None:
    def shown() -> int:
        limits = sandbox.client("lambda").get_account_settings()["AccountLimit"]
        return int(limits["ConcurrentExecutions"])

    sandbox.limit_concurrency(10)
    assert shown() == 10
    sandbox.limit_concurrency(None)
    assert shown() == 1000


def test_limit_of_no_execution_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="at least 1 execution at once, not 0"):
        sandbox.limit_concurrency(0)


def _invoke(sandbox: Sandbox, function: str, name: str) -> None:
    payload = json.dumps({"waits": name}).encode()
    sandbox.client("lambda").invoke(FunctionName=function, InvocationType="Event", Payload=payload)


def _hold(sandbox: Sandbox, bucket: str, function: str, name: str) -> None:
    """Take an execution until ``go-on``."""
    _invoke(sandbox, function, name)
    _wait_for(sandbox, bucket, "begun/", {f"begun/{name}"})


def _ends_before_the_next_begins(sandbox: Sandbox, function: str) -> bool:
    until = time.monotonic() + 60
    ended: list[Invocation] = []
    while len(ended) < 2:
        assert time.monotonic() < until, f"only {len(ended)} of two invocations ended"
        ended = [one for one in sandbox.invocations() if one.function_name == function]
    first, second = ended
    return first.started_on + timedelta(seconds=first.seconds) <= second.started_on


def _wait_for(sandbox: Sandbox, bucket: str, prefix: str, keys: set[str]) -> None:
    until = time.monotonic() + 60
    while not _keys(sandbox, bucket, prefix) >= keys:
        assert time.monotonic() < until, f"{prefix} lacks some of {keys}"
        time.sleep(0.1)


def _keys(sandbox: Sandbox, bucket: str, prefix: str) -> set[str]:
    listed: dict[str, Any] = sandbox.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return {found["Key"] for found in listed.get("Contents", ())}
