"""The command line: measure, print the table, update docs/performance.md, draw the plots."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from .cdk import ROOT, CdkError
from .contenders import CONTENDERS
from .document import update
from .measuring import measure
from .run_lengths import DEFAULT, LONG
from .table import table

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCUMENT: Final = ROOT / "docs" / "performance.md"
DRAWINGS: Final = ROOT / "docs" / "img"
BUILD: Final = ROOT / "build"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m glue_labels_bench", description=__doc__)
    parser.add_argument(
        "--long",
        action="store_true",
        help="measure only runs of 20 minutes, which outlive an invocation (default: 5, 30 and 120 s)",
    )
    options = parser.parse_args(arguments)
    name = "bench-long" if options.long else "bench"
    began = time.monotonic()

    def show_progress(step: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {step}", file=sys.stderr, flush=True)

    try:
        results = measure(
            f"make {name}",
            tuple(CONTENDERS),
            LONG if options.long else DEFAULT,
            BUILD / name,
            show_progress,
            imports_only=options.long,
        )
    except CdkError as error:
        print(error, file=sys.stderr)
        return 1
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    results = replace(results, machine={**results.machine, "time it took": f"{minutes} min {seconds} s"})
    results.write(BUILD / f"{name}.json")
    print(table(results))
    update(DOCUMENT, name, results)
    if not options.long:
        # Imported here, because it takes a second and `--long` does not need it.
        from .plots import draw

        draw(results, DRAWINGS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
