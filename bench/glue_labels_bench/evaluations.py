"""The lag of an evaluation: from the run's end to CloudFormation's response."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from glue_labels_sandbox import Metrics, RunPlan

from .requests_at_once import ended_at, make_transforms, send_evaluations
from .run_lengths import RunLength

if TYPE_CHECKING:
    from .deployed_stack import DeployedStack

RUN_LENGTH: Final = RunLength(30, 5)
_TIMEOUT_SECONDS: Final = 600
_TEACHING_SECONDS: Final = 30.0
"""How long the imports before the evaluations may take. Each run takes a second."""


@dataclass(frozen=True)
class Evaluations:
    """The lag of evaluations.

    Attributes:
        run_seconds: how long the shortest run took. The others took up to five seconds more.
        lag_seconds: of each, from the run's end to the response.
    """

    run_seconds: float
    lag_seconds: tuple[float, ...]

    @property
    def median_lag_seconds(self) -> float:
        """The median lag."""
        return statistics.median(self.lag_seconds)

    @property
    def worst_lag_seconds(self) -> float:
        """The largest lag."""
        return max(self.lag_seconds)


def measure(stack: DeployedStack, run_length: RunLength = RUN_LENGTH) -> Evaluations:
    """Let the function of a deployed stack evaluate transforms at the same time. Each imports labels first.

    The lengths of the runs differ, so that the runs do not all end at the same moment between two polls.

    Args:
        stack: its function evaluates.
        run_length: of the evaluations. There is one transform for each repeat.

    Raises:
        ValueError: an import or an evaluation did not succeed in time.
    """
    sandbox = stack.sandbox
    transforms = make_transforms(stack, run_length.repeats)
    _teach(stack, transforms)
    sandbox.plan_runs(
        *(
            RunPlan(seconds=run_length.of_repeat(repeat), metrics=Metrics(f1=0.9))
            for repeat in range(run_length.repeats)
        )
    )
    responses = send_evaluations(stack, transforms, _TIMEOUT_SECONDS).responses(_TIMEOUT_SECONDS)
    failed = [one for one in transforms if one not in responses or not responses[one].succeeded]
    if failed:
        raise ValueError(f"not evaluated: {', '.join(failed)}")
    lags = [responses[one].came_at - ended_at(sandbox.runs(one)[-1]) for one in transforms]
    return Evaluations(run_length.seconds, tuple(lags))


def _teach(stack: DeployedStack, transforms: list[str]) -> None:
    taught = stack.run()
    if taught is None:
        raise ValueError(f"{stack.name} has imported nothing")
    sandbox = stack.sandbox
    sandbox.plan_runs(*[RunPlan(seconds=1)] * len(transforms))
    glue = sandbox.client("glue")
    for transform in transforms:
        glue.start_import_labels_task_run(
            TransformId=transform, InputS3Path=taught.input_s3_path, ReplaceAllLabels=True
        )
    until = time.monotonic() + _TEACHING_SECONDS
    while not all(run.ended for one in transforms for run in sandbox.runs(one)):
        if time.monotonic() > until:
            raise ValueError(f"not taught: {', '.join(transforms)}")
        time.sleep(0.2)
