"""The checks of label files, for the page: can a file be labeled, and what is wrong with one labeling set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_labels.labeling_file import FORM_RULES, RULES, check, check_labeling_set

if TYPE_CHECKING:
    from pathlib import Path

    from glue_labels.labeling_file import Finding, Report
    from glue_labels_cli.labeling_page.labeling import Labeling


def check_form(path: str | Path) -> Report:
    """Check what a file needs in order to be labeled. Labels, sets and names of columns are not checked.

    Raises:
        OSError: the file cannot be read.
    """
    return check(path, ignore_rules=RULES.keys() - FORM_RULES)


def check_set(labeling: Labeling, number: int, name: str) -> list[Finding]:
    """Check one labeling set, with its labels as they are now.

    Args:
        labeling: the file.
        number: the labeling set, counted from 0.
        name: the file, as findings name it.
    """
    one = labeling.fields.sets[number]
    records = [hash(labeling.fields.record(row)) for row in one.rows]
    lines = [labeling.fields.lines[row] for row in one.rows]
    return check_labeling_set(name, one.set_id, labeling.labels(number), records, lines)
