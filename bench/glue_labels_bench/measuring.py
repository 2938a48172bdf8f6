"""One run of the benchmark: start a sandbox, measure the contenders in turn, then only our construct."""

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
    show_progress: Callable[[str], None],
    *,
    imports_only: bool = False,
) -> Results:
    """Run all measurements.

    Args:
        command: for the results, such as ``make bench``.
        contenders: their names, ours first.
        lengths: of the runs.
        folder: where the cloud assembly goes.
        show_progress: is called at the begin of each step.
        imports_only: leave out cold start, synth, evaluations and many imports at once.

    Raises:
        CdkError: a command of the CLI failed.
    """
    described = machine()
    with Sandbox() as sandbox:
        show_progress("bootstrap and synth")
        cdk = Cdk(sandbox, str(folder / "cdk.out"))
        bootstrap(sandbox)
        shutil.rmtree(folder, ignore_errors=True)
        measurements = sum(length.repeats for length in lengths)
        Cdk(sandbox, _APP).synth(folder / "cdk.out", measurements=str(measurements))
        cold = synth = many = low = evaluated = None
        if not imports_only:
            show_progress("cold start")
            cold = cold_start.measure()
            show_progress("cdk synth")
            synth = synth_time.measure(cdk)
        imports = imports_in_turn.measure(cdk, contenders, lengths, show_progress)
        stacks = {name: DeployedStack(sandbox, measured_stack(name, 0)) for name in contenders}
        if not imports_only:
            show_progress("evaluations")
            evaluated = evaluations.measure(stacks[OURS])
            show_progress("many imports at once")
            many = many_at_once.measure(stacks[OURS])
            show_progress("many imports at once, few executions")
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
