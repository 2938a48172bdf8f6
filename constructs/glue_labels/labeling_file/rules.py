"""The rules of a labeling file: their names, how grave each is, and what to do about it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

Severity = Literal["error", "warning"]

MAX_RECORD_COLUMNS = 100
"""Columns of the source table, at most (developer guide, "Getting started using Find matches")."""

MAX_ACCEPTABLE_ROWS = 30
"""Rows in a labeling set that are still acceptable (developer guide, "Labeling file format")."""

MAX_ROWS = 50
"""Rows in a labeling set above which Glue warns of "poor results or system failure" (the same)."""

MAX_FILE_BYTES = 10_000_000
"""Bytes in a label file: the quota "Label file size", 10 MB, which can be raised (AWS General Reference)."""

KEY_COLUMNS = ("labeling_set_id", "label")
"""The first two columns, by which Glue knows a labeling file."""


class UnknownRuleError(ValueError):
    """There is no rule of a given name; the text says which there are."""


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong with a labeling file.

    Attributes:
        name: by which it is reported and turned off, in kebab case.
        severity: ``error``: the import would fail, or teach something wrong or nothing. ``warning``: it
            teaches less than it could, or something other than was perhaps meant.
        remedy: what to do about it, where a finding does not say more.
    """

    name: str
    severity: Severity
    remedy: str


