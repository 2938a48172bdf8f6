"""The properties of an evaluation, which construct and function share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from glue_labels_handler.evaluation_request import AFTER_MAX, EvaluationRequest
from glue_labels_handler.request import InvalidPropertyError, LabelsRequest

REQUEST = EvaluationRequest(
    "tfm-1", after=("tsk-1", "tsk-2"), version="7", minimum={"F1": 0.85, "Recall": 0.9}, timeout_seconds=600
)


def test_properties_are_read_as_they_were_written() -> None:
    assert EvaluationRequest.from_properties(REQUEST.to_properties()) == REQUEST
    assert EvaluationRequest.from_properties(EvaluationRequest("tfm-1").to_properties()) == EvaluationRequest(
        "tfm-1"
    )


def test_properties_that_are_not_given_stand_in_no_template() -> None:
    assert EvaluationRequest("tfm-1").to_properties() == {"TransformId": "tfm-1", "TimeoutSeconds": 3300}


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({}, "TransformId is missing"),
        ({"After": "tsk-1"}, "After must be a list of TaskRunIds: 'tsk-1'"),
        ({"After": ["tsk-1"] * (AFTER_MAX + 1)}, "at most 20 imports, this one names 21"),
        ({"Minimum": "0.9"}, "Minimum must give numbers for some of F1, Precision, Recall"),
        ({"Minimum": {"F2": "0.9"}}, "'F2'"),
        ({"Minimum": {"F1": "85"}}, "F1 must be from 0 to 1, this one is 85"),
        ({"Minimum": {"F1": "-0.1"}}, "F1 must be from 0 to 1, this one is -0.1"),
        ({"Minimum": {"F1": "high"}}, "F1 must be a number from 0 to 1: 'high'"),
        ({"Minimum": {"F1": "nan"}}, "F1 must be a number from 0 to 1: 'nan'"),
        ({"TimeoutSeconds": "0"}, "TimeoutSeconds must be 1 to 3300"),
        ({"Version": "v" * 257}, "Version must have at most 256 characters"),
    ],
)
def test_malformed_properties_are_named(properties: dict[str, object], text: str) -> None:
    given = {} if not properties else {"TransformId": "tfm-1", **properties}
    with pytest.raises(InvalidPropertyError) as raised:
        EvaluationRequest.from_properties(given)
    assert text in str(raised.value)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (replace(REQUEST, minimum={}, timeout_seconds=60, transform_role="role"), True),
        (replace(REQUEST, after=("tsk-1", "tsk-3")), False),
        (replace(REQUEST, version="8"), False),
        (replace(REQUEST, transform_id="tfm-2"), False),
        (LabelsRequest("tfm-1", "s3://bucket/key"), False),
    ],
)
def test_only_what_makes_it_due_makes_another_evaluation(other: object, same: bool) -> None:
    assert REQUEST.asks_the_same(other) is same
