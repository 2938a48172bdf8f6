"""A label version of an AWS Glue FindMatches transform, as a CDK construct."""

from glue_labels.function_code import FunctionCodeError
from glue_labels.labels import Labels, LabelsConfig
from glue_labels.labels_import import LabelsImport
from glue_labels_handler.request import InvalidPropertyError

__all__ = ["FunctionCodeError", "InvalidPropertyError", "Labels", "LabelsConfig", "LabelsImport"]
