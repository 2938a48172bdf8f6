"""What held some seconds ago."""

from __future__ import annotations

from dataclasses import dataclass

from glue_labels_sandbox.history import MAX_DELAY_SECONDS, History


@dataclass
class Seconds:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_state_is_the_one_that_held_then() -> None:
    clock = Seconds()
    history: History[str, int] = History(clock)
    for state in (1, 2, 3):
        history.note({"a": state})
        clock.now += 10
    assert [history.before(seconds, "a") for seconds in (0, 10, 15, 20, 25, 30, 31)] == [
        3,
        3,
        2,
        2,
        1,
        1,
        None,
    ]


def test_what_is_gone_is_seen_until_then() -> None:
    clock = Seconds()
    history: History[str, int] = History(clock)
    history.note({"a": 1})
    clock.now += 10
    history.note({})
    clock.now += 5
    assert [history.before(seconds, "a") for seconds in (0, 5, 6, 15)] == [None, None, 1, 1]


def test_history_keeps_no_more_than_its_delay_needs() -> None:
    clock = Seconds()
    history: History[str, int] = History(clock)
    for state in range(3000):
        history.note({"a": state, "gone" if state == 0 else "kept": 0})
        clock.now += 1
    assert len(history._states["a"]) <= MAX_DELAY_SECONDS + 2
    assert history.before(MAX_DELAY_SECONDS, "a") == 3000 - MAX_DELAY_SECONDS
    assert "gone" not in history._states
