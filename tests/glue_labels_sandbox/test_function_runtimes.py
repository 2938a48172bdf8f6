"""The processes of functions: when one goes on, and what a Node.js function finds."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

from glue_labels_sandbox import Sandbox
from glue_labels_sandbox.failures import failures

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Stacks

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
  return Object.keys(require(event.name)).includes(event.client);
};
"""


@pytest.fixture
def node_function(sandbox: Sandbox, unique: str, function_role: str) -> Callable[[str], str]:
    """Make a function of a Node.js module's text; return its name."""

    def create(text: str) -> str:
        role_arn = f"arn:aws:iam::{sandbox.account}:role/{function_role}"
        _create_node_function(sandbox, unique, role_arn, text)
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


def test_node_function_finds_what_npm_installed_for_the_app_or_above_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with the wheel: nothing is installed beside the sandbox's own code."""
    app = tmp_path / "repository" / "app"
    for folder, package in ((app, "near"), (app.parent, "above")):
        module = folder / "node_modules" / package
        module.mkdir(parents=True)
        (module / "index.js").write_text(f"exports.text = 'found {package}';")
    monkeypatch.chdir(app)
    with Sandbox() as sandbox:
        trust = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
        role = sandbox.client("iam").create_role(RoleName="role", AssumeRolePolicyDocument=document)["Role"]
        require = "exports.handler = async (event) => require(event.name).text;"
        _create_node_function(sandbox, "function", role["Arn"], require)
        assert _invoke(sandbox, "function", name="near") == "found near"
        assert _invoke(sandbox, "function", name="above") == "found above"


def test_node_function_gets_no_stand_in_for_a_client_that_is_not_installed(
    sandbox: Sandbox, node_function: Callable[[str], str]
) -> None:
    name = node_function("exports.handler = async (event) => typeof require(event.name);")
    for package in ("@aws-sdk/client-kinesis", "@aws-sdk/client-opensearch"):
        assert package in _invoke(sandbox, name, name=package)["errorMessage"]


def test_deployment_fails_with_the_package_that_the_sandbox_lacks_and_its_installation(
    sandbox: Sandbox, stacks: Stacks, unique: str, node_function: Callable[[str], str]
) -> None:
    name = node_function(
        'const client = require("@aws-sdk/client-kinesis");\nexports.handler = async () => 1;'
    )
    arn = f"arn:aws:lambda:{sandbox.region}:{sandbox.account}:function:{name}"
    with pytest.raises(WaiterError):
        stacks.deploy_one(unique, {"Type": "Custom::Test", "Properties": {"ServiceToken": arn}})
    (failure,) = (one for one in failures(sandbox, [sandbox.region]) if one.stack == unique)
    assert "The sandbox lacks the npm package @aws-sdk/client-kinesis" in failure.reason
    assert f"npm install --prefix {Path.cwd()} @aws-sdk/client-kinesis" in failure.reason


def _create_node_function(sandbox: Sandbox, name: str, role_arn: str, text: str) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("index.js", text)
    sandbox.client("lambda").create_function(
        FunctionName=name,
        Role=role_arn,
        Runtime="nodejs22.x",
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
    )


def _invoke(sandbox: Sandbox, function: str, **event: Any) -> Any:
    answer = sandbox.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
    return json.loads(answer["Payload"].read())
