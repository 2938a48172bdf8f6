"""Time to create and synthesize stacks of many imports. Run in a separate process:

python -m glue_labels_bench.many_imports 1 10 100 400
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from aws_cdk import App, Stack

from glue_labels import Labels, LabelsImport

_LABELS: Final = Path(__file__).parents[2] / "labels" / "customers.csv"
_TRANSFORMS: Final = 10
"""The imports share them: the ARNs must fit into the 10,240 characters of a role's inline policies."""


def seconds(imports: int) -> float:
    """Return how long it takes to create and synthesize a stack with so many imports."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        app = App(outdir=folder)
        stack = Stack(app, "ManyImports")
        for number in range(imports):
            LabelsImport(
                stack,
                f"Import{number}",
                transform=f"tfm-{number % _TRANSFORMS}",
                labels=Labels.from_asset(_LABELS),
                replace_all_labels=True,
            )
        app.synth()
        return time.perf_counter() - began


def main() -> None:
    """Print a JSON list: the seconds for each number of imports that the command line gives."""
    # The first app of a process starts the CDK. That time is not the imports'.
    seconds(1)
    print(json.dumps([seconds(int(imports)) for imports in sys.argv[1:]]))


if __name__ == "__main__":
    main()
