"""Goals are met or missed by the figures alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from glue_labels_bench.contenders import CRHELPER, OURS, PROVIDER
from glue_labels_bench.goals import goals
from glue_labels_bench.templates import Footprint

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_bench.results import Results


def missed(results: Results) -> list[str]:
    return [goal.text for goal in goals(results) if not goal.met]


def test_good_results_miss_no_goal(results: Results) -> None:
    assert missed(results) == []


def test_lag_above_the_providers_is_missed(with_lag: Callable[[str, float], Results]) -> None:
    assert missed(with_lag(PROVIDER, 0.9)) == ["median lag below Provider's at every run length"]


def test_lag_of_a_fifteenth_of_crhelpers_is_missed(with_lag: Callable[[str, float], Results]) -> None:
    assert missed(with_lag(CRHELPER, 15.0)) == ["median lag at least 20x below stock crhelper's"]


def test_one_lag_over_five_seconds_is_missed(results: Results) -> None:
    worst = replace(results.imports[0], lag_seconds=5.1)
    assert missed(replace(results, imports=(worst, *results.imports[1:]))) == ["worst lag at most 5 s"]


def test_higher_cost_than_the_providers_is_missed(results: Results) -> None:
    costlier = tuple(
        replace(one, gb_seconds=100.0) if one.contender == OURS else one for one in results.imports
    )
    assert missed(replace(results, imports=costlier)) == ["costs less than Provider at every run length"]


@pytest.mark.parametrize(
    "footprint", [Footprint(7, 1, 1, 11, 0), Footprint(6, 2, 1, 11, 0), Footprint(6, 1, 2, 11, 0)]
)
def test_more_resources_are_missed(results: Results, footprint: Footprint) -> None:
    changed = replace(results, footprints={**results.footprints, OURS: footprint})
    assert missed(changed) == ["at most 6 resources for the first import, then 1"]


def test_one_iam_action_more_than_another_contender_that_waits_is_missed(results: Results) -> None:
    changed = replace(results, footprints={**results.footprints, OURS: Footprint(6, 1, 1, 12, 0)})
    assert missed(changed) == ["the fewest IAM actions of the contenders that wait"]


def test_larger_package_is_missed(results: Results) -> None:
    changed = replace(results, package_bytes={**results.package_bytes, OURS: 65_537})
    assert missed(changed) == ["function package at most 65,536 bytes zipped"]


def test_slower_cold_start_is_missed(results: Results) -> None:
    assert results.cold_start is not None
    changed = replace(results, cold_start=replace(results.cold_start, ratio=1.11))
    assert missed(changed) == ["cold start at most 1.1x the floor"]


def test_slower_synth_is_missed(results: Results) -> None:
    assert results.synth is not None
    changed = replace(results, synth=replace(results.synth, ratio=1.11))
    assert missed(changed) == ["cdk synth at most 1.1x that of the app without the import"]


def test_imports_that_cost_more_the_more_there_are_are_missed(results: Results) -> None:
    assert results.synth is not None
    seconds = {**results.synth.stack_seconds, 400: 20.0}
    changed = replace(results, synth=replace(results.synth, stack_seconds=seconds))
    assert missed(changed) == ["linear in the imports: the last cost at most 2x the earlier ones"]


def test_import_of_many_that_fails_is_missed(results: Results) -> None:
    assert results.many is not None
    changed = replace(results, many=replace(results.many, succeeded=99))
    assert missed(changed) == ["100 imports at once all succeed"]


def test_import_of_many_that_lags_is_missed(results: Results) -> None:
    assert results.many is not None
    changed = replace(results, many=replace(results.many, largest_lag_seconds=15.1))
    assert missed(changed) == ["none of them lags by more than 15 s"]


def test_evaluation_that_lags_is_missed(results: Results) -> None:
    assert results.evaluations is not None
    changed = replace(results, evaluations=replace(results.evaluations, lag_seconds=(0.5, 5.1)))
    assert missed(changed) == ["worst lag of an evaluation at most 5 s"]


@pytest.mark.parametrize(
    "change",
    [
        {"succeeded": 97, "without_response": 1},
        {"failed": {"": 2}},
        {"most_at_once": 11},
    ],
)
def test_import_at_a_low_concurrency_that_fails_without_a_reason_is_missed(
    results: Results, change: dict[str, Any]
) -> None:
    assert results.low_concurrency is not None
    changed = replace(results, low_concurrency=replace(results.low_concurrency, **change))
    assert missed(changed) == ["100 imports at a concurrency of 10: all succeed, or fail with a reason"]
