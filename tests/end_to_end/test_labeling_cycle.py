"""The whole cycle on the sandbox: generate, label, check, deploy, evaluate; nothing has drifted."""

from __future__ import annotations

import contextlib
import csv
import itertools
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from chromium import CHROMIUM, MISSING, press, started
from playwright.sync_api import expect

from glue_labels_bench.cdk import ROOT
from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


def is_same_as(first: dict[str, str], second: dict[str, str]) -> bool:
    """Whether two records have the same phone number, which means one customer."""
    digits = ["".join(filter(str.isdigit, row["phone"])) for row in (first, second)]
    return digits[0] == digits[1] != "" or first["email"] == second["email"] != ""


def keys_for(rows: list[dict[str, str]]) -> list[str]:
    """The keys that label the rows of a set: a, b, … by the first row of the same customer."""
    groups: list[dict[str, str]] = []
    keys = []
    for row in rows:
        found = next((number for number, one in enumerate(groups) if is_same_as(one, row)), len(groups))
        if found == len(groups):
            groups.append(row)
        keys.append("abcdefghij"[found])
    return keys


@contextlib.contextmanager
def labeling_page(deployment: Deployment) -> Iterator[str]:
    """The address of the labeling page of labels.csv, as `glue-labels label` prints it."""
    command = [sys.executable, "-m", "glue_labels_cli", "label", "labels.csv", "--no-browser"]
    process = subprocess.Popen(command, cwd=deployment.folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().rpartition(" ")[2].strip()
    finally:
        # As Ctrl-C does.
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


def label(deployment: Deployment, file: Path) -> None:
    """Label each set by keyboard, in a real browser."""
    with file.open(newline="") as text:
        sets = [
            (name, list(rows))
            for name, rows in itertools.groupby(csv.DictReader(text), lambda row: row["labeling_set_id"])
        ]
    with labeling_page(deployment) as address, started() as browser:
        page = browser.new_page()
        page.goto(address)
        for number, (name, rows) in enumerate(sets, start=1):
            expect(page.locator("#set-id")).to_have_text(name)
            expect(page.locator("tbody tr").first).to_be_focused()
            press(page, *keys_for(rows))
            expect(page.locator("#progress")).to_have_text(f"{number} of {len(sets)} sets")
            page.keyboard.press("Enter")


@pytest.mark.skipif(CHROMIUM is None, reason=MISSING)
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
    label(deployment, file)
    assert glue_labels(deployment, "check", "labels.csv").returncode == 0
    deployed = deployment.deploy(labeled="yes")
    assert deployed.code == 0, deployed.text

    evaluated = glue_labels(deployment, "evaluate", "--transform", transform)
    assert evaluated.returncode == 0
    assert f"{float(deployment.outputs['F1']):.2f}" in evaluated.stdout
    status = glue_labels(deployment, "status", "--transform", transform, "labels.csv")
    assert status.returncode == 0, status.stdout

    text = file.read_text()
    first = text.splitlines()[1]
    file.write_text(text.replace(first, first.replace(",", ",other-", 1), 1))
    drifted = glue_labels(deployment, "status", "--transform", transform, "labels.csv")
    assert drifted.returncode == 1
