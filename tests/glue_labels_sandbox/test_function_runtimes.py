"""The processes of functions: when one goes on, and what a Node.js function finds."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_sandbox import Sandbox

COUNT_AND_RAISE = """
count = 0
def handler(event, context):
    global count
    count += 1
    raise RuntimeError(f"invocation {count} of this process")
"""

COUNT_AND_HANG = """
import time
count = 0
def handler(event, context):
    global count
    count += 1
    if event.get("hang"):
        time.sleep(30)
    return count
"""

FIND_CLIENT = """
exports.handler = async (event) => {
  require.resolve(event.name);  // MiniStack has stand-ins for some, which cannot be resolved
  return Object.keys(require(event.name)).includes(event.client);
};
"""


@pytest.fixture
def node_function(sandbox: Sandbox, unique: str, function_role: str) -> Callable[[str], str]:
    """Make a function of a Node.js module's text; return its name."""

    def create(text: str) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.js", text)
        sandbox.client("lambda").create_function(
            FunctionName=unique,
            Role=f"arn:aws:iam::{sandbox.account}:role/{function_role}",
            Runtime="nodejs22.x",
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
            Timeout=30,
        )
        return unique

    return create


def test_process_goes_on_after_its_handler_raised(
    sandbox: Sandbox, unique: str, create_function: Callable[..., str]
) -> None:
    create_function(COUNT_AND_RAISE)
    messages = [_invoke(sandbox, unique)["errorMessage"] for _ in range(2)]
    assert messages == ["invocation 1 of this process", "invocation 2 of this process"]


def test_process_ends_when_its_handler_does_not_in_time(
    sandbox: Sandbox, unique: str, create_function: Callable[..., str]
) -> None:
    create_function(COUNT_AND_HANG, Timeout=2)
    assert _invoke(sandbox, unique) == 1
    assert "timed out" in _invoke(sandbox, unique, hang=True)["errorMessage"]
    assert _invoke(sandbox, unique) == 1


@pytest.mark.parametrize("service", ["Glue", "Lambda", "SFN"])
def test_node_function_finds_the_client_of(
    sandbox: Sandbox, node_function: Callable[[str], str], service: str
) -> None:
    name = node_function(FIND_CLIENT)
    package = f"@aws-sdk/client-{service.lower()}"
    assert _invoke(sandbox, name, name=package, client=f"{service}Client") is True


def _invoke(sandbox: Sandbox, function: str, **event: Any) -> Any:
    answer = sandbox.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())
