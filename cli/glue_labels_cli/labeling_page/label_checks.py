"""What the checks of label files say: can a file be labeled, and what is wrong with one labeling set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_labels.labeling_file import RULES, check, rules
from glue_labels.labeling_file.labeling_sets import LabelingSets
from glue_labels.labeling_file.places import Places
from glue_labels.labeling_file.set_batch import SetBatch

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from glue_labels.labeling_file import Report, Rule
    from glue_labels_cli.labeling_page.labeling import Labeling

from glue_labels.labeling_file import Finding

_OF_THE_FORM = frozenset(
    rule.name
    for rule in (
        rules.NOT_A_LABEL_FILE,
        rules.MERGE_CONFLICT,
        rules.NOT_UTF_8,
        rules.NUL_BYTE,
        rules.BACKSLASH_QUOTES,
        rules.UNCLOSED_QUOTE,
        rules.FIELD_SIZE,
        rules.DELIMITER,
        rules.STRAY_LINES,
        rules.MISSING_HEADER,
        rules.INDEX_COLUMN,
        rules.KEY_COLUMN_PLACE,
        rules.NO_RECORD_COLUMNS,
        rules.NO_ROWS,
        rules.FIELD_COUNT,
        rules.EMPTY_SET_ID,
    )
)
"""Rules without which it is not known for certain where the labels of a file are."""

_OF_ALL_SETS = frozenset(
    rule.name for rule in (rules.NO_PAIRS, rules.NO_MATCHES, rules.NO_NON_MATCHES, rules.PLACEHOLDER_ALONE)
)
"""Rules that are judged by all sets of a file together."""


def check_form(path: str | Path) -> Report:
    """Check what a file needs in order to be labeled; labels, sets and names of columns are not judged.

    Raises:
        OSError: the file cannot be read.
    """
    return check(path, ignore_rules=RULES.keys() - _OF_THE_FORM)


def check_set(labeling: Labeling, number: int, name: str) -> list[Finding]:
    """Check one labeling set, with its labels as they are now.

    Args:
        labeling: the file.
        number: the labeling set, counted from 0.
        name: what findings call the file.
    """
    one = labeling.fields.sets[number]
    found: list[Finding] = []

    def add(rule: Rule, line: int, problem: str, remedy: str = "", /) -> None:
        if rule.name not in _OF_ALL_SETS:
            found.append(Finding(name, line, rule, problem, remedy))

    lines = [labeling.fields.lines[row] for row in one.rows]
    sets = LabelingSets(Places([name]), add)
    sets.add(
        _batch(
            one.set_id,
            labeling.labels(number),
            [hash(labeling.fields.record(row)) for row in one.rows],
            lines,
        )
    )
    sets.judge_all()
    return sorted(found, key=lambda finding: (finding.rule.severity, finding.line))


def _batch(set_id: str, labels: list[str], records: list[int], lines: Sequence[int]) -> SetBatch:
    return SetBatch([set_id], [len(labels)], labels, records, list(lines), {})
