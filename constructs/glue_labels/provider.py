"""The construct LabelsProvider: the function of imports and evaluations, with its role and log group."""

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
from glue_labels.references import stack_uuid, value_hash
from glue_labels_handler.request import RESOURCE_TYPE, InvalidPropertyError, rule_name_prefix

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aws_cdk import aws_ec2, aws_iam, aws_kms, aws_sqs
    from constructs import IDependable

MAX_TRANSFORMS = 30
"""Transforms that the imports of one stack may have.

All inline policies of a role share 10,240 characters without white space (IAM quotas). The policy of one
transform has at most 281 (``aws-us-gov``, ``us-gov-west-1``, an id of ``tfm-`` and 40 digits). The policies
of rules, events, logs and settings have at most 1,540. (10,240 - 1,540) / 281 is 30.
"""

MAX_EVALUATED_TRANSFORMS = 25
"""Transforms that a stack may have if it evaluates all of them: (10,240 - 1,540) / (281 + 54) is 25."""

_POLICIES_MAX_CHARACTERS = 10_240 - 1_540
_POLICY_CHARACTERS = 281
_EVALUATION_CHARACTERS = 54
"""What an evaluation adds to the policy of a transform, at most."""

# The function needs less memory, but Lambda gives CPU by memory: with 128 MB, importing boto3 takes seconds
# and costs more.
_MEMORY_MB = 256

# The CDK's CustomResourceConfig sets retention and removal policy of log groups with this metadata.
_LOG_GROUP_OF_A_CUSTOM_RESOURCE = "aws:cdk:is-custom-resource-handler-logGroup"


_POLICY_KINDS = {
    frozenset({TransformUse.IMPORT}): PolicyKind("ImportLabels"),
    frozenset({TransformUse.EVALUATION}): PolicyKind("EvaluateTransform", "Eval"),
    frozenset(TransformUse): PolicyKind("ImportAndEvaluate", "Both"),
}


