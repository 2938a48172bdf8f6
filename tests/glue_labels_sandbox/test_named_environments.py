"""Which accounts and regions the stacks of a cloud assembly name."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from glue_labels_sandbox.named_environments import NamedEnvironment, assembly, elsewhere, named_environments

if TYPE_CHECKING:
    from pathlib import Path

STACK = "aws:cloudformation:stack"


def write(folder: Path, artifacts: dict[str, dict[str, str]] | None = None) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts or {}}))
    return folder


def test_stacks_of_stages_are_found_under_their_display_names(tmp_path: Path) -> None:
    near = {"type": STACK, "environment": "aws://unknown-account/us-east-1"}
    write(tmp_path, {"Near": near, "Near.assets": {"type": "cdk:asset-manifest", "environment": ""}})
    far = {"type": STACK, "environment": "aws://444455556666/eu-west-1", "displayName": "Stage/Far"}
    write(tmp_path / "assembly-Stage", {"StageFar": far})
    assert named_environments(tmp_path) == [
        NamedEnvironment("Near", None, "us-east-1"),
        NamedEnvironment("Stage/Far", "444455556666", "eu-west-1"),
    ]


@pytest.mark.parametrize(
    ("account", "region", "other"),
    [
        (None, None, False),
        ("111122223333", "us-east-1", False),
        ("111122223333", "eu-west-1", False),
        ("444455556666", "us-east-1", True),
        (None, "eu-central-1", True),
    ],
)
def test_environment_is_elsewhere_if_it_is_another_account_or_none_of_the_regions(
    account: str | None, region: str | None, other: bool
) -> None:
    one = NamedEnvironment("Stack", account, region)
    assert elsewhere([one], "111122223333", ["us-east-1", "eu-west-1"]) == ([one] if other else [])


@pytest.mark.parametrize(
    "command", [["cdk", "deploy", "--output", "x"], ["cdk", "deploy", "-o", "x"], ["cdk", "-o=x"]]
)
def test_assembly_is_where_the_command_puts_it(tmp_path: Path, command: list[str]) -> None:
    write(tmp_path / "cdk.out")
    assert assembly(command, tmp_path, since=0) is None
    written = write(tmp_path / "x")
    assert assembly(command, tmp_path, since=0) == written


def test_assembly_is_where_cdk_json_puts_it(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text('{"output": "build/out"}')
    written = write(tmp_path / "build" / "out")
    assert assembly(["cdk", "deploy"], tmp_path, since=0) == written


def test_assembly_of_an_earlier_command_counts_only_if_it_is_what_is_deployed(tmp_path: Path) -> None:
    written = write(tmp_path / "cdk.out")
    os.utime(written / "manifest.json", (1000, 1000))
    assert assembly(["cdk", "deploy"], tmp_path, since=1001) is None
    assert assembly(["cdk", "deploy", "--app", "cdk.out"], tmp_path, since=1001) == written
