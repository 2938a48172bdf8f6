"""Who reads the README or the site learns before anything else that FindMatches may not be available."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "availability.md"


@pytest.mark.parametrize("document", ["README.md", "docs/index.md"])
def test_top_links_to_the_page_about_availability(document: str) -> None:
    path = ROOT / document
    top = re.split(r"^(?:## |```)", path.read_text(encoding="utf-8"), maxsplit=1, flags=re.MULTILINE)[0]
    linked = {(path.parent / target).resolve() for target in re.findall(r"(?<!!)\[[^]]*\]\(([^)#]+)", top)}
    assert PAGE.is_file()
    assert PAGE in linked
