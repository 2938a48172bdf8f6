"""Any command, run against a sandbox that is bootstrapped for the CDK first."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from . import report
from .cdk_cli import CLI, CliNotInstalledError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .sandbox import Sandbox

NOT_FOUND = 127
"""A shell's exit code for a command that there is none of."""


def run(sandbox: Sandbox, command: Sequence[str], *, bootstrap: bool = True) -> int:
    """Run a command in the current directory, then tell which imports Glue has; return its exit code.

    Its output goes where ours goes, everything else to standard error. As in a script of npm's, what
    ``node_modules/.bin`` of the current directory holds is found first.

    Args:
        sandbox: What its SDK and CLI calls reach.
        command: The program and its arguments.
        bootstrap: Whether to run ``cdk bootstrap`` before, without which the CDK deploys no assets.

    Raises:
        CliNotInstalledError: there is no CDK CLI to bootstrap with.
    """
    environment = {**os.environ, **sandbox.environment}
    environment["PATH"] = os.pathsep.join([str(CLI.parent.absolute()), os.environ.get("PATH", os.defpath)])
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        print(
            f"There is no command {command[0]!r}, neither in {CLI.parent} nor on the PATH.", file=sys.stderr
        )
        return NOT_FOUND
    if bootstrap and (failed := _bootstrap(sandbox, environment)):
        return failed
    # S603: what is run is what the user typed
    code = subprocess.run([program, *command[1:]], env=environment, check=False).returncode  # noqa: S603
    runs = sandbox.runs()
    if runs or code:
        print(f"\n{report.import_runs(runs, sandbox.labels_known(runs))}", file=sys.stderr)
    if code:
        print(f"\n{report.environment_named(sandbox.account, sandbox.region)}", file=sys.stderr)
    # A negative one is a signal, which a shell tells so.
    return code if code >= 0 else 128 - code


def _bootstrap(sandbox: Sandbox, environment: Mapping[str, str]) -> int:
    cli = shutil.which("cdk", path=environment["PATH"])
    if cli is None:
        raise CliNotInstalledError(
            f"There is no CDK CLI to bootstrap the sandbox with, neither in {CLI.parent} nor on the PATH. "
            "Install it: npm install aws-cdk. For a command that deploys nothing: --no-bootstrap."
        )
    target = f"aws://{sandbox.account}/{sandbox.region}"
    # S603: the user's own CLI, with constants
    done = subprocess.run([cli, "bootstrap", target], env=environment, stdout=sys.stderr, check=False)  # noqa: S603
    return done.returncode
