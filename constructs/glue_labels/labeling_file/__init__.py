"""The format of label files, and their checks. Imports neither the CDK nor the AWS SDK."""

from glue_labels.labeling_file.check import check
from glue_labels.labeling_file.header import Header
from glue_labels.labeling_file.label_files import LabelFiles, NoLabelFilesError
from glue_labels.labeling_file.labeling_sets import check_labeling_set
from glue_labels.labeling_file.report import (
    Finding,
    Report,
    Summary,
    counted,
    listed,
    shortened,
    with_remedies,
)
from glue_labels.labeling_file.rules import FORM_RULES, RULES, Rule, UnknownRuleError, known_rules

__all__ = [
    "FORM_RULES",
    "RULES",
    "Finding",
    "Header",
    "LabelFiles",
    "NoLabelFilesError",
    "Report",
    "Rule",
    "Summary",
    "UnknownRuleError",
    "check",
    "check_labeling_set",
    "counted",
    "known_rules",
    "listed",
    "shortened",
    "with_remedies",
]
