"""Resource types that the sandbox does not know."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import command_report

if TYPE_CHECKING:
    from conftest import Stacks

ROOT = Path(__file__).parents[2]
UNKNOWN: dict[str, Any] = {"Type": "AWS::CodePipeline::Pipeline", "Properties": {}}
KNOWN: dict[str, Any] = {"Type": "AWS::SQS::Queue"}


def create_change_set(stacks: Stacks, stack: str, **template: Any) -> None:
    stacks.sandbox.client("cloudformation").create_change_set(
        StackName=stack,
        ChangeSetName="changes",
        ChangeSetType="CREATE",
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_IAM"],
    )


def test_stack_with_unknown_types_is_refused_with_all_of_their_names_before_anything_is_made(
    stacks: Stacks, unique: str
) -> None:
    pipeline = {**UNKNOWN, "Metadata": {"aws:cdk:path": "App/Pipeline/Resource"}}
    webhook = {"Type": "AWS::CodePipeline::Webhook"}
    with pytest.raises(ClientError) as refused:
        create_change_set(stacks, unique, Resources={"Queue": KNOWN, "Pipeline": pipeline, "Hook": webhook})
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    message = refused.value.response["Error"]["Message"]
    assert "AWS::CodePipeline::Pipeline (App/Pipeline/Resource); AWS::CodePipeline::Webhook (Hook)" in message
    names = {
        stack["StackName"] for stack in stacks.sandbox.client("cloudformation").describe_stacks()["Stacks"]
    }
    assert unique not in names
    found = stacks.sandbox.unknown_resources()
    assert found["App/Pipeline/Resource"] == "AWS::CodePipeline::Pipeline"
    assert found["Hook"] == "AWS::CodePipeline::Webhook"


def test_resource_of_an_unknown_type_that_a_condition_leaves_out_is_no_obstacle(
    stacks: Stacks, unique: str
) -> None:
    create_change_set(
        stacks,
        unique,
        Conditions={"Never": {"Fn::Equals": ["a", "b"]}},
        Resources={"Queue": KNOWN, "Pipeline": {**UNKNOWN, "Condition": "Never"}},
    )


def test_custom_resources_and_cloudformation_s_own_are_known(stacks: Stacks, unique: str) -> None:
    custom = {
        "Type": "Custom::Anything",
        "Properties": {"ServiceToken": "arn:aws:lambda:us-east-1:1:function:f"},
    }
    handle = {"Type": "AWS::CloudFormation::WaitConditionHandle"}
    create_change_set(stacks, unique, Resources={"Custom": custom, "Handle": handle})


def test_report_of_unknown_types_fits_a_terminal_and_says_what_to_do() -> None:
    text = command_report.unknown_resources(
        {"LabelsPipeline/Pipeline/Resource": "AWS::CodePipeline::Pipeline"}
    )
    assert "Resource   LabelsPipeline/Pipeline/Resource, AWS::CodePipeline::Pipeline" in text.splitlines()
    assert "Name the other stacks in the command" in text
    assert max(map(len, text.splitlines())) <= 80


def test_example_that_cannot_be_rehearsed_is_refused_for_the_type_that_its_page_names(
    stacks: Stacks, tmp_path: Path
) -> None:
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=ROOT / "examples" / "pipeline_stage",
        env={**os.environ, "CDK_OUTDIR": str(tmp_path)},
        check=True,
    )
    template = json.loads((tmp_path / "LabelsPipeline.template.json").read_text())
    # What the CDK checks before a deployment is not there without a bootstrap.
    for checked in ("Rules", "Parameters"):
        del template[checked]
    with pytest.raises(
        ClientError, match=r"does not know these resource types: AWS::CodePipeline::Pipeline \("
    ):
        create_change_set(stacks, "LabelsPipeline", **template)
    page = (ROOT / "examples" / "README.md").read_text(encoding="utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith("| `pipeline_stage` |"))
    assert row.endswith("| no: the sandbox does not know `AWS::CodePipeline::Pipeline` |")
