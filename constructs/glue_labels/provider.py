"""The function of imports and evaluations, with its role, log group and permission: one a stack, or more."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from aws_cdk import Duration, RemovalPolicy, Stack, Token, aws_lambda, aws_logs
from constructs import Construct

from glue_labels.function_code import HANDLER, staged_code
from glue_labels.function_policy import (
    TransformUse,
    import_statements,
    statements_of_the_cdk,
    transform_statement,
)
from glue_labels.function_role import FunctionRole, PolicyKind
from glue_labels.references import value_hash
from glue_labels.stack_uuid import stack_uuid
from glue_labels_handler.request import RESOURCE_TYPE, InvalidPropertyError, rule_name_prefix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ec2, aws_iam, aws_kms, aws_sqs
    from constructs import IDependable

MAX_TRANSFORMS = 30
"""Transforms that the imports of one stack may name.

All inline policies of a role share 10,240 characters, white space not counted (IAM quotas). The policy of one
transform has 281 in the longest partition and region (``aws-us-gov``, ``us-gov-west-1``) with an id of 44
characters (``tfm-`` and 40 digits); those of rules, events, logs and settings have up to 1,540.
(10,240 - 1,540) / 281 is 30.
"""

MAX_EVALUATED_TRANSFORMS = 25
"""Transforms that a stack may name if it evaluates all of them: (10,240 - 1,540) / (281 + 54) is 25."""

_POLICIES_MAX_CHARACTERS = 10_240 - 1_540
_POLICY_CHARACTERS = 281
_EVALUATION_CHARACTERS = 54
"""What an evaluation adds to the policy of a transform, at most: it may be without an import."""

# Needs little itself, but Lambda gives CPU by memory: at 128 MB importing boto3 alone takes seconds, and
# the time that saves costs more than the megabytes.
_MEMORY_MB = 256

# What CustomResourceConfig of the CDK looks for, to set the retention and the removal policy of log groups.
_LOG_GROUP_OF_A_CUSTOM_RESOURCE = "aws:cdk:is-custom-resource-handler-logGroup"


_POLICY_KINDS = {
    frozenset({TransformUse.IMPORT}): PolicyKind("ImportLabels"),
    frozenset({TransformUse.EVALUATION}): PolicyKind("EvaluateTransform", "Eval"),
    frozenset(TransformUse): PolicyKind("ImportAndEvaluate", "Both"),
}


class LabelsProvider(Construct):
    """The Lambda function that imports labels and evaluates, for one or more imports of one stack.

    Without one, a stack's imports and evaluations share a function with the defaults below. Make one to set
    how it runs, and give it to the imports and evaluations. The settings are named as in
    ``aws_lambda.Function`` and mean the same.

    ```python
    from glue_labels import Labels, LabelsImport, LabelsProvider

    provider = LabelsProvider(self, "LabelsFunction", reserved_concurrent_executions=5)
    LabelsImport(
        self, "CustomerLabels",
        transform=transform,
        labels=Labels.from_asset("labels/customers.csv"),
        transform_role=role,
        provider=provider,
    )
    ```

    CloudFormation refuses another function for an import that is deployed already ("Modifying service token
    is not allowed"). To change how the default function of a deployed stack runs, make it yourself, in the
    stack, before the first import: ``LabelsProvider(stack, LabelsProvider.DEFAULT_ID, ...)``. It stays the
    same function, and the imports find it.

    It is 4 resources, however many imports there are, and one policy for each transform.

    Source: https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_lambda/Function.html

    Args:
        scope: where the construct is. A provider serves imports of its own stack only, a nested one having
            its own.
        id: its id, unique there.
        vpc: the VPC in which the function runs (default: none). It needs a way to AWS Glue, EventBridge,
            S3 and CloudWatch Logs from there. The imports wait until the VPC's resources are deployed.
        vpc_subnets: which of its subnets (default: as ``aws_lambda.Function`` chooses).
        security_groups: the function's (default: a new one that allows all outbound traffic).
        role: with which the function runs (default: a new one). Lambda must be allowed to assume it. It is
            given a policy with what the function needs. A role that must not be changed stays as it is; then
            the synthesis warns, with the statements that it needs.
        log_group: where the function logs (default: a new one that keeps 30 days and goes with the stack).
        memory_size: MB (default: 256).
        environment: variables of the function, such as ``HTTPS_PROXY`` (default: none).
        environment_encryption: the key that encrypts them (default: AWS's own).
        tracing: whether AWS X-Ray traces the function (default: it does not).
        reserved_concurrent_executions: how many invocations may run at once, at least 1 (default: as many as
            the account allows). Each import needs one.
        dead_letter_queue: gets the requests that Lambda gave up (default: none). They hold the ResponseURL of
            a deployment that may still wait: who reads the queue can answer CloudFormation.

    Attributes:
        function: the function, for alarms, layers and tags.
        role: its role, for grants.
        log_group: its log group.
        service_token: the function's ARN, the custom resources' ``ServiceToken``.
        needed_by_imports: what is deployed before the imports, and deleted after them.

    Raises:
        InvalidPropertyError: `reserved_concurrent_executions` is less than 1.
        FunctionCodeError: the packages the function is made of are not installed as they must be.
    """

    DEFAULT_ID: ClassVar[str] = f"{RESOURCE_TYPE}Provider"
    """The id of the provider that imports without one share, in the scope of their stack."""

    function: aws_lambda.Function
    role: aws_iam.IRole
    log_group: aws_logs.ILogGroup
    service_token: str
    needed_by_imports: Sequence[IDependable]

    @classmethod
    def of(cls, scope: Construct) -> LabelsProvider:
        """Return the provider of the stack that `scope` is in, a nested one having its own."""
        stack = Stack.of(scope)
        existing = stack.node.try_find_child(cls.DEFAULT_ID)
        return existing if isinstance(existing, cls) else cls(stack, cls.DEFAULT_ID)

    def __init__(
        self,
        scope: Construct,
        id: str,  # noqa: A002 (the CDK's name for it)
        *,
        vpc: aws_ec2.IVpc | None = None,
        vpc_subnets: aws_ec2.SubnetSelection | None = None,
        security_groups: Sequence[aws_ec2.ISecurityGroup] | None = None,
        role: aws_iam.IRole | None = None,
        log_group: aws_logs.ILogGroup | None = None,
        memory_size: int | None = None,
        environment: Mapping[str, str] | None = None,
        environment_encryption: aws_kms.IKey | None = None,
        tracing: aws_lambda.Tracing | None = None,
        reserved_concurrent_executions: int | None = None,
        dead_letter_queue: aws_sqs.IQueue | None = None,
    ) -> None:
        super().__init__(scope, id)
        self._stack = Stack.of(self)
        self._uses: dict[str, frozenset[TransformUse]] = {}
        self._policies: dict[str, list[IDependable]] = {}
        _check_concurrency(self, reserved_concurrent_executions)
        # This stack's alone: who may change another's rule can answer in its function's place.
        prefix = rule_name_prefix(stack_uuid(self._stack))
        rules = self._stack.format_arn(service="events", resource="rule", resource_name=f"{prefix}*")

        self.log_group = self._own_log_group() if log_group is None else log_group
        self._role = FunctionRole(
            self,
            role,
            import_statements(self._stack, rules, self.log_group.log_group_arn, in_vpc=vpc is not None),
            statements_of_the_cdk(tracing, dead_letter_queue),
        )
        self.role = self._role.role
        with staged_code(self) as code:
            self.function = aws_lambda.Function(
                self,
                "Function",
                code=code,
                handler=HANDLER,
                runtime=aws_lambda.Runtime.PYTHON_3_13,
                # Pure Python runs on both; this one is in every region and partition.
                architecture=aws_lambda.Architecture.X86_64,
                memory_size=_MEMORY_MB if memory_size is None else memory_size,
                # Lambda's most: what ends within it is reported at once, without polling.
                timeout=Duration.minutes(15),
                role=self.role,
                log_group=self.log_group,
                description="Imports labels into AWS Glue ML transforms (cdk-glue-labels)",
                vpc=vpc,
                vpc_subnets=vpc_subnets,
                security_groups=None if security_groups is None else list(security_groups),
                environment=environment,
                environment_encryption=environment_encryption,
                tracing=tracing,
                reserved_concurrent_executions=reserved_concurrent_executions,
                dead_letter_queue=dead_letter_queue,
            )
        self.function.node.add_dependency(*self._role.needed)
        self.service_token = self.function.function_arn
        permission = aws_lambda.CfnPermission(
            self,
            "PollingPermission",
            action="lambda:InvokeFunction",
            function_name=self.function.function_arn,
            principal="events.amazonaws.com",
            source_arn=rules,  # The account is in it.
        )
        # Not referred to, yet needed: an import that outlives an invocation goes on by the rules' leave. And
        # without the VPC's routes and endpoints no answer leaves it, be it to a Delete.
        network = [] if vpc is None else [vpc, *self.function.connections.security_groups]
        self.needed_by_imports = [permission, *network]

    @classmethod
    def serving(cls, scope: Construct, given: LabelsProvider | None) -> LabelsProvider:
        """Return the provider of an import or evaluation.

        Args:
            scope: the import or evaluation.
            given: the provider that the app gave it; None for the one that its stack shares.

        Raises:
            InvalidPropertyError: the provider is of another stack.
        """
        if given is None:
            return cls.of(scope)
        ours, theirs = Stack.of(scope), Stack.of(given)
        if theirs.node.addr != ours.node.addr:
            raise InvalidPropertyError(
                f"provider must be in the stack of what it serves, {ours.node.path}: {given.node.path} is in "
                f"{theirs.node.path}. A function may use the EventBridge rules of its own stack only. "
                f"Make a LabelsProvider in {ours.node.path}."
            )
        return given

    def allow_transform(
        self, transform_id: str, use: TransformUse = TransformUse.IMPORT
    ) -> Sequence[IDependable]:
        """Let the function import labels into one transform of this account and region, or evaluate it.

        Each transform has a policy of its own, which the imports into it depend on. When an import moves to
        another transform, CloudFormation creates the new policy before the import and removes the old one
        in its cleanup: until then a rollback can use the former transform. In one policy for all transforms
        the former one would be missing at once.

        The policy's name has the transform's id. When the transform is replaced, its id changes, and with it
        the name, which replaces the policy in the same order. So does another set of uses: name and logical
        id of a policy tell what it is for.

        Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html

        Args:
            transform_id: the id, a literal or a token.
            use: what is done with the transform. The uses of all calls count, in any order.

        Returns:
            What must be deployed before the function may; the same for the same id. Nothing where the role
            cannot be changed.

        Raises:
            InvalidPropertyError: the policies of so many transforms, 31 or fewer with evaluations, do not fit
                into the function's role.
        """
        key = value_hash(self._stack, transform_id)
        former = self._uses.get(key, frozenset())
        if use not in former:
            uses = {**self._uses, key: former | {use}}
            self._check_room(uses)
            self._uses = uses
            self._policies[key] = self._role.allow(
                key,
                transform_id,
                _POLICY_KINDS[uses[key]],
                transform_statement(self._stack, transform_id, uses[key]),
                transform_statement(self._stack, transform_id, {use}, with_task_runs=not former),
            )
        return self._policies[key]

    def _check_room(self, uses: Mapping[str, frozenset[TransformUse]]) -> None:
        evaluated = sum(TransformUse.EVALUATION in each for each in uses.values())
        if len(uses) * _POLICY_CHARACTERS + evaluated * _EVALUATION_CHARACTERS > _POLICIES_MAX_CHARACTERS:
            raise InvalidPropertyError(
                f"TransformId: the imports of a stack may name {MAX_TRANSFORMS} transforms, or "
                f"{MAX_EVALUATED_TRANSFORMS} if it evaluates all of them. With this one "
                f"{self._stack.node.path} names {len(uses)} and evaluates {evaluated}. The policies of more "
                "do not fit into the function's role: IAM allows 10,240 characters. "
                "Put this one into another stack or a nested stack."
            )

    def _own_log_group(self) -> aws_logs.LogGroup:
        # Its own, so that it ends with the stack and the role need not be able to create one.
        logs = aws_logs.LogGroup(
            self, "Logs", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        logs.node.add_metadata(_LOG_GROUP_OF_A_CUSTOM_RESOURCE, True)
        return logs


def _check_concurrency(scope: Construct, reserved: int | None) -> None:
    if reserved is not None and not Token.is_unresolved(reserved) and reserved < 1:
        raise InvalidPropertyError(
            f"{scope.node.path}: reserved_concurrent_executions must be at least 1: {reserved}. "
            "Lambda runs a function with 0 not at all, and the deployment would wait an hour for its answer. "
            "Give the number of imports that run at once, or leave it out."
        )
