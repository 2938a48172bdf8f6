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
    late: float = 0.0
    """Seconds until a change of a rule's targets is seen."""
    refused_entries: deque[str] = field(default_factory=deque)
    """The actions whose next entries are refused, though the call succeeds."""
    _history: dict[str, list[tuple[float, dict[str, str] | None]]] = field(default_factory=dict)

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
            self._note(name)
            self.schedule.at(self.schedule.now + 60, lambda: self._tick(name, targets))
        return {"RuleArn": f"arn:aws:events:eu-west-1:123456789012:rule/{name}"}

    def _put_targets(self, **asked: Any) -> dict[str, Any]:
        targets = self._targets("PutTargets", asked["Rule"])
        if self._is_refused("PutTargets"):
            return {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "InternalException"}]}
        for target in asked["Targets"]:
            assert len(target["Input"]) <= 8192
            targets[target["Id"]] = target["Input"]
        self._note(asked["Rule"])
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _list_targets(self, **asked: Any) -> dict[str, Any]:
        targets = self._seen(asked["Rule"])
        if targets is None:
            raise client_error("ResourceNotFoundException", "ListTargetsByRule", "Rule does not exist.")
        return {"Targets": [{"Id": name, "Input": text} for name, text in targets.items()]}

    def _remove_targets(self, **asked: Any) -> dict[str, Any]:
        targets = self._targets("RemoveTargets", asked["Rule"])
        if self._is_refused("RemoveTargets"):
            return {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "InternalException"}]}
        for name in asked["Ids"]:
            targets.pop(name, None)
        self._note(asked["Rule"])
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _delete_rule(self, **asked: Any) -> dict[str, Any]:
        name = asked["Name"]
        if self.rules.get(name) or (name in self.rules and self._seen(name)):
            raise client_error(
                "ValidationException", "DeleteRule", "Rule can't be deleted since it has targets."
            )
        if self.rules.pop(name, None) is not None:
            self._note(name)
        return {}

    def _is_refused(self, action: str) -> bool:
        if self.refused_entries and self.refused_entries[0] == action:
            self.refused_entries.popleft()
            self.troubles.last_at[action] = self.schedule.now
            return True
        return False

    def _note(self, name: str) -> None:
        targets = self.rules.get(name)
        self._history.setdefault(name, []).append(
            (self.schedule.now, None if targets is None else dict(targets))
        )

    def _seen(self, name: str) -> dict[str, str] | None:
        """The rule's targets as the service shows them, some seconds late."""
        past = [targets for at, targets in self._history.get(name, []) if at <= self.schedule.now - self.late]
        return past[-1] if past else None

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
