"""The one function of a stack, and all it is allowed to."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack, aws_ec2, aws_lambda, aws_sqs
from function_resources import FUNCTION, IMPORT

from glue_labels import InvalidPropertyError, Labels, LabelsImport, LabelsProvider
from glue_labels.provider import MAX_TRANSFORMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.aws_glue import CfnMLTransform

ARN = "arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}:mlTransform"
UUID = "Select(2, Split('/', ${AWS::StackId}))"
RULES = f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/glue-labels-{UUID}-*"


@pytest.fixture
def policies_of(resources_of: Callable[..., Any]) -> Callable[[Stack], dict[str, Any]]:
    """Gives the properties of a stack's policies for transforms, by logical id."""

    def find(stack: Stack) -> dict[str, Any]:
        found = resources_of(stack, "AWS::IAM::RolePolicy")
        return {name: policy["Properties"] for name, policy in found.items()}

    return find


def allowed(policies: dict[str, Any]) -> list[str]:
    """The transforms that policies name."""
    return [policy["PolicyDocument"]["Statement"][0]["Resource"] for policy in policies.values()]


def test_role_is_allowed_exactly_this(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    (log_group_id,) = resources_of(stack, "AWS::Logs::LogGroup")
    assert resource_of(stack, "AWS::IAM::Role")["Properties"] == {
        "Description": "Imports labels into the AWS Glue ML transforms of this stack",
        "AssumeRolePolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sts:AssumeRole",
                    "Principal": {"Service": "lambda.amazonaws.com"},
                }
            ],
        },
        "Policies": [
            {
                "PolicyName": "ImportLabels",
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": [
                                "events:PutRule",
                                "events:PutTargets",
                                "events:RemoveTargets",
                                "events:DeleteRule",
                                "events:ListTargetsByRule",
                            ],
                            "Resource": RULES,
                        },
                        {
                            "Effect": "Allow",
                            "Action": "cloudformation:DescribeStackEvents",
                            "Resource": "${AWS::StackId}",
                        },
                        {
                            "Effect": "Allow",
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": f"${{{log_group_id}.Arn}}",
                        },
                    ],
                },
            }
        ],
    }


def test_function_may_import_into_a_transform_by_a_policy_of_the_transform(
    stack: Stack,
    transform: CfnMLTransform,
    labels: Labels,
    policies_of: Callable[..., Any],
    resources_of: Callable[..., Any],
) -> None:
    LabelsImport(stack, "Import", transform=transform, labels=labels)

    ((logical_id, policy),) = policies_of(stack).items()
    (role_id,) = resources_of(stack, "AWS::IAM::Role")
    key = re.fullmatch(r"CustomGlueLabelsImportProviderTransform([0-9a-f]{8})\w*", logical_id)
    assert key
    assert policy == {
        "RoleName": f"${{{role_id}}}",
        "PolicyName": f"ImportLabels-{key[1]}-${{Transform}}",
        "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": [
                        "glue:StartImportLabelsTaskRun",
                        "glue:GetMLTaskRun",
                        "glue:GetMLTaskRuns",
                        "glue:CancelMLTaskRun",
                    ],
                    "Resource": f"{ARN}/${{Transform}}",
                },
            ],
        },
    }


def test_transforms_of_all_imports_have_one_policy_each(
    stack: Stack, transform: CfnMLTransform, labels: Labels, policies_of: Callable[..., Any]
) -> None:
    parameter = CfnParameter(stack, "Id").value_as_string
    named: list[Any] = ["tfm-1", transform, parameter, "tfm-1", transform, parameter, transform.ref]
    for number, given in enumerate(named):
        LabelsImport(stack, f"Import{number}", transform=given, labels=labels)

    policies = policies_of(stack)
    assert allowed(policies) == [f"{ARN}/tfm-1", f"{ARN}/${{Transform}}", f"{ARN}/${{Id}}"]
    assert len({policy["PolicyName"] for policy in policies.values()}) == 3


def test_transforms_of_the_same_logical_id_in_two_stacks_have_a_policy_each(
    transform_in: Callable[..., CfnMLTransform], labels: Labels, policies_of: Callable[..., Any]
) -> None:
    app = App()
    stack, other = Stack(app, "Test"), Stack(app, "Other")
    for number, owner in enumerate((stack, other)):
        LabelsImport(stack, f"Import{number}", transform=transform_in(owner), labels=labels)

    assert len(policies_of(stack)) == 2


