"""What a command says if its extra is not installed."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from glue_labels_cli.main import main

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec


@pytest.mark.parametrize(
    "arguments",
    [
        ("generate", "--transform", "tfm-1", "f.csv"),
        ("export", "--transform", "tfm-1", "f.csv"),
        ("evaluate", "--transform", "tfm-1"),
        ("status", "--transform", "tfm-1"),
    ],
)
def test_command_that_talks_to_aws_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    found = importlib.util.find_spec

    def without_boto3(name: str) -> ModuleSpec | None:
        return None if name == "boto3" else found(name)

    monkeypatch.setattr(importlib.util, "find_spec", without_boto3)
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout) == (1, "")
    needs = f"`glue-labels {arguments[0]}` needs packages that are not installed: boto3."
    assert result.stderr.startswith(f"Error: {needs}")
    assert result.stderr.endswith('-py3-none-any.whl[aws]"\n')
