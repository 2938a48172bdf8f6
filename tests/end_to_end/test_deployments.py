"""What a user sees of `cdk deploy` and `cdk destroy`, with the real CLI on the sandbox."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployment import Deployment

pytestmark = pytest.mark.end_to_end


def flat(text: str) -> str:
    """The text without the CLI's line breaks and indents."""
    return " ".join(text.split())


def test_created_stack_has_taught_the_transform_and_outputs_the_run(
    new_deployment: Callable[[], Deployment],
) -> None:
    deployment = new_deployment()
    assert deployment.deploy().code == 0
    (run,) = deployment.sandbox.runs(deployment.transform)
    assert deployment.outputs["TaskRunId"] == run.task_run_id
    assert deployment.outputs["CompletedOn"].startswith("20")
    assert run.status == "SUCCEEDED"
    assert deployment.known_sets() == {"A"}
    assert deployment.rules() == []


def test_update_with_a_changed_file_teaches_the_new_labels(deployed: Deployment) -> None:
    before = len(deployed.run_statuses())
    new_set = str(uuid.uuid4())
    deployed.write_labels(new_set, "C")
    assert deployed.deploy().code == 0
    assert deployed.known_sets() == {new_set, "C"}
    assert len(deployed.run_statuses()) == before + 1
    assert deployed.outputs["TaskRunId"] == deployed.sandbox.runs(deployed.transform)[-1].task_run_id
    assert deployed.rules() == []


def test_update_of_the_timeout_alone_imports_nothing(deployed: Deployment) -> None:
    assert deployed.deploy().code == 0
    before, task_run_id = len(deployed.run_statuses()), deployed.outputs["TaskRunId"]
    assert deployed.deploy(timeout="1800").code == 0
    assert len(deployed.run_statuses()) == before
    assert deployed.outputs["TaskRunId"] == task_run_id


def test_failed_update_is_rolled_back_to_the_former_labels(deployed: Deployment) -> None:
    assert deployed.deploy().code == 0
    known = deployed.known_sets()
    former_file = (deployed.folder / "labels.csv").read_text()
    deployed.write_labels(str(uuid.uuid4()))
    deployed.sandbox.plan_runs(RunPlan(seconds=1, status="FAILED", error_string="Set B has no labels."))
    failed = deployed.deploy()
    (deployed.folder / "labels.csv").write_text(former_file)
    assert failed.code != 0
    assert "The import of labels failed: Set B has no labels." in flat(failed.text)
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert deployed.run_statuses()[-2:] == ["FAILED", "SUCCEEDED"]
    forward, back = deployed.sandbox.runs(deployed.transform)[-2:]
    assert back.input_s3_path != forward.input_s3_path
    assert deployed.known_sets() == known
    assert deployed.rules() == []


def test_rollback_after_a_successful_import_teaches_the_former_labels_again(deployed: Deployment) -> None:
    assert deployed.deploy().code == 0
    known, before = deployed.known_sets(), len(deployed.run_statuses())
    former_file = (deployed.folder / "labels.csv").read_text()
    deployed.write_labels(str(uuid.uuid4()))
    failed = deployed.deploy(then_fail="yes")
    (deployed.folder / "labels.csv").write_text(former_file)
    del deployed.context["then_fail"]
    assert failed.code != 0
    assert deployed.status == "UPDATE_ROLLBACK_COMPLETE"
    assert deployed.run_statuses()[before:] == ["SUCCEEDED", "SUCCEEDED"]
    assert deployed.known_sets() == known
    assert deployed.rules() == []


def test_destroyed_stack_leaves_nothing(new_deployment: Callable[[], Deployment]) -> None:
    deployment = new_deployment()
    assert deployment.deploy().code == 0
    function, transform = deployment.function, deployment.transform
    assert deployment.destroy().code == 0
    assert deployment.status == "GONE"
    functions = deployment.sandbox.client("lambda").list_functions()["Functions"]
    assert function not in {known["FunctionName"] for known in functions}
    groups = deployment.sandbox.client("logs").describe_log_groups()["logGroups"]
    assert not any(deployment.stack in group["logGroupName"] for group in groups)
    roles = deployment.sandbox.client("iam").list_roles()["Roles"]
    assert not any(role["RoleName"].startswith(f"{deployment.stack}-") for role in roles)
    assert deployment.sandbox.runs(transform) == ()


def test_transform_that_does_not_exist_fails_with_glues_message_and_the_id(
    new_deployment: Callable[[], Deployment],
) -> None:
    deployment = new_deployment()
    failed = deployment.deploy(transform="tfm-nobody-made-this")
    assert failed.code != 0
    text = flat(failed.text)
    assert "GetMLTaskRuns failed: EntityNotFoundException" in text
    assert "tfm-nobody-made-this" in text
    assert "Check that the transform exists in this account and region" in text
    assert deployment.rules() == []
    assert deployment.destroy().code == 0
    assert deployment.status == "GONE"


def test_role_that_may_not_read_the_file_fails_with_glues_reason_and_what_to_grant(
    new_deployment: Callable[[], Deployment],
) -> None:
    deployment = new_deployment()
    # A short timeout, because the function retries a denial for as long as IAM may need.
    failed = deployment.deploy(grant="no", timeout="5")
    assert failed.code != 0
    text = flat(failed.text)
    assert "InvalidInputException: Cannot access the label file at s3://" in text
    advice = (
        r"the transform's role arn:aws:iam::\d+:role/\S+ may read it \(grant s3:GetObject on arn:aws:s3:::"
    )
    assert re.search(advice, text)
    assert deployment.rules() == []


def test_run_over_its_timeout_fails_the_deployment_and_is_cancelled(
    new_deployment: Callable[[], Deployment],
) -> None:
    deployment = new_deployment()
    deployment.sandbox.plan_runs(RunPlan(status=None))
    failed = deployment.deploy(timeout="5")
    assert failed.code != 0
    assert "did not end within 5 seconds" in flat(failed.text)
    assert "status STOPPED" in flat(failed.text)


def test_run_beyond_the_invocation_is_handed_over_to_a_rule_whatever_the_imports_name(
    new_deployment: Callable[[], Deployment],
) -> None:
    deployment = new_deployment()
    deployment.sandbox.plan_runs(RunPlan(seconds=40))
    # A logical id of 248 characters. Stock crhelper would make it a rule's name, which may have 64.
    done = deployment.deploy(function_timeout="20", import_id="LabelsOfAllCustomersWeEverHad" * 8)
    assert done.code == 0
    (run,) = deployment.sandbox.runs(deployment.transform)
    assert (run.status, deployment.outputs["TaskRunId"]) == ("SUCCEEDED", run.task_run_id)
    assert deployment.known_sets() == {"A"}
    assert deployment.rules() == []
    log = deployment.function_log()
    assert log.count('"event": "responded"') == 1
    assert '"event": "handed over"' in log


def test_diff_shows_what_the_former_and_the_new_label_file_have(deployed: Deployment) -> None:
    deployed.write_labels("A", "B", "C")
    assert deployed.deploy().code == 0
    deployed.write_labels("A", "B", "C", "D")

    text = deployed.diff().text

    assert "[-] 3 sets, 9 rows, 3 matches, 6 non-matches" in text
    assert "[+] 4 sets, 12 rows, 4 matches, 8 non-matches" in text
