"""Deploy the contenders in turn and measure each import.

The runs overlap, but the deployments do not. A deployment begins after the previous one has started its run,
and not while a contender polls a run that will end soon.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from glue_labels_sandbox import RunPlan

from .app import measured_stack
from .cdk import Cdk, finish, kill
from .contenders import CRHELPER, WAITING
from .deployed_stack import DeployedStack
from .usage import measured_import

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Sequence

    from .measured_import import MeasuredImport
    from .run_lengths import RunLength

SETUP_SECONDS: Final = 10.0
"""An upper limit for how long a deployment keeps the machine busy before its run starts."""

_POLL_SECONDS: Final = 0.5
_START_SECONDS: Final = 120.0
_AFTERWARDS_SECONDS: Final = 30.0


@dataclass
class _Import:
    contender: str
    length: RunLength
    run_seconds: float
    stack: DeployedStack
    cli: subprocess.Popen[str] | None = field(default=None)
    ends_at: float = 0.0

    @property
    def in_progress(self) -> bool:
        return self.cli is not None and self.cli.poll() is None

    def needs_quiet(self, now: float) -> bool:
        """Whether its response may come while another deployment would begin.

        Stock crhelper responds up to two minutes after the run's end. Compared with that, the delay by a busy
        machine does not matter.
        """
        polls_often = self.contender in WAITING and self.contender != CRHELPER
        return self.in_progress and polls_often and self.ends_at < now + SETUP_SECONDS


def in_turn(contenders: Sequence[str], lengths: Sequence[RunLength]) -> list[tuple[str, RunLength, int]]:
    """Return the order of the measurements, as contender, run length and repetition.

    The contender that begins changes each time. Only stock crhelper always comes before the others: they are
    measured during the two minutes that its response may take.
    """
    patient = [name for name in contenders if name == CRHELPER]
    others = [name for name in contenders if name != CRHELPER]
    repetitions = [(length, repeat) for length in lengths for repeat in range(length.repeats)]
    return [
        (name, length, repeat)
        for group in (patient, others)
        for number, (length, repeat) in enumerate(repetitions)
        for name in _rotated(group, number)
    ]


def _rotated(names: Sequence[str], places: int) -> list[str]:
    first = places % len(names) if names else 0
    return [*names[first:], *names[:first]]


def measure(
    cdk: Cdk, contenders: Sequence[str], lengths: Sequence[RunLength], show_progress: Callable[[str], None]
) -> list[MeasuredImport]:
    """Deploy a stack for each measurement. Return the results in the order of the deployments."""
    numbers = dict.fromkeys(contenders, 0)
    imports: list[_Import] = []
    try:
        for contender, length, repeat in in_turn(contenders, lengths):
            stack = DeployedStack(cdk.sandbox, measured_stack(contender, numbers[contender]))
            numbers[contender] += 1
            one = _Import(contender, length, length.of_repeat(repeat), stack)
            _until(lambda: not any(other.needs_quiet(time.time()) for other in imports), None)
            show_progress(f"{contender}, a run of {one.run_seconds:.1f} s")
            imports.append(one)
            _start(cdk, one)
        show_progress("waiting for the last to end")
        return [_finish(cdk, one) for one in imports]
    finally:
        for one in imports:
            if one.cli is not None:
                kill(one.cli)


def _start(cdk: Cdk, one: _Import) -> None:
    cdk.sandbox.plan_runs(RunPlan(seconds=one.run_seconds))
    before = len(cdk.sandbox.runs())
    one.cli = cdk.start_deployment(one.stack.name)

    def begun() -> bool:
        if one.cli is not None and one.cli.poll():
            finish(one.cli).check()
        return len(cdk.sandbox.runs()) > before

    _until(begun, _START_SECONDS)
    one.ends_at = cdk.sandbox.runs()[-1].started_on.timestamp() + one.run_seconds


def _finish(cdk: Cdk, one: _Import) -> MeasuredImport:
    if one.cli is None:
        raise ValueError(f"{one.stack.name} was not started")
    finish(one.cli).check()
    time.sleep(max(0.0, one.ends_at - time.time()))
    # Lambda bills what the function does after its response, too.
    _until(lambda: not one.stack.is_at_work(), _AFTERWARDS_SECONDS)
    run, responded_on = one.stack.run(), one.stack.responded_on()
    if run is None or responded_on is None or run.status != "SUCCEEDED":
        raise RuntimeError(f"{one.stack.name} has not imported its labels: {run}")
    return measured_import(
        one.contender,
        one.length.seconds,
        run,
        responded_on.astimezone(timezone.utc),
        one.stack.invocations(),
        cdk.sandbox.glue_calls(),
        one.stack.state_transitions(),
    )


def _until(holds: Callable[[], Any], seconds: float | None) -> None:
    began = time.monotonic()
    while not holds():
        if seconds is not None and time.monotonic() > began + seconds:
            raise TimeoutError(f"nothing after {seconds:.0f} s, at {datetime.now(timezone.utc):%H:%M:%S}")
        time.sleep(_POLL_SECONDS)
