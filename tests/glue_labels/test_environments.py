"""Where an import works: nested stacks, Stages, partitions, and transforms of other stacks."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Environment, NestedStack, Stack, Stage
from aws_cdk.assertions import Template

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IMPORT = "Custom::GlueLabelsImport"
FUNCTION = "AWS::Lambda::Function"


def test_nested_stack_has_a_function_of_its_own(
    stack: Stack, labels: Labels, transform: Any, resources_of: Callable[..., Any]
) -> None:
    nested = NestedStack(stack, "Nested")
    for scope in (stack, nested):
        LabelsImport(scope, "Import", transform=transform, labels=labels)

    assert [len(resources_of(of, FUNCTION)) for of in (stack, nested)] == [1, 1]
    assert [len(resources_of(of, IMPORT)) for of in (stack, nested)] == [1, 1]


def test_nested_stack_is_allowed_the_transform_of_its_parent(
    stack: Stack, labels: Labels, transform: Any, resource_of: Callable[..., Any]
) -> None:
    nested = NestedStack(stack, "Nested")
    LabelsImport(nested, "Import", transform=transform, labels=labels)

    policy = resource_of(nested, "AWS::IAM::RolePolicy")["Properties"]
    allowed = policy["PolicyDocument"]["Statement"][0]["Resource"]
    assert re.search(r":mlTransform/\$\{referencetoTestTransform\w*Ref\}$", allowed)


def test_imports_anywhere_in_a_stack_share_its_function(
    stack: Stack, labels: Labels, resources_of: Callable[..., Any]
) -> None:
    outer = LabelsImport(stack, "Outer", transform="tfm-1", labels=labels)
    LabelsImport(outer, "Inner", transform="tfm-2", labels=labels)

    assert len(resources_of(stack, FUNCTION)) == 1


def test_transform_of_another_stack_is_imported_by_its_id(
    labels: Labels, transform_in: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    app = App()
    owner, stack = Stack(app, "Owner"), Stack(app, "Test")
    LabelsImport(stack, "Import", transform=transform_in(owner), labels=labels)

    transform_id = resource_of(stack, IMPORT)["Properties"]["TransformId"]
    assert re.fullmatch(r"Import\(Owner:ExportsOutputRefTransform\w*\)", transform_id)
    policy = resource_of(stack, "AWS::IAM::RolePolicy")["Properties"]
    allowed = policy["PolicyDocument"]["Statement"][0]["Resource"]
    assert allowed.endswith(f":mlTransform/{transform_id}")


def test_stage_synthesizes_with_its_assets(tmp_path: Path, label_file: Path) -> None:
    app = App(outdir=str(tmp_path / "cdk.out"))
    stack = Stack(Stage(app, "Production"), "Test")
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))
    app.synth()

    stage = tmp_path / "cdk.out" / "assembly-Production"
    (manifest,) = stage.glob("*.assets.json")
    assets = json.loads(manifest.read_text())["files"].values()
    sources = [stage / file["source"]["path"] for file in assets if "template" not in file["source"]["path"]]
    assert len(sources) == 2
    assert all(source.exists() for source in sources)


def test_agnostic_stack_names_no_partition_region_or_account(
    stack: Stack, label_file: Path, role: Any
) -> None:
    LabelsImport(
        stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file), transform_role=role
    )

    template = json.dumps(Template.from_stack(stack).to_json())
    assert "arn:aws" not in template
    assert '"arn:", {"Ref": "AWS::Partition"}' in template


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_partition_is_that_of_the_region(
    label_file: Path,
    resource_of: Callable[..., Any],
    resources_of: Callable[..., Any],
    region: str,
    partition: str,
) -> None:
    # As in this project's cdk.json: service principals and partitions of all three are known to the CDK.
    app = App(context={"@aws-cdk/core:target-partitions": ["aws", "aws-cn", "aws-us-gov"]})
    stack = Stack(app, "Test", env=Environment(account="111122223333", region=region))
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))

    role = resource_of(stack, "AWS::IAM::Role")["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}
    (of_transform,) = resource_of(stack, "AWS::IAM::RolePolicy")["Properties"]["PolicyDocument"]["Statement"]
    arn_prefix = of_transform["Resource"].partition(":glue:")[0].replace("${AWS::Partition}", partition)
    assert arn_prefix == f"arn:{partition}"
    assert of_transform["Resource"].endswith(f":glue:{region}:111122223333:mlTransform/tfm-1")
    (of_rules, *_) = role["Policies"][0]["PolicyDocument"]["Statement"]
    permission = resource_of(stack, "AWS::Lambda::Permission")["Properties"]
    assert permission["Principal"] == "events.amazonaws.com"
    assert permission["SourceArn"] == of_rules["Resource"]
    if partition != "aws":
        assert "arn:aws:" not in json.dumps(Template.from_stack(stack).to_json())
    assert len(resources_of(stack, IMPORT)) == 1
