"""Many imports at the same time in an account whose functions may have few executions at once.

An import holds an execution while it polls. Lambda keeps the requests that find none free, and retries them.

New AWS accounts have reduced quotas, which AWS raises with their usage (Lambda developer guide, "Lambda
quotas"). It names no figure; users report 10, for example
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
RUN_SECONDS: Final = 5.0
TIMEOUT_SECONDS: Final = 600

_LATEST_RETRY_SECONDS: Final = 300.0
"""After its timeout a request may still wait so long for Lambda's next retry; only then can it say why."""


@dataclass(frozen=True)
class LowConcurrency:
    """How many imports at once went with few executions.

    Attributes:
        imports: how many there were.
        executions: how many the account could have at once.
        run_seconds: how long each run took.
        timeout_seconds: of each import.
        succeeded: how many were answered with SUCCESS.
        failed: how many were answered with FAILED, by the reason they gave.
        unanswered: how many had no response by then, see `measure`.
        median_lag_seconds: from the end of a run that succeeded to its response; None if none did.
        largest_lag_seconds: the same.
        last_response_seconds: from the first request to the last response.
        invocations: executions that the function had.
        most_at_once: the most of them at the same time.
    """

    imports: int
    executions: int
    run_seconds: float
    timeout_seconds: int
    succeeded: int
    failed: Mapping[str, int]
    unanswered: int
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
    """Invoke the import function of a deployed stack for as many transforms at once.

    It ends with the last response, or when the timeout and after it Lambda's longest interval have passed.
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
        unanswered=imports - len(responses),
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
    """Return the most invocations that were in progress at the same time."""
    changes: list[tuple[float, int]] = []
    for one in invocations:
        began = one.started_on.timestamp()
        changes += [(began, 1), (began + one.seconds, -1)]
    most = at_once = 0
    # At the same moment, one ends before another begins.
    for _, change in sorted(changes):
        at_once += change
        most = max(most, at_once)
    return most
