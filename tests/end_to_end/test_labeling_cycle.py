"""The whole cycle on the sandbox: generate, label, check, deploy, evaluate; nothing has drifted."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from deployment import ROOT

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployment import Deployment

pytestmark = pytest.mark.end_to_end

BUCKET = "customers-of-the-cycle"


def glue_labels(deployment: Deployment, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line, with the sandbox for AWS."""
    done = subprocess.run(
        [sys.executable, "-m", "glue_labels_cli", *arguments],
        cwd=deployment.folder,
        env={**os.environ, **deployment.sandbox.environment, "GLUE_LABELS_OUTPUT": f"s3://{BUCKET}/labeling"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    print(done.stdout)
    return done


def label(file: Path) -> None:
    """Answer as somebody would who knows that one phone number is one customer."""
    with file.open(newline="") as text:
        rows = list(csv.DictReader(text))
    for row in rows:
        row["label"] = "".join(filter(str.isdigit, row["phone"])) or row["email"]
    with file.open("w", newline="") as text:
        writer = csv.DictWriter(text, rows[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def test_cycle_ends_with_a_transform_that_knows_exactly_the_labeled_file(
    new_deployment: Callable[[], Deployment],
) -> None:
    deployment = new_deployment()
    deployment.app = "cycle_app.py"
    s3 = deployment.sandbox.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    records = (ROOT / "records" / "customers.csv").read_bytes()
    s3.put_object(Bucket=BUCKET, Key="customers/part-1.csv", Body=records)
    created = deployment.deploy(bucket=BUCKET)
    assert created.code == 0, created.text
    deployment.sandbox.plan_other_runs(RunPlan(seconds=1))
    transform, file = deployment.outputs["TransformId"], deployment.folder / "labels.csv"

    generated = glue_labels(deployment, "generate", "--transform", transform, "--force", "labels.csv")
    assert generated.returncode == 0, generated.stdout
    label(file)
    assert glue_labels(deployment, "check", "labels.csv").returncode == 0
    deployed = deployment.deploy(labeled="yes")
    assert deployed.code == 0, deployed.text

    evaluated = glue_labels(deployment, "evaluate", "--transform", transform)
    assert evaluated.returncode == 0
    assert f"{float(deployment.outputs['F1']):.2f}" in evaluated.stdout
    status = glue_labels(deployment, "status", "--transform", transform, "labels.csv")
    assert status.returncode == 0, status.stdout

    text = file.read_text()
    first_set = [line for line in text.splitlines() if line.startswith("SET-001")]
    file.write_text(text.replace(first_set[0], first_set[0].replace("SET-001,", "SET-001,other-"), 1))
    drifted = glue_labels(deployment, "status", "--transform", transform, "labels.csv")
    assert drifted.returncode == 1
