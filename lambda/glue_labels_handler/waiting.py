"""When to poll again, and when to hand over. Pure: times are epoch seconds, passed in."""

from __future__ import annotations

from typing import NamedTuple

POLL_SHARE = 0.05
POLL_MIN_SECONDS = 0.5
POLL_MAX_SECONDS = 2.0

CROWDED_MAX_SECONDS = 8.0
"""The longest pause while Glue refuses polls. All imports of an account share one throttle."""

TICK_WINDOW_SECONDS = 57.0
"""How long an invocation by the rule polls: nearly until the next one, a minute later."""

RESERVE_SECONDS = 60.0
"""The part of an invocation for a last poll in which each call times out, and for the response."""

DELAYED_SECONDS = 30.0
"""A request that comes later than this has waited in Lambda's queue, or is a Lambda retry."""

DELAYED_WINDOW_SECONDS = 15.0
"""How long a delayed request uses an execution: others may still wait in Lambda's queue for one."""

OVERLAP_SECONDS = 65.0
"""How long before its end the first invocation hands over: the rule's first tick can take a minute."""


def crowding_after(crowding: float, refused: bool) -> float:
    """Return the factor by which to lengthen the pauses, 1 or more, after a poll.

    It doubles when Glue refuses a poll, and falls by a tenth when Glue responds. So many imports at once soon
    poll no more than Glue allows, and Glue refuses none of them again and again.
    """
    return min(2 * crowding, CROWDED_MAX_SECONDS / POLL_MIN_SECONDS) if refused else max(1.0, 0.9 * crowding)


def seconds_to_next_poll(elapsed: float, crowding: float = 1.0, refused: bool = False) -> float:
    """Return how long to sleep: 5 % of the `elapsed` seconds, at least 0.5 s, at most 2 s.

    Args:
        elapsed: since the wait began.
        crowding: the factor by which to lengthen that, up to 8 s; see `crowding_after`.
        refused: whether Glue refused the last poll. Then it is overdue, and the pause is not lengthened.
    """
    pause = min(max(POLL_SHARE * elapsed, POLL_MIN_SECONDS), POLL_MAX_SECONDS)
    return pause if refused else min(pause * crowding, CROWDED_MAX_SECONDS)


# A NamedTuple is made faster than a dataclass, at each cold start.
class Window(NamedTuple):
    """When one invocation polls.

    Attributes:
        begin: the first poll.
        hand_over: from here on, the request is handed over to the rule.
        leave: from here on, the invocation ends when the request is handed over.
        end: the last poll.
    """

    begin: float
    hand_over: float
    leave: float
    end: float


def first_window(now: float, remaining: float, *, is_delayed: bool) -> Window:
    """Return when an invocation by CloudFormation polls.

    Args:
        now: epoch seconds.
        remaining: seconds until Lambda ends the invocation.
        is_delayed: whether the request waited in Lambda's queue. Then it uses an execution only briefly.
    """
    end = now + remaining - min(RESERVE_SECONDS, remaining / 4)
    if is_delayed:
        leave = min(end, now + DELAYED_WINDOW_SECONDS)
        return Window(now, leave, leave, end)
    return Window(now, max(now, end - min(OVERLAP_SECONDS, remaining / 4)), end, end)


def tick_window(now: float, remaining: float, not_before: float, *, is_delayed: bool) -> Window | None:
    """Return when an invocation by the rule polls; None if the one that handed over still polls.

    Args:
        now: epoch seconds.
        remaining: seconds until Lambda ends the invocation.
        not_before: until then, the invocation that handed over polls.
        is_delayed: whether the request waited in Lambda's queue. Then there is one poll.
    """
    end = now + min(TICK_WINDOW_SECONDS, remaining - min(RESERVE_SECONDS, remaining / 4))
    begin = max(now, not_before)
    if begin >= end:
        return None
    leave = begin if is_delayed else end
    return Window(begin, leave, leave, end)
