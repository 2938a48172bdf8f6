"""The transform that an import names: its id, and its resource if that is part of the app."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from aws_cdk import Stack, Token, aws_glue

from glue_labels.environment import known_to_differ
from glue_labels.references import is_known, referenced
from glue_labels_handler.request import InvalidPropertyError, check_transform_id

if TYPE_CHECKING:
    from aws_cdk.interfaces.aws_glue import IMLTransformRef

_ID_PREFIX = "tfm-"


@dataclass(frozen=True)
class NamedTransform:
    """A transform as an import names it.

    Attributes:
        id: its id, a literal or a token.
        resource: the resource of the app that makes it; None if the app does not.
    """

    id: str
    resource: aws_glue.CfnMLTransform | None

    @classmethod
    def of(cls, transform: IMLTransformRef | str, stack: Stack) -> NamedTransform:
        """Return what `stack` knows of a transform.

        Args:
            transform: a ``CfnMLTransform``, another `IMLTransformRef`, or an id.
            stack: the import's stack.

        Raises:
            InvalidPropertyError: the id breaks a rule, or the transform is in another account or region.
        """
        transform_id = _literal_id(transform) if isinstance(transform, str) else _id_of(transform, stack)
        made_by = transform if isinstance(transform, aws_glue.CfnMLTransform) else referenced(transform_id)
        return cls(transform_id, made_by if isinstance(made_by, aws_glue.CfnMLTransform) else None)

    @property
    def is_of_unusual_form(self) -> bool:
        """Whether the id is known and does not look like one that Glue gives."""
        return is_known(self.id) and not self.id.startswith(_ID_PREFIX)


def _literal_id(transform_id: str) -> str:
    if Token.is_unresolved(transform_id):
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
                f"TransformId must be of a transform in the {where} of the import's stack, {other}: "
                f"{transform.node.path} is in {one}. Put the import into a stack there."
            )
    reference = transform.ml_transform_ref
    # Called ml_transform_id by aws-cdk-lib up to 2.250 at least.
    name = "transform_id" if hasattr(reference, "transform_id") else "ml_transform_id"
    return cast("str", getattr(reference, name))
