"""The site that `make docs` builds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a dead link or a name that is not there fails it."""
    folder = tmp_path_factory.mktemp("site")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=True,
    )
    return folder


def test_reference_has_the_arguments_of_the_construct(site: Path) -> None:
    page = (site / "reference.html").read_text()
    for name in ("LabelsImport", "replace_all_labels", "transform_role", "from_bucket", "task_run_id"):
        assert name in page


@pytest.mark.parametrize("tag", [r"<script[^>]* src", r"<link[^>]*stylesheet[^>]* href", r"<img[^>]* src"])
def test_pages_load_nothing_from_elsewhere(site: Path, tag: str) -> None:
    pages = [path.read_text() for path in site.glob("*.html")]
    sources = [found for page in pages for found in re.findall(rf'{tag}="([^"]*)"', page)]
    assert sources
    assert not [source for source in sources if "//" in source]
