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


class CliNotInstalledError(RuntimeError):
    """The current directory has no CDK CLI; the text says what to do."""


def check_installed() -> None:
    """Do nothing if the CLI is installed in the current directory.

    Raises:
        CliNotInstalledError: it is not.
    """
    if not CLI.exists():
        raise CliNotInstalledError(
            f"There is no CDK CLI at {CLI}. Run `make deploy-local` in the project's root, which installs it."
        )


def run(sandbox: Sandbox, *arguments: str) -> int:
    """Run the CLI in the current directory, its output where ours goes; return its exit code.

    Raises:
        CliNotInstalledError: it is not installed in the current directory.
    """
    check_installed()
    command = [str(CLI), *arguments]
    # S603: what is run is the project's own CLI, with the arguments of whoever runs this module
    return subprocess.run(command, env={**os.environ, **sandbox.environment}, check=False).returncode  # noqa: S603


def deploy(sandbox: Sandbox, stacks: Sequence[str]) -> int:
    """Bootstrap the sandbox, deploy `stacks`; return the first exit code that is not 0, or 0.

    Raises:
        CliNotInstalledError: the CLI is not installed in the current directory.
    """
    bootstrap = f"aws://{sandbox.account}/{sandbox.region}"
    return run(sandbox, "bootstrap", bootstrap) or run(
        sandbox, "deploy", *stacks, "--require-approval", "never"
    )
