"""How long the simulated task runs take, and how often each is measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PROVIDER_INTERVAL_SECONDS: Final = 5.0
"""The Provider framework's default query interval."""


@dataclass(frozen=True)
class RunLength:
    """A run length to measure.

    Attributes:
        seconds: from the run's start to its end, at least.
        repeats: how often it is measured for each contender.
    """

    seconds: int
    repeats: int

    def of_repeat(self, repeat: int) -> float:
        """Return the length of one repetition, the same for every contender.

        The repetitions are spread evenly over five seconds, the interval at which Provider polls. If each run
        ended just before a poll, or just after one, the lag would not be typical.
        """
        return self.seconds + (repeat + 0.5) * PROVIDER_INTERVAL_SECONDS / self.repeats


SMOKE: Final = (RunLength(2, 1),)
DEFAULT: Final = (RunLength(120, 3), RunLength(30, 3), RunLength(5, 3))
"""The longest first, because the others are deployed meanwhile."""

LONG: Final = (RunLength(1200, 3),)
"""Longer than the 15 minutes of a Lambda invocation."""
