"""Each suppressed check has its code and a reason beside it."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("constructs", "lambda", "cli", "sandbox", "bench", "tests", "examples", "docs")

SUPPRESSION = re.compile(r"#\s*(?:noqa|type:\s*ignore)\b(?::\s*(?P<noqa>[A-Z]+\d+)|\[(?P<mypy>[a-z-]+)\])?")
REASON = re.compile(r"\w+ \w+")


def unexplained(source: str) -> list[str]:
    """The suppressions without a code, or without a reason after it or in the line above: `# CODE: ...`."""
    lines = source.splitlines()
    found = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT or not (suppression := SUPPRESSION.search(token.string)):
            continue
        code = suppression["noqa"] or suppression["mypy"]
        above = lines[token.start[0] - 2].strip()
        explained = REASON.search(token.string[suppression.end() :]) or (
            above.startswith(f"# {code}:") and REASON.search(above)
        )
        if not code or not explained:
            found.append(f"{token.start[0]}: {token.line.strip()}")
    return found


def test_every_suppression_in_the_project_has_its_code_and_its_reason() -> None:
    files = [file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")]
    found = [
        f"{file.relative_to(ROOT)}:{line}" for file in files for line in unexplained(file.read_text("utf-8"))
    ]
    assert len(files) > 100
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "x = y  # noqa: S105 - of a sandbox\n",
        "x = y  # noqa: A002 (the CDK's name for it)\n",
        "x = y  # type: ignore[arg-type]  # from the list above\n",
        "# S603: a command of constants\nx = y  # noqa: S603\n",
        "# arg-type: the model has no others\nx = y  # type: ignore[arg-type]\n",
    ],
)
def test_reason_is_after_the_code_or_above(source: str) -> None:
    assert unexplained(source) == []


@pytest.mark.parametrize(
    "source",
    [
        "x = y  # noqa\n",
        "x = y  # noqa: S105\n",
        "x = y  # noqa - of a sandbox\n",
        "x = y  # type: ignore\n",
        "x = y  # type: ignore[arg-type]\n",
        "# the command of a test\nx = y  # noqa: S603\n",
    ],
)
def test_suppression_without_code_or_reason_is_found(source: str) -> None:
    assert unexplained(source) == [f"{source.count(chr(10))}: {source.splitlines()[-1]}"]
