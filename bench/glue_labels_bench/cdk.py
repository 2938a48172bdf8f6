"""The CDK CLI of this project, run against a sandbox."""

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


class CdkError(RuntimeError):
    """A command of the CLI failed; the text is what it printed."""


@dataclass(frozen=True)
class Cdk:
    """The CLI with one app.

    Attributes:
        sandbox: where it deploys to.
        app: the command of the app, or the folder of its cloud assembly.
    """

    sandbox: Sandbox
    app: str

    def bootstrap(self) -> None:
        """Prepare the sandbox for deployments."""
        # Where there is no app: it would be synthesized.
        self._run("bootstrap", f"aws://{self.sandbox.account}/{self.sandbox.region}", app=False)

    def synth(self, output: Path, **context: str) -> None:
        """Synthesize the app into a folder."""
        pairs = [word for name, value in context.items() for word in ("--context", f"{name}={value}")]
        self._run("synth", "--quiet", "--output", str(output), *pairs)

    def start_deployment(self, stack: str) -> subprocess.Popen[str]:
        """Start the deployment of a stack; what it prints can be read from the process."""
        return self._start("--app", self.app, "deploy", stack, "--require-approval", "never")

    def deploy(self, stack: str) -> None:
        """Deploy a stack."""
        finish(self.start_deployment(stack))

    def _run(self, *arguments: str, app: bool = True) -> None:
        finish(
            self._start(*(("--app", self.app) if app else ()), *arguments, folder=ROOT if app else Path("/"))
        )

    def _start(self, *arguments: str, folder: Path = ROOT) -> subprocess.Popen[str]:
        # S603: the project's own CLI
        return subprocess.Popen(  # noqa: S603
            [str(_CLI), *arguments],
            cwd=folder,
            env={**os.environ, **self.sandbox.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )


def finish(process: subprocess.Popen[str]) -> None:
    """Wait for a command's end.

    Raises:
        CdkError: it failed.
    """
    text, _ = process.communicate()
    if process.returncode:
        raise CdkError(text)


def kill(process: subprocess.Popen[str]) -> None:
    """End a command and what it started: the CLI's own process is a child of the one that is known here."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def python(module: str) -> str:
    """Return the command of an app that is a module."""
    return f"{sys.executable} -m {module}"
