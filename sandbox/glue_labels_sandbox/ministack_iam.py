"""IAM in MiniStack, where it differs from AWS: what a call is checked against, and how late changes count.

MiniStack's IAM is consistent at once, AWS's eventually. Here each change of a role is kept with its moment,
whoever makes it, so that calls can be checked against the past.

Source: the service authorization reference, pages for AWS Glue, Amazon EventBridge, CloudWatch Logs and AWS
Systems Manager; IAM user guide, "Troubleshoot IAM", "Changes that I make are not always immediately visible",
which gives no figure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from ministack.services import iam
from ministack.services.cloudformation import provisioners
from moto.utilities.utils import get_partition

from .glue_ml import ACTIONS
from .history import History
from .ministack_registry import current, replace, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

# Actions that the reference lists without a resource type.
_WITHOUT_RESOURCE = frozenset({"CreateMLTransform", "ListMLTransforms"})

_ON_TAGS = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})
_ON_LOG_STREAM = frozenset({"DeleteLogStream", "GetLogEvents", "PutLogEvents"})

# The first words of API actions that change something.
_CHANGES = ("Add", "Attach", "Create", "Delete", "Detach", "Put", "Remove", "Set", "Update")

Document = str | dict[str, Any]
Role = tuple[str, str]
"""Account and name."""


@dataclass(frozen=True)
class RoleState:
    """What IAM checks a call of a role against.

    Attributes:
        trust: The trust policy.
        policies: The documents of the inline and attached policies.
    """

    trust: Document
    policies: tuple[Document, ...]


_history: History[Role, RoleState] = History()
_delay_seconds = 0.0


def install() -> None:
    """Check calls against the resources that AWS checks, and the calls of roles against the past."""
    wrap("core.iam_actions.extract_resource_arn", _resource_arn)
    changes = [
        f"services.iam._IAM_HANDLERS.{name}" for name in iam._IAM_HANDLERS if name.startswith(_CHANGES)
    ]
    changes += [
        f"services.cloudformation.provisioners._RESOURCE_HANDLERS.{resource_type}.{name}"
        for resource_type, actions in provisioners._RESOURCE_HANDLERS.items()
        if resource_type.startswith("AWS::IAM::")
        for name in actions.keys() & {"create", "update", "delete"}
    ]
    for change in changes:
        replace(change, _history.noting(current(change), _present))
    wrap("core.iam_evaluator._gather_role_policies", _gather_late)


def delay_iam(seconds: float) -> None:
    """Have changes of roles take effect this many seconds later."""
    global _delay_seconds  # as MiniStack's IAM, one for the process
    _delay_seconds = seconds


def role_name(role: str) -> str:
    """Return the name of a role that is given by name or ARN."""
    return role.rpartition("/")[2]


def trusts(role: str, account: str, service: str) -> bool:
    """Return whether a service, for example ``glue.amazonaws.com``, may assume a role."""
    document = _trust_policy(account, role_name(role)) or {}
    if isinstance(document, str):
        document = json.loads(document)
    # Not with MiniStack's evaluator, in which every Service principal matches.
    return any(
        statement.get("Effect") == "Allow"
        and service in _as_list((statement.get("Principal") or {}).get("Service"))
        for statement in _as_list(document.get("Statement"))
        if isinstance(statement.get("Principal"), dict)
    )


def role_may(role: str, account: str, region: str, action: str, resource_arn: str) -> bool:
    """Return whether a role's policies allow an action on a resource."""
    context = iam_evaluator.EvalContext(
        principal_arn=f"arn:aws:sts::{account}:assumed-role/{role_name(role)}/sandbox",
        principal_type="AssumedRole",
        principal_account=account,
        action=action,
        resource_arn=resource_arn,
        region=region,
    )
    policies = iam_evaluator._gather_role_policies(role_name(role), account)
    return bool(iam_evaluator.evaluate(context, policies).decision == "Allow")


def _resource_arn(
    otherwise: Callable[..., str],
    service: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
    region: str,
    account: str,
) -> str:
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    found = None
    if service == "glue" and action in ACTIONS:
        found = _transform_arn(action, _json_object(body), region, account)
    elif service == "events":
        found = _rule_arn(_json_object(body), region, account)
    elif service == "logs":
        found = _log_arn(action, _json_object(body), region, account)
    elif service == "ssm":
        found = _parameter_arn(_json_object(body), region, account)
    return found or otherwise(service, method, path, headers, body, query, region, account)


def _transform_arn(action: str, parameters: dict[str, Any], region: str, account: str) -> str:
    if action in _WITHOUT_RESOURCE:
        return "*"
    transform_id = parameters.get("TransformId", "*")
    return f"arn:{get_partition(region)}:glue:{region}:{account}:mlTransform/{transform_id}"


def _rule_arn(parameters: dict[str, Any], region: str, account: str) -> str | None:
    """Return the ARN of the rule a call names.

    MiniStack reads RuleName where the API has Rule (PutTargets, RemoveTargets, ListTargetsByRule), and
    puts the default bus into the ARN, where AWS leaves it out.
    """
    rule = parameters.get("Rule") or parameters.get("Name")
    if not rule or "Entries" in parameters:
        return None
    bus = parameters.get("EventBusName", "default")
    path = rule if bus == "default" else f"{bus}/{rule}"
    return f"arn:{get_partition(region)}:events:{region}:{account}:rule/{path}"


def _log_arn(action: str, parameters: dict[str, Any], region: str, account: str) -> str | None:
    """Return the ARN of the log group or stream a call names.

    AWS checks actions on a log group, except those on its tags, with ``:*`` at the end. MiniStack omits it.
    """
    group = parameters.get("logGroupName")
    if not group or action in _ON_TAGS:
        return None
    stream = parameters.get("logStreamName") if action in _ON_LOG_STREAM else None
    part = f"log-stream:{stream}" if stream else "*"
    return f"arn:{get_partition(region)}:logs:{region}:{account}:log-group:{group}:{part}"


def _parameter_arn(parameters: dict[str, Any], region: str, account: str) -> str | None:
    """Return the ARN of the first parameter in a call's list.

    MiniStack checks GetParameters and DeleteParameters against ``*``; AWS checks each parameter.
    """
    names = parameters.get("Names")
    if not isinstance(names, list) or not names:
        return None
    return f"arn:{get_partition(region)}:ssm:{region}:{account}:parameter/{str(names[0]).lstrip('/')}"


def _trust_policy(account: str, name: str) -> Document | None:
    """Return the trust policy that applies to a role now; None if the role is too new, or was deleted."""
    state = _history.before(_delay_seconds, (account, name))
    return state.trust if state else None


def _gather_late(gather: Callable[..., Any], role_name: str, account: str) -> list[Any]:
    if not _delay_seconds:
        return list(gather(role_name, account))
    state = _history.before(_delay_seconds, (account, role_name))
    parsed = map(iam_evaluator.parse_policy_document, state.policies if state else ())
    return [statements for statements in parsed if statements]


def _present() -> dict[Role, RoleState]:
    return {role: _state(role[0], record) for role, record in list(iam._roles._data.items())}


def _state(account: str, record: dict[str, Any]) -> RoleState:
    attached = (
        iam_evaluator._resolve_managed_policy_document(arn, account)
        for arn in record.get("AttachedPolicies") or ()
    )
    inline = (record.get("InlinePolicies") or {}).values()
    return RoleState(
        record.get("AssumeRolePolicyDocument") or {},
        tuple(document for document in (*inline, *attached) if document),
    )


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body or b"{}")
    except (ValueError, UnicodeDecodeError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
