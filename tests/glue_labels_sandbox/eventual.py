"""Waiting for late changes, on a machine that may be busy."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DELAY = 1.0
"""Seconds."""


def is_over(since: float) -> bool:
    """Whether the delay may have passed since: a busy machine may check too late."""
    return time.monotonic() - since >= DELAY


def comes_true(look: Callable[[], bool]) -> bool:
    until = time.monotonic() + 30
    while not look():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
