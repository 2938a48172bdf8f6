"""The transform of an import or evaluation: its id, and its resource if that is part of the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aws_cdk import Stack, aws_glue

from glue_labels.annotations import warn
from glue_labels.references import has_token, is_known, known_to_differ, referenced
from glue_labels_handler.request import InvalidPropertyError, check_transform_id

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_glue import IMLTransformRef
    from constructs import Construct

_ID_PREFIX = "tfm-"


@dataclass(frozen=True)
class NamedTransform:
    """The transform of an import or evaluation.

    Attributes:
        id: its id, a literal or a token.
        resource: its resource; None if the app does not create it.
    """

    id: str
    resource: aws_glue.CfnMLTransform | None

    @classmethod
    def of(cls, transform: IMLTransformRef | str, stack: Stack) -> NamedTransform:
        """Return the transform as `stack` knows it.

        Args:
            transform: a ``CfnMLTransform``, another `IMLTransformRef`, or an id.
            stack: the stack of the import or evaluation.

        Raises:
            InvalidPropertyError: the id breaks a rule, or the transform is in another account or region.
        """
        transform_id = _literal_id(transform) if isinstance(transform, str) else _id_of(transform, stack)
        made_by = transform if isinstance(transform, aws_glue.CfnMLTransform) else referenced(transform_id)
        return cls(transform_id, made_by if isinstance(made_by, aws_glue.CfnMLTransform) else None)

    @property
    def shown(self) -> str:
        """The transform for messages: its path in the app, or its id."""
        if self.resource is not None:
            return str(self.resource.node.path)
        return "a transform known at deployment" if has_token(self.id) else self.id

    def is_known_to_differ_from(self, other: NamedTransform) -> bool:
        """Return whether the two cannot be the same transform."""
        if self.resource is not None and other.resource is not None:
            return bool(self.resource.node.path != other.resource.node.path)
        return is_known(self.id) and is_known(other.id) and self.id != other.id

    def warn_of_form(self, scope: Construct) -> None:
        """Warn if the id is known and does not look like an id of Glue.

        Args:
            scope: the import or evaluation.
        """
        if is_known(self.id) and not self.id.startswith(_ID_PREFIX):
            warn(
                scope,
                "transform-id",
                f"{scope.node.path}: the transform's id is {self.id!r}. AWS Glue gives ids that begin with "
                "tfm-. Give the id that Glue shows for the transform, not its name.",
            )


def _literal_id(transform_id: str) -> str:
    if has_token(transform_id):
        return transform_id
    check_transform_id(transform_id)
    if transform_id.startswith("arn:"):
        last = transform_id.rpartition("/")[2]
        raise InvalidPropertyError(
            f"TransformId must be the transform's id, not its ARN: {transform_id!r}. "
            f"Give the last part of the ARN: {last!r}."
        )
    return transform_id


def _id_of(transform: IMLTransformRef, stack: Stack) -> str:
    theirs = Stack.of(transform)
    for where, one, other in (
        ("account", theirs.account, stack.account),
        ("region", theirs.region, stack.region),
    ):
        if known_to_differ(one, other):
            raise InvalidPropertyError(
                f"TransformId must be of a transform in the {where} of the stack, {other}: "
                f"{transform.node.path} is in {one}. Put this construct into a stack there."
            )
    reference = transform.ml_transform_ref
    # aws-cdk-lib up to 2.250 at least calls it ml_transform_id.
    name = "transform_id" if hasattr(reference, "transform_id") else "ml_transform_id"
    return cast("str", getattr(reference, name))
