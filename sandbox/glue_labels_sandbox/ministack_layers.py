"""Files of Lambda layers under /opt, where AWS has them; MiniStack only puts their packages on search paths.

No /opt of this machine is touched. A function's layers are laid into one directory of its own, and where the
text of the function's files names /opt, it leads there. A path that is put together at run time, or that an
environment variable holds, is not found.

Source: Lambda developer guide, "Adding layers to functions".
"""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZipFile

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from .function_runtime import WORKER, lead_to
from .ministack_registry import replace

if TYPE_CHECKING:
    from collections.abc import Sequence

_LAYERS: Final = "_LAMBDA_LAYERS_DIRS"
"""MiniStack's variable for the directories of a function's layers; next to each is its archive."""


def install() -> None:
    """Have a function that has layers start with their files under its /opt."""
    # A function may name the bundle of Lambda's operating system, as CDK's BucketDeployment does; it lacks
    # the sandbox's own authority.
    reserved = {*lambda_runtime._RESERVED_RUNTIME_ENV_VARS, "AWS_CA_BUNDLE"}
    replace("core.lambda_runtime._RESERVED_RUNTIME_ENV_VARS", reserved)
    replace("core.lambda_runtime.subprocess", SimpleNamespace(**{**vars(subprocess), "Popen": _start}))


def _start(command: Sequence[str], *, env: dict[str, str], cwd: str | None = None, **settings: Any) -> Any:
    env = {**env, WORKER: "1"}
    if cwd is not None and env.get(_LAYERS):
        env.update(_laid_out(Path(cwd), [Path(each) for each in env[_LAYERS].split(os.pathsep)], env))
    # S603: MiniStack's own command, an interpreter and its worker script
    return subprocess.Popen(command, env=env, cwd=cwd, **settings)  # noqa: S603


def _laid_out(code: Path, layers: Sequence[Path], env: dict[str, str]) -> dict[str, str]:
    """Lay layers one over the other; return the variables by which a function finds what is there."""
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
