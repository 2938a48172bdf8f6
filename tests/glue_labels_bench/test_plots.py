"""The plots can be read on light and on dark pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from glue_labels_bench.plots import draw

if TYPE_CHECKING:
    from pathlib import Path

    from glue_labels_bench.results import Results


@pytest.fixture
def plots(results: Results, tmp_path: Path) -> list[str]:
    """The plots' SVG."""
    return [path.read_text() for path in draw(results, tmp_path)]


def test_text_has_another_colour_on_a_dark_page(plots: list[str]) -> None:
    for svg in plots:
        texts = re.findall(r'<text style="[^"]*fill: (#\w+)', svg)
        assert texts
        plain = max(set(texts), key=texts.count)
        dark = re.search(rf'\(prefers-color-scheme: dark\).*\[style\*="fill: {plain}"\] {{fill: (#\w+)', svg)
        assert dark
        assert dark[1] != plain


def test_plots_fit_a_phone_without_being_scaled_down_much(plots: list[str]) -> None:
    for svg in plots:
        width = re.search(r'<svg [^>]*width="([\d.]+)pt"', svg)
        assert width
        # 390 pixels less the margins of the page; a point is 4/3 of a pixel.
        assert float(width[1]) * 4 / 3 < 1.4 * 358
