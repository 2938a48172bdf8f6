"""The properties and attributes of an evaluation, as the construct writes them and the function reads them.

Names are those of the Glue API where it has them.

Source: https://docs.aws.amazon.com/glue/latest/webapi/API_FindMatchesMetrics.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from glue_labels_handler.request import (
    TIMEOUT_MAX_SECONDS,
    TRANSFORM_ROLE_PROPERTY,
    InvalidPropertyError,
    check_transform_id,
    shown,
    text_property,
    timeout_property,
    transform_role_property,
    version_property,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from glue_labels_handler.request import LabelsRequest

F1 = "F1"
PRECISION = "Precision"
RECALL = "Recall"
AREA_UNDER_PR_CURVE = "AreaUnderPRCurve"

METRICS = {
    F1: "F1",
    PRECISION: "precision",
    RECALL: "recall",
    AREA_UNDER_PR_CURVE: "area under the precision-recall curve",
}
"""The metrics that can have a minimum, and their names in a sentence. Each is 0 to 1."""

CONFUSION_MATRIX = ("NumTruePositives", "NumFalsePositives", "NumTrueNegatives", "NumFalseNegatives")
"""The attributes that count pairs of records: predicted matches, right and wrong, and predicted non-matches,
right and wrong."""

COLUMN_IMPORTANCES = "ColumnImportances"
"""The attribute with the columns that matter most, ``name 0.62, zip 0.21``."""

LABEL_COUNT = "LabelCount"
"""The attribute with the number of labels of the transform."""

AFTER_MAX = 20
"""TaskRunIds in `After`: an Update, with two lists, must fit into a rule's target (8,192 characters)."""


@dataclass(frozen=True)
class EvaluationRequest:
    """An evaluation of a transform's quality.

    Attributes:
        transform_id: `TransformId`, 1-255 characters.
        after: `After`, the TaskRunIds of the imports before it, at most 20; another id evaluates again.
        version: `Version`, opaque, at most 256 characters; another one evaluates again.
        minimum: `Minimum`, the least value by the metric's name, see `METRICS`; empty for no minimum.
        timeout_seconds: `TimeoutSeconds`, how long the run may take, 1-3,300 s.
        transform_role: `TransformRole`, the ARN or name of the transform's role, for the advice in errors;
            None if the app does not know it.
    """

    transform_id: str
    after: tuple[str, ...] = ()
    version: str | None = None
    minimum: Mapping[str, float] = field(default_factory=dict)
    timeout_seconds: int = TIMEOUT_MAX_SECONDS
    transform_role: str | None = None
    task_type: ClassVar[Literal["EVALUATION"]] = "EVALUATION"

    def to_properties(self) -> dict[str, Any]:
        """Return the properties for the template. The function gets their scalars as strings."""
        properties = {
            "TransformId": self.transform_id,
            "After": list(self.after),
            "Version": self.version,
            "Minimum": {name: str(value) for name, value in self.minimum.items()},
            TRANSFORM_ROLE_PROPERTY: self.transform_role,
        }
        given = {name: value for name, value in properties.items() if value}
        return {**given, "TimeoutSeconds": self.timeout_seconds}

    def asks_the_same(self, other: object) -> bool:
        """Return whether both ask for the same evaluation; minimum, timeout and role do not matter."""
        return (
            isinstance(other, EvaluationRequest)
            and self.transform_id == other.transform_id
            and (self.after, self.version) == (other.after, other.version)
        )

    shares_run_with = asks_the_same

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> EvaluationRequest:
        """Parse `ResourceProperties` of an event; other properties are ignored.

        Raises:
            InvalidPropertyError: a property is missing or invalid; the text names it.
        """
        return cls(
            transform_id=check_transform_id(text_property(properties, "TransformId")),
            after=_after(properties.get("After", [])),
            version=version_property(properties),
            minimum=_minimum(properties.get("Minimum", {})),
            timeout_seconds=timeout_property(properties),
            transform_role=transform_role_property(properties),
        )


TaskRequest: TypeAlias = "LabelsRequest | EvaluationRequest"
"""What a custom resource asks for; one task run does it."""


def check_minimum(name: str, value: float) -> float:
    """Return the least value of the metric `name`; raise `InvalidPropertyError` unless it is 0 to 1."""
    # "value < 0 or value > 1" would accept NaN.
    if not 0 <= value <= 1:
        raise InvalidPropertyError(
            f"Minimum: {name} must be from 0 to 1, this one is {value:g}. Glue gives metrics as fractions: "
            "write 0.85 for 85 %."
        )
    return value


def check_after_count(count: int) -> None:
    """Raise `InvalidPropertyError` for over 20 imports before an evaluation."""
    if count > AFTER_MAX:
        raise InvalidPropertyError(
            f"After: an evaluation can follow at most {AFTER_MAX} imports, this one names {count}. Name the "
            "imports that change most often, and order the others before them."
        )


def _after(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise InvalidPropertyError(f"After must be a list of TaskRunIds: {shown(value)}.")
    check_after_count(len(value))
    return tuple(value)


def _minimum(value: object) -> dict[str, float]:
    if not isinstance(value, dict) or not value.keys() <= METRICS.keys():
        raise InvalidPropertyError(
            f"Minimum must give numbers for some of {', '.join(METRICS)}: {shown(value)}."
        )
    return {name: check_minimum(name, _number(name, one)) for name, one in value.items()}


def _number(name: str, value: object) -> float:
    if not re.fullmatch(r"-?[0-9]*\.?[0-9]+([eE]-?[0-9]+)?", str(value)):
        raise InvalidPropertyError(f"Minimum: {name} must be a number from 0 to 1: {shown(value)}.")
    return float(str(value))
