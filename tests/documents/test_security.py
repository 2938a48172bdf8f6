"""The policies that SECURITY.md shows are those of a synthesized stack."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack, aws_ec2
from aws_cdk.assertions import Template

from glue_labels import Labels, LabelsImport, LabelsProvider

DOCUMENT = Path(__file__).parents[2] / "SECURITY.md"


@pytest.fixture
def template() -> Template:
    """The template of a stack with one import."""
    stack = Stack(App(), "Test")
    labels = Labels.from_s3_path("s3://labels/customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)
    return Template.from_stack(stack)


@pytest.fixture
def documented(template: Template) -> list[Any]:
    """The JSON blocks in their order, with the template's values for the placeholders."""
    stands_for = {
        "Account": "${AWS::AccountId}",
        "Region": "${AWS::Region}",
        "Partition": "${AWS::Partition}",
        "TransformId": "tfm-1",
        "StackUuid": "${StackUuid}",
        "StackId": "${AWS::StackId}",
        "LogGroup": f"${{{next(iter(template.find_resources('AWS::Logs::LogGroup')))}.Arn}}",
        "Function": f"${{{next(iter(template.find_resources('AWS::Lambda::Function')))}.Arn}}",
    }
    blocks = re.findall(
        r"^```json\n(.*?)^```", DOCUMENT.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return [json.loads(re.sub(r"\$\{(\w+)\}", lambda name: stands_for[name[1]], block)) for block in blocks]


def properties(template: Template, resource_type: str) -> Any:
    (resource,) = template.find_resources(resource_type).values()
    return as_text(resource["Properties"])


def as_text(value: Any) -> Any:
    """Return `value` with intrinsic functions as CloudFormation's Sub would write them."""
    match value:
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"${{{resource}.{attribute}}}"
        case {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}:
            return "${StackUuid}"
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(as_text(part) for part in parts)
        case dict():
            return {key: as_text(item) for key, item in value.items()}
        case list():
            return [as_text(item) for item in value]
    return value


def test_policy_of_the_function_is_the_one_documented(template: Template, documented: list[Any]) -> None:
    role = properties(template, "AWS::IAM::Role")
    assert [policy["PolicyDocument"] for policy in role["Policies"]] == [documented[0]]


def test_function_has_no_policy_beside_the_one_documented(template: Template) -> None:
    assert "ManagedPolicyArns" not in properties(template, "AWS::IAM::Role")
    template.resource_count_is("AWS::IAM::Policy", 0)
    template.resource_count_is("AWS::IAM::ManagedPolicy", 0)


def test_who_may_assume_the_role_is_documented(template: Template, documented: list[Any]) -> None:
    assert properties(template, "AWS::IAM::Role")["AssumeRolePolicyDocument"] == documented[1]


def test_who_may_invoke_the_function_is_documented(template: Template, documented: list[Any]) -> None:
    assert properties(template, "AWS::Lambda::Permission") == documented[2]


def test_policy_of_a_transform_is_the_one_documented(template: Template, documented: list[Any]) -> None:
    assert properties(template, "AWS::IAM::RolePolicy")["PolicyDocument"] == documented[3]


def test_what_a_vpc_adds_is_documented(documented: list[Any]) -> None:
    stack = Stack(App(), "Test")
    LabelsProvider(stack, "Function", vpc=aws_ec2.Vpc(stack, "Vpc"))

    role = properties(Template.from_stack(stack), "AWS::IAM::Role")
    (policy,) = role["Policies"]
    assert policy["PolicyDocument"]["Statement"][-1] == documented[4]
