"""docs/label-files.md names the rules that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from glue_labels.labeling_file import RULES

DOCUMENT = (Path(__file__).parents[2] / "docs" / "label-files.md").read_text()


@pytest.mark.parametrize("severity", ["error", "warning"])
def test_tables_have_each_rule_with_its_severity_and_remedy(severity: str) -> None:
    table = DOCUMENT.partition(f"| {severity} | what is wrong | what to do |")[2].partition("\n\n")[0]
    rows = re.findall(r"^\| `(.+)` \| .+ \| (.+) \|$", table, re.MULTILINE)
    assert rows == [(rule.name, rule.remedy) for rule in RULES.values() if rule.severity == severity]
