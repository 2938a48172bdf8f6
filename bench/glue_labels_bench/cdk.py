"""The project's CDK CLI, run against a sandbox by the benchmark and the tests."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from glue_labels_sandbox import Sandbox

ROOT: Final = Path(__file__).parents[2]
_CLI: Final = ROOT / "node_modules" / ".bin" / "cdk"
_LONGEST_COMMAND_SECONDS: Final = 400.0


class CdkError(RuntimeError):
    """A command of the CLI failed. The text is what it printed."""


@dataclass(frozen=True)
class Output:
    """The exit code of a command, and what it printed."""

    code: int
    text: str

    def check(self) -> None:
        """Do nothing if the command succeeded.

        Raises:
            CdkError: it failed.
        """
        if self.code:
            raise CdkError(self.text)


@dataclass(frozen=True)
class Cdk:
    """The CLI with one app.

    Attributes:
        sandbox: where it deploys to.
        app: the command of the app, or the folder of its cloud assembly.
    """

    sandbox: Sandbox
    app: str

    def synth(self, output: Path, **context: str) -> None:
        """Synthesize the app into a folder."""
        options = ("--quiet", "--output", str(output), *context_options(context))
        finish(start(self.sandbox, ROOT, "--app", self.app, "synth", *options)).check()

    def start_deployment(self, stack: str) -> subprocess.Popen[str]:
        """Start the deployment of a stack. What it prints can be read from the process."""
        approval = ("--require-approval", "never")
        return start(self.sandbox, ROOT, "--app", self.app, "deploy", stack, *approval)

    def deploy(self, stack: str) -> None:
        """Deploy a stack."""
        finish(self.start_deployment(stack)).check()


def bootstrap(sandbox: Sandbox, *regions: str) -> None:
    """Prepare regions of a sandbox for deployments, by default the sandbox's own."""
    environments = [f"aws://{sandbox.account}/{region}" for region in regions or [sandbox.region]]
    # In a folder without an app, because the CLI would synthesize it.
    run(sandbox, Path("/"), "bootstrap", *environments).check()


def run(sandbox: Sandbox, folder: Path, *arguments: str) -> Output:
    """Run a command of the CLI in a folder. It may fail."""
    process = start(sandbox, folder, *arguments, "--no-notices")
    try:
        return finish(process, _LONGEST_COMMAND_SECONDS)
    finally:
        kill(process)


def start(sandbox: Sandbox, folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start a command of the CLI in a folder."""
    # S603: the project's own CLI
    return subprocess.Popen(  # noqa: S603
        [str(_CLI), *arguments],
        cwd=folder,
        env={**os.environ, **sandbox.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str], seconds: float | None = None) -> Output:
    """Wait for the end of a command, at most for so many seconds."""
    text, _ = process.communicate(timeout=seconds)
    return Output(process.returncode, text)


def kill(process: subprocess.Popen[str]) -> None:
    """End a command and the processes that it started, if it has not ended yet."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def python(module: str) -> str:
    """Return the command of an app that is a module."""
    return f"{sys.executable} -m {module}"


def context_options(context: dict[str, str]) -> list[str]:
    """Return the options that give an app its context."""
    return [word for name, value in context.items() for word in ("--context", f"{name}={value}")]
