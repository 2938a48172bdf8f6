"""The table and the document with the results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from glue_labels_bench.document import END, begin, with_results
from glue_labels_bench.results import Results
from glue_labels_bench.table import WIDTH, table

if TYPE_CHECKING:
    from pathlib import Path


def line(text: str, beginning: str) -> list[str]:
    return next(found for found in text.splitlines() if found.startswith(beginning)).split()


def test_table_fits_its_width(results: Results) -> None:
    assert max(map(len, table(results).splitlines())) <= WIDTH


def test_lags_of_each_contender_are_median_and_worst(results: Results) -> None:
    found = line(table(results), "  30 s, median/worst of 3")
    assert found[5:] == [
        "1.00",
        "/",
        "1.30",
        "2.00",
        "/",
        "2.30",
        "100.00",
        "/",
        "100.30",
        *["does", "not", "wait"],
    ]


def test_cost_is_in_cents_and_a_ratio(results: Results) -> None:
    text = table(results)
    assert line(text, "    US cents") == ["US", "cents", "50.0000", "650.0000", "650.0000", "650.0000"]
    assert line(text, "    cost against ours")[3:] == ["1.00x", "13.00x", "13.00x", "13.00x"]


def test_missed_goal_is_marked(results: Results) -> None:
    assert "MISSED" not in table(results)
    assert "MISSED" in table(replace(results, package_bytes=dict.fromkeys(results.package_bytes, 99_999)))


def test_reason_of_a_missed_goal_is_shown(results: Results) -> None:
    assert results.synth is not None
    slower = table(replace(results, synth=replace(results.synth, ratio=1.2)))
    reason = "it is already 1.040x"
    assert reason in " ".join(slower.split())
    assert reason not in " ".join(table(results).split())


def test_reasons_of_failed_imports_are_shown_with_their_number(results: Results) -> None:
    text = table(results)
    assert "    2 x Lambda delivered the request later than 600 seconds.\n" in text
    assert "  98 imports succeeded, 2 failed, 0 had no response; timeout 600 s\n" in text


def test_lag_of_evaluations_has_its_own_line(results: Results) -> None:
    assert "  30 s, median/worst of 3: 0.75 / 2.00\n" in table(results)


def test_lags_are_left_out_if_no_import_succeeded(results: Results) -> None:
    assert results.low_concurrency is not None
    none = replace(results.low_concurrency, median_lag_seconds=None, largest_lag_seconds=None)
    text = table(replace(results, many=None, low_concurrency=none))
    assert "last response 620 s after the first request" in text
    assert "lag median" not in text


def test_what_was_not_measured_is_left_out(results: Results) -> None:
    text = table(
        replace(results, cold_start=None, synth=None, many=None, low_concurrency=None, evaluations=None)
    )
    assert not any(word in text for word in ("COLD START", "CDK SYNTH", "AT ONCE", "EVALUATION", "\n\n\n"))


def test_results_are_the_same_after_writing_and_reading(results: Results, tmp_path: Path) -> None:
    results.write(tmp_path / "build" / "bench.json")
    assert Results.read(tmp_path / "build" / "bench.json") == results


def test_document_keeps_what_is_around_the_results(results: Results) -> None:
    text = f"before\n{begin('bench')}\nformerly\n{END}\nafter\n"
    written = with_results(text, "bench", results)
    assert written.startswith(f"before\n{begin('bench')}\n")
    assert written.endswith(f"{END}\nafter\n")
    assert table(results) in written
    assert "formerly" not in written
    assert with_results(written, "bench", results) == written


def test_document_without_the_markers_is_refused(results: Results) -> None:
    with pytest.raises(ValueError, match="needs two lines"):
        with_results("nothing", "bench", results)
