"""When to poll again, and when to hand over. Pure: moments are epoch seconds, passed in."""

from __future__ import annotations

from dataclasses import dataclass

POLL_SHARE = 0.05
POLL_MIN_SECONDS = 0.5
POLL_MAX_SECONDS = 2.0

CROWDED_MAX_SECONDS = 8.0
"""The longest pause while Glue refuses polls; the polls of all imports of an account share one throttle."""

TICK_WINDOW_SECONDS = 57.0
"""How long an invocation of the polling rule, one a minute, polls: nearly until the next one."""

RESERVE_SECONDS = 60.0
"""Kept of an invocation for a poll whose every call times out, and for the response."""

OVERLAP_SECONDS = 65.0
"""How long before its end the first invocation sets the rule up: the first tick can take a minute."""


def crowding_after(crowding: float, refused: bool) -> float:
    """Return how many times the usual pause to wait, 1 or more, after a poll that was refused or was not.

    It doubles with each refusal and falls by a tenth with each poll that Glue lets through: many imports at
    once soon ask for no more than they get, and none of them is refused time after time.
    """
    return min(2 * crowding, CROWDED_MAX_SECONDS / POLL_MIN_SECONDS) if refused else max(1.0, 0.9 * crowding)


def seconds_to_next_poll(elapsed: float, crowding: float = 1.0, refused: bool = False) -> float:
    """Return how long to sleep: 5 % of the `elapsed` seconds, at least 0.5 s, at most 2 s.

    Args:
        elapsed: since the wait began.
        crowding: by how much to lengthen that, up to 8 s; see `crowding_after`.
        refused: whether the poll did not get through: it is due already, and made up for without that.
    """
    pause = min(max(POLL_SHARE * elapsed, POLL_MIN_SECONDS), POLL_MAX_SECONDS)
    return pause if refused else min(pause * crowding, CROWDED_MAX_SECONDS)


@dataclass(frozen=True)
class Window:
    """The part of one invocation in which it polls the run.

    Attributes:
        begin: the first poll.
        hand_over: from here on the rule that carries on is set up.
        end: the last poll.
    """

    begin: float
    hand_over: float
    end: float


def first_window(now: float, remaining: float) -> Window:
    """Return when the invocation that CloudFormation asked for looks.

    Args:
        now: the moment.
        remaining: seconds until Lambda ends the invocation.
    """
    end = now + remaining - min(RESERVE_SECONDS, remaining / 4)
    return Window(now, max(now, end - min(OVERLAP_SECONDS, remaining / 4)), end)


def tick_window(now: float, remaining: float, not_before: float) -> Window | None:
    """Return when an invocation of the polling rule looks; None where another looks all the while.

    Args:
        now: the moment.
        remaining: seconds until Lambda ends the invocation.
        not_before: until then the invocation that set the rule up is looking.
    """
    end = now + min(TICK_WINDOW_SECONDS, remaining - min(RESERVE_SECONDS, remaining / 4))
    begin = max(now, not_before)
    return None if begin >= end else Window(begin, hand_over=end, end=end)
