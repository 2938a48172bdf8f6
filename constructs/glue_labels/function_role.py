"""The function's role: one of its own, or one that the app was given.

A given role may be one that the app can change, or not: imported with ``mutable=False``, of another account,
or precreated (``Role.customize_roles``). What such a role needs is shown, for somebody else to grant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import jsii
from aws_cdk import Stack, Token, aws_iam
from constructs import IValidation

from glue_labels.annotations import warn
from glue_labels.stack_uuid import UUID_LENGTH, stack_uuid
from glue_labels.template_text import policy_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from constructs import Construct, IDependable

# PolicyName of AWS::IAM::RolePolicy.
_POLICY_NAME_CHARACTERS = re.compile(r"[A-Za-z0-9_+=,.@-]+")
_POLICY_NAME_MAX_LENGTH = 128
_POLICY = "ImportLabels"

_ADDRESS_LENGTH = 8

# Set by Role.customize_roles: the CDK then writes what roles need to iam-policy-report.txt.
_CUSTOMIZED = "@aws-cdk/iam:customizeRoles"


@dataclass(frozen=True)
class PolicyKind:
    """What a policy of a transform is for.

    Two kinds have neither logical id nor name in common, so that a transform's policy of another kind is
    another resource: CloudFormation creates it before the resources that need it, and removes the former one
    in its cleanup, when no rollback needs it any more.

    Attributes:
        name: what the policy's name begins with.
        ending: of the logical id. Short, for logical ids have at most 255 characters.
    """

    name: str
    ending: str = ""


class FunctionRole:
    """The role of one function, and what it is granted.

    Attributes:
        role: the role.
        needed: what must be deployed before the function can use its role; nothing where that is the role.
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
        """Make the role below `scope`, or let the one that was given do what the function must do.

        Args:
            scope: the function's provider.
            given: a role of the app's; None makes one.
            statements: what the function needs whatever the transform.
            others: what the CDK adds for the function's settings, where it can.
        """
        self._scope = scope
        self._shown = [*statements, *others]
        self._policies: dict[str, aws_iam.CfnRolePolicy] = {}
        # A role that stacks share must not have two policies of one name: each stack would take away the
        # other's.
        self._suffix = ""
        self.needed = []
        if given is None:
            self.role = _own(scope, statements)
            self._takes_policies = not _is_customized(self.role)
            return
        self.role = given
        self._suffix = f"-{scope.node.addr[-_ADDRESS_LENGTH:]}-{stack_uuid(Stack.of(scope))}"
        policy = aws_iam.Policy(
            scope, "Policy", policy_name=f"{_POLICY}{self._suffix}", statements=list(statements)
        )
        self._takes_policies = _attach(given, policy)
        if self._takes_policies:
            self.needed = [policy]
        elif not _is_customized(given):
            scope.node.add_validation(_Unchanged(self))

    def allow(
        self,
        key: str,
        name: str,
        kind: PolicyKind,
        statement: aws_iam.PolicyStatement,
        new: aws_iam.PolicyStatement,
    ) -> list[IDependable]:
        """Add a policy of its own to the role, or let the one of the same key be this instead.

        Args:
            key: tells the policy from others of the function; 8 hexadecimal digits.
            name: goes into the policy's name, so that another one replaces the policy; a literal or a token.
            kind: what the policy is for; another kind replaces the policy.
            statement: the policy's.
            new: what `statement` allows and the former policy of the key does not; all of it for a new key.

        Returns:
            What must be deployed before the function may do it, the same for the same key; nothing where the
            role cannot be changed.
        """
        construct_id = f"Transform{key}"
        if not self._takes_policies:
            self._shown.append(new)
            # It reaches no template, but the report of Role.customize_roles.
            _attach(self.role, aws_iam.Policy(self._scope, f"{construct_id}{kind.ending}", statements=[new]))
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
            # Of what the CDK would call it, overridden before or not.
            policy.override_logical_id(f"{Stack.of(policy).get_logical_id(policy)}{kind.ending}")
        return [policy]

    def show(self) -> None:
        """Warn that the role is not changed, with what it needs."""
        stack = Stack.of(self._scope)
        path = self._scope.node.path
        # On what is below: up to aws-cdk-lib 2.220 at least, a construct acknowledges a warning that comes
        # later for what is below it, but not for itself.
        warn(
            cast("Construct", self._scope.node.find_child("Function")),
            "role-not-changed",
            f"The role of {path} is imported, and the app must not change it. The function fails without "
            "these statements. Give the role a policy with them, then acknowledge this warning. "
            "${Name} stands for a value of the stack, as in CloudFormation's Fn::Sub.\n"
            f"{policy_json(stack, self._shown)}",
        )

    def _policy_name(self, kind: PolicyKind, key: str, name: str) -> str:
        short = f"{kind.name}-{key}"
        suffix_length = _ADDRESS_LENGTH + UUID_LENGTH + 2 if self._suffix else 0
        room = _POLICY_NAME_MAX_LENGTH - len(short) - 1 - suffix_length
        fits = Token.is_unresolved(name) or (len(name) <= room and _POLICY_NAME_CHARACTERS.fullmatch(name))
        return f"{short}-{name}{self._suffix}" if fits else f"{short}{self._suffix}"


@jsii.implements(IValidation)
class _Unchanged:
    # At synth, when all transforms are known, so that one warning has all statements.
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
        # Inline: one resource less, and who waits for the role waits for its permissions too.
        inline_policies={_POLICY: aws_iam.PolicyDocument(statements=list(statements))},
    )


def _attach(role: aws_iam.IRole, policy: aws_iam.Policy) -> bool:
    """Attach a policy to a role; return whether the role took it."""
    role.attach_inline_policy(policy)
    resource = cast("aws_iam.CfnPolicy", policy.node.default_child)
    return bool(Stack.of(policy).resolve(resource.roles))


def _is_customized(role: aws_iam.IRole) -> bool:
    return role.node.try_get_context(_CUSTOMIZED) is not None
