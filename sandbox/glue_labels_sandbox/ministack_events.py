"""EventBridge rules in MiniStack, where they differ from AWS.

Source: EventBridge API reference, pages PutRule, DeleteRule, PutTargets and RemoveTargets, and the user
guide, "Using resource-based policies for Amazon EventBridge". Users report that ListTargetsByRule and
DeleteRule see changes late (github.com/hashicorp/terraform-provider-aws, issues 47687 and 11475).
"""

from __future__ import annotations

import copy
import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import eventbridge, lambda_svc

from .event_rules import refused_deletion, refused_rule, refused_targets, rule_not_found
from .history import History
from .ministack_registry import current, replace, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

_log = logging.getLogger(__name__)

Parameters = dict[str, Any]
Rule = tuple[str, str, str]
"""Account, region, and MiniStack's key of bus and name."""

_history: History[Rule, list[Parameters]] = History()
_delay_seconds = 0.0


def install() -> None:
    """Refuse, keep and fire rules as EventBridge does."""
    for name, check in {
        "_put_rule": refused_rule,
        "_delete_rule": _refused_deletion,
        "_put_targets": _refused_targets,
        "_remove_targets": _refused_removal,
    }.items():
        wrap(f"services.eventbridge.{name}", partial(_checked, check))
        _note(f"services.eventbridge.{name}")
    for change in ("create", "update", "delete"):
        _note(f"services.cloudformation.provisioners._RESOURCE_HANDLERS.AWS::Events::Rule.{change}")
    wrap("services.eventbridge._list_targets_by_rule", _list_late)
    wrap("services.eventbridge._delete_rule", _delete_and_forget)
    replace("services.eventbridge._SCHEDULER_TICK_INTERVAL", 1)  # MiniStack's 10 seconds would delay rules
    wrap("services.eventbridge._invoke_target", _invoke_if_allowed)


def delay_events(seconds: float) -> None:
    """Have ListTargetsByRule and DeleteRule see a rule's targets as they were this many seconds ago."""
    global _delay_seconds  # as MiniStack's EventBridge, one for the process
    _delay_seconds = seconds


def fire_rule(account: str, region: str, name: str) -> bool:
    """Have a rate rule of the default bus fire within a second; return whether there is such a rule."""
    key = (account, region, eventbridge._rule_key(name, "default"))
    if key not in eventbridge._rules._data:
        return False
    eventbridge._rule_last_fired[key] = 0
    return True


def _delete_and_forget(delete: Callable[..., Any], parameters: Parameters) -> Any:
    # A new rule counts its rate from its creation, not from when a former rule of its name last fired.
    key = _key(parameters, "Name")
    response = delete(parameters)
    if key not in eventbridge._rules:
        eventbridge._rule_last_fired.pop((get_account_id(), get_region(), key), None)
    return response


def _invoke_if_allowed(
    invoke: Callable[..., None],
    target: Parameters,
    event: Parameters,
    rule: Parameters,
    view: object = None,
) -> None:
    # AWS accepts the target and drops the invocation; only its metrics show that.
    if ":lambda:" in target["Arn"] and not _may_invoke(target["Arn"], rule["Arn"]):
        _log.warning("Rule %s may not invoke %s", rule["Arn"], target["Arn"])
        return
    invoke(target, event, rule, view)


def _list_late(list_now: Callable[..., Any], parameters: Parameters) -> Any:
    key = _key(parameters, "Rule")
    if not _delay_seconds or key not in eventbridge._rules:
        return list_now(parameters)
    return json_response({"Targets": _targets_seen(key)})


def _targets_seen(key: str) -> list[Parameters]:
    return _history.before(_delay_seconds, (get_account_id(), get_region(), key)) or []


def _note(change: str) -> None:
    """Have the history note what a function of MiniStack, given by name, changes."""
    replace(change, _history.noting(current(change), lambda: copy.deepcopy(eventbridge._targets._data)))


def _checked(check: Callable[..., Any], action: Callable[..., Any], parameters: Parameters) -> Any:
    refused = check(parameters)
    return error_response_json(*refused) if refused else action(parameters)


def _refused_deletion(parameters: Parameters) -> tuple[str, str] | None:
    key = _key(parameters, "Name")
    return refused_deletion(eventbridge._targets.get(key) or (_delay_seconds and _targets_seen(key)))


def _refused_targets(parameters: Parameters) -> tuple[str, str] | None:
    kept = eventbridge._targets.get(_key(parameters, "Rule"), [])
    return refused_targets(parameters, {target["Id"] for target in kept})


def _refused_removal(parameters: Parameters) -> tuple[str, str] | None:
    return None if _key(parameters, "Rule") in eventbridge._rules else rule_not_found(parameters)


def _may_invoke(function_arn: str, rule_arn: str) -> bool:
    """Return whether the function's resource policy lets EventBridge invoke it for this rule."""
    record, _, _ = lambda_svc._get_func_record_for_ref(function_arn)
    if record is None:
        return False
    account = get_account_id()
    context = EvalContext(
        principal_arn="arn:aws:iam::000000000000:service/events.amazonaws.com",
        principal_type="Service",
        principal_account=account,
        action="lambda:InvokeFunction",
        resource_arn=function_arn,
        region=get_region(),
        service_context={"aws:sourcearn": _as_in_aws(rule_arn), "aws:sourceaccount": account},
    )
    allowed = evaluate_resource_policy(record.get("policy"), context, service="events.amazonaws.com")
    return bool(allowed.decision == "Allow")


def _as_in_aws(rule_arn: str) -> str:
    """Return a rule's ARN without the default bus, which AWS leaves out and MiniStack may not."""
    return rule_arn.replace(":rule/default/", ":rule/")


def _key(parameters: Parameters, name: str) -> Any:
    return eventbridge._rule_key(parameters.get(name), parameters.get("EventBusName", "default"))
