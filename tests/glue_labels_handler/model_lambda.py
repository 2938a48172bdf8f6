"""Lambda as a model: invocations side by side, each with its end, repeated when they crash."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness import FUNCTION_ARN
from schedule import KilledError

from glue_labels_handler.custom_resource import ResponseNotDeliveredError, RuleNotRemovedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from schedule import Schedule, SimulatedThread

    from glue_labels_handler.custom_resource import CustomResource

REPEATS_AFTER = (60.0, 120.0)
"""Pauses before Lambda repeats an asynchronous invocation that crashed."""


@dataclass
class Invocation:
    """One invocation; also Lambda's context object, as much of it as the function and crhelper read."""

    schedule: Schedule
    text: str
    attempt: int
    ends: float
    request_id: str
    is_tick: bool
    listed: frozenset[str] = frozenset()
    """The ids of the runs in the last list that was made for it."""
    aws_request_id: str = "invocation"
    invoked_function_arn: str = FUNCTION_ARN
    function_name: str = "Labels-GlueLabelsImport"

    def get_remaining_time_in_millis(self) -> int:
        return int((self.ends - self.schedule.now) * 1000)


@dataclass
class Lambda:
    """The service with the one function.

    Attributes:
        build: makes an execution environment.
        limit: the function's Timeout, seconds.
        crashed_at: by request, when invocations for it crashed or ran out of time.
        gave_up: requests of which Lambda has repeated an invocation as often as it does.
        waiting: invocations that are queued.
    """

    schedule: Schedule
    build: Callable[[], CustomResource]
    limit: float
    violations: list[str]
    crashed_at: dict[str, list[float]] = field(default_factory=dict)
    gave_up: set[str] = field(default_factory=set)
    waiting: int = 0
    begun: Callable[[str], None] = field(default=lambda _: None)
    """Called with the request that an invocation begins to serve, its ticks not counted."""
    _at_work: dict[SimulatedThread, Invocation] = field(default_factory=dict)
    _idle: list[CustomResource] = field(default_factory=list)

    def invoke(self, text: str, late: float, attempt: int = 0) -> None:
        """Queue an asynchronous invocation that begins `late` seconds from now."""
        self.waiting += 1
        self.schedule.at(self.schedule.now + late, lambda: self._begin(text, attempt))

    def serving(self) -> Invocation:
        """Return the invocation that has control."""
        assert self.schedule.current is not None
        return self._at_work[self.schedule.current]

    def is_quiet(self) -> bool:
        return not self._at_work and not self.waiting

    def _begin(self, text: str, attempt: int) -> None:
        self.waiting -= 1
        event: dict[str, Any] = json.loads(text)
        invocation = Invocation(
            self.schedule,
            text,
            attempt,
            ends=self.schedule.now + self.limit,
            request_id=event["RequestId"],
            is_tick="CrHelperPoll" in event,
        )
        if not invocation.is_tick:
            self.begun(invocation.request_id)
        # A free environment is used again, with whatever the last invocation left in it; else a new one.
        environment = self._idle.pop() if self._idle else self.build()

        def ended(error: BaseException | None) -> None:
            del self._at_work[thread]
            if error is None:
                self._idle.append(environment)
            else:
                self._crashed(invocation, error)

        thread = self.schedule.thread(lambda: environment(event, invocation), ended)
        self._at_work[thread] = invocation
        self.schedule.at(invocation.ends, thread.kill)
        thread.resume()

    def _crashed(self, invocation: Invocation, error: BaseException) -> None:
        if not isinstance(error, (KilledError, ResponseNotDeliveredError, RuleNotRemovedError)):
            self.violations.append(f"the function raised {error!r}")
        self.crashed_at.setdefault(invocation.request_id, []).append(self.schedule.now)
        if invocation.attempt < len(REPEATS_AFTER):
            self.invoke(invocation.text, REPEATS_AFTER[invocation.attempt], invocation.attempt + 1)
        elif not invocation.is_tick:
            self.gave_up.add(invocation.request_id)
