"""The measurements of one import."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasuredImport:
    """One import by one contender.

    Attributes:
        contender: its name.
        length: the nominal run length, in seconds.
        run_seconds: how long the run really took.
        lag_seconds: from the run's end to CloudFormation's event that the resource is complete. Negative if
            the event came first.
        glue_calls: how often Glue was called.
        invocations: how often a Lambda function was invoked.
        gb_seconds: what Lambda bills for the invocations.
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
