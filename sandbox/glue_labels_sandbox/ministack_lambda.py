"""Lambda functions' logs in MiniStack, which writes them whatever the function's role allows."""

from __future__ import annotations

from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs, lambda_svc
from moto.utilities.utils import get_partition

from .ministack_iam import role_may


def install() -> None:
    """Have a function's output appear in its log group only if its role may write there, as in AWS."""
    emit = lambda_svc._emit_lambda_logs

    def emit_if_allowed(function: dict[str, Any], *arguments: Any, **named: Any) -> None:
        if _may_log(function.get("config") or function):
            emit(function, *arguments, **named)

    lambda_svc._emit_lambda_logs = emit_if_allowed


def _may_log(config: dict[str, Any]) -> bool:
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    account, region = get_account_id(), get_region()
    # Of all three actions CloudWatch Logs checks the same resource; the stream's name is its own affair.
    resource = f"arn:{get_partition(region)}:logs:{region}:{account}:log-group:{group}:log-stream:any"
    needed = ["logs:CreateLogStream", "logs:PutLogEvents"]
    if group not in cloudwatch_logs._log_groups:
        needed.append("logs:CreateLogGroup")
    return all(role_may(config["Role"], account, region, action, resource) for action in needed)
