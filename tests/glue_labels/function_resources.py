"""Parts of the templates that the tests of the function read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import (
    Stack,
    aws_ec2,
    aws_iam,
)
from aws_cdk.assertions import Template

if TYPE_CHECKING:
    from collections.abc import Iterator

FUNCTION, ROLE, POLICY = "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::IAM::Policy"
TRANSFORM_POLICY, IMPORT = "AWS::IAM::RolePolicy", "Custom::GlueLabelsImport"
ROLE_ARN = "arn:aws:iam::111122223333:role/team/import-labels"


def vpc_in(stack: Stack) -> aws_ec2.Vpc:
    return aws_ec2.Vpc(stack, "Vpc", max_azs=2)


def lambda_role(stack: Stack) -> aws_iam.Role:
    return aws_iam.Role(stack, "OwnRole", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))


def actions_in(policies: Any) -> set[str]:
    """The actions of all statements somewhere in a template's resources."""
    match policies:
        case {"Action": str(action)}:
            return {action}
        case {"Action": list(actions)}:
            return set(actions)
        case dict():
            return set().union(*map(actions_in, policies.values()))
        case list():
            return set().union(*map(actions_in, policies))
    return set()


def references(value: Any) -> Iterator[str]:
    """The logical ids that a part of a template refers to."""
    match value:
        case {"Ref": str(name)} if not name.startswith("AWS::"):
            yield name
        case {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case dict():
            for item in value.values():
                yield from references(item)
        case list():
            for item in value:
                yield from references(item)


def dangling(stack: Stack) -> set[str]:
    """What a stack's template refers to, and does not have."""
    template = Template.from_stack(stack).to_json()
    resources = template["Resources"]
    waited_for = {name for one in resources.values() for name in one.get("DependsOn", [])}
    return {*references(template), *waited_for} - {*resources, *template.get("Parameters", {})}


def unchangeable(stack: Stack) -> aws_iam.IRole:
    return aws_iam.Role.from_role_arn(stack, "Role", ROLE_ARN, mutable=False)
