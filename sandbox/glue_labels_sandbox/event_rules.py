"""The calls about rules that EventBridge refuses, each with the code and message of its error.

Used for MiniStack's EventBridge, and for a model of EventBridge in tests. Source: EventBridge API reference,
pages PutRule, DeleteRule, PutTargets and RemoveTargets.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

Refusal: TypeAlias = tuple[str, str]

_NAME: Final = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
_NAMES_RULE: Final = r"length 1 to 64, pattern [\.\-_A-Za-z0-9]+"
_INPUT_MAX_CHARACTERS: Final = 8192
_TARGETS_MAX: Final = 5


def refused_rule(parameters: Mapping[str, Any]) -> Refusal | None:
    """Return why PutRule is refused; None if it is not."""
    name = str(parameters.get("Name") or "")
    if not _NAME.fullmatch(name):
        return _constraint("name", name, _NAMES_RULE)
    if not parameters.get("ScheduleExpression") and not parameters.get("EventPattern"):
        return (
            "ValidationException",
            "Parameter(s) EventPattern or ScheduleExpression must be specified.",
        )
    return None


def refused_deletion(targets: object) -> Refusal | None:
    """Return why DeleteRule is refused for a rule with these targets; None if it is not."""
    return ("ValidationException", "Rule can't be deleted since it has targets.") if targets else None


def refused_targets(parameters: Mapping[str, Any], kept: Set[str]) -> Refusal | None:
    """Return why PutTargets is refused for a rule that has targets of the ids `kept`; None if it is not."""
    targets = parameters.get("Targets") or []
    for target in targets:
        if not _NAME.fullmatch(str(target.get("Id") or "")):
            return _constraint("targets.id", target.get("Id"), _NAMES_RULE)
        text = target.get("Input")
        if text is not None and len(text) > _INPUT_MAX_CHARACTERS:
            return _constraint("targets.input", text[:40], f"length at most {_INPUT_MAX_CHARACTERS}")
        if text is not None and not _is_json(text):
            return "ValidationException", f"JSON syntax error in input for target {target['Id']}."
    if len(kept | {target["Id"] for target in targets}) > _TARGETS_MAX:
        return "LimitExceededException", "The requested resource exceeds the maximum number allowed."
    return None


def rule_not_found(parameters: Mapping[str, Any]) -> Refusal:
    """Return the error of a call about the targets of a rule that does not exist."""
    bus = parameters.get("EventBusName", "default")
    return "ResourceNotFoundException", f"Rule {parameters.get('Rule')} does not exist on EventBus {bus}."


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _constraint(name: str, value: object, rule: str) -> Refusal:
    return (
        "ValidationException",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {rule}",
    )
