"""What MiniStack's IAM checks a call against, where it differs from AWS, and the roles that services use.

Source: the service authorization reference, pages for AWS Glue, Amazon EventBridge, CloudWatch Logs and
AWS Systems Manager.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from moto.utilities.utils import get_partition

from .glue_ml import ACTIONS
from .ministack_iam_delay import trust_policy
from .ministack_registry import wrap

if TYPE_CHECKING:
    from collections.abc import Callable

# Actions that the reference lists without a resource type.
_WITHOUT_RESOURCE = frozenset({"CreateMLTransform", "ListMLTransforms"})

_ON_TAGS = frozenset({"ListTagsForResource", "TagResource", "UntagResource"})
_ON_LOG_STREAM = frozenset({"DeleteLogStream", "GetLogEvents", "PutLogEvents"})


def install() -> None:
    """Have calls checked against the resource that AWS checks them against."""
    wrap("core.iam_actions.extract_resource_arn", _resource_arn)


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


def role_name(role: str) -> str:
    """Return the name of a role that is given by name or ARN."""
    return role.rpartition("/")[2]


def trusts(role: str, account: str, service: str) -> bool:
    """Return whether a service, for example ``glue.amazonaws.com``, may assume a role."""
    document = trust_policy(account, role_name(role)) or {}
    if isinstance(document, str):
        document = json.loads(document)
    # Read here rather than by MiniStack's evaluator, which lets every Service principal match.
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


def _transform_arn(action: str, parameters: dict[str, Any], region: str, account: str) -> str:
    if action in _WITHOUT_RESOURCE:
        return "*"
    transform_id = parameters.get("TransformId", "*")
    return f"arn:{get_partition(region)}:glue:{region}:{account}:mlTransform/{transform_id}"


def _rule_arn(parameters: dict[str, Any], region: str, account: str) -> str | None:
    """Return the ARN of the rule a call names.

    MiniStack looks for RuleName where the API has Rule (PutTargets, RemoveTargets, ListTargetsByRule), and
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

    MiniStack leaves out the ``:*`` with which AWS checks all actions on a log group but those on its tags.
    """
    group = parameters.get("logGroupName")
    if not group or action in _ON_TAGS:
        return None
    stream = parameters.get("logStreamName") if action in _ON_LOG_STREAM else None
    part = f"log-stream:{stream}" if stream else "*"
    return f"arn:{get_partition(region)}:logs:{region}:{account}:log-group:{group}:{part}"


def _parameter_arn(parameters: dict[str, Any], region: str, account: str) -> str | None:
    """Return the ARN of the first of the parameters that a call names in a list.

    MiniStack checks such a call, GetParameters or DeleteParameters, against ``*``; AWS checks each of them.
    """
    names = parameters.get("Names")
    if not isinstance(names, list) or not names:
        return None
    return f"arn:{get_partition(region)}:ssm:{region}:{account}:parameter/{str(names[0]).lstrip('/')}"


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
