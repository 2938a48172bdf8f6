"""What an evaluation found, whether it is good enough, and what the user reads if it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glue_labels_handler.evaluation_request import EvaluationRequest
from glue_labels_handler.quality import Quality
from glue_labels_handler.reasons import explain_quality

METRICS = {
    "AreaUnderPRCurve": 0.8,
    "Precision": 0.94,
    "Recall": 0.622,
    "F1": 0.71,
    "ConfusionMatrix": {
        "NumTruePositives": 61,
        "NumFalsePositives": 4,
        "NumTrueNegatives": 300,
        "NumFalseNegatives": 37,
    },
    "ColumnImportances": [
        {"ColumnName": "zip", "Importance": 0.21},
        {"ColumnName": "name", "Importance": 0.62},
        {"ColumnName": "a", "Importance": 0.08},
        {"ColumnName": "b", "Importance": 0.05},
        {"ColumnName": "c", "Importance": 0.03},
        {"ColumnName": "d", "Importance": 0.01},
    ],
}
TRANSFORM = {
    "LabelCount": 120,
    "EvaluationMetrics": {"TransformType": "FIND_MATCHES", "FindMatchesMetrics": METRICS},
}
FOUND = Quality.of(TRANSFORM)
REQUEST = EvaluationRequest("tfm-1", minimum={"F1": 0.85, "Precision": 0.9})


def test_attributes_are_what_glue_found() -> None:
    assert FOUND.attributes() == {
        "F1": "0.71",
        "Precision": "0.94",
        "Recall": "0.622",
        "AreaUnderPRCurve": "0.8",
        "NumTruePositives": "61",
        "NumFalsePositives": "4",
        "NumTrueNegatives": "300",
        "NumFalseNegatives": "37",
        "ColumnImportances": "name 0.62, zip 0.21, a 0.08, b 0.05, c 0.03",
        "LabelCount": "120",
    }


@pytest.mark.parametrize(
    "transform",
    [{}, {"EvaluationMetrics": {"TransformType": "FIND_MATCHES"}}, {"EvaluationMetrics": None}],
)
def test_attributes_that_glue_does_not_give_are_there_and_empty(transform: dict[str, object]) -> None:
    attributes = Quality.of(transform).attributes()
    assert attributes.keys() == FOUND.attributes().keys()
    assert set(attributes.values()) == {""}


@pytest.mark.parametrize(
    ("minimum", "is_below"),
    [
        ({}, False),
        ({"F1": 0.71}, False),
        ({"F1": 0.7101}, True),
        ({"Precision": 0.9}, False),
        ({"Precision": 0.9, "Recall": 0.63}, True),
    ],
)
def test_metric_that_equals_its_minimum_is_good_enough(minimum: dict[str, float], is_below: bool) -> None:
    assert FOUND.is_below(minimum) is is_below


def test_metric_that_glue_does_not_give_is_below_any_minimum() -> None:
    assert Quality().is_below({"F1": 0.0})
    assert not Quality().is_below({})


def test_reason_has_the_cause_first_then_the_pairs_what_fell_and_what_to_do() -> None:
    before = {"F1": 0.91, "Precision": 0.93, "Recall": 0.9}
    assert explain_quality(REQUEST, "tsk-1", FOUND, before) == (
        "The transform's quality is below the minimum: F1 0.71 (minimum 0.85), precision 0.94 (minimum "
        "0.90). Of the labeled pairs it found 61 of 98 matches and reported 4 non-matches as matches. "
        "Before this evaluation, F1 was 0.91, recall was 0.90. "
        "Columns that matter most: name 0.62, zip 0.21, a 0.08, b 0.05, c 0.03. "
        "Check the labels that this deployment changed, or lower the minimum (guide: Quality gate). "
        "(task run tsk-1, transform tfm-1)"
    )


def test_reason_says_nothing_of_an_evaluation_before_it_where_there_was_none() -> None:
    for before in (None, {}):
        assert "Before this" not in explain_quality(REQUEST, "tsk-1", FOUND, before)


@pytest.mark.parametrize(
    ("f1", "minimum", "text"),
    [
        (0.849, 0.85, "F1 0.849 (minimum 0.85)"),
        (0.84996, 0.85, "F1 0.849960 (minimum 0.85)"),
        (0.71, 0.8555, "F1 0.71 (minimum 0.8555)"),
        (0.5, 1.0, "F1 0.50 (minimum 1.00)"),
    ],
)
def test_metric_never_looks_the_same_as_the_minimum_that_it_misses(
    f1: float, minimum: float, text: str
) -> None:
    request = replace(REQUEST, minimum={"F1": minimum})
    assert text in explain_quality(request, "tsk-1", Quality({"F1": f1}), None)


def test_reason_without_metrics_says_so() -> None:
    reason = explain_quality(REQUEST, "tsk-1", Quality(), None)
    assert "succeeded, but Glue gave no metrics" in reason
    assert reason.endswith("(task run tsk-1, transform tfm-1)")
