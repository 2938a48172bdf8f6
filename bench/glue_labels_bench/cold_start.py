"""The time a new interpreter needs to import the function, compared with boto3 and its Glue client alone."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from glue_labels.function_code import HANDLER, function_files

FLOOR: Final = "import boto3; boto3.client('glue')"
ROUNDS: Final = 25


@dataclass(frozen=True)
class ColdStart:
    """Medians over the rounds.

    Attributes:
        rounds: how often each interpreter was started, in turn.
        floor_seconds: of an interpreter that only creates a Glue client.
        seconds: of an interpreter that imports the function's entry point.
        ratio: of the second to the first, within a round.
    """

    rounds: int
    floor_seconds: float
    seconds: float
    ratio: float


def measure(rounds: int = ROUNDS) -> ColdStart:
    """Start interpreters in turn. As on Lambda, the function's code has no byte code."""
    entry_point = f"import {HANDLER.rpartition('.')[0]}"
    with tempfile.TemporaryDirectory() as folder:
        for path, content in function_files().items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        pairs = [_pair(entry_point, folder, floor_first=number % 2 == 0) for number in range(rounds)]
    return ColdStart(
        rounds=rounds,
        floor_seconds=statistics.median(floor for floor, _ in pairs),
        seconds=statistics.median(ours for _, ours in pairs),
        ratio=statistics.median(ours / floor for floor, ours in pairs),
    )


def _pair(entry_point: str, folder: str, *, floor_first: bool) -> tuple[float, float]:
    # The order changes, so that a machine that gets slower or faster meanwhile favors neither.
    if floor_first:
        return _seconds(FLOOR, folder), _seconds(entry_point, folder)
    seconds = _seconds(entry_point, folder)
    return _seconds(FLOOR, folder), seconds


def _seconds(statement: str, folder: str) -> float:
    # On Lambda /var/task is read-only, so every cold start compiles the code again.
    environment = {"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1", "AWS_DEFAULT_REGION": "us-east-1"}
    began = time.perf_counter()
    # S603: this interpreter, with statements of this module
    subprocess.run(  # noqa: S603
        [sys.executable, "-c", statement], env={**os.environ, **environment}, check=True
    )
    return time.perf_counter() - began
