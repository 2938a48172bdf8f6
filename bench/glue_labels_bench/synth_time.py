"""What an import adds to ``cdk synth``: in the example app, and as one of many in a stack."""

from __future__ import annotations

import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .cdk import ROOT, Cdk, python
from .example_variant import FUNCTION, NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping

ROUNDS: Final = 5
STACK_ROUNDS: Final = 3
IMPORTS: Final = (1, 10, 100, 400)


@dataclass(frozen=True)
class SynthTime:
    """Medians over the rounds.

    Attributes:
        rounds: how often each app was synthesized, in turn.
        without_seconds: ``cdk synth`` of the example app without its import.
        seconds: of the example app.
        ratio: of the second to the first, within a round.
        function_ratio: of the example app to one with a bare function, a custom resource and the label file's
            asset in place of the import.
        bare_ratio: of that app with the bare function to the one without the import.
        stack_rounds: how often each stack of many imports was created, each round in a new process.
        stack_seconds: to create and synthesize a stack, by the number of its imports.
    """

    rounds: int
    without_seconds: float
    seconds: float
    ratio: float
    function_ratio: float
    bare_ratio: float
    stack_rounds: int
    stack_seconds: Mapping[int, float]

    def marginal_ms(self) -> dict[int, float]:
        """Return the time of each further import, in milliseconds, by the larger number of imports."""
        counts = sorted(self.stack_seconds)
        return {
            more: 1000 * (self.stack_seconds[more] - self.stack_seconds[fewer]) / (more - fewer)
            for fewer, more in itertools.pairwise(counts)
        }


def measure(cdk: Cdk, rounds: int = ROUNDS, stack_rounds: int = STACK_ROUNDS) -> SynthTime:
    """Synthesize the apps in turn."""
    module = f"{__package__}.example_variant"
    apps = [f"{sys.executable} {ROOT / 'app.py'}"]
    apps += [f"{python(module)} {variant}" for variant in (NOTHING, FUNCTION)]
    turns = [[_synth_seconds(replace(cdk, app=app)) for app in apps] for _ in range(rounds)]
    stacks = [_stack_seconds() for _ in range(stack_rounds)]
    return SynthTime(
        rounds=rounds,
        without_seconds=statistics.median(nothing for _, nothing, _ in turns),
        seconds=statistics.median(ours for ours, _, _ in turns),
        ratio=statistics.median(ours / nothing for ours, nothing, _ in turns),
        function_ratio=statistics.median(ours / function for ours, _, function in turns),
        bare_ratio=statistics.median(function / nothing for _, nothing, function in turns),
        stack_rounds=stack_rounds,
        stack_seconds={
            imports: statistics.median(seconds)
            for imports, seconds in zip(IMPORTS, zip(*stacks, strict=True), strict=True)
        },
    )


def _synth_seconds(cdk: Cdk) -> float:
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        cdk.synth(Path(folder))
        return time.perf_counter() - began


def _stack_seconds() -> list[float]:
    command = [sys.executable, "-m", f"{__package__}.many_imports", *map(str, IMPORTS)]
    # S603: a module of this package
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)  # noqa: S603
    seconds: list[float] = json.loads(done.stdout.splitlines()[-1])
    return seconds
