"""The statements of the function's policies, for any role."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from aws_cdk import aws_iam, aws_lambda

from glue_labels.arns import transform_arn
from glue_labels_handler.request import STACK_EVENTS_ACTION

if TYPE_CHECKING:
    from collections.abc import Collection

    from aws_cdk import Stack, aws_sqs


def import_statements(
    stack: Stack, rules_arn: str, log_group_arn: str, *, in_vpc: bool
) -> list[aws_iam.PolicyStatement]:
    """Return what the function needs, apart from transforms.

    Args:
        stack: the stack of the function.
        rules_arn: the ARN pattern of its EventBridge rules.
        log_group_arn: the ARN of its log group, which ends in ``:*`` for the group's streams.
        in_vpc: whether it runs in a VPC of the account.
    """
    statements = [
        aws_iam.PolicyStatement(
            actions=[
                "events:PutRule",
                "events:PutTargets",
                "events:RemoveTargets",
                "events:DeleteRule",
                "events:ListTargetsByRule",
            ],
            resources=[rules_arn],
        ),
        # Only CloudFormation knows which request for a resource is the newest.
        aws_iam.PolicyStatement(actions=[STACK_EVENTS_ACTION], resources=[stack.stack_id]),
        aws_iam.PolicyStatement(
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[log_group_arn],
        ),
    ]
    return [*statements, _network_interfaces()] if in_vpc else statements


class TransformUse(Enum):
    """What a resource does with a transform. The value has the actions that only this use needs."""

    IMPORT = ("glue:StartImportLabelsTaskRun",)
    EVALUATION = ("glue:StartMLEvaluationTaskRun", "glue:GetMLTransform")


_TASK_RUN_ACTIONS = ("glue:GetMLTaskRun", "glue:GetMLTaskRuns", "glue:CancelMLTaskRun")


def transform_statement(
    stack: Stack, transform_id: str, uses: Collection[TransformUse], *, with_task_runs: bool = True
) -> aws_iam.PolicyStatement:
    """Return what the function needs for one transform.

    Args:
        stack: the stack of the function.
        transform_id: the id, a literal or a token.
        uses: what the function does with the transform, at least one.
        with_task_runs: whether to include the actions that all uses need.
    """
    imports = TransformUse.IMPORT.value if TransformUse.IMPORT in uses else ()
    evaluates = TransformUse.EVALUATION.value if TransformUse.EVALUATION in uses else ()
    return aws_iam.PolicyStatement(
        actions=[*imports, *(_TASK_RUN_ACTIONS if with_task_runs else ()), *evaluates],
        resources=[transform_arn(stack, transform_id)],
    )


def statements_of_the_cdk(
    tracing: aws_lambda.Tracing | None, dead_letter_queue: aws_sqs.IQueue | None
) -> list[aws_iam.PolicyStatement]:
    """Return the statements that ``aws_lambda.Function`` itself adds to its role for its settings.

    A warning shows them for a role that the app cannot change.

    Args:
        tracing: the function's setting.
        dead_letter_queue: the function's setting.
    """
    statements = []
    if tracing not in (None, aws_lambda.Tracing.DISABLED):
        statements.append(
            aws_iam.PolicyStatement(
                actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources=["*"]
            )
        )
    if dead_letter_queue is not None:
        statements.append(
            aws_iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[dead_letter_queue.queue_arn])
        )
    return statements


def _network_interfaces() -> aws_iam.PolicyStatement:
    # Not AWSLambdaVPCAccessExecutionRole, as the CDK uses: it also allows writing to all log groups. Lambda
    # requires these actions on "*".
    # Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html, required IAM permissions.
    return aws_iam.PolicyStatement(
        actions=[
            "ec2:CreateNetworkInterface",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSubnets",
            "ec2:DeleteNetworkInterface",
            "ec2:AssignPrivateIpAddresses",
            "ec2:UnassignPrivateIpAddresses",
        ],
        resources=["*"],
    )
