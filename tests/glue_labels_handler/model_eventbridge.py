"""EventBridge's rules as a model: a boto3 client of the five calls that the function makes.

What a call may say is botocore's, what is refused is the sandbox's (`event_rules`). Nothing ticks here.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, ParamValidationError
from botocore.session import Session
from botocore.validate import ParamValidator

from glue_labels_sandbox.event_rules import refused_deletion, refused_rule, refused_targets, rule_not_found
from glue_labels_sandbox.history import History

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_sandbox.event_rules import Refusal

    Targets = dict[str, str]  # the input of each, by its id

_METHODS = {
    "put_rule": "PutRule",
    "put_targets": "PutTargets",
    "list_targets_by_rule": "ListTargetsByRule",
    "remove_targets": "RemoveTargets",
    "delete_rule": "DeleteRule",
}
_API = Session().get_service_model("events")


@dataclass
class EventBridge:
    """The service and a client of it.

    Attributes:
        rules: each one's targets, by its name.
        late: seconds until a change of a rule's targets is seen.
        refused_entries: the actions whose next entries are refused, though the call succeeds.
        has_refused: whether that has happened.
        made: called with each new rule's name and targets.
    """

    clock: Callable[[], float]
    rules: dict[str, Targets] = field(default_factory=dict)
    late: float = 0.0
    refused_entries: deque[str] = field(default_factory=deque)
    has_refused: bool = False
    made: Callable[[str, Targets], None] = field(default=lambda *_: None)
    meta: Any = field(default_factory=lambda: SimpleNamespace(method_to_api_mapping=_METHODS))

    def __post_init__(self) -> None:
        self._history: History[str, Targets] = History(self.clock)

    def put_rule(self, **asked: Any) -> dict[str, Any]:
        _check("PutRule", asked, refused_rule(asked))
        assert asked["ScheduleExpression"] == "rate(1 minute)"  # the tests tick by it
        name = asked["Name"]
        if name not in self.rules:
            targets = self.rules[name] = {}
            self._note()
            self.made(name, targets)
        return {"RuleArn": f"arn:aws:events:eu-west-1:123456789012:rule/{name}"}

    def put_targets(self, **asked: Any) -> dict[str, Any]:
        targets = self._targets("PutTargets", asked)
        _check("PutTargets", asked, refused_targets(asked, targets.keys()))
        return self._change("PutTargets", lambda: targets.update(_inputs(asked)))

    def list_targets_by_rule(self, **asked: Any) -> dict[str, Any]:
        _check("ListTargetsByRule", asked)
        targets = self._history.before(self.late, asked["Rule"])
        if targets is None:
            raise _client_error("ListTargetsByRule", rule_not_found(asked))
        return {"Targets": [{"Id": name, "Input": text} for name, text in targets.items()]}

    def remove_targets(self, **asked: Any) -> dict[str, Any]:
        targets = self._targets("RemoveTargets", asked)
        return self._change("RemoveTargets", lambda: [targets.pop(name, None) for name in asked["Ids"]])

    def delete_rule(self, **asked: Any) -> dict[str, Any]:
        name = asked["Name"]
        targets = self.rules.get(name)
        _check("DeleteRule", asked, refused_deletion(targets or self._history.before(self.late, name)))
        if targets is not None:
            del self.rules[name]
            self._note()
        return {}

    def _targets(self, action: str, asked: dict[str, Any]) -> Targets:
        _check(action, asked, None if asked["Rule"] in self.rules else rule_not_found(asked))
        return self.rules[asked["Rule"]]

    def _change(self, action: str, change: Callable[[], object]) -> dict[str, Any]:
        if self.refused_entries and self.refused_entries[0] == action:
            self.refused_entries.popleft()
            self.has_refused = True
            return {"FailedEntryCount": 1, "FailedEntries": [{"ErrorCode": "InternalException"}]}
        change()
        self._note()
        return {"FailedEntryCount": 0, "FailedEntries": []}

    def _note(self) -> None:
        self._history.note({name: dict(targets) for name, targets in self.rules.items()})


def _inputs(asked: dict[str, Any]) -> Targets:
    return {target["Id"]: target["Input"] for target in asked["Targets"]}


def _check(action: str, asked: dict[str, Any], refusal: Refusal | None = None) -> None:
    """Raise what botocore or EventBridge would."""
    report = ParamValidator().validate(asked, _API.operation_model(action).input_shape)
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())
    if refusal is not None:
        raise _client_error(action, refusal)


def _client_error(action: str, refusal: Refusal) -> ClientError:
    code, message = refusal
    return ClientError({"Error": {"Code": code, "Message": message}}, action)
