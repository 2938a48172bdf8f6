"""What the sandbox patches in MiniStack is declared, and checked before anything is patched."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

import glue_labels_sandbox
from glue_labels_sandbox import Sandbox, SandboxStartError
from glue_labels_sandbox.ministack_patches import PATCHES, VERSION
from glue_labels_sandbox.ministack_registry import replace

ROOT = Path(__file__).parents[2]
SOURCES = sorted(Path(glue_labels_sandbox.__file__).parent.glob("*.py"))
DECLARED = {name for patch in PATCHES for name in (*patch.replaces, *patch.reads)}

# Takes a name away and gives a function another parameter, in whichever process starts with it.
ANOTHER_MINISTACK = """
from ministack.services import eventbridge, lambda_svc
del eventbridge._rule_key
lambda_svc._execute_function = lambda func, event, deadline=None: {}
"""


def test_a_start_with_another_ministack_fails_with_the_names_that_differ(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(ANOTHER_MINISTACK)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(SandboxStartError) as failure, Sandbox():
        pass
    assert str(failure.value).rpartition("its log:\n")[2] == (
        f"The sandbox needs MiniStack {VERSION}. {VERSION} is installed, and differs here:\n"
        "  services.eventbridge._rule_key\n"
        "    expected: (rule_name, bus_name)\n"
        "    found:    nothing\n"
        "  services.lambda_svc._execute_function\n"
        "    expected: (func, event)\n"
        "    found:    (func, event, deadline=None)\n"
        f"Install the needed version: pip install ministack=={VERSION}\n"
    )


def test_a_text_that_a_patch_looks_for_is_checked() -> None:
    script = "from ministack.core import lambda_runtime as it\n"
    script += "it._NODEJS_WORKER_SCRIPT = it._NODEJS_WORKER_SCRIPT.replace('if (prefix)', '')\n"
    script += "from glue_labels_sandbox.ministack_registry import check\ncheck()\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "core.lambda_runtime._NODEJS_WORKER_SCRIPT\n    expected: 'if (prefix) return" in done.stderr


def test_the_version_is_the_one_that_the_package_requires() -> None:
    assert f'"ministack=={VERSION}"' in (ROOT / "pyproject.toml").read_text()


def test_exactly_the_declared_names_are_replaced(tmp_path: Path) -> None:
    script = Path(__file__).with_name("patched_names.py")
    done = subprocess.run([sys.executable, script, tmp_path], stdout=subprocess.PIPE, text=True, check=True)
    assert json.loads(done.stdout) == {"undeclared": [], "untouched": []}


def test_a_name_that_no_patch_declares_is_not_replaced() -> None:
    with pytest.raises(ValueError, match=r"No entry of PATCHES replaces services\.sqs\._queues\."):
        replace("services.sqs._queues", {})


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_only_declared_names_are_read(source: Path) -> None:
    assert {name for name, _ in _names_used(ast.parse(source.read_text()))} <= DECLARED


def test_every_declared_name_is_used() -> None:
    used = {name for source in SOURCES for name, _ in _names_used(ast.parse(source.read_text()))}
    read = {
        name for patch in PATCHES for name in patch.reads if not name.startswith("core.responses.Account")
    }
    assert read <= used


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_only_the_registry_assigns_to_ministack(source: Path) -> None:
    assert [
        name for name, context in _names_used(ast.parse(source.read_text())) if context is not ast.Load
    ] == []


def test_each_patch_says_why_and_what_to_offer_upstream() -> None:
    for patch in PATCHES:
        assert patch.reason.endswith(".")
        assert patch.upstream.endswith(".")
    assert len({patch.reason for patch in PATCHES}) == len(PATCHES)


def _names_used(tree: ast.Module) -> list[tuple[str, type[ast.expr_context]]]:
    """Return the names of MiniStack that a module's text uses, and whether it reads or assigns them."""
    imported = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "ministack":
            imported.update({each.asname or each.name: f"{node.module}.{each.name}" for each in node.names})
        if isinstance(node, ast.Import):
            imported.update(
                {
                    each.asname or each.name: each.name
                    for each in node.names
                    if each.name.startswith("ministack")
                }
            )
    found: list[tuple[str, type[ast.expr_context]]] = [
        (name.removeprefix("ministack."), ast.Load) for name in imported.values() if not _is_module(name)
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in imported:
            name = f"{imported[node.value.id]}.{node.attr}".removeprefix("ministack.")
            found.append((name, type(node.ctx)))
    return found


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:
        return False