class LabelsProvider(Construct):
    """The Lambda function of imports and evaluations.

    By default, all imports and evaluations of a stack share a function with the defaults below. To change its
    settings, create a provider, and pass it to the imports and evaluations. The settings have the names and
    meanings of ``aws_lambda.Function``.

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

    CloudFormation refuses another function for a deployed import ("Modifying service token is not allowed").
    To change the settings of the default function of a deployed stack, create it yourself before the first
    import: ``LabelsProvider(stack, LabelsProvider.DEFAULT_ID, ...)``. It stays the same function, and the
    imports use it.

    It has 4 resources, and one policy for each transform.

    Source: https://docs.aws.amazon.com/cdk/api/v2/python/aws_cdk.aws_lambda/Function.html

    Args:
        scope: where the construct is. A provider serves only imports and evaluations of its own stack. A
            nested stack has its own provider.
        id: its id, unique there.
        vpc: the VPC in which the function runs (default: none). From there it must reach AWS Glue,
            EventBridge, S3 and CloudWatch Logs. The imports wait until the VPC's resources are deployed.
        vpc_subnets: which of its subnets (default: as ``aws_lambda.Function`` chooses).
        security_groups: the function's security groups (default: a new one that allows all outbound traffic).
        role: the function's role (default: a new one). Lambda must be allowed to assume it. It gets a policy
            with the permissions of the function. If the app cannot change the role, the synthesis warns, and
            the warning has the statements that the role needs.
        log_group: the function's log group (default: a new one with a retention of 30 days, which is deleted
            with the stack).
        memory_size: MB (default: 256).
        environment: variables of the function, such as ``HTTPS_PROXY`` (default: none).
        environment_encryption: the key that encrypts the variables (default: an AWS managed key).
        tracing: whether AWS X-Ray traces the function (default: no).
        reserved_concurrent_executions: how many invocations may run at once, at least 1 (default: as many as
            the account allows). Each import needs one.
        dead_letter_queue: gets the requests on which Lambda gave up (default: none). A request has the
            ResponseURL of its deployment: anyone who reads the queue can respond to CloudFormation.

    Attributes:
        function: the function, for alarms, layers and tags.
        role: its role, for grants.
        log_group: its log group.
        service_token: the function's ARN, the ``ServiceToken`` of the custom resources.
        needed_by_imports: what must be deployed before the imports, and deleted after them.

    Raises:
        InvalidPropertyError: `reserved_concurrent_executions` is less than 1, or `id` is `DEFAULT_ID` and the
            stack has its default provider already.
        FunctionCodeError: a package that the function needs is not installed, or has the wrong version.
    """

    DEFAULT_ID: ClassVar[str] = f"{RESOURCE_TYPE}Provider"
    """The id of the default provider. Its scope is the stack."""

    function: aws_lambda.Function
    role: aws_iam.IRole
    log_group: aws_logs.ILogGroup
    service_token: str
    needed_by_imports: Sequence[IDependable]

    @classmethod
    def of(cls, scope: Construct) -> LabelsProvider:
        """Return the default provider of the stack of `scope`. A nested stack has its own."""
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
        _check_is_first(scope, id)
        super().__init__(scope, id)
        self._stack = Stack.of(self)
        self._uses: dict[str, frozenset[TransformUse]] = {}
        self._policies: dict[str, list[IDependable]] = {}
        _check_concurrency(self, reserved_concurrent_executions)
        # Only this stack's rules: whoever can change a rule can respond in place of its function.
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
                # Pure Python runs on both architectures; X86_64 is in every region and partition.
                architecture=aws_lambda.Architecture.X86_64,
                memory_size=_MEMORY_MB if memory_size is None else memory_size,
                # Lambda's maximum: a run that ends within it needs no EventBridge rule.
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
            source_arn=rules,  # Has the account.
        )
        # No property refers to these, but imports need them. The rules invoke the function by the permission.
        # Without the VPC's routes and endpoints no response leaves the VPC, not even to a Delete.
        network = [] if vpc is None else [vpc, *self.function.connections.security_groups]
        self.needed_by_imports = [permission, *network]

    @classmethod
    def serving(cls, scope: Construct, given: LabelsProvider | None) -> LabelsProvider:
        """Return the provider of an import or evaluation.

        Args:
            scope: the import or evaluation.
            given: the `provider` argument; None for the default provider.

        Raises:
            InvalidPropertyError: the provider is of another stack.
        """
        if given is None:
            return cls.of(scope)
        ours, theirs = Stack.of(scope), Stack.of(given)
        if theirs.node.addr != ours.node.addr:
            raise InvalidPropertyError(
                f"provider must be in the stack of what it serves, {ours.node.path}: {given.node.path} is in "
                f"{theirs.node.path}. A function may only use the EventBridge rules of its own stack. "
                f"Create a LabelsProvider in {ours.node.path}."
            )
        return given

    def allow_transform(
        self, transform_id: str, use: TransformUse = TransformUse.IMPORT
    ) -> Sequence[IDependable]:
        """Let the function import labels into a transform of this account and region, or evaluate it.

        Each transform has its own policy, on which its imports depend. When an import moves to another
        transform, CloudFormation creates the new policy before the import, and removes the old one in its
        cleanup. Until then a rollback can use the former transform. With one policy for all transforms, the
        former transform would be missing at once.

        The policy's name has the transform's id. If the transform is replaced, its id and so the policy's
        name change, and CloudFormation replaces the policy in the same order. Another set of uses replaces
        the policy, too: its name and logical id depend on the uses.

        Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html

        Args:
            transform_id: the id, a literal or a token.
            use: what the function does with the transform. The uses of all calls add up, in any order.

        Returns:
            What must be deployed before the function may do it; the same for the same id. Nothing if the role
            cannot be changed.

        Raises:
            InvalidPropertyError: the policies of all transforms do not fit into the function's role.
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
                f"{MAX_EVALUATED_TRANSFORMS} if it evaluates all of them. With this one, "
                f"{self._stack.node.path} names {len(uses)} and evaluates {evaluated}. The policies of more "
                "do not fit into the function's role: IAM allows 10,240 characters. "
                "Put this one into another stack or a nested stack."
            )

    def _own_log_group(self) -> aws_logs.LogGroup:
        # A log group of the stack is deleted with it, and the role needs no permission to create one.
        logs = aws_logs.LogGroup(
            self, "Logs", retention=aws_logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        logs.node.add_metadata(_LOG_GROUP_OF_A_CUSTOM_RESOURCE, True)
        return logs


def _check_is_first(scope: Construct, id: str) -> None:  # noqa: A002 (the CDK's name for it)
    if id == LabelsProvider.DEFAULT_ID and isinstance(scope.node.try_find_child(id), LabelsProvider):
        raise InvalidPropertyError(
            f"{scope.node.path}/{id}: the default LabelsProvider exists already. An import or evaluation "
            "without provider= creates it. Create yours once, before the first import or evaluation of the "
            "stack. They use it without provider=."
        )


def _check_concurrency(scope: Construct, reserved: int | None) -> None:
    if reserved is not None and not Token.is_unresolved(reserved) and reserved < 1:
        raise InvalidPropertyError(
            f"{scope.node.path}: reserved_concurrent_executions must be at least 1: {reserved}. "
            "With 0, Lambda never runs the function, and the deployment would wait an hour for its response. "
            "Give the number of imports that run at once, or leave it out."
        )
