"""How the function runs: its VPC, role, log group and the rest, as a company's rules ask for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import (
    Annotations,
    App,
    Environment,
    NestedStack,
    RemovalPolicy,
    Stack,
    aws_ec2,
    aws_iam,
    aws_kms,
    aws_lambda,
    aws_logs,
    aws_sqs,
)
from aws_cdk.assertions import Annotations as FoundAnnotations
from aws_cdk.assertions import Match, Template
from aws_cdk.custom_resources import CustomResourceConfig

from glue_labels import InvalidPropertyError, Labels, LabelsImport, LabelsProvider

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FUNCTION, ROLE, POLICY = "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::IAM::Policy"
TRANSFORM_POLICY, IMPORT = "AWS::IAM::RolePolicy", "Custom::GlueLabelsImport"
ROLE_ARN = "arn:aws:iam::111122223333:role/team/import-labels"
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


@pytest.fixture
def importing(labels: Labels) -> Callable[..., LabelsProvider]:
    """Makes a provider with settings, and imports that it serves."""

    def make(stack: Stack, *transforms: Any, **settings: Any) -> LabelsProvider:
        provider = LabelsProvider(stack, "LabelsFunction", **settings)
        for number, transform in enumerate(transforms or ["tfm-1"]):
            LabelsImport(stack, f"Import{number}", transform=transform, labels=labels, provider=provider)
        return provider

    return make


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


def test_function_runs_as_it_is_set(
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


def test_role_that_is_given_gets_what_the_function_needs_and_no_other_is_made(
    stack: Stack,
    importing: Callable[..., Any],
    resource_of: Callable[..., Any],
    resources_of: Callable[..., Any],
) -> None:
    provider = importing(stack, role=lambda_role(stack), vpc=vpc_in(stack))

    (role_id,) = resources_of(stack, ROLE)
    assert resource_of(stack, FUNCTION)["Properties"]["Role"] == f"${{{role_id}.Arn}}"
    assert provider.role.role_name
    policy = resource_of(stack, POLICY)["Properties"]
    assert policy["Roles"] == [f"${{{role_id}}}"]
    assert {"events:PutRule", "logs:PutLogEvents", "ec2:CreateNetworkInterface"} <= actions_in(policy)
    transform_policy = resource_of(stack, TRANSFORM_POLICY)["Properties"]
    assert transform_policy["RoleName"] == f"${{{role_id}}}"


def test_function_waits_for_the_policy_of_a_role_that_is_given(
    stack: Stack,
    importing: Callable[..., Any],
    resource_of: Callable[..., Any],
    resources_of: Callable[..., Any],
) -> None:
    importing(stack, role=lambda_role(stack))

    (policy_id,) = resources_of(stack, POLICY)
    assert policy_id in resource_of(stack, FUNCTION)["DependsOn"]


def test_role_of_another_stack_gets_its_policies_in_the_stack_of_the_import(
    importing: Callable[..., Any], resource_of: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    app = App()
    identities, stack = Stack(app, "Identities"), Stack(app, "Test")
    importing(stack, role=lambda_role(identities))

    assert resources_of(stack, ROLE) == {}
    for resource_type in (POLICY, TRANSFORM_POLICY):
        assert "Identities:Export" in str(resource_of(stack, resource_type))
    assert resources_of(identities, POLICY) == {}


def test_two_stacks_with_one_role_have_policies_of_different_names(
    importing: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    app = App()
    stacks = [Stack(app, name) for name in ("One", "Two")]
    for stack in stacks:
        importing(stack, role=aws_iam.Role.from_role_arn(stack, "Role", ROLE_ARN))

    for stack in stacks:
        for resource_type in (POLICY, TRANSFORM_POLICY):
            # The UUID of a stack is no other stack's.
            name = resource_of(stack, resource_type)["Properties"]["PolicyName"]
            assert name.endswith("-Select(2, Split('/', ${AWS::StackId}))")


def test_policy_of_a_transform_on_a_role_that_is_given_is_named_by_the_transform_as_far_as_there_is_room(
    stack: Stack, importing: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    importing(stack, "tfm-1", f"tfm-{'1' * 70}", role=lambda_role(stack))

    uuid = "0" * 36
    names = [
        one["Properties"]["PolicyName"].replace("Select(2, Split('/', ${AWS::StackId}))", uuid)
        for one in resources_of(stack, TRANSFORM_POLICY).values()
    ]
    assert ["-tfm-1-" in name for name in names] == [True, False]
    assert all(len(name) <= 128 for name in names)


def unchangeable(stack: Stack) -> aws_iam.IRole:
    return aws_iam.Role.from_role_arn(stack, "Role", ROLE_ARN, mutable=False)


def of_another_account(stack: Stack) -> aws_iam.IRole:
    return aws_iam.Role.from_role_arn(stack, "Role", ROLE_ARN.replace("111122223333", "444455556666"))


@pytest.fixture
def known_stack() -> Stack:
    """A stack that knows its account and region."""
    return Stack(App(), "Test", env=Environment(account="111122223333", region="eu-central-1"))


def warnings_of(stack: Stack) -> list[str]:
    found = FoundAnnotations.from_stack(stack).find_warning("*", Match.any_value())
    return [str(one.entry.data) for one in found]


@pytest.mark.parametrize("role_in", [unchangeable, of_another_account])
def test_role_that_must_not_be_changed_gets_one_warning_with_all_statements(
    known_stack: Stack,
    importing: Callable[..., Any],
    role_in: Callable[[Stack], aws_iam.IRole],
) -> None:
    queue = aws_sqs.Queue(known_stack, "Queue")
    importing(
        known_stack,
        "tfm-1",
        "tfm-2",
        role=role_in(known_stack),
        vpc=vpc_in(known_stack),
        tracing=aws_lambda.Tracing.ACTIVE,
        dead_letter_queue=queue,
    )

    template = Template.from_stack(known_stack)
    template.resource_count_is(POLICY, 0)
    template.resource_count_is(TRANSFORM_POLICY, 0)
    assert dangling(known_stack) == set()
    (warning,) = (one for one in warnings_of(known_stack) if "cdk-glue-labels:role-not-changed" in one)
    document = json.loads(warning[warning.index("{\n") : warning.rindex("}") + 1])
    resources = {
        action: statement["Resource"]
        for statement in document["Statement"]
        for action in actions_in(statement)
    }
    glue = "arn:${AWS::Partition}:glue:eu-central-1:111122223333:mlTransform/tfm-"
    assert resources["events:PutRule"] == (
        "arn:${AWS::Partition}:events:eu-central-1:111122223333:rule/glue-labels-*-*"
    )
    assert resources["cloudformation:DescribeStackEvents"].endswith(":stack/${AWS::StackName}/*")
    assert resources["glue:StartImportLabelsTaskRun"] == [f"{glue}1", f"{glue}2"]
    assert {"logs:PutLogEvents", "ec2:DescribeSubnets", "xray:PutTraceSegments"} <= resources.keys()
    assert resources["sqs:SendMessage"] == f"${{{known_stack.get_logical_id(queue.node.default_child)}.Arn}}"


def test_warning_of_a_role_that_is_not_changed_can_be_acknowledged(
    stack: Stack, importing: Callable[..., Any]
) -> None:
    provider = importing(stack, role=unchangeable(stack))
    Annotations.of(provider).acknowledge_warning("cdk-glue-labels:role-not-changed", "Granted elsewhere")

    assert not [one for one in warnings_of(stack) if "role-not-changed" in one]


def test_role_that_the_app_can_change_gets_no_warning(
    known_stack: Stack, importing: Callable[..., Any]
) -> None:
    importing(known_stack, role=aws_iam.Role.from_role_arn(known_stack, "Role", ROLE_ARN))

    assert not [one for one in warnings_of(known_stack) if "role-not-changed" in one]


def test_log_group_that_is_given_is_the_only_one(
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


def test_providers_of_one_stack_have_each_their_own_imports(
    stack: Stack, labels: Labels, resources_of: Callable[..., Any]
) -> None:
    for name in ("One", "Two"):
        provider = LabelsProvider(stack, name)
        LabelsImport(stack, f"Import{name}", transform="tfm-1", labels=labels, provider=provider)
    LabelsImport(stack, "ImportDefault", transform="tfm-1", labels=labels)

    functions = resources_of(stack, FUNCTION)
    assert len(functions) == 3
    tokens = {one["Properties"]["ServiceToken"] for one in resources_of(stack, IMPORT).values()}
    assert tokens == {f"${{{name}.Arn}}" for name in functions}


def test_provider_with_the_default_id_serves_imports_that_name_none_and_keeps_the_function(
    labels: Labels, resources_of: Callable[..., Any]
) -> None:
    functions = []
    for memory_size in (None, 1024):
        stack = Stack(App(), "Test")
        if memory_size:
            LabelsProvider(stack, LabelsProvider.DEFAULT_ID, memory_size=memory_size)
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels)
        functions.append(resources_of(stack, FUNCTION))

    former, latter = functions
    assert former.keys() == latter.keys()
    assert [one["Properties"]["MemorySize"] for one in latter.values()] == [1024]


def test_provider_of_another_stack_is_refused(labels: Labels) -> None:
    app = App()
    provider = LabelsProvider(Stack(app, "Other"), "Function")
    stack = Stack(app, "Test")

    with pytest.raises(
        InvalidPropertyError, match=r"^Test/Import: provider must be in .* Test: Other/Function is in Other\."
    ):
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels, provider=provider)


def test_provider_that_is_none_is_refused(stack: Stack, labels: Labels) -> None:
    with pytest.raises(TypeError, match=r"^Test/Import: provider must be a LabelsProvider, not 'f'\."):
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels, provider="f")  # type: ignore[arg-type] # the test


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


def test_custom_resource_config_leaves_a_log_group_that_is_given(
    stack: Stack, importing: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    group = aws_logs.LogGroup(stack, "OwnLogs", retention=aws_logs.RetentionDays.TEN_YEARS)
    importing(stack, log_group=group)
    CustomResourceConfig.of(stack.node.root).add_log_retention_lifetime(aws_logs.RetentionDays.ONE_DAY)

    assert resource_of(stack, "AWS::Logs::LogGroup")["Properties"]["RetentionInDays"] == 3653


def reported(tmp_path: Path, imports: Callable[[Stack], Any], path: str) -> list[Any]:
    """The statements that the report of `Role.customize_roles` has for a role."""
    app = App(outdir=str(tmp_path / "cdk.out"))
    stack = Stack(app, "Test")
    precreated = {"LabelsFunction/Role": "ops-import-labels", "TransformRole": "ops-transform"}
    aws_iam.Role.customize_roles(stack, use_precreated_roles=precreated)
    imports(stack)
    assembly = app.synth()
    resources = assembly.get_stack_by_name("Test").template["Resources"].values()
    assert not [one["Type"] for one in resources if one["Type"].startswith("AWS::IAM::")]
    report = json.loads((tmp_path / "cdk.out" / "iam-policy-report.json").read_text())
    (role,) = (one for one in report["roles"] if one["roleConstructPath"] == path)
    return list(role["identityPolicyStatements"])


def test_report_of_customized_roles_has_all_that_the_function_needs(
    tmp_path: Path, importing: Callable[..., Any]
) -> None:
    statements = reported(
        tmp_path, lambda stack: importing(stack, "tfm-1", "tfm-2"), "Test/LabelsFunction/Role"
    )

    assert actions_in(statements) >= {"events:PutRule", "logs:PutLogEvents"}
    glue = "arn:(PARTITION):glue:(REGION):(ACCOUNT):mlTransform/tfm-"
    assert [one["Resource"] for one in statements if "glue:StartImportLabelsTaskRun" in actions_in(one)] == [
        f"{glue}1",
        f"{glue}2",
    ]


def test_precreated_role_gets_no_warning_beside_the_report(importing: Callable[..., Any]) -> None:
    stack = Stack(App(), "Test")
    aws_iam.Role.customize_roles(stack, use_precreated_roles={"OwnRole": "ops-import-labels"})
    importing(stack, role=lambda_role(stack))

    assert not [one for one in warnings_of(stack) if "role-not-changed" in one]


def test_report_of_customized_roles_has_what_the_transform_reads(tmp_path: Path, labels: Labels) -> None:
    def imports(stack: Stack) -> None:
        role = aws_iam.Role(stack, "TransformRole", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
        provider = LabelsProvider(stack, "LabelsFunction")
        LabelsImport(
            stack, "Import", transform="tfm-1", labels=labels, transform_role=role, provider=provider
        )

    statements = reported(tmp_path, imports, "Test/TransformRole")

    assert [one["Action"] for one in statements] == ["s3:GetObject"]
    assert statements[0]["Resource"] == "arn:(PARTITION):s3:::labels/*.csv"
