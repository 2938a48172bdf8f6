"""The rules of label files: names, severities and remedies."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "warning"]

MAX_RECORD_COLUMNS = 100
"""The most columns that a table may have (developer guide, "Getting started using Find matches")."""

MAX_ACCEPTABLE_ROWS = 30
"""The most rows of a labeling set that are acceptable (developer guide, "Labeling file format")."""

MAX_ROWS = 50
"""With more rows in a labeling set, Glue warns of "poor results or system failure" (the same page)."""

MAX_FILE_BYTES = 10_000_000
"""Bytes of a label file: the quota "Label file size", 10 MB, which can be raised (AWS General Reference)."""

KEY_COLUMNS = ("labeling_set_id", "label")
"""Glue's two columns, the first of a label file."""


class UnknownRuleError(ValueError):
    """No rule has a given name; the text suggests names."""


@dataclass(frozen=True)
class Rule:
    """A rule of label files.

    Attributes:
        name: its name in findings and in `ignore_rules`, in kebab case.
        severity: ``error``: the import would fail, or teach nothing or something wrong. ``warning``: it may
            teach less than it could, or something that was not meant.
        remedy: what to do about a finding that has no remedy of its own.
    """

    name: str
    severity: Severity
    remedy: str


NOT_A_LABEL_FILE = Rule(
    "not-a-label-file", "error", "Replace it by the CSV file itself: fetch, decompress or export it."
)
MERGE_CONFLICT = Rule(
    "merge-conflict",
    "error",
    "Keep the rows that are right, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>.",
)
NOT_UTF_8 = Rule("not-utf-8", "error", "Save the file as UTF-8 without a byte order mark.")
BYTE_ORDER_MARK = Rule(
    "byte-order-mark",
    "error",
    "Save the file as UTF-8 without BOM. Spreadsheets add it, text editors can leave it out.",
)
NUL_BYTE = Rule("nul-byte", "error", "Remove the NUL bytes, or export the file again.")
BACKSLASH_QUOTES = Rule(
    "backslash-quotes",
    "error",
    'Double each quote inside a field (""). In Spark, write with .option("escape", \'"\').',
)
UNCLOSED_QUOTE = Rule(
    "unclosed-quote", "error", 'Add a quote at the end of the field, or double each quote in its text ("").'
)
FIELD_SIZE = Rule(
    "field-size",
    "error",
    "Shorten the field. If it should be several fields, look for a missing quote or line end.",
)
DELIMITER = Rule("delimiter", "error", "Export the file as CSV with the comma as separator.")
STRAY_LINES = Rule("stray-lines", "error", "Remove what is neither the header nor a labeled row.")
MISSING_HEADER = Rule(
    "missing-header",
    "error",
    "Begin the file with a header: labeling_set_id,label and the names of the table's columns.",
)
INDEX_COLUMN = Rule(
    "index-column",
    "error",
    "Write the file without the index: index=False in pandas, row.names = FALSE in R.",
)
KEY_COLUMN_PLACE = Rule(
    "key-columns", "error", "Put the two columns first, and name them exactly labeling_set_id and label."
)
EMPTY_COLUMN_NAME = Rule("empty-column-name", "error", "Give the column its name in the table, or remove it.")
DUPLICATE_COLUMN_NAME = Rule("duplicate-column-name", "error", "Remove one of the columns, or rename it.")
PADDED_COLUMN_NAME = Rule("padded-column-name", "error", "Remove the blanks around the column's name.")
INVISIBLE_CHARACTERS = Rule("invisible-characters", "error", "Delete the column's name, and type it again.")
NO_RECORD_COLUMNS = Rule("no-record-columns", "error", "Add the table's columns after label.")
TOO_MANY_COLUMNS = Rule(
    "too-many-columns", "error", "Use a table of at most 100 columns. FindMatches takes no more."
)
TABLE_COLUMNS = Rule(
    "table-columns", "error", "Give the file the table's columns, in the table's order, after label."
)
DIFFERENT_HEADER = Rule(
    "different-header", "error", "Give all files of the folder the same columns in the same order."
)
NO_ROWS = Rule("no-rows", "error", "Add labeled rows below the header.")
FIELD_COUNT = Rule(
    "field-count", "error", "Give the row as many fields as the header has. Quote a field that has a comma."
)
EMPTY_SET_ID = Rule("empty-set-id", "error", "Give the row the labeling_set_id of its set.")
PLACEHOLDER_SET_ID = Rule(
    "placeholder-set-id",
    "error",
    "Give the rows the labeling_set_id of their sets, or remove them. If it is a real id, turn the rule off.",
)
EMPTY_LABEL = Rule(
    "empty-label",
    "error",
    "Label each row. Rows that match get the same label, a row that matches no other gets its own.",
)
PLACEHOLDER_LABEL = Rule(
    "placeholder-label",
    "error",
    "Label the rows, or remove them. If it is a real label, turn the rule off.",
)
YES_NO_LABELS = Rule(
    "yes-no-labels",
    "error",
    "Use one label for each group of matching rows, such as A for the first group and B for the second.",
)
UNLABELED_FILE = Rule(
    "unlabeled-file", "error", "Fill in the label column. In each set, give matching rows the same label."
)
CONFLICTING_LABELS = Rule(
    "conflicting-labels", "error", "Give both rows the same label, or remove one of them."
)
OVER_50_ROWS = Rule(
    "rows-in-set-over-50",
    "error",
    'Split the set. Glue says that over 50 rows "may cause poor results or system failure".',
)
NO_PAIRS = Rule(
    "no-pairs",
    "error",
    "Give one labeling_set_id to rows that Glue should compare. It learns from pairs within a set.",
)
OVER_30_ROWS = Rule("rows-in-set-over-30", "warning", "Split the set. Glue advises 10 to 20 rows.")
SINGLE_ROW_SET = Rule(
    "single-row-set", "warning", "Add rows to the set, or remove it. One row alone teaches nothing."
)
NO_MATCHES = Rule(
    "no-matches",
    "warning",
    "Add sets in which rows have the same label. Glue learns from matches and non-matches.",
)
NO_NON_MATCHES = Rule(
    "no-non-matches",
    "warning",
    "Add sets in which rows have different labels. Glue learns from matches and non-matches.",
)
PLACEHOLDER_ALONE = Rule(
    "placeholder-alone", "warning", "Fill in what is missing. If it is a real value, turn the rule off."
)
SIMILAR_LABELS = Rule(
    "similar-labels",
    "warning",
    "If they are the same label, spell them the same way. Glue treats them as different labels.",
)
SIMILAR_SET_IDS = Rule(
    "similar-set-ids",
    "warning",
    "If they are the same set, spell them the same way. Glue treats them as different sets.",
)
REPEATED_RECORDS = Rule("repeated-records", "warning", "Remove the copies. They teach nothing.")
CONTRADICTING_SETS = Rule(
    "contradicting-sets",
    "warning",
    "Decide whether the two records match, and label them accordingly in all sets.",
)
SCATTERED_SET = Rule(
    "scattered-set",
    "warning",
    "Move the rows together. If they are two sets, give one of them another labeling_set_id.",
)
SCIENTIFIC_NOTATION = Rule(
    "scientific-notation",
    "warning",
    "Format the column as text, enter the ids again, and export it. Rounded digits are lost.",
)
RESULT_COLUMNS = Rule("result-columns", "warning", "Remove the column, unless the table has it.")
EMPTY_FILE = Rule("empty-file", "warning", "Remove the file from the folder, or add its rows.")
FILES_NOT_READ = Rule(
    "files-not-read",
    "warning",
    "Put decompressed CSV files directly into the folder, or remove what is not read.",
)
CRLF_LINE_ENDS = Rule(
    "crlf-line-ends",
    "warning",
    "Save the file with LF, and add this line to .gitattributes: *.csv text eol=lf",
)
OVER_10_MB = Rule(
    "file-size-over-10-mb",
    "warning",
    "Split the labels into several imports without replace_all_labels, or request a higher "
    'quota in Service Quotas: "Label file size" of AWS Glue, 10 MB by default.',
)

