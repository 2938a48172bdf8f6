"""One sandbox for as long as one thing is done in it, ended in order whatever ends that."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from .cdk_cli import CliNotInstalledError
from .sandbox import Sandbox
from .server_process import SandboxStartError

if TYPE_CHECKING:
    from collections.abc import Callable

INTERRUPTED = 130
"""A shell's exit code for what Ctrl-C ended."""


def in_sandbox(account: str, region: str, act: Callable[[Sandbox], int]) -> int:
    """Start a sandbox, do something in it, stop it; return the exit code for the process.

    Args:
        account: 12 digits.
        region: For example ``us-east-1``.
        act: Gets the sandbox, returns the exit code.
    """
    # So that `make` or a time limit that ends this process ends the sandbox the orderly way.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with Sandbox(account=account, region=region) as sandbox:
            return act(sandbox)
    except (SandboxStartError, CliNotInstalledError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt
