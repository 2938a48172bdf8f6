"""Labels that make the transform worse do not survive their deployment: the real CLI on the sandbox."""

from __future__ import annotations

import csv
import io
import itertools
import shutil
from typing import TYPE_CHECKING

import pytest
from deployment import Deployment, deploy_example, transform_of

from glue_labels_bench.cdk import ROOT
from glue_labels_sandbox import Metrics, RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from glue_labels_sandbox import Sandbox

pytestmark = pytest.mark.end_to_end

GOOD = RunPlan(seconds=1, metrics=Metrics(f1=0.91, precision=0.95, recall=0.87))
BAD = RunPlan(seconds=1, metrics=Metrics(f1=0.71, precision=0.6, recall=0.87))
IMPORT = RunPlan(seconds=1)


def evaluations(deployment: Deployment) -> list[str]:
    """The statuses of the transform's evaluations, in the order of their start."""
    runs = deployment.sandbox.runs(deployment.transform)
    return [run.status for run in runs if run.task_type == "EVALUATION"]


@pytest.fixture(scope="module")
def gated(new_deployment: Callable[[], Deployment]) -> Deployment:
    """A stack whose labels passed their gate."""
    deployment = new_deployment()
    deployment.app = "quality_app.py"
    deployment.sandbox.plan_runs(IMPORT, GOOD)
    created = deployment.deploy(minimum="0.85")
    assert created.code == 0, created.text
    return deployment


def test_metrics_are_attributes_of_one_more_resource(gated: Deployment) -> None:
    assert gated.outputs["F1"] == "0.91"
    (run,) = (run for run in gated.sandbox.runs(gated.transform) if run.task_type == "EVALUATION")
    assert gated.outputs["EvaluationRunId"] == run.task_run_id
    assert len(gated.resources("AWS::Lambda::Function")) == 1
    assert len(gated.resources("Custom::GlueTransformEvaluation")) == 1


def test_labels_below_the_minimum_are_rolled_back_to_the_former_ones(gated: Deployment) -> None:
    before = evaluations(gated)
    gated.write_labels("worse")
    gated.sandbox.plan_runs(IMPORT, BAD, IMPORT)
    updated = gated.deploy()
    assert updated.code != 0
    assert "F1 0.71 (minimum 0.85)" in " ".join(updated.text.split())
    assert "F1 was 0.91" in gated.failures
    assert gated.status == "UPDATE_ROLLBACK_COMPLETE"
    assert gated.known_sets() == {"A"}
    # The rollback itself evaluated nothing, though its labels were imported by a new run.
    assert evaluations(gated) == [*before, "SUCCEEDED"]
    gated.write_labels("A")


def test_minimum_alone_is_compared_without_another_evaluation(gated: Deployment) -> None:
    gated.write_labels("A", "B")
    gated.sandbox.plan_runs(IMPORT, GOOD)
    assert gated.deploy(minimum="0.85").code == 0
    before = evaluations(gated)
    assert gated.deploy(minimum="0.9").code == 0
    raised = gated.deploy(minimum="0.92")
    assert raised.code != 0
    assert "F1 0.91 (minimum 0.92)" in " ".join(raised.text.split())
    assert gated.status == "UPDATE_ROLLBACK_COMPLETE"
    assert gated.deploy(minimum="0.8").code == 0
    assert evaluations(gated) == before


def test_evaluation_that_hangs_is_cancelled_at_its_timeout(gated: Deployment) -> None:
    gated.write_labels("slow")
    gated.sandbox.plan_runs(IMPORT, RunPlan(status=None), IMPORT)
    updated = gated.deploy(minimum="0.8", timeout="20")
    assert updated.code != 0
    assert "The evaluation of the transform's quality did not end within 20 seconds" in gated.failures
    assert gated.status == "UPDATE_ROLLBACK_COMPLETE"
    assert evaluations(gated)[-1] == "STOPPED"
    assert gated.known_sets() == {"A", "B"}


def test_rollback_evaluates_nothing_though_the_evaluation_would_fail(gated: Deployment) -> None:
    gated.write_labels("forward")
    # What would follow in the rollback: one labeling set is too few for an evaluation.
    gated.sandbox.plan_runs(IMPORT, GOOD, IMPORT)
    updated = gated.deploy(minimum="0.8", timeout="3300", then_fail="yes")
    assert updated.code != 0
    assert gated.status == "UPDATE_ROLLBACK_COMPLETE"
    assert gated.known_sets() == {"A", "B"}
    assert evaluations(gated)[-2:] == ["STOPPED", "SUCCEEDED"]


def test_evaluation_alone_judges_a_transform_of_another_stack(
    gated: Deployment, new_deployment: Callable[[], Deployment]
) -> None:
    before = evaluations(gated)
    alone = new_deployment()
    alone.app = "quality_app.py"
    alone.sandbox.plan_runs(GOOD)
    created = alone.deploy(transform=gated.transform, round="1", minimum="0.8")
    assert created.code == 0, created.text
    assert alone.outputs["F1"] == "0.91"
    alone.sandbox.plan_runs(BAD)
    assert alone.deploy(transform=gated.transform, round="2", minimum="0.8").code != 0
    assert alone.status == "UPDATE_ROLLBACK_COMPLETE"
    assert evaluations(gated) == [*before, "SUCCEEDED", "SUCCEEDED"]
    assert alone.destroy().code == 0


def shuffled(text: str) -> str:
    """The label file with the labels of its rows moved on by one, so that they fit no longer."""
    rows = list(csv.DictReader(io.StringIO(text)))
    labels = [row["label"] for row in rows]
    for row, label in zip(rows, itertools.islice(itertools.cycle(labels), 1, None), strict=False):
        row["label"] = label
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, rows[0], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return written.getvalue()


def test_example_s_shuffled_labels_fail_its_gate_and_its_former_labels_come_back(
    with_table: Sandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "quality_gate"
    shutil.copytree(ROOT / "examples" / "quality_gate", folder)

    created = deploy_example(with_table, folder)
    assert created.code == 0, created.text
    transform = transform_of(with_table, "QualityGate")
    known = with_table.labels(transform)
    (labels,) = (folder / "labels").glob("*.csv")
    labels.write_text(shuffled(labels.read_text()))

    updated = deploy_example(with_table, folder)

    assert updated.code != 0
    assert "The transform's quality is below the minimum" in " ".join(updated.text.split())
    (stack,) = with_table.client("cloudformation").describe_stacks(StackName="QualityGate")["Stacks"]
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert with_table.labels(transform) == known
