"""One function, with its log group, role and permission, for all imports of a stack."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy, Stack, aws_iam, aws_lambda, aws_logs
from constructs import Construct

from glue_labels.arns import transform_arn
from glue_labels.function_code import HANDLER, staged_code
from glue_labels.stack_uuid import stack_uuid
from glue_labels_handler.request import RESOURCE_TYPE, rule_name_prefix

_ID = f"{RESOURCE_TYPE}Provider"

# Needs little itself, but Lambda gives CPU by memory: at 128 MB importing boto3 alone takes seconds, and
# the time that saves costs more than the megabytes.
_MEMORY_MB = 256


class LabelsProvider(Construct):
    """What answers ``Custom::GlueLabelsImport`` in one stack: 4 resources, however many imports there are.

    Attributes:
        service_token: the function's ARN, the custom resources' ``ServiceToken``.
        polling_permission: lets the function's EventBridge rules invoke it; a custom resource depends on it.
    """

    service_token: str
    polling_permission: aws_lambda.CfnPermission

    @classmethod
    def of(cls, scope: Construct) -> LabelsProvider:
        """Return the provider of the stack that `scope` is in, a nested one having its own."""
        stack = Stack.of(scope)
        existing = stack.node.try_find_child(_ID)
        return existing if isinstance(existing, cls) else cls(stack, _ID)

    def __init__(self, stack: Stack, id: str) -> None:  # noqa: A002 (the CDK's name for it)
        super().__init__(stack, id)
        self._stack = stack
        # This stack's alone: who may change another's rule can answer in its function's place.
        prefix = rule_name_prefix(stack_uuid(stack))
        rules = stack.format_arn(service="events", resource="rule", resource_name=f"{prefix}*")

        # Its own, so that it ends with the stack and the role need not be able to create one.
        logs = aws_logs.LogGroup(
            self, "Logs", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        self._glue_statement = aws_iam.PolicyStatement(
            actions=[
                "glue:StartImportLabelsTaskRun",
                "glue:GetMLTaskRun",
                "glue:GetMLTaskRuns",
                "glue:CancelMLTaskRun",
            ]
        )
        role = aws_iam.Role(
            self,
            "Role",
            assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
            description="Imports labels into the AWS Glue ML transforms of this stack",
            # Inline: one resource less, and who waits for the role waits for its permissions too.
            inline_policies={
                "ImportLabels": aws_iam.PolicyDocument(
                    statements=[
                        self._glue_statement,
                        aws_iam.PolicyStatement(
                            actions=[
                                "events:PutRule",
                                "events:PutTargets",
                                "events:RemoveTargets",
                                "events:DeleteRule",
                                "events:ListTargetsByRule",
                            ],
                            resources=[rules],
                        ),
                        aws_iam.PolicyStatement(
                            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                            resources=[logs.log_group_arn],
                        ),
                    ]
                )
            },
        )
        with staged_code() as code:
            function = aws_lambda.Function(
                self,
                "Function",
                code=code,
                handler=HANDLER,
                runtime=aws_lambda.Runtime.PYTHON_3_13,
                # Pure Python runs on both; this one is in every region and partition.
                architecture=aws_lambda.Architecture.X86_64,
                memory_size=_MEMORY_MB,
                # Lambda's most: what ends within it is reported at once, without polling.
                timeout=Duration.minutes(15),
                role=role,
                log_group=logs,
                description="Imports labels into AWS Glue ML transforms (cdk-glue-labels)",
            )
        self.service_token = function.function_arn
        self.polling_permission = aws_lambda.CfnPermission(
            self,
            "PollingPermission",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="events.amazonaws.com",
            source_arn=rules,  # The account is in it.
        )

    def allow_transform(self, transform_id: str) -> None:
        """Let the function import labels into one more transform of this account and region.

        Args:
            transform_id: the id, a literal or a token; naming one twice changes nothing.
        """
        self._glue_statement.add_resources(transform_arn(self._stack, transform_id))
