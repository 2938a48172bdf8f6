"""What an evaluation of the sandbox's Glue makes of labels."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from glue_labels_sandbox import LabeledRow
from glue_labels_sandbox.labeling_csv import read_labeling_file
from glue_labels_sandbox.quality_estimate import TooFewLabelsError, estimate

EXAMPLE = read_labeling_file((Path(__file__).parents[2] / "labels" / "customers.csv").read_bytes())
KEY = "customer_id"


def _shuffled(rows: tuple[LabeledRow, ...], seed: int) -> list[LabeledRow]:
    """Return the rows with each other's labels."""
    labels = [row.label for row in rows]
    random.Random(seed).shuffle(labels)  # noqa: S311 - no secret
    return [replace(row, label=label) for row, label in zip(rows, labels, strict=True)]


def _rows(*rows: tuple[str, str, str]) -> list[LabeledRow]:
    return [LabeledRow(labeling_set, label, (value,)) for labeling_set, label, value in rows]


def test_labels_of_the_example_make_a_good_transform() -> None:
    metrics = estimate(EXAMPLE.columns, EXAMPLE.rows, KEY)
    assert metrics.f1 is not None
    assert metrics.f1 > 0.9


@pytest.mark.parametrize("seed", range(20))
def test_same_records_with_shuffled_labels_make_a_bad_transform(seed: int) -> None:
    metrics = estimate(EXAMPLE.columns, _shuffled(EXAMPLE.rows, seed), KEY)
    assert metrics.f1 is not None
    assert metrics.f1 < 0.7


def test_confusion_matrix_counts_each_pair_of_a_labeling_set_once() -> None:
    rows = _rows(
        *(("1", "A", "Ada"), ("1", "A", "Ada"), ("1", "B", "Bob")), *(("2", "A", "Cyd"), ("2", "A", "Cyd"))
    )
    metrics = estimate(["name"], rows, "id")
    counts = (
        metrics.true_positives,
        metrics.true_negatives,
        metrics.false_positives,
        metrics.false_negatives,
    )
    assert sum(count or 0 for count in counts) == 4
    assert (metrics.true_positives or 0) + (metrics.false_negatives or 0) == 2


def test_precision_recall_and_f1_follow_from_the_confusion_matrix() -> None:
    metrics = estimate(EXAMPLE.columns, EXAMPLE.rows, KEY)
    assert metrics.true_positives is not None
    assert metrics.false_positives is not None
    assert metrics.false_negatives is not None
    precision = metrics.true_positives / (metrics.true_positives + metrics.false_positives)
    recall = metrics.true_positives / (metrics.true_positives + metrics.false_negatives)
    assert metrics.precision == pytest.approx(precision)
    assert metrics.recall == pytest.approx(recall)
    assert metrics.f1 == pytest.approx(2 * precision * recall / (precision + recall))
    assert metrics.area_under_pr_curve is not None
    assert 0.9 < metrics.area_under_pr_curve <= 1


def test_importances_are_of_all_columns_but_the_primary_key_the_highest_first() -> None:
    importances = estimate(EXAMPLE.columns, EXAMPLE.rows, KEY.upper()).column_importances
    assert {name for name, _ in importances} == set(EXAMPLE.columns) - {KEY}
    values = [value for _, value in importances]
    assert values == sorted(values, reverse=True)
    assert sum(values) == pytest.approx(1)
    assert min(values) >= 0


def test_order_of_the_rows_makes_no_difference() -> None:
    rows = list(EXAMPLE.rows)
    random.Random(1).shuffle(rows)  # noqa: S311 - no secret
    assert estimate(EXAMPLE.columns, rows, KEY) == estimate(EXAMPLE.columns, EXAMPLE.rows, KEY)


def test_values_that_are_only_similar_count_as_alike_where_matches_are_so() -> None:
    rows = _rows(
        *(
            (f"set {number}", label, f"{name} {suffix}")
            for number, name in enumerate(["alexander", "bernadette", "christopher", "dominique"])
            for label, suffix in (("A", "first"), ("A", "fist"), ("B", "of another family altogether"))
        )
    )
    assert estimate(["name"], rows, "id").f1 == 1


def test_rows_from_before_the_table_changed_are_left_out() -> None:
    former = [replace(row, values=(*row.values, "more")) for row in EXAMPLE.rows]
    metrics = estimate(EXAMPLE.columns, [*former, *EXAMPLE.rows], KEY)
    assert metrics == estimate(EXAMPLE.columns, EXAMPLE.rows, KEY)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [("1", "A", "Ada"), ("1", "A", "Ada"), ("1", "B", "Bob")],
        [("1", "A", "Ada"), ("1", "A", "Ada"), ("2", "A", "Bob"), ("2", "A", "Bob")],
        [("1", "A", "Ada"), ("1", "B", "Bob"), ("2", "A", "Cyd"), ("2", "B", "Dan")],
        [("1", "A", "Ada"), ("2", "A", "Ada"), ("3", "B", "Bob")],
    ],
    ids=["none", "one-set", "no-non-match", "no-match", "no-pairs"],
)
def test_too_few_labels_allow_no_estimate(rows: list[tuple[str, str, str]]) -> None:
    with pytest.raises(TooFewLabelsError, match="at least two labeling sets"):
        estimate(["name"], _rows(*rows), "id")
