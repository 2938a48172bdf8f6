"""The lowest quality metrics that an evaluation accepts."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import cast

from aws_cdk import Token, Tokenization

from glue_labels_handler.evaluation_request import (
    AREA_UNDER_PR_CURVE,
    F1,
    PRECISION,
    RECALL,
    check_minimum,
)
from glue_labels_handler.request import InvalidPropertyError

_NAMES = {
    "f1": F1,
    "precision": PRECISION,
    "recall": RECALL,
    "area_under_pr_curve": AREA_UNDER_PR_CURVE,
}


@dataclass(frozen=True, kw_only=True)
class QualityMetrics:
    """Values of a transform's quality metrics, each from 0 to 1, as AWS Glue estimates them.

    ```python
    from glue_labels import QualityMetrics

    minimum = QualityMetrics(f1=0.85, precision=0.9)
    ```

    Source: https://docs.aws.amazon.com/glue/latest/webapi/API_FindMatchesMetrics.html

    Attributes:
        f1: the harmonic mean of precision and recall (default: none).
        precision: the part of the predicted matches that are matches (default: none).
        recall: the part of the matches that the transform finds (default: none).
        area_under_pr_curve: the area under the precision-recall curve; it does not depend on the transform's
            choice between precision and recall (default: none).

    Raises:
        InvalidPropertyError: no metric is given, or one is not from 0 to 1.
        TypeError: a metric is not a number.
    """

    f1: float | None = None
    precision: float | None = None
    recall: float | None = None
    area_under_pr_curve: float | None = None

    def __post_init__(self) -> None:
        given = self._given()
        for name, value in given.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                raise TypeError(
                    f"QualityMetrics: {name} must be a number from 0 to 1, such as 0.85, not {value!r}."
                )
            # Do not ask the CDK about infinity or NaN: that ends jsii's process.
            if not math.isfinite(value) or not Token.is_unresolved(value):
                check_minimum(_NAMES[name], value)
        if not given:
            raise InvalidPropertyError(
                f"QualityMetrics must have at least one metric of {', '.join(_NAMES)}: it has none. "
                "Give one, or leave the minimum out."
            )

    def to_property(self) -> dict[str, float]:
        """Return the values by AWS Glue's names of the metrics."""
        return {_NAMES[name]: _writable(value) for name, value in self._given().items()}

    def _given(self) -> dict[str, float]:
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def _writable(value: float) -> float:
    # The CDK encodes a number that is not known yet as a float. As text it has another encoding.
    return cast("float", Tokenization.stringify_number(value)) if Token.is_unresolved(value) else value
