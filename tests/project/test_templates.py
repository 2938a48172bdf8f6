"""The templates of app.py and of the examples, which users deploy.

A changed template differs from its snapshot. If the change is intended, update the snapshots and review them:
`pytest tests/project/test_templates.py -p no:xdist --snapshot-update`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cfnlint.api import ManualArgs, lint
from syrupy.extensions.json import JSONSnapshotExtension

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion

ROOT = Path(__file__).parents[2]
APPS = [ROOT, *sorted(path.parent for path in ROOT.glob("examples/*/app.py"))]
NAMES = ["app.py" if app == ROOT else app.name for app in APPS]

# W3005: a dependency that a reference implies as well. The CDK's Function has one, and an example shows its
# order. It is harmless. E3703: actions of CDK Pipelines, which the examples do not control.
IGNORED = ["W3005", "E3703"]


@pytest.fixture(scope="module", params=APPS, ids=NAMES)
def templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The templates of an app, by the stack's name, with the context of its cdk.json."""
    folder = tmp_path_factory.mktemp("cdk.out")
    context = json.loads((request.param / "cdk.json").read_text()).get("context", {})
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=request.param,
        env={**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)},
        check=True,
    )
    suffix = ".template.json"
    return {path.name.removesuffix(suffix): path.read_text() for path in folder.rglob(f"*{suffix}")}


def test_cfn_lint_reports_nothing(templates: dict[str, str]) -> None:
    assert templates
    config = ManualArgs(include_checks=["W"], ignore_checks=IGNORED)
    for text in templates.values():
        found = lint(text, regions=["us-east-1"], config=config)
        assert not [f"{match.rule.id} {match.message}" for match in found]


def test_template_is_the_one_of_its_snapshot(templates: dict[str, str], snapshot: SnapshotAssertion) -> None:
    assert templates
    for stack, text in templates.items():
        assert _without_hashes(text) == snapshot(name=stack, extension_class=JSONSnapshotExtension)


def _without_hashes(text: str) -> Any:
    # Hashes of assets, which differ after each change of a label file or of the function. In a pipeline they
    # also have eight digits of their destination.
    return json.loads(
        re.sub(r"[0-9a-f]{64}|(?<=:current_account-current_region-)[0-9a-f]{8}", "<hash>", text)
    )
