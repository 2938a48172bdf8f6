"""The benchmark with one short run for each contender but stock crhelper, which would take two minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_labels_bench.contenders import AWS_CUSTOM_RESOURCE, CRHELPER, OURS, PROVIDER
from glue_labels_bench.measuring import measure
from glue_labels_bench.run_lengths import SMOKE
from glue_labels_bench.table import table

if TYPE_CHECKING:
    from glue_labels_bench.measured_import import MeasuredImport
    from glue_labels_bench.results import Results

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("bench")
    contenders = (OURS, PROVIDER, AWS_CUSTOM_RESOURCE)
    return measure("a test", contenders, SMOKE, folder, print, imports_only=True)


def the_import(results: Results, contender: str) -> MeasuredImport:
    (one,) = results.of(contender, SMOKE[0].seconds)
    return one


@pytest.mark.parametrize("contender", [OURS, PROVIDER])
def test_contender_that_waits_responds_after_the_runs_end(results: Results, contender: str) -> None:
    # Wide limits, because the benchmark measures how long it takes.
    assert 0 < the_import(results, contender).lag_seconds < 60


def test_contender_that_does_not_wait_responds_before(results: Results) -> None:
    assert the_import(results, AWS_CUSTOM_RESOURCE).lag_seconds < 0


def test_usage_is_counted(results: Results) -> None:
    ours, provider = the_import(results, OURS), the_import(results, PROVIDER)
    assert (ours.invocations, ours.state_transitions) == (1, 0)
    # Its framework invokes the user's function for each poll.
    assert provider.invocations >= 4
    assert provider.invocations % 2 == 0
    assert provider.state_transitions == provider.invocations // 2 - 1
    assert ours.gb_seconds > 0.25 * ours.run_seconds
    assert 0 < provider.gb_seconds < ours.gb_seconds
    assert min(ours.glue_calls, provider.glue_calls) >= 2


def test_additions_to_a_stack_are_counted(results: Results) -> None:
    ours = results.footprints[OURS]
    # The import and the policy of its transform, beside the four that all imports of a stack share.
    assert (ours.first, ours.further, ours.same_transform, ours.on_everything) == (6, 2, 1, 0)
    assert ours.actions == 12
    assert results.footprints[PROVIDER].first == 19
    assert 10_000 < results.package_bytes[OURS] < 100_000


def test_table_shows_the_measured_contenders(results: Results) -> None:
    text = table(results)
    assert all(name in text for name in (OURS, PROVIDER, AWS_CUSTOM_RESOURCE))
    assert CRHELPER not in text.partition("GOALS")[0]
