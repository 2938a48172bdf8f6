"""The CDK CLI, run against a sandbox."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .sandbox import Sandbox

CLI = Path("node_modules", ".bin", "cdk")
"""Where npm puts the CLI, from the project's root."""


class CliNotInstalledError(RuntimeError):
    """The CDK CLI is not installed; the text says how to install it."""


def check_installed() -> None:
    """Check that the CLI is installed in the current directory.

    Raises:
        CliNotInstalledError: it is not.
    """
    if not CLI.exists():
        raise CliNotInstalledError(
            f"There is no CDK CLI at {CLI}. Run `make deploy-local` in the project's root, which installs it."
        )


def environment(sandbox: Sandbox) -> dict[str, str]:
    """Return the variables by which a command reaches the sandbox and finds the app's own CLI first.

    As in an npm script, ``node_modules/.bin`` of the current directory comes first on the PATH.
    """
    path = os.pathsep.join([str(CLI.parent.absolute()), os.environ.get("PATH", os.defpath)])
    return {**os.environ, **sandbox.environment, "PATH": path}


def bootstrap(
    sandbox: Sandbox, cli: str, regions: Sequence[str], variables: Mapping[str, str], *, verbose: bool = False
) -> int:
    """Bootstrap the sandbox's account, as the CDK needs it to deploy assets; return the exit code.

    One line on standard error says how long it took. What the CLI prints is shown only if it fails, or with
    `verbose`.

    Args:
        sandbox: What to bootstrap.
        cli: The CLI's path.
        regions: Of the sandbox's account.
        variables: The CLI's environment, see `environment`.
        verbose: Whether to show what the CLI prints.
    """
    began = time.monotonic()
    if not verbose:
        print("Bootstrapping the sandbox for the CDK: ", end="", file=sys.stderr, flush=True)
    # S603: the user's own CLI, with constants
    done = subprocess.run(  # noqa: S603
        [cli, "bootstrap", *(f"aws://{sandbox.account}/{region}" for region in regions)],
        env=variables,
        stdout=sys.stderr if verbose else subprocess.PIPE,
        stderr=None if verbose else subprocess.STDOUT,
        check=False,
    )
    took = f"{time.monotonic() - began:.0f} s"
    if verbose:
        print(f"Bootstrapped the sandbox for the CDK: {took}", file=sys.stderr, flush=True)
    elif done.returncode:
        print(f"failed after {took}", file=sys.stderr, flush=True)
        sys.stderr.write(done.stdout.decode(errors="replace"))
    else:
        print(f"done, {took}", file=sys.stderr, flush=True)
    return done.returncode
