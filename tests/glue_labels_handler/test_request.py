"""The contract between construct and function."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glue_labels_handler.request import (
    InvalidPropertyError,
    LabelsRequest,
    check_s3_path,
    check_timeout_seconds,
    check_transform_id,
)

REQUEST = LabelsRequest("tfm-1", "s3://bucket/key.csv")

requests = st.builds(
    LabelsRequest,
    transform_id=st.text("abcäö漢😀 \t-_", min_size=1, max_size=255),
    input_s3_path=st.text("abcäö漢😀 /.-_=", min_size=1, max_size=200)
    .filter(lambda key: not key.endswith("/"))
    .map(lambda key: f"s3://my-bucket/{key}"),
    replace_all_labels=st.booleans(),
    timeout_seconds=st.integers(1, 3300),
    version=st.none() | st.text(max_size=20),
)


def as_cloudformation_hands_on(properties: dict[str, object]) -> dict[str, object]:
    """Scalars arrive as strings."""
    return {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in properties.items()
    }


@given(requests)
def test_request_survives_cloudformation(request: LabelsRequest) -> None:
    assert LabelsRequest.from_properties(as_cloudformation_hands_on(request.to_properties())) == request


def test_properties_bear_the_apis_names() -> None:
    assert REQUEST.to_properties() == {
        "TransformId": "tfm-1",
        "InputS3Path": "s3://bucket/key.csv",
        "ReplaceAllLabels": "false",
        "TimeoutSeconds": 3300,
    }


@pytest.mark.parametrize("good", ["t", "t" * 255, "tfm-1 \t ü 😀"])
def test_transform_id_within_the_apis_bounds_passes(good: str) -> None:
    assert check_transform_id(good) == good


@pytest.mark.parametrize("bad", ["", "t" * 256, "tfm\n1", "tfm\x7f\x00", "\ud800"])
def test_transform_id_outside_the_apis_bounds_is_named(bad: str) -> None:
    with pytest.raises(InvalidPropertyError, match=r"^TransformId must"):
        check_transform_id(bad)


@pytest.mark.parametrize("good", ["s3://abc/k", "s3://a.b-c/folder/file name.csv", "s3://abc/" + "k" * 1024])
def test_path_of_an_object_passes(good: str) -> None:
    assert check_s3_path(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "bucket/key",
        "S3://bucket/key",
        "s3://bucket",
        "s3://bucket/",
        "s3://bucket/folder/",
        "s3:///key",
        "s3://Bucket/key",
        "s3://ab/key",
        "s3://" + "b" * 64 + "/key",
        "s3://a..b/key",
        "s3://-ab/key",
        "s3://abc/" + "k" * 1025,
        "s3://abc/" + "ü" * 513,
    ],
)
def test_path_of_no_object_is_named(bad: str) -> None:
    with pytest.raises(InvalidPropertyError, match=r"^InputS3Path"):
        check_s3_path(bad)


@pytest.mark.parametrize("bad", [-1, 0, 3301])
def test_timeout_outside_cloudformations_hour_gives_the_bounds(bad: int) -> None:
    with pytest.raises(InvalidPropertyError, match=rf"must be 1 to 3300 .*: {bad}\.$"):
        check_timeout_seconds(bad)


def test_long_values_are_shown_in_part() -> None:
    with pytest.raises(InvalidPropertyError) as caught:
        check_s3_path("x" * 5000)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("change", "same"),
    [
        ({"timeout_seconds": 5}, True),
        ({"version": "2"}, False),
        ({"replace_all_labels": True}, False),
        ({"input_s3_path": "s3://bucket/other.csv"}, False),
        ({"transform_id": "tfm-2"}, False),
    ],
)
def test_only_the_timeout_is_nothing_about_the_import(change: dict[str, object], same: bool) -> None:
    other = LabelsRequest(**{**REQUEST.__dict__, **change})
    assert REQUEST.asks_the_same(other) is same
