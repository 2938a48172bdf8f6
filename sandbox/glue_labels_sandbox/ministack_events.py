"""EventBridge rules in MiniStack, where they differ from AWS.

Source: EventBridge API reference, pages PutRule, DeleteRule, PutTargets and RemoveTargets, and the user
guide, "Using resource-based policies for Amazon EventBridge". That ListTargetsByRule and DeleteRule see
changes late, users report (github.com/hashicorp/terraform-provider-aws, issues 47687 and 11475).
"""

from __future__ import annotations

import copy
import logging
from typing import Any

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response
from ministack.services import eventbridge, lambda_svc
from ministack.services.cloudformation import provisioners

from .event_rules import refused_deletion, refused_rule, refused_targets, rule_not_found
from .history import History

_log = logging.getLogger(__name__)

Parameters = dict[str, Any]
Rule = tuple[str, str, str]
"""Account, region, and MiniStack's key of bus and name."""

_history: History[Rule, list[Parameters]] = History()
_delay_seconds = 0.0


def install() -> None:
    """Have rules be refused, kept and fired as EventBridge does."""
    for name, check in {
        "_put_rule": refused_rule,
        "_delete_rule": _refused_deletion,
        "_put_targets": _refused_targets,
        "_remove_targets": _refused_removal,
    }.items():
        setattr(eventbridge, name, _noting(_checked(getattr(eventbridge, name), check)))
    rule_of_a_stack = provisioners._RESOURCE_HANDLERS["AWS::Events::Rule"]
    rule_of_a_stack.update({name: _noting(rule_of_a_stack[name]) for name in ("create", "update", "delete")})
    _list_late()
    delete = eventbridge._delete_rule

    def delete_and_forget(parameters: Parameters) -> Any:
        # A rule made anew counts its rate from its creation, not from what its predecessor last did.
        key = _key(parameters, "Name")
        answer = delete(parameters)
        if key not in eventbridge._rules:
            eventbridge._rule_last_fired.pop((get_account_id(), get_region(), key), None)
        return answer

    eventbridge._delete_rule = delete_and_forget
    eventbridge._SCHEDULER_TICK_INTERVAL = 1  # its 10 seconds are how late a rule would be
    invoke = eventbridge._invoke_target

    def invoke_if_allowed(
        target: Parameters, event: Parameters, rule: Parameters, view: object = None
    ) -> None:
        # AWS accepts the target, and drops the invocation without a word to anyone but its metrics.
        if ":lambda:" in target["Arn"] and not _may_invoke(target["Arn"], rule["Arn"]):
            _log.warning("Rule %s may not invoke %s", rule["Arn"], target["Arn"])
            return
        invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_if_allowed


def delay(seconds: float) -> None:
    """Have ListTargetsByRule and DeleteRule see a rule's targets as they were so many seconds ago."""
    global _delay_seconds  # MiniStack's EventBridge is one for the process, too
    _delay_seconds = seconds


def fire(account: str, region: str, name: str) -> bool:
    """Have a rate rule of the default bus fire within a second; return whether there is such a rule."""
    key = (account, region, eventbridge._rule_key(name, "default"))
    if key not in eventbridge._rules._data:
        return False
    eventbridge._rule_last_fired[key] = 0
    return True


def _list_late() -> None:
    list_now = eventbridge._list_targets_by_rule

    def list_targets(parameters: Parameters) -> Any:
        key = _key(parameters, "Rule")
        if not _delay_seconds or key not in eventbridge._rules:
            return list_now(parameters)
        return json_response({"Targets": _targets_seen(key)})

    eventbridge._list_targets_by_rule = list_targets


def _targets_seen(key: str) -> list[Parameters]:
    return _history.before(_delay_seconds, (get_account_id(), get_region(), key)) or []


def _noting(change: Any) -> Any:
    return _history.noting(change, lambda: copy.deepcopy(eventbridge._targets._data))


def _checked(action: Any, check: Any) -> Any:
    def answer(parameters: Parameters) -> Any:
        refused = check(parameters)
        return error_response_json(*refused) if refused else action(parameters)

    return answer


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
