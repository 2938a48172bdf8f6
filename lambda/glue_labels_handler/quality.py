"""A transform's quality as Glue estimates it, and whether it reaches a minimum. Pure.

Source: https://docs.aws.amazon.com/glue/latest/webapi/API_FindMatchesMetrics.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glue_labels_handler.evaluation_request import (
    COLUMN_IMPORTANCES,
    CONFUSION_MATRIX,
    LABEL_COUNT,
    METRICS,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS_SHOWN = 5
"""How many columns to name: those that matter most."""


@dataclass(frozen=True)
class Quality:
    """The result of an evaluation. What Glue does not give is missing.

    Attributes:
        metrics: 0 to 1, by name, see `METRICS`.
        pairs: the confusion matrix, numbers of pairs of records by name, see `CONFUSION_MATRIX`.
        columns: names and importances, 0 to 1, the most important first.
        label_count: how many labels the transform has been taught; None if Glue does not give it.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    pairs: Mapping[str, int] = field(default_factory=dict)
    columns: tuple[tuple[str, float], ...] = ()
    label_count: int | None = None

    @classmethod
    def of(cls, transform: Mapping[str, Any]) -> Quality:
        """Return the quality in a response of GetMLTransform."""
        found = (transform.get("EvaluationMetrics") or {}).get("FindMatchesMetrics") or {}
        pairs = found.get("ConfusionMatrix") or {}
        columns = [
            (str(one.get("ColumnName", "")), float(one.get("Importance") or 0.0))
            for one in found.get("ColumnImportances") or ()
        ]
        return cls(
            {name: float(found[name]) for name in METRICS if found.get(name) is not None},
            {name: int(pairs[name]) for name in CONFUSION_MATRIX if pairs.get(name) is not None},
            tuple(sorted(columns, key=lambda column: -column[1])),
            transform.get("LabelCount"),
        )

    @property
    def columns_text(self) -> str:
        """The columns that matter most, ``name 0.62, zip 0.21``; empty if Glue names none."""
        return ", ".join(f"{name} {importance:.2f}" for name, importance in self.columns[:COLUMNS_SHOWN])

    def attributes(self) -> dict[str, str]:
        """Return the values for Fn::GetAtt: all of them, empty if Glue does not give them."""
        numbers: dict[str, Any] = {**self.metrics, **self.pairs}
        return {
            **{name: str(numbers.get(name, "")) for name in (*METRICS, *CONFUSION_MATRIX)},
            COLUMN_IMPORTANCES: self.columns_text,
            LABEL_COUNT: "" if self.label_count is None else str(self.label_count),
        }

    def is_below(self, minimum: Mapping[str, float]) -> bool:
        """Return whether a metric is less than its minimum, or missing."""
        return any(self.metrics.get(name, -1.0) < least for name, least in minimum.items())
