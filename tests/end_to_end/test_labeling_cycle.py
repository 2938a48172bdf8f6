"""The whole cycle on the sandbox: generate, label, check, deploy, evaluate; nothing has drifted."""

from __future__ import annotations

import csv
import os
import string
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING

import pytest
from chromium import CHROMIUM, MISSING, press, started
from deployment import ROOT
from playwright.sync_api import expect

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployment import Deployment
    from playwright.sync_api import Page

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


def customer(phone: str, email: str) -> str:
    """Whose record it is, for somebody who knows that one phone number is one customer."""
    return "".join(filter(str.isdigit, phone)) or email


def label_in_the_browser(file: Path) -> None:
    """Label each set by keyboard, a letter for each customer, until the page says that all are labeled."""
    command = [sys.executable, "-m", "glue_labels_cli", "label", str(file), "--no-browser"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with started() as browser:
                page = browser.new_page()
                page.goto(process.stdout.readline().split()[-1])
                expect(page.locator("#set-id")).not_to_be_empty()
                sets = 0
                while page.locator("#finished").inner_text() == "":
                    label_set(page)
                    sets += 1
                page.get_by_role("button", name="End").click()
            rest = process.communicate(timeout=60)[0]
        finally:
            process.kill()
    assert sets >= 10
    assert f"Next: glue-labels check {file}" in rest
    assert process.returncode == 0


def label_set(page: Page) -> None:
    """Label the set that is shown, and go to the next one."""
    expect(page.locator("#set-state")).to_contain_text("Not labeled yet")
    phones, emails = (
        page.locator(f'td[data-column="{column}"]').all_inner_texts() for column in ("phone", "email")
    )
    customers = [customer(*record) for record in zip(phones, emails, strict=True)]
    letters = dict(zip(dict.fromkeys(customers), string.ascii_uppercase, strict=False))
    press(page, *(letters[each] for each in customers))
    expect(page.locator("#set-state")).to_contain_text("Labeled")
    press(page, "Enter")
    # With the last set, the page says that all are labeled.
    expect(page.locator("#finished:not(:empty), #set-state :text('Not labeled yet')").first).to_be_visible()


def label_in_a_spreadsheet(file: Path) -> None:
    """Label the file without a browser, as an editor that writes all of it anew."""
    with file.open(newline="") as text:
        rows = list(csv.DictReader(text))
    for row in rows:
        row["label"] = customer(row["phone"], row["email"])
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
    if CHROMIUM:
        label_in_the_browser(file)
    else:
        warnings.warn(f"labeled without the page: {MISSING}", stacklevel=1)
        label_in_a_spreadsheet(file)
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
