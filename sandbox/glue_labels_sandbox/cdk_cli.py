"""The CDK CLI, run against a sandbox."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .sandbox import Sandbox

CLI = Path("node_modules", ".bin", "cdk")
"""Where npm puts the CLI, from the project's root."""


def run(sandbox: Sandbox, *arguments: str) -> int:
    """Run the CLI in the current directory, its output where ours goes; return its exit code.

    Raises:
        FileNotFoundError: it is not installed in the current directory.
    """
    command = [str(CLI), *arguments, "--no-notices"]
    # S603: what is run is the project's own CLI, with the arguments of whoever runs this module
    return subprocess.run(command, env={**os.environ, **sandbox.environment}, check=False).returncode  # noqa: S603


def deploy(sandbox: Sandbox, stacks: Sequence[str]) -> int:
    """Bootstrap the sandbox, deploy `stacks`; return the first exit code that is not 0, or 0.

    Raises:
        FileNotFoundError: the CLI is not installed in the current directory.
    """
    bootstrap = f"aws://{sandbox.account}/{sandbox.region}"
    return run(sandbox, "bootstrap", bootstrap) or run(
        sandbox, "deploy", *stacks, "--require-approval", "never"
    )
