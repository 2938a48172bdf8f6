"""The programs that the benchmark starts as processes, each once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from glue_labels_bench import cold_start
from glue_labels_bench.cdk import ROOT
from glue_labels_bench.example_variant import FUNCTION, NOTHING

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("variant", "instead_of_the_import"),
    [(NOTHING, set()), (FUNCTION, {"AWS::CloudFormation::CustomResource", "AWS::Lambda::Function"})],
)
def test_example_synthesizes_without_this_library(
    tmp_path: Path, variant: str, instead_of_the_import: set[str]
) -> None:
    subprocess.run(
        [sys.executable, "-m", "glue_labels_bench.example_variant", variant],
        cwd=ROOT,
        env={**os.environ, "CDK_OUTDIR": str(tmp_path)},
        check=True,
    )
    template = json.loads((tmp_path / "GlueLabelsExample.template.json").read_text())
    types = {
        resource["Type"]
        for name, resource in template["Resources"].items()
        if not name.startswith("CustomCDKBucketDeployment")  # uploads the example's records
    }
    assert "AWS::Glue::MLTransform" in types
    assert "Custom::GlueLabelsImport" not in types
    assert instead_of_the_import == types & {"AWS::CloudFormation::CustomResource", "AWS::Lambda::Function"}


def test_stacks_of_many_imports_are_timed() -> None:
    command = [sys.executable, "-m", "glue_labels_bench.many_imports", "1", "3"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    seconds = json.loads(done.stdout.splitlines()[-1])
    assert len(seconds) == 2
    assert min(seconds) > 0


def test_cold_start_is_timed_beside_its_floor() -> None:
    measured = cold_start.measure(rounds=1)
    assert measured.ratio == measured.seconds / measured.floor_seconds
