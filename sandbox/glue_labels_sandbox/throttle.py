"""A limit on how often an action may be called."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass
class Throttle:
    """A token bucket: so many calls a second, and as many at once, one at least, after a while without any.

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
