"""Results as of a run of the benchmark, with figures that are easy to follow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from glue_labels_bench.bill import Prices
from glue_labels_bench.cold_start import ColdStart
from glue_labels_bench.contenders import AWS_CUSTOM_RESOURCE, CRHELPER, OURS, PROVIDER
from glue_labels_bench.evaluations import Evaluations
from glue_labels_bench.low_concurrency import LowConcurrency
from glue_labels_bench.many_at_once import ManyAtOnce
from glue_labels_bench.measured_import import MeasuredImport
from glue_labels_bench.results import Results
from glue_labels_bench.synth_time import SynthTime
from glue_labels_bench.templates import Footprint

if TYPE_CHECKING:
    from collections.abc import Callable

LAGS = {OURS: 1.0, PROVIDER: 2.0, CRHELPER: 100.0, AWS_CUSTOM_RESOURCE: -30.0}


@pytest.fixture
def results() -> Results:
    """Results that meet every goal."""
    return Results(
        command="make bench",
        machine={"day": "2030-01-01"},
        prices=Prices("us-east-1", "2030-01-01", 0.5, 0.0, 2.0, 0.0),
        imports=tuple(
            MeasuredImport(contender, 30, 30.0, lag + shift, 10, 2, 1.0, 0 if contender == OURS else 3)
            for contender, lag in LAGS.items()
            for shift in (-0.1, 0.0, 0.3)
        ),
        footprints={
            OURS: Footprint(6, 1, 1, 11, 0),
            PROVIDER: Footprint(19, 1, 1, 25, 15),
            CRHELPER: Footprint(4, 1, 1, 11, 9),
            AWS_CUSTOM_RESOURCE: Footprint(4, 2, 2, 4, 3),
        },
        package_bytes=dict.fromkeys(LAGS, 40_000),
        cold_start=ColdStart(15, 0.4, 0.42, 1.05),
        synth=SynthTime(5, 4.0, 4.2, 1.05, 1.01, 1.04, 3, {1: 0.1, 10: 0.19, 100: 1.09, 400: 5.09}),
        many=ManyAtOnce(100, 30.0, 20.0, 100, 2.0, 10.0, 3000, 1500, 120),
        low_concurrency=LowConcurrency(
            imports=100,
            executions=10,
            run_seconds=5.0,
            timeout_seconds=600,
            succeeded=98,
            failed={"Lambda delivered the request later than 600 seconds.": 2},
            without_response=0,
            median_lag_seconds=0.5,
            largest_lag_seconds=2.0,
            last_response_seconds=620.0,
            invocations=100,
            most_at_once=10,
        ),
        evaluations=Evaluations(30.0, (0.5, 0.75, 2.0)),
    )


@pytest.fixture
def with_lag(results: Results) -> Callable[[str, float], Results]:
    """Make results in which one contender has another lag."""

    def change(contender: str, seconds: float) -> Results:
        return replace(
            results,
            imports=tuple(
                replace(one, lag_seconds=seconds) if one.contender == contender else one
                for one in results.imports
            ),
        )

    return change
