"""EventBridge as a model: a boto3 client of the five calls the function makes, and rules that tick."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from model_trouble import Troubles, client_error

if TYPE_CHECKING:
    from collections.abc import Callable

    from turns import Schedule


@dataclass(frozen=True)
class Tick:
    """How one tick travels.

    Attributes:
        late: seconds until it reaches Lambda. It travels on though its rule be removed meanwhile.
        again: seconds after which it arrives a second time; None if once.
    """

    late: float = 0.5
    again: float | None = None


@dataclass
class EventBridge:
    """The service and a client of it."""

    schedule: Schedule
    troubles: Troubles
    invoke: Callable[[str, float], None]
    """Has Lambda invoke the function with this input, so many seconds from now."""
    rules: dict[str, dict[str, str]] = field(default_factory=dict)
    """By name, the input of each target."""
    ticks: deque[Tick] = field(default_factory=deque)

    def put_rule(self, **asked: Any) -> dict[str, Any]:
        return self.troubles.call("PutRule", lambda: self._put_rule(**asked))

    def put_targets(self, **asked: Any) -> dict[str, Any]:
        return self.troubles.call("PutTargets", lambda: self._put_targets(**asked))

    def list_targets_by_rule(self, **asked: Any) -> dict[str, Any]:
        return self.troubles.call("ListTargetsByRule", lambda: self._list_targets(**asked))

    def remove_targets(self, **asked: Any) -> dict[str, Any]:
        return self.troubles.call("RemoveTargets", lambda: self._remove_targets(**asked))

    def delete_rule(self, **asked: Any) -> dict[str, Any]:
        return self.troubles.call("DeleteRule", lambda: self._delete_rule(**asked))

    def _put_rule(self, **asked: Any) -> dict[str, Any]:
        assert asked["ScheduleExpression"] == "rate(1 minute)"
        name = asked["Name"]
        if name not in self.rules:
            targets: dict[str, str] = {}
            self.rules[name] = targets
            self.schedule.at(self.schedule.now + 60, lambda: self._tick(name, targets))
        return {"RuleArn": f"arn:aws:events:eu-west-1:123456789012:rule/{name}"}

    def _put_targets(self, **asked: Any) -> dict[str, Any]:
        targets = self._targets("PutTargets", asked["Rule"])
        for target in asked["Targets"]:
            assert len(target["Input"]) <= 8192
            targets[target["Id"]] = target["Input"]
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _list_targets(self, **asked: Any) -> dict[str, Any]:
        targets = self._targets("ListTargetsByRule", asked["Rule"])
        return {"Targets": [{"Id": name, "Input": text} for name, text in targets.items()]}

    def _remove_targets(self, **asked: Any) -> dict[str, Any]:
        targets = self._targets("RemoveTargets", asked["Rule"])
        for name in asked["Ids"]:
            targets.pop(name, None)
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _delete_rule(self, **asked: Any) -> dict[str, Any]:
        if self.rules.get(asked["Name"]):
            raise client_error(
                "ValidationException", "DeleteRule", "Rule can't be deleted since it has targets."
            )
        self.rules.pop(asked["Name"], None)
        return {}

    def _targets(self, action: str, name: str) -> dict[str, str]:
        if name not in self.rules:
            raise client_error("ResourceNotFoundException", action, f"Rule {name} does not exist.")
        return self.rules[name]

    def _tick(self, name: str, targets: dict[str, str]) -> None:
        if self.rules.get(name) is not targets:
            return  # removed; one put since ticks by itself
        for text in targets.values():
            tick = self.ticks.popleft() if self.ticks else Tick()
            self.invoke(text, tick.late)
            if tick.again is not None:
                self.invoke(text, tick.late + tick.again)
        self.schedule.at(self.schedule.now + 60, lambda: self._tick(name, targets))
