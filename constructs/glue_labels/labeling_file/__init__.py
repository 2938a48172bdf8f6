"""The labeling file's format, and what is wrong with one. Knows neither the CDK nor AWS."""

from glue_labels.labeling_file.check import check
from glue_labels.labeling_file.findings import Finding
from glue_labels.labeling_file.label_files import LabelFiles, NoLabelFilesError
from glue_labels.labeling_file.report import Report, counted, with_remedies
from glue_labels.labeling_file.rules import RULES, Rule, UnknownRuleError, known_rules
from glue_labels.labeling_file.summary import Summary

__all__ = [
    "RULES",
    "Finding",
    "LabelFiles",
    "NoLabelFilesError",
    "Report",
    "Rule",
    "Summary",
    "UnknownRuleError",
    "check",
    "counted",
    "known_rules",
    "with_remedies",
]
