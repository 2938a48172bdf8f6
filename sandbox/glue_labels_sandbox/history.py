"""Former states of things, for services that show changes late."""

from __future__ import annotations

import functools
import threading
import time
from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_DELAY_SECONDS: Final = 900.0
"""How far back a history reaches."""

Key = TypeVar("Key", bound=Hashable)
State = TypeVar("State")
Result = TypeVar("Result")


@dataclass
class History(Generic[Key, State]):
    """The states of things, each with the moment at which it began; safe for several threads.

    Attributes:
        clock: In seconds; only differences count.
    """

    clock: Callable[[], float] = time.monotonic
    _states: defaultdict[Key, list[tuple[float, State | None]]] = field(
        default_factory=lambda: defaultdict(list), init=False
    )
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def note(self, present: Mapping[Key, State]) -> None:
        """Record what has changed since the last time; `present` has the state of everything that exists."""
        now = self.clock()
        oldest = now - MAX_DELAY_SECONDS
        with self._lock:
            for key in self._states.keys() | present.keys():
                states, state = self._states[key], present.get(key)
                if (states[-1][1] if states else None) != state:
                    states.append((now, state))
                # The last of the older states was the state at the oldest moment.
                while len(states) > 1 and states[1][0] <= oldest:
                    del states[0]
                if states[-1][1] is None and states[-1][0] <= oldest:
                    del self._states[key]

    def noting(
        self, change: Callable[..., Result], present: Callable[[], Mapping[Key, State]]
    ) -> Callable[..., Result]:
        """Return `change` as a function that notes what is `present` after it, also if it fails."""

        @functools.wraps(change)
        def change_and_note(*arguments: Any, **named: Any) -> Result:
            try:
                return change(*arguments, **named)
            finally:
                self.note(present())

        return change_and_note

    def before(self, seconds: float, key: Key) -> State | None:
        """Return the state this many seconds ago, at most `MAX_DELAY_SECONDS`; None if there was none."""
        moment = self.clock() - seconds
        with self._lock:
            held = [state for since, state in self._states.get(key, ()) if since <= moment]
        return held[-1] if held else None