RULES: dict[str, Rule] = {rule.name: rule for rule in list(globals().values()) if isinstance(rule, Rule)}
"""All rules by name, in the order of the documentation."""

FORM_RULES = frozenset(
    rule.name
    for rule in (
        NOT_A_LABEL_FILE,
        MERGE_CONFLICT,
        NOT_UTF_8,
        NUL_BYTE,
        BACKSLASH_QUOTES,
        UNCLOSED_QUOTE,
        FIELD_SIZE,
        DELIMITER,
        STRAY_LINES,
        MISSING_HEADER,
        INDEX_COLUMN,
        KEY_COLUMN_PLACE,
        NO_RECORD_COLUMNS,
        NO_ROWS,
        FIELD_COUNT,
        EMPTY_SET_ID,
    )
)
"""Names of the rules about the form: if one is broken, it is uncertain where the labels are."""


def known_rules(names: Iterable[str]) -> frozenset[str]:
    """Return `names`, all of them names of rules.

    Raises:
        UnknownRuleError: a name is not; the text has it and the most similar name, or all names.
    """
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in RULES:
            near = difflib.get_close_matches(str(name), RULES, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"The rules are {', '.join(RULES)}."
            raise UnknownRuleError(f"There is no rule {name!r} for label files. {hint}")
    return frozenset(names)
