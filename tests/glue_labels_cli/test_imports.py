"""The construct library imports no AWS SDK, and the command line imports no CDK."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]


def imported(folder: str) -> set[str]:
    """The modules that are imported anywhere below a folder, also in functions."""
    return {name for path in (ROOT / folder).rglob("*.py") for name in imports_of(path)}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def test_construct_library_imports_no_aws_sdk() -> None:
    found = imported("constructs")
    assert "aws_cdk" in found
    assert not {name for name in found if name.partition(".")[0] in {"boto3", "botocore", "glue_labels_cli"}}


def test_command_line_imports_nothing_that_loads_the_cdk() -> None:
    found = imported("cli")
    assert "boto3" in found
    assert not {name for name in found if name.partition(".")[0] in {"aws_cdk", "constructs", "jsii"}}
    assert {name for name in found if name.partition(".")[0] == "glue_labels"} == {
        "glue_labels.labeling_file"
    }
