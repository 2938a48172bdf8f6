"""The CDK app of the benchmark: each contender, once for each measurement and once for each count."""

from __future__ import annotations

from typing import Final

from aws_cdk import App

from .contenders import CONTENDERS
from .world import World

COUNTS: Final = (0, 1, 2)
"""The numbers of imports by which the resources of a stack are counted."""


def measured_stack(contender: str, number: int) -> str:
    """Return the name of the stack that is deployed for one measurement."""
    return f"{contender}-measured-{number}"


def counted_stack(contender: str, imports: int) -> str:
    """Return the name of the stack whose template has so many imports; it is not deployed."""
    return f"{contender}-imports-{imports}"


def main() -> None:
    """Synthesize; the context says how many measurements there are of each contender."""
    app = App()
    for contender, with_imports in CONTENDERS.items():
        for number in range(int(app.node.try_get_context("measurements"))):
            with_imports(World(app, measured_stack(contender, number)), 1)
        for imports in COUNTS:
            with_imports(World(app, counted_stack(contender, imports), max(COUNTS)), imports)
    app.synth()


if __name__ == "__main__":
    main()
