"""What was measured of one import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasuredImport:
    """One import by one contender.

    Attributes:
        contender: its name.
        length: which run length it stands for, in seconds.
        run_seconds: how long the run took.
        lag_seconds: from the run's end to CloudFormation's event that the resource is complete; negative if
            that came first.
        glue_calls: how often Glue was called.
        invocations: how often a Lambda function was invoked.
        gb_seconds: what Lambda bills for them.
        state_transitions: what Step Functions bills.
    """

    contender: str
    length: int
    run_seconds: float
    lag_seconds: float
    glue_calls: int
    invocations: int
    gb_seconds: float
    state_transitions: int
