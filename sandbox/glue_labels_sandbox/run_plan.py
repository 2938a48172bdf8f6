"""What a test wants the next task runs to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from .metrics import Metrics

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_RUN_SECONDS = 3.0
"""How long a run takes that nobody planned, in simulated seconds."""

STOPPING_SECONDS = 1.0
"""How long a cancelled run stays STOPPING that nobody planned, in simulated seconds."""

Ending = Literal["SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"]
"""The states in which a task run ends."""


@dataclass(frozen=True)
class RunPlan:
    """How one task run goes.

    Attributes:
        seconds: From its start to its end, 3 by default. Meaningless when `status` is None.
        status: How it ends. ``SUCCEEDED``, the default, is what the run *may* do: an unreadable or
            malformed label file still makes it FAILED. None keeps it RUNNING until it is cancelled.
        error_string: The run's ``ErrorString``; by default a text that says the ending was planned.
        metrics: What an evaluation that succeeds gives: these, or none at all (``missing``). None, the
            default, computes them from the labels. Other runs pass it over.
        stopping_seconds: From its cancel to its end, 1 by default.
        finishes: Whether it still ends as `status` says where it would do so before it has stopped.
        silent_seconds: How long after its start Glue does not say when it was started and last modified, 0 by
            default. No source says that Glue does so at once.
    """

    seconds: float = DEFAULT_RUN_SECONDS
    status: Ending | None = "SUCCEEDED"
    error_string: str | None = None
    stopping_seconds: float = STOPPING_SECONDS
    finishes: bool = False
    silent_seconds: float = 0.0
    metrics: Metrics | Literal["missing"] | None = None

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> RunPlan:
        """Return the plan whose fields went through JSON."""
        metrics = fields["metrics"]
        return cls(
            **{**fields, "metrics": Metrics.from_json(metrics) if isinstance(metrics, dict) else metrics}
        )
