"""The transform's role: warnings if an import has none or another, and its name for errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aws_cdk import aws_iam

from glue_labels.annotations import warn
from glue_labels.references import has_token, is_known_in, referenced

if TYPE_CHECKING:
    from aws_cdk import Stack, aws_glue
    from constructs import Construct, IConstruct


def warn_of_role(
    scope: Construct, transform: aws_glue.CfnMLTransform, transform_role: aws_iam.IRole | None
) -> None:
    """Warn if an import into a transform of the app has no `transform_role`, or not the transform's role.

    Args:
        scope: the import.
        transform: the transform of the app.
        transform_role: the import's `transform_role`.
    """
    path = scope.node.path
    if transform_role is None:
        warn(
            scope,
            "no-transform-role",
            f"{path} has no transform_role. AWS Glue reads the label file with the role of the transform "
            f"{transform.node.path}, and the import grants nothing to that role. "
            "Pass the transform's role as transform_role. "
            "If it can read the file already, acknowledge this warning.",
        )
    else:
        warn_of_other_role(scope, transform, transform_role, "reads the label file")


def warn_of_other_role(
    scope: Construct, transform: aws_glue.CfnMLTransform, transform_role: aws_iam.IRole, glue_does: str
) -> None:
    """Warn if `transform_role` is known not to be the transform's role.

    Args:
        scope: the import or evaluation.
        transform: the transform of the app.
        transform_role: the role of the import or evaluation.
        glue_does: what AWS Glue does with the role.
    """
    if _known_to_be_others(transform_role, transform.role):
        warn(
            scope,
            "other-role",
            f"The transform_role of {scope.node.path}, {_shown(transform_role)}, is not the role of the "
            f"transform {transform.node.path}, {_shown_text(transform.role)}. "
            f"AWS Glue {glue_does} with the role of the transform. Pass that role as transform_role.",
        )


def role_for_advice(
    stack: Stack, transform: aws_glue.CfnMLTransform | None, transform_role: aws_iam.IRole | None
) -> str | None:
    """Return the ARN or name of the transform's role, for the errors of an import or evaluation.

    Args:
        stack: the stack of the import or evaluation.
        transform: the transform, if it is part of the app.
        transform_role: the role of the import or evaluation.

    Returns:
        None if no role is known, or only by a value of another stack: advice is not worth an export.
    """
    if transform_role is not None:
        role: str | None = transform_role.role_arn
    else:
        role = None if transform is None else transform.role
    return role if role and is_known_in(stack, role) else None


@dataclass(frozen=True)
class _NamedRole:
    """A role whose name is known at synth.

    Attributes:
        name: without its path, in lower case: IAM ignores the case of role names.
        account: None if it is not known.
    """

    name: str
    account: str | None

    @classmethod
    def parse(cls, name_or_arn: str) -> _NamedRole | None:
        """Return the role with a name or an ARN; None if the name has a token."""
        before, _, name = name_or_arn.rpartition("/")
        if has_token(name):
            return None
        parts = before.split(":")  # arn:PARTITION:iam::ACCOUNT:role
        account = parts[4] if len(parts) > 5 and not has_token(parts[4]) else None
        return cls(name.lower(), account)

    def is_known_to_differ_from(self, other: _NamedRole) -> bool:
        """Return whether the two cannot be the same role."""
        accounts = {self.account, other.account} - {None}
        return self.name != other.name or len(accounts) > 1


def _known_to_be_others(transform_role: aws_iam.IRole, given: str) -> bool:
    ours, theirs = _resource_of(transform_role), _resource(given)
    if ours is not None and theirs is not None:
        return ours.node.path != theirs.node.path
    # A role of the app has no known name: CloudFormation chooses it.
    one, other = _NamedRole.parse(transform_role.role_arn), _NamedRole.parse(given)
    return one is not None and other is not None and one.is_known_to_differ_from(other)


def _resource_of(role: aws_iam.IRole) -> IConstruct | None:
    return _resource(role.role_arn) or _resource(role.role_name)


def _resource(text: str) -> IConstruct | None:
    # Not a parameter: it may have any role as value.
    target = referenced(text)
    return target if isinstance(target, aws_iam.CfnRole) else None


def _shown(role: aws_iam.IRole) -> str:
    resource = _resource_of(role)
    return resource.node.path if resource is not None else _shown_text(role.role_name)


def _shown_text(name_or_arn: str) -> str:
    resource = _resource(name_or_arn)
    return resource.node.path if resource is not None else name_or_arn
