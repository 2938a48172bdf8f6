"""The processes of Lambda functions in MiniStack: when one ends, and which packages one of Node.js finds.

MiniStack ends a process when its handler raises, AWS does not. A function that raises to be asked again, as
the waiter of CDK's Provider framework does, would otherwise start cold each time.

Source: Lambda developer guide, "Lambda execution environment lifecycle", "Failures during the invoke phase".
"""

from __future__ import annotations

import threading
from typing import Any, Final

from ministack.core import lambda_runtime

# MiniStack stands in for some clients of the AWS SDK that are not installed. The CDK's functions cannot use
# the stand-ins, because of how they are bundled; and a client for another region would call this region.
_STAND_INS: Final = (
    "      if (prefix) return _makeGenericJsonServiceModule(prefix, id);\n",
    """    "@aws-sdk/client-lambda": _makeLambdaClientModule(),
    "@aws-sdk/client-opensearch": _makeOpenSearchClientModule(),
""",
)

_spared = threading.local()


def install() -> None:
    """Have a process go on after an error that its function raised, and find real packages or none."""
    for stand_in in _STAND_INS:
        if stand_in not in lambda_runtime._NODEJS_WORKER_SCRIPT:
            raise RuntimeError(f"MiniStack's worker for Node.js has changed; it lacks: {stand_in}")
        lambda_runtime._NODEJS_WORKER_SCRIPT = lambda_runtime._NODEJS_WORKER_SCRIPT.replace(stand_in, "")
    invoke, signal, collect = lambda_runtime.Worker.invoke, lambda_runtime._signal, lambda_runtime._collect

    def signal_later(process: Any) -> None:
        if getattr(_spared, "processes", None) is None:
            signal(process)
        else:
            _spared.processes.append(process)

    def collect_later(process: Any, deadline: float) -> None:
        if getattr(_spared, "processes", None) is None:
            collect(process, deadline)

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

    lambda_runtime._signal = signal_later
    lambda_runtime._collect = collect_later
    lambda_runtime.Worker.invoke = invoke_and_keep
