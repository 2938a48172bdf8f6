"""One function, with its log group, role and permission, for all imports of a stack."""

from __future__ import annotations

import re

from aws_cdk import Duration, RemovalPolicy, Stack, Token, aws_iam, aws_lambda, aws_logs
from constructs import Construct

from glue_labels.arns import transform_arn
from glue_labels.function_code import HANDLER, staged_code
from glue_labels.references import value_hash
from glue_labels.stack_uuid import stack_uuid
from glue_labels_handler.request import (
    RESOURCE_TYPE,
    STACK_EVENTS_ACTION,
    InvalidPropertyError,
    rule_name_prefix,
)

_ID = f"{RESOURCE_TYPE}Provider"

MAX_TRANSFORMS = 30
"""Transforms that the imports of one stack may name.

All inline policies of a role share 10,240 characters, white space not counted (IAM quotas). The policy of one
transform has 281 in the longest partition and region (``aws-us-gov``, ``us-gov-west-1``) with an id of 44
characters (``tfm-`` and 40 digits); that of rules and logs has up to 900. (10,240 - 900) / 281 is 33; three
are left as a reserve.
"""

# PolicyName of AWS::IAM::RolePolicy.
_POLICY_NAME = re.compile(r"[A-Za-z0-9_+=,.@-]{1,128}")

# Needs little itself, but Lambda gives CPU by memory: at 128 MB importing boto3 alone takes seconds, and
# the time that saves costs more than the megabytes.
_MEMORY_MB = 256


class LabelsProvider(Construct):
    """What responds to ``Custom::GlueLabelsImport`` in one stack.

    It is 4 resources, however many imports there are, and one policy for each transform.

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
        self._transforms = 0
        # This stack's alone: who may change another's rule can answer in its function's place.
        prefix = rule_name_prefix(stack_uuid(stack))
        rules = stack.format_arn(service="events", resource="rule", resource_name=f"{prefix}*")

        # Its own, so that it ends with the stack and the role need not be able to create one.
        logs = aws_logs.LogGroup(
            self, "Logs", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
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
                        # Which request for a resource is the newest, CloudFormation alone knows.
                        aws_iam.PolicyStatement(actions=[STACK_EVENTS_ACTION], resources=[stack.stack_id]),
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
        self._role = role
        self.service_token = function.function_arn
        self.polling_permission = aws_lambda.CfnPermission(
            self,
            "PollingPermission",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="events.amazonaws.com",
            source_arn=rules,  # The account is in it.
        )

    def allow_transform(self, transform_id: str) -> aws_iam.CfnRolePolicy:
        """Let the function import labels into one transform of this account and region.

        Each transform has a policy of its own, which the imports into it depend on. When an import moves to
        another transform, CloudFormation creates the new policy before the import and removes the old one
        in its cleanup: until then a rollback can use the former transform. In one policy for all transforms
        the former one would be missing at once.

        The policy's name has the transform's id. When the transform is replaced, its id changes, and with it
        the name, which replaces the policy in the same order.

        Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html

        Args:
            transform_id: the id, a literal or a token.

        Returns:
            The policy; the same one for the same id.

        Raises:
            InvalidPropertyError: it would be the 31st transform of the stack.
        """
        key = value_hash(self._stack, transform_id)
        existing = self.node.try_find_child(f"Transform{key}")
        if isinstance(existing, aws_iam.CfnRolePolicy):
            return existing
        if self._transforms == MAX_TRANSFORMS:
            raise InvalidPropertyError(
                f"TransformId: the imports of a stack may name {MAX_TRANSFORMS} transforms, and this one is "
                f"number {MAX_TRANSFORMS + 1} in {self._stack.node.path}. The policies of more transforms do "
                "not fit into the function's role: IAM allows 10,240 characters. "
                "Put this import into another stack or a nested stack."
            )
        self._transforms += 1
        name = f"ImportLabels-{key}-{transform_id}"
        fits = Token.is_unresolved(transform_id) or _POLICY_NAME.fullmatch(name)
        return aws_iam.CfnRolePolicy(
            self,
            f"Transform{key}",
            role_name=self._role.role_name,
            policy_name=name if fits else f"ImportLabels-{key}",
            policy_document=aws_iam.PolicyDocument(
                statements=[
                    aws_iam.PolicyStatement(
                        actions=[
                            "glue:StartImportLabelsTaskRun",
                            "glue:GetMLTaskRun",
                            "glue:GetMLTaskRuns",
                            "glue:CancelMLTaskRun",
                        ],
                        resources=[transform_arn(self._stack, transform_id)],
                    )
                ]
            ),
        )
