"""Lambda functions in MiniStack: logs, which it writes whatever the function's role allows, and invocations,
in progress and ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs
from moto.utilities.utils import get_partition

from .invocation import Invocation
from .ministack_iam import role_may
from .ministack_registry import wrap
from .simulation import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

_ended: list[Invocation] = []


def install() -> None:
    """Have a function's output appear in its log group only if its role may write there, as in AWS."""
    wrap("services.lambda_svc._emit_lambda_logs", _emit_if_allowed)
    wrap("services.lambda_svc._execute_function_dispatch", _execute_and_record)


def invocations() -> list[Invocation]:
    """Return the invocations that have ended, in the order of their ends."""
    return list(_ended)


def at_work() -> list[str]:
    """Return the names of the functions with an invocation in progress, once for each invocation."""
    return [worker.func_name for worker in _busy_workers()]


def crash(name: str) -> int:
    """Kill the processes in which a function is at work; return how many."""
    workers = [worker for worker in _busy_workers() if worker.func_name == name]
    # It has none before it was started, nor any more once it was given up.
    processes = [worker._proc for worker in workers if worker._proc is not None]
    for process in processes:
        process.kill()
    return len(processes)


def _emit_if_allowed(
    emit: Callable[..., None], function: dict[str, Any], *arguments: Any, **named: Any
) -> None:
    if _may_log(function.get("config") or function):
        emit(function, *arguments, **named)


def _execute_and_record(
    execute: Callable[..., Any], function: dict[str, Any], config: dict[str, Any], *arguments: Any
) -> Any:
    started_on, began = utc_now(), time.monotonic()
    try:
        return execute(function, config, *arguments)
    finally:
        memory_mb, seconds = int(config.get("MemorySize", 128)), time.monotonic() - began
        _ended.append(Invocation(config["FunctionName"], memory_mb, started_on, seconds))


def _busy_workers() -> list[Any]:
    with lambda_runtime._lock:
        return [worker for pool in lambda_runtime._workers.values() for worker in pool if worker.in_use]


def _may_log(config: dict[str, Any]) -> bool:
    group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
    account, region = get_account_id(), get_region()
    # Of all three actions CloudWatch Logs checks the same resource; the stream's name is its own affair.
    resource = f"arn:{get_partition(region)}:logs:{region}:{account}:log-group:{group}:log-stream:any"
    needed = ["logs:CreateLogStream", "logs:PutLogEvents"]
    if group not in cloudwatch_logs._log_groups:
        needed.append("logs:CreateLogGroup")
    return all(role_may(config["Role"], account, region, action, resource) for action in needed)
