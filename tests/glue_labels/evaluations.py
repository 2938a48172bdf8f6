"""Imports and evaluations for the tests of evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from glue_labels import Labels, LabelsImport, TransformEvaluation

if TYPE_CHECKING:
    from constructs import Construct

EVALUATION = "Custom::GlueTransformEvaluation"


def import_in(scope: Construct, name: str, transform: Any = "tfm-1", **options: Any) -> LabelsImport:
    """An import of some labels."""
    labels = Labels.from_s3_path(f"s3://labels/{name}.csv")
    return LabelsImport(scope, name, transform=transform, labels=labels, **options)


def evaluation_in(scope: Construct, name: str = "Quality", **arguments: Any) -> TransformEvaluation:
    """An evaluation of some transform, due by its version unless the arguments say otherwise."""
    due = {} if {"after", "version"} & arguments.keys() else {"version": "1"}
    return TransformEvaluation(scope, name, **{"transform": "tfm-1", **due, **arguments})
