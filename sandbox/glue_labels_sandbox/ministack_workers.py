"""The processes of Lambda functions in MiniStack: when they end, and which packages and layers they find.

MiniStack ends a process when its handler raises, AWS does not. A function that raises to be invoked again, as
the waiter of CDK's Provider framework does, would otherwise start cold each time.

MiniStack puts only the packages of layers on search paths. AWS has their files under /opt. No /opt of this
machine is touched: a function's layers are extracted into one directory of its own, and where the text of the
function's files names /opt, it leads there. A path that is put together at run time, or that an environment
variable holds, is not found.

Source: Lambda developer guide, "Lambda execution environment lifecycle", "Failures during the invoke phase",
and "Adding layers to functions".
"""

from __future__ import annotations

import os
import stat
import subprocess
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZipFile

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from .function_runtime import WORKER, lead_to
from .ministack_patches import STAND_INS
from .ministack_registry import current, replace, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_LAYERS: Final = "_LAMBDA_LAYERS_DIRS"
"""MiniStack's variable for the directories of a function's layers; next to each is its archive."""

_kept = threading.local()


def install() -> None:
    """Keep a process after an error of its function; have it find installed packages only, and its layers."""
    script: str = current("core.lambda_runtime._NODEJS_WORKER_SCRIPT")
    for stand_in in STAND_INS:
        script = script.replace(stand_in, "")
    replace("core.lambda_runtime._NODEJS_WORKER_SCRIPT", script)
    # A function may name the CA bundle of Lambda's operating system, as CDK's BucketDeployment does. That
    # bundle does not have the sandbox's CA.
    reserved = {*lambda_runtime._RESERVED_RUNTIME_ENV_VARS, "AWS_CA_BUNDLE"}
    replace("core.lambda_runtime._RESERVED_RUNTIME_ENV_VARS", reserved)
    replace("core.lambda_runtime.subprocess", SimpleNamespace(**{**vars(subprocess), "Popen": _start}))
    invoke = current("core.lambda_runtime.Worker.invoke")

    def invoke_and_keep(worker: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        _kept.processes = []
        try:
            response: dict[str, Any] = invoke(worker, *arguments, **named)
        finally:
            processes, _kept.processes = _kept.processes, None
        # Only an error that a handler raised has a trace; a crash or a timeout has none.
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
    if getattr(_kept, "processes", None) is None:
        signal(process)
    else:
        _kept.processes.append(process)


def _collect_later(collect: Callable[..., None], process: Any, deadline: float) -> None:
    if getattr(_kept, "processes", None) is None:
        collect(process, deadline)


def _start(command: Sequence[str], *, env: dict[str, str], cwd: str | None = None, **settings: Any) -> Any:
    env = {**env, WORKER: "1"}
    if cwd is not None and env.get(_LAYERS):
        env.update(_extracted(Path(cwd), [Path(each) for each in env[_LAYERS].split(os.pathsep)], env))
    # S603: MiniStack's own command, an interpreter and its worker script
    return subprocess.Popen(command, env=env, cwd=cwd, **settings)  # noqa: S603


def _extracted(code: Path, layers: Sequence[Path], env: dict[str, str]) -> dict[str, str]:
    """Extract layers in their order; return the variables by which a function finds their files."""
    opt = layers[0].parent / "opt"
    for layer in layers:
        with ZipFile(layer.with_name(f"{layer.name}.zip")) as archive:
            lambda_svc._extract_zip_preserving_mode(archive, str(opt))
    for directory in (code, opt):
        for path in directory.rglob("*"):
            if path.is_file() and not path.is_symlink():
                content = path.read_bytes()
                if (led := lead_to(opt, content)) != content:
                    path.chmod(path.stat().st_mode | stat.S_IWUSR)
                    path.write_bytes(led)
    return {
        _LAYERS: str(opt),
        "PATH": os.pathsep.join([str(opt / "bin"), env["PATH"]]),
        "LD_LIBRARY_PATH": os.pathsep.join(filter(None, [str(opt / "lib"), env.get("LD_LIBRARY_PATH")])),
    }
