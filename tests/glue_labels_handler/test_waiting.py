"""When to poll, when to hand over."""

from __future__ import annotations

import pytest

from glue_labels_handler.waiting import (
    Window,
    crowding_after,
    first_window,
    seconds_to_next_poll,
    tick_window,
)


@pytest.mark.parametrize(
    ("elapsed", "pause"), [(0, 0.5), (5, 0.5), (10, 0.5), (20, 1.0), (30, 1.5), (40, 2.0), (3000, 2.0)]
)
def test_pause_is_five_percent_of_elapsed_within_bounds(elapsed: float, pause: float) -> None:
    assert seconds_to_next_poll(elapsed) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("crowding", "refused", "after"),
    [(1, True, 2), (2, True, 4), (16, True, 16), (2, False, 1.8), (1, False, 1)],
)
def test_crowding_doubles_with_a_refusal_and_falls_by_a_tenth_without(
    crowding: float, refused: bool, after: float
) -> None:
    assert crowding_after(crowding, refused) == pytest.approx(after)


@pytest.mark.parametrize(("elapsed", "crowding", "pause"), [(20, 3, 3.0), (0, 4, 2.0), (80, 5, 8.0)])
def test_poll_that_got_through_a_crowd_is_followed_by_a_longer_pause(
    elapsed: float, crowding: float, pause: float
) -> None:
    assert seconds_to_next_poll(elapsed, crowding) == pytest.approx(pause)


def test_refused_poll_is_made_up_for_after_the_usual_pause() -> None:
    assert seconds_to_next_poll(20, crowding=8, refused=True) == pytest.approx(1.0)


def test_full_invocation_polls_for_fourteen_minutes_and_hands_over_a_tick_before() -> None:
    assert first_window(1000, 900, is_delayed=False) == Window(
        begin=1000, hand_over=1000 + 775, leave=1000 + 840, end=1000 + 840
    )


def test_short_invocation_scales_its_reserves() -> None:
    assert first_window(1000, 60, is_delayed=False) == Window(
        begin=1000, hand_over=1030, leave=1045, end=1045
    )


def test_tick_polls_nearly_until_the_next_one() -> None:
    assert tick_window(1000, 900, not_before=900, is_delayed=False) == Window(
        begin=1000, hand_over=1057, leave=1057, end=1057
    )


def test_tick_in_a_short_invocation_ends_before_the_invocation_does() -> None:
    window = tick_window(1000, 60, not_before=900, is_delayed=False)
    assert window is not None
    assert window.end == 1045


def test_tick_begins_where_the_first_invocation_ends() -> None:
    window = tick_window(1000, 900, not_before=1040, is_delayed=False)
    assert window is not None
    assert (window.begin, window.end) == (1040, 1057)


def test_tick_that_is_not_needed_does_not_poll() -> None:
    assert tick_window(1000, 900, not_before=1057, is_delayed=False) is None


def test_invocation_for_a_delayed_request_polls_briefly() -> None:
    assert first_window(1000, 900, is_delayed=True) == Window(1000, hand_over=1015, leave=1015, end=1840)
    assert first_window(1000, 12, is_delayed=True) == Window(1000, hand_over=1009, leave=1009, end=1009)


def test_tick_of_a_delayed_request_polls_once() -> None:
    assert tick_window(1000, 900, not_before=900, is_delayed=True) == Window(1000, 1000, leave=1000, end=1057)
    assert tick_window(1000, 900, not_before=1010, is_delayed=True) == Window(
        1010, 1010, leave=1010, end=1057
    )
    assert tick_window(1000, 900, not_before=1057, is_delayed=True) is None
