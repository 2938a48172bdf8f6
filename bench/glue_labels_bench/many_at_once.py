"""Many imports at the same time against a Glue that throttles."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from glue_labels_sandbox import RunPlan

from .requests_at_once import ended_at, make_transforms, only_run, send

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_labels_sandbox import GlueCall

    from .deployed_stack import DeployedStack

IMPORTS: Final = 100
RUN_SECONDS: Final = 30.0
CALLS_A_SECOND: Final = 20.0
"""The limit for each of Glue's actions. AWS does not publish the limits of those about task runs."""

_ACTIONS: Final = ("StartImportLabelsTaskRun", "GetMLTaskRun", "GetMLTaskRuns")
_TIMEOUT_SECONDS: Final = 600
_SECONDS: Final = 300.0


@dataclass(frozen=True)
class ManyAtOnce:
    """The results of many imports at once.

    Attributes:
        imports: how many there were.
        run_seconds: how long each run took.
        throttle_per_second: how many calls of each action Glue accepted in a second.
        succeeded: how many had the response SUCCESS.
        median_lag_seconds: from a run's end to the response.
        largest_lag_seconds: the same.
        calls: of Glue, including refused ones.
        refused: calls that Glue throttled.
        busiest_second: the highest number of calls in a second.
    """

    imports: int
    run_seconds: float
    throttle_per_second: float
    succeeded: int
    median_lag_seconds: float
    largest_lag_seconds: float
    calls: int
    refused: int
    busiest_second: int


def measure(
    stack: DeployedStack,
    imports: int = IMPORTS,
    run_seconds: float = RUN_SECONDS,
    per_second: float = CALLS_A_SECOND,
) -> ManyAtOnce:
    """Invoke the import function of a deployed stack for many transforms at once.

    Raises:
        TimeoutError: some import had no response.
    """
    sandbox = stack.sandbox
    transforms = make_transforms(stack, imports)
    for action in _ACTIONS:
        sandbox.throttle_calls(action, per_second)
    sandbox.plan_runs(*[RunPlan(seconds=run_seconds)] * imports)
    calls_before = len(sandbox.glue_calls())
    try:
        responses = send(stack, transforms, _TIMEOUT_SECONDS).responses(_SECONDS)
    finally:
        for action in _ACTIONS:
            sandbox.throttle_calls(action, None)
    if len(responses) < imports:
        raise TimeoutError(f"{len(responses)} of {imports} imports had a response within {_SECONDS:.0f} s")
    lags = [
        response.came_at - ended_at(only_run(sandbox, transform)) for transform, response in responses.items()
    ]
    calls = sandbox.glue_calls()[calls_before:]
    return ManyAtOnce(
        imports=imports,
        run_seconds=run_seconds,
        throttle_per_second=per_second,
        succeeded=sum(response.succeeded for response in responses.values()),
        median_lag_seconds=statistics.median(lags),
        largest_lag_seconds=max(lags),
        calls=len(calls),
        refused=sum(call.ordered_error is not None for call in calls),
        busiest_second=_busiest_second(calls),
    )


def _busiest_second(calls: Sequence[GlueCall]) -> int:
    return max(Counter(int(call.called_on.timestamp()) for call in calls).values())
