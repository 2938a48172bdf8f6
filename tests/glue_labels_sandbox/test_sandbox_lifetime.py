"""A sandbox starts, is isolated, and leaves nothing behind, even if it is killed."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request

import pytest

from glue_labels_sandbox import Sandbox, SandboxStartError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks processes and sockets up in /proc")

FUNCTION = """
import pathlib, tempfile, time
def handler(event, context):
    pathlib.Path(tempfile.gettempdir(), "at-work").touch()
    time.sleep(600)
"""

# A sandbox in a process of its own, a function at work in it; prints what is to be gone afterwards.
PARENT = """
import io, json, time, zipfile
from glue_labels_sandbox import Sandbox

with Sandbox() as sandbox:
    service = {{"Service": "lambda.amazonaws.com"}}
    trust = {{"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"}}
    role = sandbox.client("iam").create_role(
        RoleName="r", AssumeRolePolicyDocument=json.dumps({{"Version": "2012-10-17", "Statement": [trust]}})
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.py", {FUNCTION!r})
    functions = sandbox.client("lambda")
    functions.create_function(
        FunctionName="f", Role=role["Role"]["Arn"], Runtime="python3.13", Handler="index.handler",
        Code={{"ZipFile": archive.getvalue()}}, Timeout=900,
    )
    functions.invoke(FunctionName="f", InvocationType="Event")
    while not (sandbox.log.parent / "tmp" / "at-work").exists():
        time.sleep(0.05)
    print(sandbox.pid, sandbox.endpoint_url, sandbox.log.parent, flush=True)
    {then}
"""


def test_stopped_sandbox_leaves_nothing_behind() -> None:
    with Sandbox() as sandbox:
        left = Remains(sandbox.pid, sandbox.endpoint_url, sandbox.log.parent)
        assert left.all_there()
    assert left.all_gone()


def test_sandbox_can_be_stopped_twice() -> None:
    sandbox = Sandbox()
    sandbox.stop()
    sandbox.stop()
    assert not sandbox.log.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_sandbox_ends_with_its_parent_whatever_kills_that(number: signal.Signals) -> None:
    with _parent("time.sleep(600)") as (parent, left):
        assert left.all_there()
        parent.send_signal(number)
        parent.wait(10)
        assert _within(10, left.all_gone)


def test_sandbox_ends_with_a_parent_that_fails() -> None:
    with _parent("raise SystemExit(3)") as (parent, left):
        assert parent.wait(10) == 3
        assert _within(10, left.all_gone)


def test_terminated_sandbox_removes_its_files() -> None:
    with _parent("time.sleep(600)") as (_, left):
        os.kill(left.pid, signal.SIGTERM)
        assert _within(10, lambda: not left.directory.exists() and not left.answers())


def test_functions_at_work_end_with_the_sandbox() -> None:
    with _parent("input()") as (parent, left):
        assert len(left.processes()) > 1
        assert parent.stdin is not None
        parent.stdin.write("stop\n")
        parent.stdin.flush()
        assert parent.wait(10) == 0
        assert left.all_gone()


def test_only_one_port_is_open_and_only_on_loopback(sandbox: Sandbox) -> None:
    port = urlsplit(sandbox.endpoint_url).port
    assert _listening(sandbox.pid) == {("127.0.0.1", port)}


def test_two_sandboxes_know_nothing_of_each_other(sandbox: Sandbox, bucket: str) -> None:
    with Sandbox() as other:
        assert other.endpoint_url != sandbox.endpoint_url
        assert bucket in _buckets(sandbox)
        assert bucket not in _buckets(other)
        with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
            other._control._opener.open(sandbox.endpoint_url)
    assert bucket in _buckets(sandbox)


def test_account_and_region_are_those_asked_for() -> None:
    with Sandbox(account="444455556666", region="eu-west-1") as sandbox:
        identity = sandbox.client("sts").get_caller_identity()
        assert identity["Account"] == "444455556666"
        assert sandbox.environment["AWS_REGION"] == "eu-west-1"
        assert sandbox.client("glue").meta.region_name == "eu-west-1"


def test_simulation_is_controlled_by_who_has_the_token_only(sandbox: Sandbox) -> None:
    # S310: https always
    request = Request(  # noqa: S310
        f"{sandbox.endpoint_url}/_sandbox/runs", data=b"{}", headers={"x-sandbox-token": "guess"}
    )
    with pytest.raises(HTTPError, match="403"):
        sandbox._control._opener.open(request)


def test_environment_wins_over_what_the_user_has_set(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that finds the user's own profile, endpoint, CA and proxy still reaches the sandbox."""
    users = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "the-users-own",
        "REQUESTS_CA_BUNDLE": "/nowhere/ca.pem",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "AWS_REGION": "ap-south-1",
    }
    for name, value in users.items():
        monkeypatch.setenv(name, value)
    script = (
        "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'], boto3.Session().region_name)"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **sandbox.environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.stdout == f"arn:aws:iam::{sandbox.account}:root {sandbox.region}\n", shown.stderr


def test_server_that_does_not_start_shows_its_log(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho this interpreter is broken >&2\n")
    broken.chmod(0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(broken))
    with pytest.raises(SandboxStartError, match="this interpreter is broken"):
        Sandbox()
    assert list(tmp_path.iterdir()) == [broken]


class Remains:
    """What a sandbox consists of outside this process."""

    def __init__(self, pid: int, url: str, directory: Path) -> None:
        self.pid = pid
        self.port = urlsplit(url).port
        self.directory = directory

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port or 0)) == 0

    def processes(self) -> list[int]:
        """The server and its functions; an ended one stays in the table until its new parent waits for it."""
        return [pid for pid in _processes() if _state(pid) != "Z" and _group_of(pid) == self.pid]

    def alive(self) -> bool:
        return bool(self.processes())

    def all_there(self) -> bool:
        return self.answers() and self.alive() and self.directory.is_dir()

    def all_gone(self) -> bool:
        return not (self.answers() or self.alive() or self.directory.exists())


@contextlib.contextmanager
def _parent(then: str) -> Iterator[tuple[subprocess.Popen[str], Remains]]:
    command = [sys.executable, "-c", PARENT.format(FUNCTION=FUNCTION, then=then)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as parent:
        assert parent.stdout is not None
        pid, url, directory = parent.stdout.readline().split()
        try:
            yield parent, Remains(int(pid), url, Path(directory))
        finally:
            parent.kill()


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def _buckets(sandbox: Sandbox) -> set[str]:
    return {bucket["Name"] for bucket in sandbox.client("s3").list_buckets()["Buckets"]}


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _state(pid: int) -> str | None:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return None


def _group_of(pid: int) -> int | None:
    with contextlib.suppress(OSError):
        return os.getpgid(pid)
    return None


def _listening(group: int) -> set[tuple[str, int]]:
    """Return address and port of every TCP socket on which a process of the group listens."""
    inodes = set()
    for pid in _processes():
        with contextlib.suppress(OSError):
            if _group_of(pid) == group:
                inodes |= {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
                address, _, port = fields[1].partition(":")
                shown = socket.inet_ntoa(bytes.fromhex(address)[::-1]) if len(address) == 8 else address
                found.add((shown, int(port, 16)))
    return found
