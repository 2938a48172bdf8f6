"""The CDK app of the benchmark: each contender, once for each measurement and once for each count."""

from __future__ import annotations

from typing import Final

from aws_cdk import App

from .base_stack import BaseStack
from .contenders import CONTENDERS

COUNTS: Final = ((0, 0), (1, 1), (2, 2), (2, 1))
"""The numbers of imports and of transforms for which the resources of a stack are counted."""

_TRANSFORMS: Final = 2


def measured_stack(contender: str, number: int) -> str:
    """Return the name of the stack that is deployed for one measurement."""
    return f"{contender}-measured-{number}"


def counted_stack(contender: str, imports: int, transforms: int) -> str:
    """Return the name of a stack that is not deployed, only counted."""
    return f"{contender}-imports-{imports}-transforms-{transforms}"


def main() -> None:
    """Synthesize. The context has the number of measurements of each contender."""
    app = App()
    for contender, with_imports in CONTENDERS.items():
        for number in range(int(app.node.try_get_context("measurements"))):
            with_imports(BaseStack(app, measured_stack(contender, number)), 1)
        for imports, transforms in COUNTS:
            name = counted_stack(contender, imports, transforms)
            # Each stack has all transforms, so only what the imports add differs.
            with_imports(BaseStack(app, name, _TRANSFORMS, transforms), imports)
    app.synth()


if __name__ == "__main__":
    main()
