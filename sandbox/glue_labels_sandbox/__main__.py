"""The command line: a sandbox to work in, or a deployment to a fresh one."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from typing import TYPE_CHECKING, NoReturn

from . import cdk_cli, report
from .sandbox import ACCOUNT, REGION, Sandbox
from .server_process import SandboxStartError

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(prog="python -m glue_labels_sandbox", description=__doc__)
    parser.add_argument("--account", default=ACCOUNT, help="12 digits (default: %(default)s)")
    parser.add_argument("--region", default=REGION, help="default: %(default)s")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("start", help="leave a sandbox running until Ctrl-C (the default)")
    deploy = commands.add_parser("deploy", help="deploy stacks of the CDK app here, show Glue's imports")
    deploy.add_argument("stacks", nargs="+", metavar="STACK")
    options = parser.parse_args(arguments)
    # So that `make` or a time limit that ends this process ends the sandbox the orderly way.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if options.command == "deploy":
            cdk_cli.check_installed()
        with Sandbox(account=options.account, region=options.region) as sandbox:
            if options.command == "deploy":
                return _deploy(sandbox, options.stacks)
            return _start(sandbox)
    except (SandboxStartError, cdk_cli.CliNotInstalledError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _start(sandbox: Sandbox) -> int:
    print(report.exports(sandbox.environment))
    print(f"# Runs until Ctrl-C. Its log: {sandbox.log}", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()
    return 0


def _deploy(sandbox: Sandbox, stacks: Sequence[str]) -> int:
    code = cdk_cli.deploy(sandbox, stacks)
    runs = sandbox.runs()
    known = {run.transform_id: len(sandbox.labels(run.transform_id)) for run in runs}
    print(f"\n{report.import_runs(runs, known)}", flush=True)
    if code == 0 and any(run.status != "SUCCEEDED" for run in runs):
        return 1
    return code


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
