"""The site that `make docs` builds."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import CHROMIUM, MISSING, started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
DRAWN = {f"{source.stem}.svg" for source in (ROOT / "docs" / "pictures").glob("*.d2")}
SMALLEST_TEXT = 10
"""The font size in pixels that can be read on a phone."""

MEASURE = """() => {
    const scrolls = (box) => ["auto", "scroll"].includes(getComputedStyle(box).overflowX);
    const pictures = [...document.querySelectorAll(".md-content img")].map((picture) => [
        picture.src.split("/").pop(),
        [picture.clientWidth, scrolls(picture.parentElement)],
    ]);
    return { width: document.scrollingElement.scrollWidth, pictures: Object.fromEntries(pictures) };
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's chromium."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    with started() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built strictly: a dead link or a missing name is an error."""
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
def test_pages_load_nothing_from_other_sites(site: Path, tag: str) -> None:
    pages = [path.read_text() for path in site.glob("*.html")]
    sources = [found for page in pages for found in re.findall(rf'{tag}="([^"]*)"', page)]
    assert sources
    assert not [source for source in sources if "//" in source]


@pytest.mark.parametrize("width", [390, 1280])
def test_page_fits_the_screen_and_text_in_its_pictures_can_be_read(
    site: Path, browser: Browser, width: int
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    drawn = set()
    for path in site.rglob("*.html"):
        page.goto(path.as_uri())
        measured: dict[str, Any] = page.evaluate(MEASURE)
        assert measured["width"] <= width, f"{path.name} scrolls sideways"
        for picture, (shown, scrolls) in measured["pictures"].items():
            assert scrolls or shown <= width, f"{picture} is cut off"
            if picture in DRAWN:
                drawn.add(picture)
                assert smallest_text(picture) * shown >= SMALLEST_TEXT, f"the text in {picture} is too small"
    page.close()
    assert drawn == DRAWN


def smallest_text(picture: str) -> float:
    """The smallest font size in a drawn picture, as a part of its width."""
    text = (ROOT / "docs" / "img" / picture).read_text()
    view_box = re.search(r'viewBox="0 0 (\d+) ', text)
    assert view_box
    return min(map(int, re.findall(r"font-size:(\d+)", text))) / int(view_box[1])


def test_make_docs_says_where_the_site_is() -> None:
    # S607: make of the PATH, as a user calls it
    command = ["make", "--no-print-directory", "--dry-run", "--assume-old", ".venv/installed", "docs"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    site = re.search(r"^site_dir: (\S+)", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert site
    assert f"{site[1]}/index.html" in done.stdout.splitlines()[-1]
