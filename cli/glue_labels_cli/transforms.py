"""A transform as Glue describes it, found by id or name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from glue_labels_cli.aws_errors import CallError, call
from glue_labels_cli.terminal import CommandError
from glue_labels_handler.causes import Kind
from glue_labels_handler.quality import Quality

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glue_labels_cli.aws_account import Account


@dataclass(frozen=True)
class Transform:
    """A transform as Glue describes it.

    Attributes:
        id: `TransformId`.
        name: `Name`.
        status: NOT_READY, READY or DELETING.
        role: `Role`, its name or ARN.
        quality: the result of the last evaluation, and the number of labels that the transform knows.
    """

    id: str
    name: str
    status: str
    role: str
    quality: Quality

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Transform:
        """Return a transform of a response of GetMLTransform or GetMLTransforms."""
        return cls(
            id=str(described["TransformId"]),
            name=str(described.get("Name") or ""),
            status=str(described.get("Status") or ""),
            role=str(described.get("Role") or ""),
            quality=Quality.of(described),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.id})" if self.name else self.id


def find_transform(account: Account, given: str) -> Transform:
    """Return the transform with an id or name.

    Raises:
        CommandError: there is none, several have the name, or the call failed.
    """
    if given.startswith("tfm-"):
        try:
            return Transform.of(call("GetMLTransform", account.glue.get_ml_transform, TransformId=given))
        except CallError as error:
            # A name may also begin with tfm-.
            if error.aws_error.kind is not Kind.GONE:
                raise
            named = _named(account, given, or_else=error)
    else:
        named = _named(account, given)
    if not named:
        raise CommandError(
            f"There is no transform {given!r} in {account.region}. Check the id or name, --region and "
            "--profile."
        )
    if len(named) > 1:
        ids = ", ".join(sorted(one.id for one in named))
        raise CommandError(f"{len(named)} transforms are named {given!r}. Give the id of one of them: {ids}")
    return named[0]


def _named(account: Account, name: str, or_else: CallError | None = None) -> list[Transform]:
    found: list[Transform] = []
    page: dict[str, str] = {}
    while True:
        try:
            response = call(
                "GetMLTransforms",
                account.glue.get_ml_transforms,
                Filter={"Name": name},
                MaxResults=100,
                **page,
            )
        except CallError:
            if or_else is None:
                raise
            # A user who gives an id needs no permission to list transforms.
            return found
        # No source says whether the filter compares whole names.
        found += [one for one in map(Transform.of, response.get("Transforms", ())) if one.name == name]
        if not response.get("NextToken"):
            return found
        page = {"NextToken": str(response["NextToken"])}


def refreshed(account: Account, transform: Transform) -> Transform:
    """Return the transform as it is now."""
    return Transform.of(call("GetMLTransform", account.glue.get_ml_transform, TransformId=transform.id))
