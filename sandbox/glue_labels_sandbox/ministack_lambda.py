"""Lambda in MiniStack, where it differs from AWS: logs, invocations and concurrency.

A quota for executions at once holds for each account and region. A synchronous invocation over it is refused
with TooManyRequestsException. An asynchronous one, as CloudFormation and EventBridge make them, is accepted:
Lambda queues its event and retries for up to 6 hours, at first after 1 second, at last every 5 minutes.

Source: Lambda developer guide, "Lambda quotas" and "How Lambda handles errors and retries with asynchronous
invocation", https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html.

No source says by which factor the interval grows, nor whether the retries of events that came together
spread. Here it doubles, and a retry comes after half to all of its interval. Lambda retries later still when
its queue is long; that is not modeled.
"""

from __future__ import annotations

import json
import random
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final

from ministack.core import lambda_runtime
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch_logs, lambda_svc
from moto.utilities.utils import get_partition

from .glue_calls import utc_now
from .ministack_iam import role_may
from .ministack_registry import replace, wrap
from .records import Invocation

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_INTERVAL_SECONDS: Final = 1.0
LONGEST_INTERVAL_SECONDS: Final = 300.0
EVENT_AGE_SECONDS: Final = 21_600.0
"""How long Lambda keeps an event by default."""

_QUOTA: Final = lambda_svc._ACCOUNT_CONCURRENCY_CAP
_is_asynchronous: ContextVar[bool] = ContextVar("is_asynchronous", default=False)
_ended: list[Invocation] = []


def install() -> None:
    """Record invocations, log only what a role may log, and queue the events that find no free execution."""
    wrap("services.lambda_svc._emit_lambda_logs", _emit_if_allowed)
    wrap("services.lambda_svc._execute_function_dispatch", _execute_and_record)
    replace("services.lambda_svc._acquire_execution_slot", _acquire)
    wrap("services.lambda_svc.invoke_async_with_retry", _invoke_asynchronously)
    wrap("services.lambda_svc._execute_function", _execute_or_queue)
    replace("services.eventbridge._dispatch_to_lambda", _dispatch)


def limit_concurrency(executions: int | None) -> None:
    """Set the quota of every account and region; None sets AWS's default."""
    quota = _QUOTA if executions is None else executions
    replace("services.lambda_svc._ACCOUNT_CONCURRENCY_CAP", quota)


def invocations() -> list[Invocation]:
    """Return the invocations that have ended, in the order of their ends."""
    return list(_ended)


def functions_at_work() -> list[str]:
    """Return the names of the functions with an invocation in progress, once for each invocation."""
    return [worker.func_name for worker in _busy_workers()]


def crash_function(name: str) -> int:
    """Kill the processes in which a function is at work; return how many."""
    workers = [worker for worker in _busy_workers() if worker.func_name == name]
    # A worker has no process before its start, or after MiniStack gave it up.
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
    # CloudWatch Logs checks all three actions against a stream of the group; its name does not matter here.
    resource = f"arn:{get_partition(region)}:logs:{region}:{account}:log-group:{group}:log-stream:any"
    needed = ["logs:CreateLogStream", "logs:PutLogEvents"]
    if group not in cloudwatch_logs._log_groups:
        needed.append("logs:CreateLogGroup")
    return all(role_may(config["Role"], account, region, action, resource) for action in needed)


def _acquire(function: dict[str, Any], config: dict[str, Any]) -> tuple[str | None, str | None]:
    """Take an execution, counted by account and region; MiniStack counts all of them together."""
    key = lambda_svc._inflight_key(config)
    scope = key.removesuffix(config["FunctionName"])
    reserved = lambda_svc._reserved_concurrency(function, config)
    with lambda_svc._inflight_lock:
        in_flight = lambda_svc._inflight
        if reserved is not None and in_flight.get(key, 0) >= reserved:
            return None, "function"
        at_once = sum(count for other, count in in_flight.items() if other.startswith(scope))
        if at_once >= lambda_svc._ACCOUNT_CONCURRENCY_CAP:
            return None, "account"
        in_flight[key] = in_flight.get(key, 0) + 1
        replace("services.lambda_svc._inflight_total", lambda_svc._inflight_total + 1)
    return key, None


def _invoke_asynchronously(invoke: Callable[..., None], function: dict[str, Any], event: Any) -> None:
    # Its thread starts with a copy of this context.
    token = _is_asynchronous.set(True)
    try:
        invoke(function, event)
    finally:
        _is_asynchronous.reset(token)


def _execute_or_queue(
    execute: Callable[..., dict[str, Any]], function: dict[str, Any], event: Any
) -> dict[str, Any]:
    expires_at = time.monotonic() + EVENT_AGE_SECONDS
    interval = FIRST_INTERVAL_SECONDS
    result = execute(function, event)
    while result.get("throttle") and _is_asynchronous.get() and time.monotonic() < expires_at:
        time.sleep(interval * random.uniform(0.5, 1.0))  # noqa: S311 - no secret depends on it
        interval = min(2 * interval, LONGEST_INTERVAL_SECONDS)
        result = execute(function, event)
    return result


def _dispatch(arn: str, payload: str) -> None:
    """Invoke a rule's target asynchronously. MiniStack invokes it once, and drops it if that fails."""
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        record = lambda_svc._execution_record_for_config(function, config)
        lambda_svc.invoke_async_with_retry(record, json.loads(payload))
