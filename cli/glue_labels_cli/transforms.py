"""The transform that a command is about."""

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
        quality: what the last evaluation found, and how many labels the transform has been taught.
    """

    id: str
    name: str
    status: str
    role: str
    quality: Quality

    @classmethod
    def of(cls, described: Mapping[str, Any]) -> Transform:
        """Return the transform that GetMLTransform or GetMLTransforms describes."""
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
        CommandError: there is none, or several have the name; or the account cannot be asked.
    """
    if given.startswith("tfm-"):
        try:
            return Transform.of(call("GetMLTransform", account.glue.get_ml_transform, TransformId=given))
        except CallError as error:
            # A name may begin like an id; what looks like one is asked for as one first.
            if error.fault.kind is not Kind.GONE:
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
            answer = call(
                "GetMLTransforms",
                account.glue.get_ml_transforms,
                Filter={"Name": name},
                MaxResults=100,
                **page,
            )
        except CallError:
            if or_else is None:
                raise
            # Whoever gave an id need not be allowed to list.
            return found
        # No source says that the filter compares whole names.
        found += [one for one in map(Transform.of, answer.get("Transforms", ())) if one.name == name]
        if not answer.get("NextToken"):
            return found
        page = {"NextToken": str(answer["NextToken"])}


def refreshed(account: Account, transform: Transform) -> Transform:
    """Return the transform as it is now."""
    return Transform.of(call("GetMLTransform", account.glue.get_ml_transform, TransformId=transform.id))
