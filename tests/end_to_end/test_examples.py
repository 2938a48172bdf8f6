"""An example, deployed as a user would."""

from __future__ import annotations

import itertools
import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from deployment import deploy_example, transform_of

from glue_labels_bench.cdk import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from glue_labels_sandbox import Sandbox, TaskRun

pytestmark = pytest.mark.end_to_end


def deploy(sandbox: Sandbox, folder: Path, **context: str) -> None:
    """Deploy the app of a folder."""
    done = deploy_example(sandbox, folder, **context)
    assert done.code == 0, done.text


def imports(sandbox: Sandbox, stack: str) -> list[TaskRun]:
    """The runs of the example's transform, in the order of their start."""
    return sorted(sandbox.runs(transform_of(sandbox, stack)), key=lambda run: run.started_on)


def policies(sandbox: Sandbox, stack: str) -> dict[str, Any]:
    """The inline policies of the stack's transform role, by name."""
    iam = sandbox.client("iam")
    resources = sandbox.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    (role,) = (
        resource["PhysicalResourceId"]
        for resource in resources
        if resource["ResourceType"] == "AWS::IAM::Role"
        and resource["LogicalResourceId"].startswith("TransformRole")
    )
    return {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }


def test_several_files_are_learned_in_order_and_all_again_when_the_first_changes(
    with_table: Sandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "several_files"
    shutil.copytree(ROOT / "examples" / "several_files", folder)
    deploy(with_table, folder)
    runs = imports(with_table, "SeveralFiles")
    assert [run.status for run in runs] == ["SUCCEEDED"] * 3
    assert [run.replace_all_labels for run in runs] == [True, False, False]
    for former, later in itertools.pairwise(runs):
        assert former.completed_on is not None
        assert former.completed_on <= later.started_on

    first = folder / "labels" / "1-first-round.csv"
    first.write_text(first.read_text().rstrip("\n") + "\n\n")
    deploy(with_table, folder)
    again = imports(with_table, "SeveralFiles")[3:]
    assert [run.replace_all_labels for run in again] == [True, False, False]
    assert [run.input_s3_path for run in again[1:]] == [run.input_s3_path for run in runs[1:]]


def test_one_evaluation_judges_what_three_imports_have_taught(with_table: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "three_imports_and_a_gate"
    shutil.copytree(ROOT / "examples" / "several_files", folder)
    app = folder / "app.py"
    text = app.read_text().replace("SeveralFiles", "SeveralFilesJudged")
    import_line = "from glue_labels import Labels, LabelsImport\n"
    assert import_line in text
    text = text.replace(import_line, import_line + "from glue_labels import TransformEvaluation\n")
    output = '        CfnOutput(self, "TransformId", value=transform.ref)\n'
    assert output in text
    gate = (
        '        quality = TransformEvaluation(self, "Quality", transform=transform, '
        "after=[first, second, third])\n"
        '        CfnOutput(self, "LabelCount", value=quality.label_count)\n'
    )
    app.write_text(text.replace(output, output + gate))

    deploy(with_table, folder)

    *taught, evaluated = imports(with_table, "SeveralFilesJudged")
    assert [run.task_type for run in taught] == ["IMPORT_LABELS"] * 3
    assert (evaluated.task_type, evaluated.status) == ("EVALUATION", "SUCCEEDED")
    assert all(run.completed_on and run.completed_on <= evaluated.started_on for run in taught)
    (stack,) = with_table.client("cloudformation").describe_stacks(StackName="SeveralFilesJudged")["Stacks"]
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    assert outputs["LabelCount"] == str(len(with_table.labels(evaluated.transform_id)))


def test_encrypted_bucket_s_versions_are_learned_under_one_grant(with_table: Sandbox, tmp_path: Path) -> None:
    folder = tmp_path / "encrypted_bucket"
    shutil.copytree(ROOT / "examples" / "encrypted_bucket", folder)
    deploy(with_table, folder)
    grants = policies(with_table, "EncryptedBucket")
    labels = folder / "labels" / "customers.csv"
    labels.write_text(labels.read_text().rstrip("\n") + "\n\n")
    deploy(with_table, folder)

    runs = imports(with_table, "EncryptedBucket")
    assert [run.status for run in runs] == ["SUCCEEDED"] * 2
    assert runs[0].input_s3_path != runs[1].input_s3_path
    assert policies(with_table, "EncryptedBucket") == grants


def test_existing_transform_s_role_reads_by_the_policy_that_the_import_gives_it(
    with_table: Sandbox, tmp_path: Path
) -> None:
    role = "RoleOfExistingTransform"
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam = with_table.client("iam")
    iam.create_role(
        RoleName=role, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    transform = with_table.client("glue").create_ml_transform(
        Name="existing",
        InputRecordTables=[{"DatabaseName": "crm", "TableName": "customers"}],
        Parameters={"TransformType": "FIND_MATCHES"},
        Role=iam.get_role(RoleName=role)["Role"]["Arn"],
    )["TransformId"]
    folder = tmp_path / "existing_transform"
    shutil.copytree(ROOT / "examples" / "existing_transform", folder)

    deploy(with_table, folder, transform_id=transform, transform_role=role)

    (run,) = with_table.runs(transform)
    assert run.status == "SUCCEEDED"
    (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
    assert policy.startswith("LabelsOfExistingTransform-CustomerLabels-")
