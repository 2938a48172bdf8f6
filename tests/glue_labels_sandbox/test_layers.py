"""Functions with layers find their files under /opt, as in Lambda."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

from glue_labels_sandbox.function_runtime import lead_to

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Stacks

    from glue_labels_sandbox import Sandbox

    Create = Callable[..., None]

TOOL = b"""#!/bin/sh
echo "tool $1 reads $(cat /opt/share/note.txt)"
"""
SCRIPT = b"""#!/var/lang/bin/python
import sys
print("script", *sys.argv[1:])
"""

USE = """
import subprocess
import greeting
def handler(event, context):
    def output(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return [
        output("/opt/bin/tool", "one"),
        output("tool", "two"),
        output("/opt/scripts/script", "three"),
        open("/opt/share/note.txt").read(),
        greeting.TEXT,
    ]
"""

USE_IN_NODE = """
const fs = require("fs"), child = require("child_process");
exports.handler = async () => [
  child.execFileSync("/opt/bin/tool", ["one"]).toString().trim(),
  fs.readFileSync('/opt/share/note.txt', "utf8"),
];
"""

PRINT = """
import subprocess, sys
def handler(event, context):
    program = "for number in range(300): print('child', number)"
    subprocess.run([sys.executable, "-c", program], check=True)
    return "answered"
"""


@pytest.fixture
def create(sandbox: Sandbox, unique: str, function_role: str) -> Create:
    """Make a function of one file and of layers, each of files with their modes."""

    def make(
        name: str, text: str, *layers: dict[str, tuple[bytes, int]], runtime: str = "python3.13"
    ) -> None:
        functions = sandbox.client("lambda")
        arns = [
            functions.publish_layer_version(
                LayerName=f"{unique}-{number}", Content={"ZipFile": _archive(layer)}
            )["LayerVersionArn"]
            for number, layer in enumerate(layers)
        ]
        functions.create_function(
            FunctionName=unique,
            Role=f"arn:aws:iam::{sandbox.account}:role/{function_role}",
            Runtime=runtime,
            Handler="index.handler",
            Code={"ZipFile": _archive({name: (text.encode(), 0o644)})},
            Layers=arns,
            Timeout=60,
        )

    return make


def test_python_function_uses_what_its_layers_have_under_opt(
    sandbox: Sandbox, unique: str, create: Create
) -> None:
    tools = {
        "bin/tool": (TOOL, 0o755),
        "scripts/script": (SCRIPT, 0o755),
        "share/note.txt": (b"lower", 0o644),
    }
    upper = {"share/note.txt": (b"upper", 0o644), "python/greeting.py": (b"TEXT = 'hello'", 0o644)}
    create("index.py", USE, tools, upper)
    assert _invoke(sandbox, unique) == [
        "tool one reads upper",
        "tool two reads upper",
        "script three",
        "upper",
        "hello",
    ]


def test_node_function_uses_what_its_layer_has_under_opt(
    sandbox: Sandbox, unique: str, create: Create
) -> None:
    layer = {"bin/tool": (TOOL, 0o755), "share/note.txt": (b"note", 0o644)}
    create("index.js", USE_IN_NODE, layer, runtime="nodejs22.x")
    assert _invoke(sandbox, unique) == ["tool one reads note", "note"]


def test_output_of_a_functions_child_is_logged_and_is_no_response(
    sandbox: Sandbox, unique: str, allow: Callable[[str, str, str], None], function_role: str, create: Create
) -> None:
    allow(function_role, "logs:*", "*")
    create("index.py", PRINT)
    assert _invoke(sandbox, unique) == "answered"
    logged = sandbox.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{unique}")["events"]
    assert "child 299" in "\n".join(event["message"] for event in logged)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'"/opt/awscli/aws"', b'"/there/awscli/aws"'),
        (b"os.path.join('/opt', 'x')", b"os.path.join('/there', 'x')"),
        (b"#!/opt/bin/sh\n", b"#!/there/bin/sh\n"),
        (b"/usr/opt/x /optional https://a.example/opt/x ./opt/x", None),
        (b"\0binary /opt/x", None),
    ],
)
def test_path_below_opt_leads_to_the_layers(before: bytes, after: bytes | None) -> None:
    assert lead_to(Path("/there"), before) == (after or before)


def test_custom_resource_whose_function_needs_an_sdk_client_that_is_not_installed_fails_at_once(
    sandbox: Sandbox, stacks: Stacks, unique: str, create: Create
) -> None:
    create(
        "index.js",
        "require('@aws-sdk/client-braket'); exports.handler = async () => {};",
        runtime="nodejs22.x",
    )
    arn = f"arn:aws:lambda:{sandbox.region}:{sandbox.account}:function:{unique}"
    with pytest.raises(WaiterError, match="ROLLBACK"):
        stacks.deploy_one(unique, {"Type": "Custom::Tested", "Properties": {"ServiceToken": arn}})
    events = sandbox.client("cloudformation").describe_stack_events(StackName=unique)["StackEvents"]
    reasons = "\n".join(event.get("ResourceStatusReason", "") for event in events)
    assert re.search("npm install --prefix .* @aws-sdk/client-braket", reasons)


def _archive(files: dict[str, tuple[bytes, int]]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, (content, mode) in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            file.writestr(info, content)
    return archive.getvalue()


def _invoke(sandbox: Sandbox, function: str) -> Any:
    answer = sandbox.client("lambda").invoke(FunctionName=function, Payload=b"{}")
    return json.loads(answer["Payload"].read())
