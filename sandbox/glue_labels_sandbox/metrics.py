"""What an evaluation says about a transform's quality.

Source: https://docs.aws.amazon.com/glue/latest/webapi/API_FindMatchesMetrics.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Metrics:
    """The quality of a transform; the API requires none of these fields, and None leaves one out.

    Attributes:
        f1: 0 to 1, as are the next three.
        precision: How many of the predicted matches are matches.
        recall: How many of the matches are predicted.
        area_under_pr_curve: Of precision by recall, over all thresholds.
        true_positives: Pairs of records, as are the next three: predicted matches that are matches.
        false_positives: Predicted matches that are none.
        true_negatives: Predicted non-matches that are non-matches.
        false_negatives: Predicted non-matches that are matches.
        column_importances: Names of columns with their importances, 0 to 1, the highest first.
    """

    f1: float | None = None
    precision: float | None = None
    recall: float | None = None
    area_under_pr_curve: float | None = None
    true_positives: int | None = None
    false_positives: int | None = None
    true_negatives: int | None = None
    false_negatives: int | None = None
    column_importances: tuple[tuple[str, float], ...] = ()

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Metrics:
        """Return the metrics whose fields went through JSON."""
        importances = tuple((str(name), float(value)) for name, value in fields["column_importances"])
        return cls(**{**fields, "column_importances": importances})
