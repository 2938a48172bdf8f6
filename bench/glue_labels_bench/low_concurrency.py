"""Many imports at the same time in an account with a low Lambda concurrency.

An import occupies an execution while it polls. Lambda queues further requests and retries them.

New AWS accounts have reduced quotas, which AWS raises with their usage (Lambda developer guide, "Lambda
quotas"). AWS gives no number. Users report 10, for example
https://github.com/aws-samples/alarm-context-tool/issues/2.
"""

from __future__ import annotations

import statistics
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from glue_labels_sandbox import RunPlan

from .requests_at_once import ended_at, function_of, make_transforms, only_run, send

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from glue_labels_sandbox import Invocation

    from .deployed_stack import DeployedStack

IMPORTS: Final = 100
EXECUTIONS: Final = 10
RUN_SECONDS: Final = 60.0
TIMEOUT_SECONDS: Final = 600

_LATEST_RETRY_SECONDS: Final = 300.0
"""How long a request may wait for Lambda's retry after its timeout. Only then can it fail with a reason."""


@dataclass(frozen=True)
class LowConcurrency:
    """The results of many imports at once with few executions.

    Attributes:
        imports: how many there were.
        executions: how many the account could have at once.
        run_seconds: how long each run took.
        timeout_seconds: of each import.
        succeeded: how many had the response SUCCESS.
        failed: how many had the response FAILED, by reason.
        without_response: how many had no response when `measure` ended.
        median_lag_seconds: from the end of a run that succeeded to its response. None if none succeeded.
        largest_lag_seconds: the same.
        last_response_seconds: from the first request to the last response.
        invocations: of the function.
        most_at_once: the highest number of invocations at the same time.
    """

    imports: int
    executions: int
    run_seconds: float
    timeout_seconds: int
    succeeded: int
    failed: Mapping[str, int]
    without_response: int
    median_lag_seconds: float | None
    largest_lag_seconds: float | None
    last_response_seconds: float
    invocations: int
    most_at_once: int


def measure(
    stack: DeployedStack,
    imports: int = IMPORTS,
    executions: int = EXECUTIONS,
    run_seconds: float = RUN_SECONDS,
    timeout_seconds: int = TIMEOUT_SECONDS,
) -> LowConcurrency:
    """Invoke the import function of a deployed stack for many transforms at once.

    It ends with the last response, or Lambda's longest retry interval after the timeout.
    """
    sandbox = stack.sandbox
    transforms = make_transforms(stack, imports)
    sandbox.plan_runs(*[RunPlan(seconds=run_seconds)] * imports)
    before = len(sandbox.invocations())
    sandbox.limit_concurrency(executions)
    try:
        sent_at = time.time()
        responses = send(stack, transforms, timeout_seconds).responses(
            timeout_seconds + _LATEST_RETRY_SECONDS
        )
    finally:
        sandbox.limit_concurrency(None)
    lags = [
        response.came_at - ended_at(only_run(sandbox, transform))
        for transform, response in responses.items()
        if response.succeeded
    ]
    function = function_of(stack)
    invocations = [one for one in sandbox.invocations()[before:] if one.function_name == function]
    return LowConcurrency(
        imports=imports,
        executions=executions,
        run_seconds=run_seconds,
        timeout_seconds=timeout_seconds,
        succeeded=sum(response.succeeded for response in responses.values()),
        failed=dict(
            Counter(
                without_names(response.reason) for response in responses.values() if not response.succeeded
            )
        ),
        without_response=imports - len(responses),
        median_lag_seconds=statistics.median(lags) if lags else None,
        largest_lag_seconds=max(lags, default=None),
        last_response_seconds=max((one.came_at for one in responses.values()), default=sent_at) - sent_at,
        invocations=len(invocations),
        most_at_once=most_at_once(invocations),
    )


def without_names(reason: str) -> str:
    """Return a reason without the run and the transform at its end, so that equal ones can be counted."""
    text, opening, names = reason.rpartition(" (")
    return text if opening and names.endswith(")") and "transform" in names else reason


def most_at_once(invocations: Iterable[Invocation]) -> int:
    """Return the highest number of invocations at the same time."""
    changes: list[tuple[float, int]] = []
    for one in invocations:
        began = one.started_on.timestamp()
        changes += [(began, 1), (began + one.seconds, -1)]
    most = at_once = 0
    # If one ends at the moment another begins, they do not overlap.
    for _, change in sorted(changes):
        at_once += change
        most = max(most, at_once)
    return most
