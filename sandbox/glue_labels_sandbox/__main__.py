"""Run a sandbox to work in, or deploy to a new one."""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING

from . import command_report
from .cdk_cli import check_installed
from .command import in_sandbox, run
from .sandbox import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .sandbox import Sandbox


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m glue_labels_sandbox", description=__doc__)
    parser.add_argument("--account", default=ACCOUNT, help="12 digits (default: %(default)s)")
    parser.add_argument("--region", default=REGION, help="default: %(default)s")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("start", help="run a sandbox until Ctrl-C (the default)")
    deploy = commands.add_parser("deploy", help="deploy stacks of the CDK app here, show Glue's imports")
    deploy.add_argument("--verbose", action="store_true", help="show what `cdk bootstrap` prints")
    deploy.add_argument("stacks", nargs="+", metavar="STACK")
    options = parser.parse_args(arguments)
    if options.command == "deploy":
        act = partial(_deploy, stacks=options.stacks, verbose=options.verbose)
        return in_sandbox(options.account, options.region, act)
    return in_sandbox(options.account, options.region, _start)


def _start(sandbox: Sandbox) -> int:
    print(command_report.exports(sandbox.environment))
    print(f"# Runs until Ctrl-C. Its log: {sandbox.log}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    return 0


def _deploy(sandbox: Sandbox, stacks: Sequence[str], *, verbose: bool) -> int:
    check_installed()
    command = ["cdk", "deploy", *stacks, "--require-approval", "never"]
    code = run(sandbox, command, verbose=verbose)
    # A run still in flight after the deployment fails the command: nobody waited for it.
    unsuccessful = any(one.status != "SUCCEEDED" for one in sandbox.runs())
    return code or int(unsuccessful)


if __name__ == "__main__":
    sys.exit(main())
