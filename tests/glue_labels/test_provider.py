"""The one function of a stack, and all it is allowed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aws_cdk import App, CfnParameter, Stack

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.aws_glue import CfnMLTransform

ARN = "arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}:mlTransform"
UUID = "Select(2, Split('/', ${AWS::StackId}))"
RULES = f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/glue-labels-{UUID}-*"


def glue_resources(role: dict[str, Any]) -> Any:
    return role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"]


def test_role_is_allowed_exactly_this(
    stack: Stack,
    transform: CfnMLTransform,
    labels: Labels,
    resource_of: Callable[..., Any],
    resources_of: Callable[..., Any],
) -> None:
    LabelsImport(stack, "Import", transform=transform, labels=labels)

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
                                "glue:StartImportLabelsTaskRun",
                                "glue:GetMLTaskRun",
                                "glue:GetMLTaskRuns",
                                "glue:CancelMLTaskRun",
                            ],
                            "Resource": f"{ARN}/${{Transform}}",
                        },
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
                            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                            "Resource": f"${{{log_group_id}.Arn}}",
                        },
                    ],
                },
            }
        ],
    }


def test_role_may_use_the_transforms_of_all_imports_each_named_once(
    stack: Stack, transform: CfnMLTransform, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    parameter = CfnParameter(stack, "Id").value_as_string
    named: list[Any] = ["tfm-1", transform, parameter, "tfm-1", transform, parameter, transform.ref]
    for number, given in enumerate(named):
        LabelsImport(stack, f"Import{number}", transform=given, labels=labels)

    assert glue_resources(resource_of(stack, "AWS::IAM::Role")) == [
        f"{ARN}/tfm-1",
        f"{ARN}/${{Transform}}",
        f"{ARN}/${{Id}}",
    ]


def test_transform_id_with_wildcards_allows_that_transform_only(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="t*m-?-$", labels=labels)

    assert glue_resources(resource_of(stack, "AWS::IAM::Role")) == ARN + "/t${*}m-${?}-${$}"


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
