"""Invocations in progress, and a server that functions trust."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_sandbox import Sandbox

    Allow = Callable[[str, str, str], None]
    CreateFunction = Callable[..., str]

# Notes that it has begun, waits for a file, notes that it has ended.
WAIT = """
import boto3, time, uuid
def handler(event, context):
    s3 = boto3.client("s3")
    s3.put_object(Bucket="{bucket}", Key=f"begun/{{uuid.uuid4()}}", Body=b"")
    while not s3.list_objects_v2(Bucket="{bucket}", Prefix="go-on").get("Contents"):
        time.sleep(0.1)
    s3.put_object(Bucket="{bucket}", Key=f"ended/{{uuid.uuid4()}}", Body=b"")
"""

CONNECT = """
import ssl, socket
def handler(event, context):
    with socket.create_connection(("127.0.0.1", {port}), 10) as plain:
        with ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1") as connection:
            return connection.recv(99).decode()
"""


@pytest.fixture
def waiting_function(allow: Allow, function_role: str, bucket: str, create_function: CreateFunction) -> str:
    allow(function_role, "s3:PutObject", f"arn:aws:s3:::{bucket}/*")
    allow(function_role, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
    return create_function(WAIT.format(bucket=bucket))


def test_function_is_at_work_until_its_invocation_ends(
    sandbox: Sandbox, unique: str, bucket: str, waiting_function: str
) -> None:
    for _ in range(2):
        sandbox.client("lambda").invoke(FunctionName=waiting_function, InvocationType="Event")
    _wait_for(sandbox, bucket, "begun/", 2)
    assert sandbox.functions_at_work() == [unique, unique]
    sandbox.client("s3").put_object(Bucket=bucket, Key="go-on")
    _wait_for(sandbox, bucket, "ended/", 2)
    assert _becomes_idle(sandbox)


def test_crashed_invocation_is_repeated(
    sandbox: Sandbox, unique: str, bucket: str, waiting_function: str
) -> None:
    sandbox.client("lambda").invoke(FunctionName=waiting_function, InvocationType="Event")
    _wait_for(sandbox, bucket, "begun/", 1)
    sandbox.crash_function(unique)
    _wait_for(sandbox, bucket, "begun/", 2)
    sandbox.client("s3").put_object(Bucket=bucket, Key="go-on")
    _wait_for(sandbox, bucket, "ended/", 1)
    assert _becomes_idle(sandbox)
    assert _count(sandbox, bucket, "ended/") == 1


def test_function_that_is_not_at_work_cannot_crash(sandbox: Sandbox) -> None:
    with pytest.raises(LookupError, match="no-such-function"):
        sandbox.crash_function("no-such-function")


def test_functions_trust_a_server_of_the_callers_own(sandbox: Sandbox, invoke: Callable[..., object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            plain, _ = listener.accept()
            with sandbox.server_tls().wrap_socket(plain, server_side=True) as connection:
                connection.sendall(b"welcome")

        threading.Thread(target=serve, daemon=True).start()
        assert invoke(CONNECT.format(port=listener.getsockname()[1])) == "welcome"


def _wait_for(sandbox: Sandbox, bucket: str, prefix: str, count: int) -> None:
    until = time.monotonic() + 60
    while _count(sandbox, bucket, prefix) < count:
        assert time.monotonic() < until, f"{prefix} is not there {count} times"
        time.sleep(0.1)


def _becomes_idle(sandbox: Sandbox) -> bool:
    until = time.monotonic() + 60
    while sandbox.functions_at_work() and time.monotonic() < until:
        time.sleep(0.1)
    return not sandbox.functions_at_work()


def _count(sandbox: Sandbox, bucket: str, prefix: str) -> int:
    listed = sandbox.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return len(listed.get("Contents", ()))
