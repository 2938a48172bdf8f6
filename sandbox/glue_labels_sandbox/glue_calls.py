"""Calls of Glue's ML actions: a record of each, and errors that tests order for some."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from .records import GlueCall

if TYPE_CHECKING:
    from collections.abc import Callable


def utc_now() -> datetime:
    """Return the time now, in UTC."""
    return datetime.now(timezone.utc)


@dataclass
class Throttle:
    """A token bucket: a number of calls a second, and the same number (at least one) at once after a pause.

    AWS throttles its APIs in this way (EC2 developer guide, "Request throttling"); for Glue's task runs it
    publishes no figures.

    Attributes:
        per_second: Calls that pass in a second.
    """

    per_second: float
    _tokens: float = field(init=False)
    _at: datetime | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self._tokens = self._most

    def refuses(self, now: datetime) -> bool:
        """Return whether a call at `now` is one too many; if not, it is counted."""
        elapsed = (now - self._at).total_seconds() if self._at is not None else 0.0
        self._at = now
        self._tokens = min(self._most, self._tokens + elapsed * self.per_second)
        if self._tokens < 1:
            return True
        self._tokens -= 1
        return False

    @property
    def _most(self) -> float:
        return max(1.0, self.per_second)


@dataclass
class GlueCalls:
    """Records calls, and orders errors for some; every method may be called from any thread.

    Attributes:
        clock: Gives the time in UTC; a test may pass its own.
    """

    clock: Callable[[], datetime] = utc_now
    _errors: defaultdict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque), init=False)
    _throttles: dict[str, Throttle] = field(default_factory=dict, init=False)
    _calls: list[GlueCall] = field(default_factory=list, init=False)
    _calls_lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def fail_calls(self, action: str, error_code: str, times: int = 1) -> None:
        """Have the next calls of an action fail.

        Args:
            action: As the API names it, for example ``GetMLTaskRun``.
            error_code: The error they get, for example ``ThrottlingException``.
            times: How many calls; each HTTP request counts, the SDK's own retries too.
        """
        with self._calls_lock:
            self._errors[action].extend([error_code] * times)

    def throttle_calls(self, action: str, per_second: float | None) -> None:
        """Refuse calls of an action above a rate with ThrottlingException; None lifts the limit."""
        with self._calls_lock:
            self._throttles.pop(action, None)
            if per_second is not None:
                self._throttles[action] = Throttle(per_second)

    def note_call(self, action: str, transform_id: str) -> str | None:
        """Record a call; return the error it gets, if one was ordered."""
        with self._calls_lock:
            now = self.clock()
            error = self._next_error(action)
            throttle = self._throttles.get(action)
            if throttle is not None and throttle.refuses(now):
                error = error or "ThrottlingException"
            self._calls.append(GlueCall(action, transform_id, now, error))
            return error

    def take_error(self, action: str) -> str | None:
        """Return the error that was ordered for this call of `action`, if any; the call is not recorded."""
        with self._calls_lock:
            return self._next_error(action)

    def glue_calls(self) -> tuple[GlueCall, ...]:
        """Return the calls that were recorded, in the order in which they came."""
        with self._calls_lock:
            return tuple(self._calls)

    def _next_error(self, action: str) -> str | None:
        errors = self._errors.get(action)
        return errors.popleft() if errors else None
