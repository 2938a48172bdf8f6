"""The function's role and its policies.

The app cannot change some given roles: those imported with ``mutable=False``, of another account, or
precreated (``Role.customize_roles``). A warning shows the statements that such a role needs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import jsii
from aws_cdk import Stack, aws_iam
from constructs import IValidation

from glue_labels.annotations import warn
from glue_labels.policy_report import is_customized, reported_statement
from glue_labels.references import UUID_LENGTH, has_token, stack_uuid, value_hash
from glue_labels.template_text import policy_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct, IDependable

# PolicyName of AWS::IAM::RolePolicy.
_POLICY_NAME_CHARACTERS = re.compile(r"[A-Za-z0-9_+=,.@-]+")
_POLICY_NAME_MAX_LENGTH = 128
_POLICY = "ImportLabels"

_ADDRESS_LENGTH = 8


@dataclass(frozen=True)
class PolicyKind:
    """What a policy of a transform is for.

    Policies of two kinds have different logical ids and names, so they are two resources. CloudFormation
    creates the new one before the resources that need it, and removes the former one in its cleanup, when no
    rollback needs it any more.

    Attributes:
        name: the first part of the policy's name.
        ending: the last part of the logical id. Short: logical ids have at most 255 characters.
    """

    name: str
    ending: str = ""


class FunctionRole:
    """The role of one function, and its policies.

    Attributes:
        role: the role.
        needed: what must be deployed before the function can use its role, besides the role.
    """

    role: aws_iam.IRole
    needed: Sequence[IDependable]

    def __init__(
        self,
        scope: Construct,
        given: aws_iam.IRole | None,
        statements: Sequence[aws_iam.PolicyStatement],
        others: Sequence[aws_iam.PolicyStatement],
    ) -> None:
        """Create the role below `scope`, or add the statements to the given role.

        Args:
            scope: the function's provider.
            given: a role of the app; None creates one.
            statements: what the function needs, apart from transforms.
            others: what the CDK adds for the function's settings, if it can change the role.
        """
        self._scope = scope
        self._shown = [*statements, *others]
        self._policies: dict[str, aws_iam.CfnRolePolicy] = {}
        # Stacks that share a role must not use the same policy name: each would remove the other's policy.
        self._suffix = ""
        self.needed = []
        self._takes_policies = False
        self._is_reported = is_customized(scope if given is None else given)
        if self._is_reported:
            self.role = _own(scope, []) if given is None else given
            self._report("Policy", statements)
            return
        if given is None:
            self.role = _own(scope, statements)
            self._takes_policies = True
            return
        self.role = given
        self._suffix = f"-{scope.node.addr[-_ADDRESS_LENGTH:]}-{stack_uuid(Stack.of(scope))}"
        # Another role gets another policy: a rollback needs that of the former role.
        key = value_hash(Stack.of(scope), given.role_arn)
        policy = aws_iam.Policy(
            scope,
            f"Policy{key}",
            policy_name=f"{_POLICY}-{key}{self._suffix}",
            statements=list(statements),
        )
        self._takes_policies = _attach(given, policy)
        if self._takes_policies:
            self.needed = [policy]
        else:
            scope.node.add_validation(_Unchanged(self))

    def allow(
        self,
        key: str,
        name: str,
        kind: PolicyKind,
        statement: aws_iam.PolicyStatement,
        new: aws_iam.PolicyStatement,
    ) -> list[IDependable]:
        """Add a policy to the role, or change the policy of the same key.

        Args:
            key: identifies the policy within the function; 8 hexadecimal digits.
            name: a part of the policy's name; another one replaces the policy; a literal or a token.
            kind: what the policy is for; another kind replaces the policy.
            statement: the policy's statement.
            new: what `statement` allows in addition to the former policy of the key; all of it for a new key.

        Returns:
            What must be deployed before the function may do it; the same for the same key. Nothing if the
            role cannot be changed.
        """
        construct_id = f"Transform{key}"
        if not self._takes_policies:
            self._shown.append(new)
            if self._is_reported:
                self._report(f"{construct_id}{kind.ending}", [new])
            return []
        policy = self._policies.get(key)
        policy_name = self._policy_name(kind, key, name)
        document = aws_iam.PolicyDocument(statements=[statement])
        if policy is None:
            policy = self._policies[key] = aws_iam.CfnRolePolicy(
                self._scope,
                construct_id,
                role_name=self.role.role_name,
                policy_name=policy_name,
                policy_document=document,
            )
        else:
            policy.policy_name, policy.policy_document = policy_name, document
        if kind.ending:
            # Add to the CDK's logical id, which may have been overridden before.
            policy.override_logical_id(f"{Stack.of(policy).get_logical_id(policy)}{kind.ending}")
        return [policy]

    def show(self) -> None:
        """Warn that the role is not changed, and show the statements that it needs."""
        stack = Stack.of(self._scope)
        path = self._scope.node.path
        # Warn on the function, not on the provider: an earlier acknowledgement on the provider hides only
        # warnings below it (up to aws-cdk-lib 2.220 at least).
        warn(
            cast("Construct", self._scope.node.find_child("Function")),
            "role-not-changed",
            f"The role of {path} is imported, and the app must not change it. The function fails without "
            "these statements. Give the role a policy with them, then acknowledge this warning. "
            "${Name} is a value of the stack, as in CloudFormation's Fn::Sub.\n"
            f"{policy_json(stack, self._shown)}",
        )

    def _report(self, construct_id: str, statements: Sequence[aws_iam.PolicyStatement]) -> None:
        # This policy is in no template, only in the report of Role.customize_roles.
        stack = Stack.of(self._scope)
        shown = [reported_statement(stack, statement) for statement in statements]
        _attach(self.role, aws_iam.Policy(self._scope, construct_id, statements=shown))

    def _policy_name(self, kind: PolicyKind, key: str, name: str) -> str:
        short = f"{kind.name}-{key}"
        suffix_length = _ADDRESS_LENGTH + UUID_LENGTH + 2 if self._suffix else 0
        room = _POLICY_NAME_MAX_LENGTH - len(short) - 1 - suffix_length
        fits = has_token(name) or (len(name) <= room and _POLICY_NAME_CHARACTERS.fullmatch(name))
        return f"{short}-{name}{self._suffix}" if fits else f"{short}{self._suffix}"


@jsii.implements(IValidation)
class _Unchanged:
    # Warn at synth, when all transforms are known: one warning has all statements.
    def __init__(self, role: FunctionRole) -> None:
        self._role = role

    def validate(self) -> list[str]:
        self._role.show()
        return []


def _own(scope: Construct, statements: Sequence[aws_iam.PolicyStatement]) -> aws_iam.Role:
    return aws_iam.Role(
        scope,
        "Role",
        assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"),
        description="Imports labels into the AWS Glue ML transforms of this stack",
        # Inline: one resource less, and waiting for the role is waiting for its permissions, too.
        inline_policies={_POLICY: aws_iam.PolicyDocument(statements=list(statements))} if statements else {},
    )


def _attach(role: aws_iam.IRole, policy: aws_iam.Policy) -> bool:
    """Attach a policy to a role; return whether the role took it."""
    role.attach_inline_policy(policy)
    resource = cast("aws_iam.CfnPolicy", policy.node.default_child)
    return bool(Stack.of(policy).resolve(resource.roles))
