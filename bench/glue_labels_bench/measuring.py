"""One run of the benchmark: a sandbox, the contenders in turn, and what is measured of ours alone."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from glue_labels_sandbox import Sandbox

from . import cold_start, evaluations, imports_in_turn, low_concurrency, many_at_once, synth_time
from .app import measured_stack
from .bill import Prices
from .cdk import Cdk, bootstrap, python
from .contenders import OURS
from .deployed_stack import DeployedStack
from .machine import machine
from .results import Results
from .templates import footprint, managed_actions_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .run_lengths import RunLength

_APP: Final = python(f"{__package__}.app")


def measure(
    command: str,
    contenders: Sequence[str],
    lengths: Sequence[RunLength],
    folder: Path,
    say: Callable[[str], None],
    *,
    imports_only: bool = False,
) -> Results:
    """Measure.

    Args:
        command: what measures, for the results.
        contenders: their names, ours first.
        lengths: of the runs.
        folder: where the cloud assembly goes.
        say: is told what begins.
        imports_only: leave out cold start, synth and many imports at once.

    Raises:
        CdkError: a command of the CLI failed.
    """
    described = machine()
    with Sandbox() as sandbox:
        say("bootstrap and synth")
        cdk = Cdk(sandbox, str(folder / "cdk.out"))
        bootstrap(sandbox)
        shutil.rmtree(folder, ignore_errors=True)
        measurements = sum(length.repeats for length in lengths)
        Cdk(sandbox, _APP).synth(folder / "cdk.out", measurements=str(measurements))
        cold = synth = many = low = evaluated = None
        if not imports_only:
            say("cold start")
            cold = cold_start.measure()
            say("cdk synth")
            synth = synth_time.measure(cdk)
        imports = imports_in_turn.measure(cdk, contenders, lengths, say)
        stacks = {name: DeployedStack(sandbox, measured_stack(name, 0)) for name in contenders}
        if not imports_only:
            say("evaluations")
            evaluated = evaluations.measure(stacks[OURS])
            say("many imports at once")
            many = many_at_once.measure(stacks[OURS])
            say("many imports at once, few executions")
            low = low_concurrency.measure(stacks[OURS])
        actions = managed_actions_of(sandbox)
        return Results(
            command=command,
            machine=described,
            prices=Prices.read(),
            imports=tuple(imports),
            footprints={name: footprint(folder / "cdk.out", name, actions) for name in contenders},
            package_bytes={name: stack.code_bytes() for name, stack in stacks.items()},
            cold_start=cold,
            synth=synth,
            many=many,
            low_concurrency=low,
            evaluations=evaluated,
        )