def test_each_import_waits_for_the_policy_of_its_own_transform(
    stack: Stack, labels: Labels, resources_of: Callable[..., Any]
) -> None:
    for name in ("tfm-1", "tfm-2"):
        LabelsImport(stack, f"Into{name[-1]}", transform=name, labels=labels)

    names = {
        policy["Properties"]["PolicyName"].partition("tfm-")[2]: logical_id
        for logical_id, policy in resources_of(stack, "AWS::IAM::RolePolicy").items()
    }
    assert len(names) == 2
    for one in resources_of(stack, "Custom::GlueLabelsImport").values():
        own = names[one["Properties"]["TransformId"].removeprefix("tfm-")]
        assert set(names.values()) & set(one["DependsOn"]) == {own}


def test_import_that_moves_to_another_transform_has_a_policy_of_a_new_logical_id(
    labels: Labels, policies_of: Callable[..., Any]
) -> None:
    found = []
    for transform_id in ("tfm-A", "tfm-B"):
        stack = Stack(App(), "Test")
        LabelsImport(stack, "Import", transform=transform_id, labels=labels)
        found.append(policies_of(stack))
    former, latter = found

    assert not former.keys() & latter.keys()
    assert [allowed(each) for each in found] == [[f"{ARN}/tfm-A"], [f"{ARN}/tfm-B"]]


def test_role_stays_as_it_is_when_transforms_come_and_go(
    labels: Labels, resource_of: Callable[..., Any]
) -> None:
    roles = []
    for transforms in (["tfm-A"], ["tfm-A", "tfm-B"], ["tfm-B"]):
        stack = Stack(App(), "Test")
        for number, transform_id in enumerate(transforms):
            LabelsImport(stack, f"Import{number}", transform=transform_id, labels=labels)
        roles.append(resource_of(stack, "AWS::IAM::Role"))

    assert roles[0] == roles[1] == roles[2]


@pytest.mark.parametrize("transform_id", ["tfm 1", "tfm/1", "tfm-ü", "t" * 128])
def test_policy_of_a_transform_id_that_is_no_policy_name_is_named_by_a_hash(
    stack: Stack, labels: Labels, policies_of: Callable[..., Any], transform_id: str
) -> None:
    LabelsImport(stack, "Import", transform=transform_id, labels=labels)

    (policy,) = policies_of(stack).values()
    assert re.fullmatch(r"ImportLabels-[0-9a-f]{8}", policy["PolicyName"])


def test_transform_id_with_wildcards_allows_that_transform_only(
    stack: Stack, labels: Labels, policies_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="t*m-?-$", labels=labels)

    assert allowed(policies_of(stack)) == [ARN + "/t${*}m-${?}-${$}"]


def test_more_transforms_than_the_role_has_room_for_are_refused(stack: Stack, labels: Labels) -> None:
    for number in range(MAX_TRANSFORMS):
        LabelsImport(stack, f"Import{number}", transform=f"tfm-{number}", labels=labels)
    # Another import into a transform that has its policy already needs no room.
    LabelsImport(stack, "Again", transform="tfm-0", labels=labels)

    with pytest.raises(
        InvalidPropertyError,
        match=r"^Test/Last: TransformId: .* 30 transforms, .* Test names 31 and evaluates 0\. .*nested",
    ):
        LabelsImport(stack, "Last", transform="tfm-last", labels=labels)


