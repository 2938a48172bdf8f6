"""The page that explains messages has those that the code gives."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
SOURCES = "\n".join(
    path.read_text()
    for folder in ("constructs/glue_labels", "lambda/glue_labels_handler")
    for path in (ROOT / folder).rglob("*.py")
)
MESSAGES = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)


@pytest.mark.parametrize("message", MESSAGES)
def test_message_of_the_page_is_one_of_the_code(message: str) -> None:
    assert message in SOURCES or message.removeprefix("must be ") in SOURCES


def test_page_has_messages() -> None:
    assert len(MESSAGES) >= 10
