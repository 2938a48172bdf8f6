"""Resource types that MiniStack does not know: named with their resources, as the sandbox's own limit.

MiniStack refuses a template with such types as CloudFormation refuses one with types that do not exist, in
the same words: "Unrecognized resource types". These exist, so the words are ours here.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from ministack.services.cloudformation import provisioners

from .ministack_registry import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MINISTACK_S: Final = "Unrecognized resource types"

_unknown: dict[str, str] = {}


def unknown_resources() -> dict[str, str]:
    """Return the resources that were refused: each one's type, by its path in the app or its logical id."""
    return dict(_unknown)


def install() -> None:
    """Refuse templates with resources of unknown types in words of our own."""
    for module in ("changesets", "handlers"):
        wrap(f"services.cloudformation.{module}.validate_template_support", _validate_or_refuse)


def _validate_or_refuse(
    validate: Callable[..., None], template: dict[str, Any], conditions: dict[str, bool], **named: Any
) -> None:
    try:
        validate(template, conditions, **named)
    except ValueError as error:
        if _MINISTACK_S not in str(error):
            raise
        unknown = _of_unknown_types(template["Resources"], conditions)
        _unknown.update(unknown)
        raise ValueError(_refusal(unknown)) from error


def _of_unknown_types(resources: Mapping[str, Any], conditions: Mapping[str, bool]) -> dict[str, str]:
    return {
        str((resource.get("Metadata") or {}).get("aws:cdk:path") or logical_id): resource["Type"]
        for logical_id, resource in resources.items()
        if resource["Type"] not in provisioners._RESOURCE_HANDLERS
        and not resource["Type"].startswith("Custom::")
        and conditions.get(resource.get("Condition", ""), True)
    }


def _refusal(unknown: Mapping[str, str]) -> str:
    by_type: defaultdict[str, list[str]] = defaultdict(list)
    for path, resource_type in unknown.items():
        by_type[resource_type].append(path)
    named = "; ".join(f"{resource_type} ({', '.join(paths)})" for resource_type, paths in by_type.items())
    return f"The sandbox cannot rehearse this stack, because it does not know these resource types: {named}"