def test_policies_of_as_many_transforms_as_are_allowed_fit_into_the_role(
    labels: Labels,
    policies_of: Callable[..., Any],
    resource_of: Callable[..., Any],
    resources_of: Callable[..., Any],
) -> None:
    # The longest partition and region, ids as Glue gives them, and all settings that need a statement.
    stack = Stack(App(), "Test", env=Environment(account="111122223333", region="us-gov-west-1"))
    LabelsProvider(
        stack,
        LabelsProvider.DEFAULT_ID,
        vpc=aws_ec2.Vpc(stack, "Vpc"),
        tracing=aws_lambda.Tracing.ACTIVE,
        dead_letter_queue=aws_sqs.Queue(stack, "Queue"),
    )
    for number in range(MAX_TRANSFORMS):
        LabelsImport(stack, f"Import{number}", transform=f"tfm-{number:040}", labels=labels)

    role = resource_of(stack, "AWS::IAM::Role")["Properties"]["Policies"]
    settings = [one["Properties"] for one in resources_of(stack, "AWS::IAM::Policy").values()]
    documents = [policy["PolicyDocument"] for policy in [*role, *settings, *policies_of(stack).values()]]
    text = json.dumps(documents, separators=(",", ":"))
    text = text.replace("${AWS::Partition}", "aws-us-gov").replace(UUID, "0" * 36)
    # A stack's id: its ARN, with a name of 128 characters and a UUID.
    text = text.replace("${AWS::StackId}", "x" * 230)
    text = re.sub(r"\$\{(CustomGlueLabelsImportProviderLogs|Queue)\w+\.Arn\}", "x" * 200, text)
    assert "${" not in text
    assert len(text) <= 10_240


def test_eventbridge_may_invoke_the_function_by_the_polling_rules_only(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    (function_id,) = resources_of(stack, "AWS::Lambda::Function")
    assert resource_of(stack, "AWS::Lambda::Permission")["Properties"] == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": f"${{{function_id}.Arn}}",
        "Principal": "events.amazonaws.com",
        "SourceArn": RULES,
    }


def test_function_is_exactly_this(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    (role_id,) = resources_of(stack, "AWS::IAM::Role")
    (log_group_id,) = resources_of(stack, "AWS::Logs::LogGroup")
    function = resource_of(stack, "AWS::Lambda::Function")
    code = function["Properties"].pop("Code")
    assert code["S3Bucket"] == "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
    assert code["S3Key"].endswith(".zip")
    assert function["Properties"] == {
        "Architectures": ["x86_64"],
        "Description": "Imports labels into AWS Glue ML transforms (cdk-glue-labels)",
        "Handler": "glue_labels_handler.main.handler",
        "LoggingConfig": {"LogGroup": f"${{{log_group_id}}}"},
        "MemorySize": 256,
        "Role": f"${{{role_id}.Arn}}",
        "Runtime": "python3.13",
        "Timeout": 900,
    }


def test_function_waits_for_its_role_and_so_for_its_permissions(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    assert resource_of(stack, "AWS::Lambda::Function")["DependsOn"] == list(
        resources_of(stack, "AWS::IAM::Role")
    )


def test_logs_are_kept_a_month_and_end_with_the_stack(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    assert resource_of(stack, "AWS::Logs::LogGroup") == {
        "Type": "AWS::Logs::LogGroup",
        "Properties": {"RetentionInDays": 30},
        "DeletionPolicy": "Delete",
        "UpdateReplacePolicy": "Delete",
    }


def test_each_stack_has_a_function_of_its_own(labels: Labels, resources_of: Callable[..., Any]) -> None:
    app = App()
    stacks = [Stack(app, "One"), Stack(app, "Two")]
    for stack in stacks:
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    assert [len(resources_of(stack, "AWS::Lambda::Function")) for stack in stacks] == [1, 1]


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


def test_default_provider_after_an_import_that_made_it_is_refused_with_the_remedy(
    stack: Stack, labels: Labels
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    with pytest.raises(
        InvalidPropertyError,
        match=r"^Test/Custom::GlueLabelsImportProvider: the default LabelsProvider exists already\. "
        r".* before the first import",
    ):
        LabelsProvider(stack, LabelsProvider.DEFAULT_ID, memory_size=512)


def test_provider_of_another_stack_is_refused(labels: Labels) -> None:
    app = App()
    provider = LabelsProvider(Stack(app, "Other"), "Function")
    stack = Stack(app, "Test")

    with pytest.raises(
        InvalidPropertyError, match=r"^Test/Import: provider must be in .* Test: Other/Function is in Other\."
    ):
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels, provider=provider)


def test_provider_of_the_wrong_type_is_refused(stack: Stack, labels: Labels) -> None:
    with pytest.raises(TypeError, match=r"^Test/Import: provider must be a LabelsProvider, not 'f'\."):
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels, provider="f")  # type: ignore[arg-type] # the test
