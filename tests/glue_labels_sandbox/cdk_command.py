"""The real CDK CLI, run on a sandbox."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from glue_labels_sandbox import Sandbox

ROOT = Path(__file__).parents[2]
_CLI = ROOT / "node_modules" / ".bin" / "cdk"


def cdk(sandbox: Sandbox, folder: Path, *arguments: str) -> None:
    """Run a command of the CLI in a folder; it must succeed."""
    done = subprocess.run(
        [str(_CLI), *arguments, "--no-notices"],
        cwd=folder,
        env={**os.environ, **sandbox.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]
