"""The example app as it would be without its LabelsImport, and without this library. Run as a CDK app."""

from __future__ import annotations

import runpy
import sys
from types import ModuleType
from typing import Any

from .cdk import ROOT


class _Nothing:
    """Stands where the app has a LabelsImport or Labels; adds nothing to the stack."""

    task_run_id = "none"

    def __init__(self, *_: Any, **__: Any) -> None: ...

    @staticmethod
    def from_asset(_: str) -> None: ...


def main() -> None:
    """Run app.py without the library."""
    library: Any = ModuleType("glue_labels")
    library.LabelsImport = library.Labels = _Nothing
    sys.modules["glue_labels"] = library
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


if __name__ == "__main__":
    main()
