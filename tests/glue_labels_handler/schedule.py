"""Simulated time, and functions that run in it side by side, exactly one at a time.

A function runs in a thread of its own because it sleeps and calls in the middle of its work; control passes
between that thread and the one that keeps the schedule, so that nothing ever runs at the same time and the
same plan gives the same course, which hypothesis needs to replay and to shrink.
"""

from __future__ import annotations

import heapq
import itertools
import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class KilledError(BaseException):
    """Ends a function in the middle of a call or a sleep, as the end of its process does.

    Not an `Exception`: no handler of the function may take it for an error.
    """


class Schedule:
    """What is due when. Time passes only in `advance_to` and in `SimulatedThread.pause`.

    Attributes:
        now: epoch seconds.
        current: the function that has control; None while the schedule itself has it.
        order: counts what happens, so that of two things at the same moment one is the earlier.
    """

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.current: SimulatedThread | None = None
        self.order = itertools.count(1)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._horizon = self.now
        self._threads: set[SimulatedThread] = set()

    def clock(self) -> float:
        return self.now

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.now, timezone.utc)

    def sleep(self, seconds: float) -> None:
        """What the functions sleep by."""
        assert self.current is not None
        assert seconds >= 0
        self.current.pause(seconds)

    def at(self, moment: float, action: Callable[[], None]) -> None:
        """Have `action` done at `moment`, or at once if that has passed."""
        heapq.heappush(self._due, (max(moment, self.now), next(self.order), action))

    def thread(
        self, work: Callable[[], None], ended: Callable[[BaseException | None], None]
    ) -> SimulatedThread:
        """Return `work` as a thread, which `resume` begins; `ended` is then called with what it raised."""
        thread = SimulatedThread(self, work, ended)
        self._threads.add(thread)
        return thread

    def advance(self, seconds: float) -> None:
        """Let that much time pass."""
        self._horizon = until = self.now + seconds
        while self._due and self._due[0][0] <= until:
            moment, _, action = heapq.heappop(self._due)
            self.now = max(self.now, moment)
            action()
        self.now = until

    def is_free_until(self, moment: float) -> bool:
        """Whether nothing else is due until then, and time may pass that far."""
        return moment <= self._horizon and (not self._due or self._due[0][0] > moment)

    def over(self, thread: SimulatedThread) -> None:
        self._threads.discard(thread)

    def end_all(self) -> None:
        """End every thread, whatever it does."""
        self._due.clear()
        for thread in tuple(self._threads):
            thread.abandon()


class SimulatedThread:
    """One function at work."""

    def __init__(
        self, schedule: Schedule, work: Callable[[], None], ended: Callable[[BaseException | None], None]
    ) -> None:
        self._schedule = schedule
        self._work = work
        self._ended = ended
        self._go, self._back = threading.Lock(), threading.Lock()
        self._go.acquire()
        self._back.acquire()
        self._is_killed = self._is_over = False
        self._outcome: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._go.acquire()
        try:
            if not self._is_killed:
                self._work()
        except BaseException as error:  # whatever it is, the other side must get control back
            self._outcome = error
        self._is_over = True
        self._back.release()

    def resume(self) -> None:
        """Let the function run until it pauses or ends. Called while the schedule has control."""
        if self._is_over:
            return
        self._schedule.current = self
        self._go.release()
        self._back.acquire()
        self._schedule.current = None
        if self._is_over:
            self._thread.join()
            self._schedule.over(self)
            self._ended(self._outcome)

    def pause(self, seconds: float) -> None:
        """Let time pass. Called by the function itself."""
        until = self._schedule.now + seconds
        if self._schedule.is_free_until(until):
            self._schedule.now = until
            return
        self._schedule.at(until, self.resume)
        self._back.release()
        self._go.acquire()
        if self._is_killed:
            raise KilledError

    def kill(self) -> None:
        """End the function where it stands. Called while the schedule has control."""
        self._is_killed = True
        self.resume()

    def abandon(self) -> None:
        """End the function and call nobody."""
        self._ended = lambda _: None
        while not self._is_over:  # a `finally` of the function may pause once more
            self.kill()