NOT_A_LABEL_FILE = Rule(
    "not-a-label-file", "error", "Put the CSV file itself there: fetch, decompress or export it."
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
    "Save the file as UTF-8 without BOM: spreadsheets add it, text editors can leave it out.",
)
NUL_BYTE = Rule("nul-byte", "error", "Remove the NUL bytes, or export the file again: text has none.")
BACKSLASH_QUOTES = Rule(
    "backslash-quotes",
    "error",
    'Double each quote inside a field (""): in Spark, write with .option("escape", \'"\').',
)
UNCLOSED_QUOTE = Rule(
    "unclosed-quote",
    "error",
    'Put a quote at the end of the field, or double each quote that belongs to its text ("").',
)
FIELD_SIZE = Rule("field-size", "error", "Shorten the field; if it is not meant to be one, look for its end.")
DELIMITER = Rule(
    "delimiter", "error", "Separate the columns by commas: export as CSV with the comma as separator."
)
STRAY_LINES = Rule(
    "stray-lines", "error", "Remove such lines: below its one header, a label file has labeled rows only."
)
MISSING_HEADER = Rule(
    "missing-header",
    "error",
    "Begin the file with labeling_set_id,label and the names of the table's columns.",
)
INDEX_COLUMN = Rule(
    "index-column", "error", "Write the file without it: index=False in pandas, row.names = FALSE in R."
)
KEY_COLUMN_PLACE = Rule(
    "key-columns", "error", "Put the two columns first, and name them exactly labeling_set_id and label."
)
EMPTY_COLUMN_NAME = Rule("empty-column-name", "error", "Name the column as the table does, or remove it.")
DUPLICATE_COLUMN_NAME = Rule("duplicate-column-name", "error", "Remove one of the columns, or rename it.")
PADDED_COLUMN_NAME = Rule("padded-column-name", "error", "Remove the blanks around the column's name.")
INVISIBLE_CHARACTERS = Rule(
    "invisible-characters", "error", "Delete the column's name, and type it again by hand."
)
NO_RECORD_COLUMNS = Rule(
    "no-record-columns", "error", "Add the columns of the table whose records the labels are for."
)
TOO_MANY_COLUMNS = Rule(
    "too-many-columns", "error", "Use a table of at most 100 columns: FindMatches takes no more."
)
TABLE_COLUMNS = Rule(
    "table-columns", "error", "Give the file the table's columns, in the table's order, after label."
)
DIFFERENT_HEADER = Rule(
    "different-header", "error", "Give all files of the folder the same columns in the same order."
)
NO_ROWS = Rule("no-rows", "error", "Add the labeled rows below the header.")
FIELD_COUNT = Rule(
    "field-count",
    "error",
    "Give the row as many fields as the header has; quote a field that has a comma in it.",
)
EMPTY_SET_ID = Rule("empty-set-id", "error", "Give the row the labeling_set_id of the set it belongs to.")
PLACEHOLDER_SET_ID = Rule(
    "placeholder-set-id",
    "error",
    "Give the rows the labeling_set_id of their sets, or remove them. If it is a real id, turn the rule off.",
)
EMPTY_LABEL = Rule(
    "empty-label",
    "error",
    "Label the rows, each like those it matches; a row that matches none gets a label of its own.",
)
PLACEHOLDER_LABEL = Rule(
    "placeholder-label",
    "error",
    "Label the rows, or remove them. If it is a real label, turn the rule off.",
)
YES_NO_LABELS = Rule(
    "yes-no-labels",
    "error",
    "Name groups instead: one label for the rows of one record, another label for each other record.",
)
UNLABELED_FILE = Rule(
    "unlabeled-file",
    "error",
    "Fill in the label column: in each set the same label for rows that are the same record.",
)
CONFLICTING_LABELS = Rule(
    "conflicting-labels", "error", "Give both rows the same label, or remove one of them."
)
OVER_50_ROWS = Rule(
    "rows-in-set-over-50",
    "error",
    'Split the set: Glue says that over 50 rows "may cause poor results or system failure".',
)
NO_PAIRS = Rule(
    "no-pairs",
    "error",
    "Give rows that are to be compared the same labeling_set_id: Glue learns from pairs within a set.",
)
OVER_30_ROWS = Rule("rows-in-set-over-30", "warning", "Split the set: 10 to 20 rows are what Glue advises.")
SINGLE_ROW_SET = Rule(
    "single-row-set", "warning", "Add rows to compare it with, or remove it: one row alone teaches nothing."
)
NO_MATCHES = Rule(
    "no-matches", "warning", "Add sets in which rows have the same label: Glue learns from both kinds."
)
NO_NON_MATCHES = Rule(
    "no-non-matches", "warning", "Add sets in which rows have different labels: Glue learns from both kinds."
)
PLACEHOLDER_ALONE = Rule(
    "placeholder-alone", "warning", "Fill in what is missing. If it is a real value, turn the rule off."
)
SIMILAR_LABELS = Rule(
    "similar-labels",
    "warning",
    "Spell them the same way if they are the same label: to Glue they are different labels.",
)
SIMILAR_SET_IDS = Rule(
    "similar-set-ids",
    "warning",
    "Spell them the same way if they are the same set: to Glue they are different sets.",
)
REPEATED_RECORDS = Rule(
    "repeated-records", "warning", "Remove the repeated rows: a record and its copy teach nothing."
)
CONTRADICTING_SETS = Rule(
    "contradicting-sets", "warning", "Decide whether the two records match, and label them so in all sets."
)
SCATTERED_SET = Rule(
    "scattered-set",
    "warning",
    "Move the rows together; if they are two sets, give one of them another labeling_set_id.",
)
SCIENTIFIC_NOTATION = Rule(
    "scientific-notation",
    "warning",
    "Format the column as text, fill in the ids again, and export it: what was rounded is lost.",
)
RESULT_COLUMNS = Rule("result-columns", "warning", "Remove the column, unless the table has it.")
EMPTY_FILE = Rule("empty-file", "warning", "Remove the file from the folder, or add its rows.")
FILES_NOT_READ = Rule(
    "files-not-read",
    "warning",
    "Put the CSV files directly into the folder, decompressed; or move the others out of it.",
)
CRLF_LINE_ENDS = Rule(
    "crlf-line-ends",
    "warning",
    "Save the file with LF, and add this line to .gitattributes: *.csv text eol=lf",
)
OVER_10_MB = Rule(
    "file-size-over-10-mb",
    "warning",
    "Split the labels into several versions that add to each other, or ask for a higher quota: "
    '"Label file size" of AWS Glue, 10 MB by default, can be raised in Service Quotas.',
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
"""Names of the rules that a file must keep so that it is certain where its labels are."""


def known_rules(names: Iterable[str]) -> frozenset[str]:
    """Return `names`, all of them names of rules.

    Raises:
        UnknownRuleError: one is not; the text names it and the nearest, or all there are.
    """
    names = [names] if isinstance(names, str) else list(names)
    for name in names:
        if name not in RULES:
            near = difflib.get_close_matches(str(name), RULES, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Rules are: {', '.join(RULES)}."
            raise UnknownRuleError(f"There is no rule {name!r} for label files. {hint}")
    return frozenset(names)
