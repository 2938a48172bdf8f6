"""The machine that the benchmark runs on."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path


def machine() -> dict[str, str]:
    """Return what influences the results, by name."""
    return {
        "day": f"{datetime.now(timezone.utc):%Y-%m-%d}",
        "processor": f"{os.cpu_count()} cores, {_processor()}",
        "load when it began": f"{os.getloadavg()[0]:.1f}",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "packages": ", ".join(
            f"{name} {version(name)}" for name in ("aws-cdk-lib", "boto3", "crhelper", "ministack")
        ),
    }


def _processor() -> str:
    described = Path("/proc/cpuinfo")
    if described.exists():
        for line in described.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or "unknown"
