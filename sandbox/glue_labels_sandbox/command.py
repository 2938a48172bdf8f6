"""Any command, run against a sandbox that is started, bootstrapped for the CDK and stopped for it."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from . import command_report
from .cdk_cli import CLI, CliNotInstalledError, bootstrap, environment
from .failures import failures
from .named_environments import assembly, elsewhere, named_environments
from .sandbox import Sandbox
from .server_process import SandboxStartError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

INTERRUPTED = 130
"""A shell's exit code for a command that Ctrl-C ended."""

NOT_FOUND = 127
"""A shell's exit code for a command that was not found."""

_FILE_CLOCK_SECONDS = 1.0
"""How far the clock of a file system may be behind."""


def in_sandbox(account: str, region: str, act: Callable[[Sandbox], int]) -> int:
    """Start a sandbox, do something in it, stop it; return the exit code for the process.

    Args:
        account: 12 digits.
        region: For example ``us-east-1``.
        act: Gets the sandbox, returns the exit code.
    """
    # If `make` or a time limit ends this process, the sandbox still stops in order.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with Sandbox(account=account, region=region) as sandbox:
            return act(sandbox)
    except (SandboxStartError, CliNotInstalledError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def run(
    sandbox: Sandbox,
    command: Sequence[str],
    *,
    regions: Sequence[str] = (),
    bootstrapped: bool = True,
    verbose: bool = False,
) -> int:
    """Run a command in the current directory; report its imports and why it failed; return its exit code.

    The command's output is not changed. The report goes to standard error.

    Args:
        sandbox: Where the command's SDK and CLI calls go.
        command: The program and its arguments.
        regions: The regions that stacks are deployed to (default: the sandbox's).
        bootstrapped: Whether to run ``cdk bootstrap`` first, which the CDK needs to deploy assets.
        verbose: Whether to show what ``cdk bootstrap`` prints.

    Raises:
        CliNotInstalledError: the CDK CLI is needed to bootstrap, and not installed.
    """
    regions = regions or [sandbox.region]
    variables = environment(sandbox)
    program = shutil.which(command[0], path=variables["PATH"])
    if program is None:
        print(
            f"There is no command {command[0]!r}, neither in {CLI.parent} nor on the PATH.", file=sys.stderr
        )
        return NOT_FOUND
    if bootstrapped:
        cli = shutil.which("cdk", path=variables["PATH"])
        if cli is None:
            raise CliNotInstalledError(
                f"There is no CDK CLI to bootstrap the sandbox with, neither in {CLI.parent} nor on the "
                "PATH. Install it: npm install aws-cdk. For a command that deploys nothing: --no-bootstrap."
            )
        if failed := bootstrap(sandbox, cli, regions, variables, verbose=verbose):
            return failed
    began = time.time() - _FILE_CLOCK_SECONDS
    # S603: the user typed this command
    code = subprocess.run([program, *command[1:]], env=variables, check=False).returncode  # noqa: S603
    # A shell reports signal 2 as 130; Python as -2.
    code = code if code >= 0 else 128 - code
    parts = list(_imports(sandbox))
    if code:
        parts += [*_causes(sandbox, command, regions, began), command_report.failed_command(command, code)]
    for part in parts:
        print(f"\n{part}", file=sys.stderr)
    return code


def _imports(sandbox: Sandbox) -> Iterator[str]:
    gone, present = sandbox.runs_of_deleted_transforms(), sandbox.runs()
    runs = sorted([*gone, *present], key=lambda run: run.started_on)
    if runs:
        deleted = {run.transform_id for run in gone}
        yield command_report.task_runs(runs, sandbox.labels_known(present), deleted)


def _causes(sandbox: Sandbox, command: Sequence[str], regions: Sequence[str], began: float) -> Iterator[str]:
    if failed := command_report.failures(failures(sandbox, regions)):
        yield failed
    if unknown := sandbox.unknown_resources():
        yield command_report.unknown_resources(unknown)
    written = assembly(command, Path.cwd(), began)
    environments = named_environments(written) if written else []
    if others := elsewhere(environments, sandbox.account, regions):
        yield command_report.other_environments(environments, others, sandbox.account, regions)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
