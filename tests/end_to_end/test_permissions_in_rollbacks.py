"""No deployment takes away a permission that its rollback, or its cleanup, needs.

No source says in which order CloudFormation restores a policy and a custom resource, so both are tried.
"""

from __future__ import annotations

import contextlib
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from deployment import LABEL_FILES, eventually

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deployment import Deployment

pytestmark = pytest.mark.end_to_end

FAILING = RunPlan(seconds=1, status="FAILED", error_string="Set B has no labels.")


@pytest.fixture(scope="module", params=["first", "last"])
def restored(
    request: pytest.FixtureRequest, new_deployment: Callable[[], Deployment]
) -> Iterator[Deployment]:
    """A stack whose rollbacks restore policies before, or after, all other resources."""
    deployment = new_deployment()
    deployment.app = "moving_app.py"
    # Other content than that of the import that changes: its grant, too, must be another.
    deployment.write_labels("Steady")
    steady = (deployment.folder / "labels.csv").rename(deployment.folder / "steady.csv")
    deployment.context["steady"] = str(steady)
    deployment.write_labels("A")
    created = deployment.deploy()
    assert created.code == 0, created.text
    deployment.sandbox.revert_policies(request.param)
    yield deployment
    deployment.sandbox.revert_policies(None)


@pytest.fixture
def settled(restored: Deployment) -> Deployment:
    """The same with set A in the first transform, imported from a file of the app."""
    restored.context = {"steady": restored.context["steady"]}
    restored.write_labels("A")
    settled = restored.deploy()
    assert settled.code == 0, settled.text
    assert known(restored, "First") == {"A"}
    return restored


def known(deployment: Deployment, name: str) -> set[str]:
    """Return the labeling sets that a transform knows."""
    return {row.labeling_set_id for row in deployment.sandbox.labels(transform(deployment, name))}


def transform(deployment: Deployment, name: str) -> str:
    """Return a transform's id."""
    (resource,) = (
        found
        for found in deployment.resources("AWS::Glue::MLTransform")
        if found["LogicalResourceId"] == name
    )
    return str(resource["PhysicalResourceId"])


def upload(deployment: Deployment, key: str, set_id: str) -> None:
    """Put a label file of one set into the bucket of label files."""
    s3: Any = deployment.sandbox.client("s3")
    # It may be there already.
    with contextlib.suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=LABEL_FILES)
    rows = f"labeling_set_id,label,name\n{set_id},1,Ann Lee\n{set_id},1,Anne Lee\n{set_id},2,Bo Diaz\n"
    s3.put_object(Bucket=LABEL_FILES, Key=key, Body=rows.encode())


def test_new_label_version_asks_for_no_approval(settled: Deployment) -> None:
    settled.write_labels(str(uuid.uuid4()))
    text = settled.diff().text
    assert "Custom::GlueLabelsImport" in text
    assert "IAM Statement Changes" not in text
    assert "AWS::IAM" not in text


def test_automatic_rollback_restores_the_former_labels(settled: Deployment) -> None:
    settled.write_labels(str(uuid.uuid4()))
    assert settled.deploy(then_fail="yes").code != 0
    assert settled.status == "UPDATE_ROLLBACK_COMPLETE"
    assert known(settled, "First") == {"A"}


@pytest.mark.parametrize("failing", [1, 2])
def test_cdk_rollback_restores_the_former_labels_after_failing_updates(
    settled: Deployment, failing: int
) -> None:
    for _ in range(failing):
        settled.write_labels(str(uuid.uuid4()))
        settled.sandbox.plan_runs(FAILING)
        assert settled.deploy("--no-rollback").code != 0
        assert settled.status == "UPDATE_FAILED"
    done = settled.roll_back()
    assert done.code == 0, done.text
    assert settled.status == "UPDATE_ROLLBACK_COMPLETE"
    assert known(settled, "First") == {"A"}


def test_rollback_reads_the_former_file_where_the_labels_had_moved_to_another_bucket(
    settled: Deployment,
) -> None:
    upload(settled, "moved/labels.csv", "M")
    assert settled.deploy(key="moved/labels.csv", then_fail="yes").code != 0
    assert settled.status == "UPDATE_ROLLBACK_COMPLETE"
    assert known(settled, "First") == {"A"}


def test_rollback_reads_the_former_file_where_the_labels_had_moved_to_another_folder(
    settled: Deployment,
) -> None:
    upload(settled, "v1/labels.csv", "V1")
    upload(settled, "v2/labels.csv", "V2")
    assert settled.deploy(key="v1/labels.csv").code == 0
    assert known(settled, "First") == {"V1"}
    assert settled.deploy(key="v2/labels.csv", then_fail="yes").code != 0
    assert settled.status == "UPDATE_ROLLBACK_COMPLETE"
    assert known(settled, "First") == {"V1"}


def test_rollback_reads_with_the_former_role_where_the_transform_had_got_another(settled: Deployment) -> None:
    settled.write_labels(str(uuid.uuid4()))
    assert settled.deploy(role="B", then_fail="yes").code != 0
    assert settled.status == "UPDATE_ROLLBACK_COMPLETE"
    assert known(settled, "First") == {"A"}


def test_rollback_imports_into_the_former_transform_where_the_import_had_moved_to_another(
    settled: Deployment,
) -> None:
    settled.write_labels("B")
    assert settled.deploy(into="Second", then_fail="yes").code != 0
    assert settled.status == "UPDATE_ROLLBACK_COMPLETE"
    assert known(settled, "Second") == {"B"}  # labels cannot be taken back
    assert known(settled, "First") == {"A"}
    last = settled.sandbox.runs(transform(settled, "First"))[-1]
    assert last.status == "SUCCEEDED"


def test_cleanup_of_an_import_that_is_removed_may_still_cancel_its_run(settled: Deployment) -> None:
    first = transform(settled, "First")
    former = settled.sandbox.runs(first)[-1]
    settled.sandbox.plan_runs(RunPlan(status=None))
    settled.sandbox.client("glue").start_import_labels_task_run(
        TransformId=first, InputS3Path=former.input_s3_path, ReplaceAllLabels=True
    )
    removed = settled.deploy(into="nobody")
    assert removed.code == 0, removed.text
    assert eventually(lambda: settled.sandbox.runs(first)[-1].status == "STOPPED")
