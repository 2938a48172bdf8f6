"""The function's role, if the app gives one: its policies, and the warning if the app cannot change it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import (
    Annotations,
    App,
    Environment,
    Fn,
    Stack,
    aws_iam,
    aws_kms,
    aws_lambda,
    aws_sqs,
)
from aws_cdk.assertions import Template
from function_resources import (
    FUNCTION,
    POLICY,
    ROLE,
    ROLE_ARN,
    TRANSFORM_POLICY,
    actions_in,
    dangling,
    lambda_role,
    unchangeable,
    vpc_in,
)
from stack_warnings import warnings_of

from glue_labels import Labels, LabelsImport, LabelsProvider

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_given_role_gets_what_the_function_needs_and_no_other_role_is_created(
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


def test_function_waits_for_the_policy_of_a_given_role(
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


def test_another_given_role_has_another_policy(
    importing: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    policies = set()
    for name in ("lambda", "new-lambda"):
        stack = Stack(App(), "Test")
        importing(stack, role=aws_iam.Role.from_role_name(stack, "Role", name))
        ((logical_id, policy),) = resources_of(stack, POLICY).items()
        policies.add((logical_id, policy["Properties"]["PolicyName"]))

    assert len({logical_id for logical_id, _ in policies}) == len({name for _, name in policies}) == 2


def test_policy_name_on_a_given_role_has_the_transform_s_id_if_there_is_room(
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


def of_another_account(stack: Stack) -> aws_iam.IRole:
    return aws_iam.Role.from_role_arn(stack, "Role", ROLE_ARN.replace("111122223333", "444455556666"))


@pytest.fixture
def known_stack() -> Stack:
    """A stack that knows its account and region."""
    return Stack(App(), "Test", env=Environment(account="111122223333", region="eu-central-1"))


@pytest.mark.parametrize("role_in", [unchangeable, of_another_account])
def test_immutable_role_gets_one_warning_with_all_statements(
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


def reported(tmp_path: Path, imports: Callable[[Stack], Any], path: str) -> list[Any]:
    """The statements that the report of `Role.customize_roles` has for a role. No report has a token."""
    app = App(outdir=str(tmp_path / "cdk.out"))
    stack = Stack(app, "Test")
    precreated = {
        "LabelsFunction/Role": "ops-import-labels",
        "OwnRole": "ops-import-labels",
        "TransformRole": "ops-transform",
    }
    aws_iam.Role.customize_roles(stack, use_precreated_roles=precreated)
    imports(stack)
    assembly = app.synth()
    resources = assembly.get_stack_by_name("Test").template["Resources"].values()
    assert not [one["Type"] for one in resources if one["Type"].startswith("AWS::IAM::")]
    for file in (tmp_path / "cdk.out").glob("iam-policy-report.*"):
        assert "Token[" not in file.read_text()
    report = json.loads((tmp_path / "cdk.out" / "iam-policy-report.json").read_text())
    (role,) = (one for one in report["roles"] if one["roleConstructPath"] == path)
    return list(role["identityPolicyStatements"])


def test_report_of_customized_roles_has_all_that_the_function_needs(
    tmp_path: Path, importing: Callable[..., Any]
) -> None:
    statements = reported(
        tmp_path, lambda stack: importing(stack, "tfm-1", "tfm-2"), "Test/LabelsFunction/Role"
    )

    glue = "arn:(PARTITION):glue:(REGION):(ACCOUNT):mlTransform/tfm-"
    assert resources_by_action(statements) == {
        "events:PutRule": ["arn:(PARTITION):events:(REGION):(ACCOUNT):rule/glue-labels-*-*"],
        "cloudformation:DescribeStackEvents": ["(Test.AWS::StackId)"],
        "logs:CreateLogStream": ["(Test/LabelsFunction/Logs/Resource.Arn)"],
        "glue:StartImportLabelsTaskRun": [f"{glue}1", f"{glue}2"],
    }


def test_report_of_customized_roles_has_the_same_for_a_given_role(
    tmp_path: Path, importing: Callable[..., Any]
) -> None:
    statements = reported(tmp_path, lambda stack: importing(stack, role=lambda_role(stack)), "Test/OwnRole")

    found = resources_by_action(statements)
    assert found["events:PutRule"] == ["arn:(PARTITION):events:(REGION):(ACCOUNT):rule/glue-labels-*-*"]
    assert found["glue:StartImportLabelsTaskRun"] == [
        "arn:(PARTITION):glue:(REGION):(ACCOUNT):mlTransform/tfm-1"
    ]


def test_report_of_customized_roles_names_transforms_that_only_the_deployment_knows(
    tmp_path: Path, importing: Callable[..., Any], transform_in: Callable[..., Any]
) -> None:
    statements = reported(
        tmp_path,
        lambda stack: importing(stack, transform_in(stack), Fn.import_value("id")),
        "Test/LabelsFunction/Role",
    )

    arn = "arn:(PARTITION):glue:(REGION):(ACCOUNT):mlTransform"
    assert resources_by_action(statements)["glue:StartImportLabelsTaskRun"] == [
        f"{arn}/(Test/Transform.Ref)",
        f"{arn}/{{'Fn::ImportValue': 'id'}}",
    ]


def resources_by_action(statements: list[Any]) -> dict[str, list[str]]:
    """The resources of statements, by the first action of each."""
    found: dict[str, list[str]] = {}
    for one in statements:
        actions = one["Action"]
        found.setdefault(actions if isinstance(actions, str) else actions[0], []).append(one["Resource"])
    return found


def test_precreated_role_gets_no_warning_beside_the_report(importing: Callable[..., Any]) -> None:
    stack = Stack(App(), "Test")
    aws_iam.Role.customize_roles(stack, use_precreated_roles={"OwnRole": "ops-import-labels"})
    importing(stack, role=lambda_role(stack))

    assert not [one for one in warnings_of(stack) if "role-not-changed" in one]


@pytest.mark.parametrize("exact", [False, True], ids=["folder", "object"])
def test_report_of_customized_roles_has_what_the_transform_reads_of_an_asset(
    tmp_path: Path, label_file: Path, exact: bool
) -> None:
    def imports(stack: Stack) -> None:
        role = aws_iam.Role(stack, "TransformRole", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
        key = aws_kms.Key.from_key_arn(stack, "Key", f"arn:aws:kms:r:1:key/{Fn.import_value('key')}")
        LabelsImport(
            stack,
            "Import",
            transform="tfm-1",
            labels=Labels.from_asset(label_file, encryption_key=key),
            transform_role=role,
            provider=LabelsProvider(stack, "LabelsFunction"),
            grant_exact_object=exact,
        )

    found = resources_by_action(reported(tmp_path, imports, "Test/TransformRole"))

    ((path,), (key,)) = found["s3:GetObject"], found["kms:Decrypt"]
    bucket = re.escape("arn:(PARTITION):s3:::cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}/")
    assert re.fullmatch(bucket + (r"[0-9a-f]{64}\.csv" if exact else r"\*\.csv"), path)
    assert key == "arn:aws:kms:r:1:key/{'Fn::ImportValue': 'key'}"


@pytest.mark.parametrize("exact", [False, True], ids=["folder", "object"])
@pytest.mark.parametrize("bucket", ["labels", "import"], ids=["known-bucket", "imported-bucket"])
def test_report_of_customized_roles_has_what_the_transform_reads_at_a_path(
    tmp_path: Path, bucket: str, exact: bool
) -> None:
    def imports(stack: Stack) -> None:
        role = aws_iam.Role(stack, "TransformRole", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
        name = Fn.import_value("bucket") if bucket == "import" else bucket
        LabelsImport(
            stack,
            "Import",
            transform="tfm-1",
            labels=Labels.from_s3_path(f"s3://{name}/customers.csv"),
            transform_role=role,
            provider=LabelsProvider(stack, "LabelsFunction"),
            grant_exact_object=exact,
        )

    (statement,) = reported(tmp_path, imports, "Test/TransformRole")

    shown = "{'Fn::ImportValue': 'bucket'}" if bucket == "import" else bucket
    key = "customers.csv" if exact else "*.csv"
    assert (statement["Action"], statement["Resource"]) == (
        "s3:GetObject",
        f"arn:(PARTITION):s3:::{shown}/{key}",
    )
