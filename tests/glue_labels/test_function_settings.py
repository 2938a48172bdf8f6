"""The settings of the function: VPC, log group, and others that a company may ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import (
    NestedStack,
    RemovalPolicy,
    Stack,
    aws_ec2,
    aws_kms,
    aws_lambda,
    aws_logs,
    aws_sqs,
)
from aws_cdk.custom_resources import CustomResourceConfig
from function_resources import (
    FUNCTION,
    IMPORT,
    ROLE,
    actions_in,
    dangling,
    lambda_role,
    unchangeable,
    vpc_in,
)

from glue_labels import InvalidPropertyError, LabelsProvider

if TYPE_CHECKING:
    from collections.abc import Callable

NETWORK_INTERFACES = {
    "Action": [
        "ec2:CreateNetworkInterface",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
        "ec2:DeleteNetworkInterface",
        "ec2:AssignPrivateIpAddresses",
        "ec2:UnassignPrivateIpAddresses",
    ],
    "Effect": "Allow",
    "Resource": "*",
}


def test_function_has_the_settings_of_the_provider(
    stack: Stack,
    importing: Callable[..., Any],
    resource_of: Callable[..., Any],
    resources_of: Callable[..., Any],
) -> None:
    key = aws_kms.Key(stack, "Key")
    queue = aws_sqs.Queue(stack, "Queue")
    importing(
        stack,
        memory_size=512,
        environment={"HTTPS_PROXY": "http://proxy.example:3128"},
        environment_encryption=key,
        tracing=aws_lambda.Tracing.ACTIVE,
        reserved_concurrent_executions=5,
        dead_letter_queue=queue,
    )

    (key_id,), (queue_id,) = resources_of(stack, "AWS::KMS::Key"), resources_of(stack, "AWS::SQS::Queue")
    function = resource_of(stack, FUNCTION)["Properties"]
    assert {
        "MemorySize": 512,
        "Environment": {"Variables": {"HTTPS_PROXY": "http://proxy.example:3128"}},
        "KmsKeyArn": f"${{{key_id}.Arn}}",
        "TracingConfig": {"Mode": "Active"},
        "ReservedConcurrentExecutions": 5,
        "DeadLetterConfig": {"TargetArn": f"${{{queue_id}.Arn}}"},
        "Timeout": 900,
    }.items() <= function.items()


def test_function_runs_in_the_subnets_and_security_groups_of_a_vpc(
    stack: Stack, importing: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    vpc = vpc_in(stack)
    group = aws_ec2.SecurityGroup(stack, "Group", vpc=vpc)
    subnets = aws_ec2.SubnetSelection(subnets=[vpc.private_subnets[0]])
    importing(stack, vpc=vpc, vpc_subnets=subnets, security_groups=[group])

    assert resource_of(stack, FUNCTION)["Properties"]["VpcConfig"] == {
        "SubnetIds": [stack.resolve(vpc.private_subnets[0].subnet_id)["Ref"].join(["${", "}"])],
        "SecurityGroupIds": [f"${{{stack.get_logical_id(group.node.default_child)}.GroupId}}"],
    }


def test_function_in_a_vpc_may_use_network_interfaces_and_no_managed_policy(
    stack: Stack, importing: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    importing(stack, vpc=vpc_in(stack))

    role = resource_of(stack, ROLE)["Properties"]
    (policy,) = role["Policies"]
    assert NETWORK_INTERFACES in policy["PolicyDocument"]["Statement"]
    assert "ManagedPolicyArns" not in role


def test_function_outside_a_vpc_may_use_no_network_interfaces(
    stack: Stack, importing: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    importing(stack)

    assert not {action for action in actions_in(resources_of(stack, ROLE)) if action.startswith("ec2:")}


def test_import_comes_after_the_endpoints_of_its_vpc_and_is_deleted_before_them(
    stack: Stack, importing: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    vpc = vpc_in(stack)
    importing(stack, vpc=vpc)
    endpoint = vpc.add_interface_endpoint("Glue", service=aws_ec2.InterfaceVpcEndpointAwsService.GLUE)

    assert stack.get_logical_id(endpoint.node.default_child) in resource_of(stack, IMPORT)["DependsOn"]


def test_given_log_group_is_the_only_one(
    stack: Stack,
    importing: Callable[..., Any],
    resource_of: Callable[..., Any],
    resources_of: Callable[..., Any],
) -> None:
    group = aws_logs.LogGroup(stack, "OwnLogs")
    provider = importing(stack, log_group=group)

    (group_id,) = resources_of(stack, "AWS::Logs::LogGroup")
    assert provider.log_group.log_group_arn == group.log_group_arn
    assert resource_of(stack, FUNCTION)["Properties"]["LoggingConfig"] == {"LogGroup": f"${{{group_id}}}"}
    (policy,) = resource_of(stack, ROLE)["Properties"]["Policies"]
    assert f"${{{group_id}.Arn}}" in [one["Resource"] for one in policy["PolicyDocument"]["Statement"]]


def nothing(stack: Stack) -> dict[str, Any]:
    del stack
    return {}


def everything(stack: Stack) -> dict[str, Any]:
    vpc = vpc_in(stack)
    return {
        "vpc": vpc,
        "security_groups": [aws_ec2.SecurityGroup(stack, "Group", vpc=vpc)],
        "role": lambda_role(stack),
        "log_group": aws_logs.LogGroup(stack, "OwnLogs"),
        "environment": {"HTTPS_PROXY": "http://proxy.example:3128"},
        "environment_encryption": aws_kms.Key(stack, "Key"),
        "tracing": aws_lambda.Tracing.ACTIVE,
        "dead_letter_queue": aws_sqs.Queue(stack, "Queue"),
    }


def only(*names: str) -> Callable[[Stack], dict[str, Any]]:
    return lambda stack: {name: value for name, value in everything(stack).items() if name in names}


@pytest.mark.parametrize(
    "settings_in",
    [
        nothing,
        everything,
        only("role"),
        only("log_group"),
        only("vpc"),
        only("role", "log_group"),
        lambda stack: {**everything(stack), "role": unchangeable(stack)},
    ],
    ids=["nothing", "everything", "role", "log-group", "vpc", "role-and-log-group", "unchangeable-role"],
)
@pytest.mark.parametrize("nested", [False, True], ids=["stack", "nested"])
def test_template_refers_to_nothing_that_it_does_not_have(
    stack: Stack,
    importing: Callable[..., Any],
    settings_in: Callable[[Stack], dict[str, Any]],
    nested: bool,
) -> None:
    home = NestedStack(stack, "Nested") if nested else stack
    importing(home, **settings_in(home))

    assert dangling(home) == set()


def test_function_that_may_never_run_is_refused(stack: Stack) -> None:
    with pytest.raises(
        InvalidPropertyError,
        match=r"^Test/Function: reserved_concurrent_executions must be at least 1: 0\.",
    ):
        LabelsProvider(stack, "Function", reserved_concurrent_executions=0)


def test_custom_resource_config_sets_retention_and_removal_of_the_log_group(
    stack: Stack, importing: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    importing(stack)
    config = CustomResourceConfig.of(stack.node.root)
    config.add_log_retention_lifetime(aws_logs.RetentionDays.ONE_YEAR)
    config.add_removal_policy(RemovalPolicy.RETAIN)

    group = resource_of(stack, "AWS::Logs::LogGroup")
    assert group["Properties"]["RetentionInDays"] == 365
    assert group["DeletionPolicy"] == "Retain"


def test_custom_resource_config_does_not_change_a_given_log_group(
    stack: Stack, importing: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    group = aws_logs.LogGroup(stack, "OwnLogs", retention=aws_logs.RetentionDays.TEN_YEARS)
    importing(stack, log_group=group)
    CustomResourceConfig.of(stack.node.root).add_log_retention_lifetime(aws_logs.RetentionDays.ONE_DAY)

    assert resource_of(stack, "AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 3653
