"""The processes of Lambda functions in MiniStack: when one ends, and which packages one of Node.js finds.

MiniStack ends a process when its handler raises, AWS does not. A function that raises to be asked again, as
the waiter of CDK's Provider framework does, would otherwise start cold each time.

Source: Lambda developer guide, "Lambda execution environment lifecycle", "Failures during the invoke phase".
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from .ministack_patches import STAND_INS
from .ministack_registry import current, replace, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

_spared = threading.local()


def install() -> None:
    """Have a process go on after an error that its function raised, and find real packages or none."""
    script: str = current("core.lambda_runtime._NODEJS_WORKER_SCRIPT")
    for stand_in in STAND_INS:
        script = script.replace(stand_in, "")
    replace("core.lambda_runtime._NODEJS_WORKER_SCRIPT", script)
    invoke = current("core.lambda_runtime.Worker.invoke")

    def invoke_and_keep(worker: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        _spared.processes = []
        try:
            response: dict[str, Any] = invoke(worker, *arguments, **named)
        finally:
            processes, _spared.processes = _spared.processes, None
        # Only what a handler raised has a trace; a crash or a timeout has none.
        if "trace" in response and processes:
            worker._proc = processes.pop()
        for process in processes:
            process.kill()
            process.wait()
        return response

    wrap("core.lambda_runtime._signal", _signal_later)
    wrap("core.lambda_runtime._collect", _collect_later)
    replace("core.lambda_runtime.Worker.invoke", invoke_and_keep)


def _signal_later(signal: Callable[..., None], process: Any) -> None:
    if getattr(_spared, "processes", None) is None:
        signal(process)
    else:
        _spared.processes.append(process)


def _collect_later(collect: Callable[..., None], process: Any, deadline: float) -> None:
    if getattr(_spared, "processes", None) is None:
        collect(process, deadline)
