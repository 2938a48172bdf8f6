"""A label version of an AWS Glue FindMatches transform, as a CDK construct."""

from glue_labels.function_code import FunctionCodeError
from glue_labels.labels import Labels, LabelsConfig
from glue_labels.labels_import import LabelsImport

__all__ = ["FunctionCodeError", "Labels", "LabelsConfig", "LabelsImport"]
