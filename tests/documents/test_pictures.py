"""The pictures are up to date with their sources."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "docs" / "pictures"


def test_pictures_are_what_their_sources_give(tmp_path: Path) -> None:
    # S607: the project's Node.js, which the Makefile puts on the PATH
    subprocess.run(["node", str(SOURCES / "draw.mjs"), str(tmp_path)], check=True)  # noqa: S607
    drawn = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert drawn.keys() == {f"{source.stem}.svg" for source in SOURCES.glob("*.d2")}
    old = [name for name, text in drawn.items() if text != (ROOT / "docs" / "img" / name).read_text()]
    assert not old, f"drawn from older sources: {old}; run `make pictures`"
