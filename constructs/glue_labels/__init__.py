"""Label versions and quality gates of AWS Glue FindMatches transforms, as CDK constructs."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glue_labels.function_code import FunctionCodeError
    from glue_labels.labeling_file import UnknownRuleError
    from glue_labels.labels import Labels, LabelsConfig
    from glue_labels.labels_import import LabelsImport
    from glue_labels.provider import LabelsProvider
    from glue_labels.quality import QualityMetrics
    from glue_labels.transform_evaluation import TransformEvaluation
    from glue_labels_handler.request import InvalidPropertyError

__all__ = [
    "FunctionCodeError",
    "InvalidPropertyError",
    "Labels",
    "LabelsConfig",
    "LabelsImport",
    "LabelsProvider",
    "QualityMetrics",
    "TransformEvaluation",
    "UnknownRuleError",
]

_MODULES = {
    "FunctionCodeError": "glue_labels.function_code",
    "InvalidPropertyError": "glue_labels_handler.request",
    "Labels": "glue_labels.labels",
    "LabelsConfig": "glue_labels.labels",
    "LabelsImport": "glue_labels.labels_import",
    "LabelsProvider": "glue_labels.provider",
    "QualityMetrics": "glue_labels.quality",
    "TransformEvaluation": "glue_labels.transform_evaluation",
    "UnknownRuleError": "glue_labels.labeling_file",
}


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    # At first use, not at import: the CDK's modules take seconds to load, and the command line needs none.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_MODULES[name]), name)
