"""The example app as it would be without this library. Run as a CDK app, the variant given by name:

nothing     in place of the LabelsImport: what the import adds to ``cdk synth``
function    a bare function, a custom resource and the label file's asset: what of that is the CDK's own
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from aws_cdk import CustomResource
from constructs import Construct

from .cdk import ROOT

# Not from `contenders`, which would bring this library along.
_CODE: Final = Path(__file__).parent / "functions" / "provider_framework"

NOTHING: Final = "nothing"
FUNCTION: Final = "function"


class _Labels:
    @staticmethod
    def from_asset(path: str, **_: Any) -> str:
        return path


def _no_minimum(**_: float) -> None:
    """Stand for QualityMetrics, whose construct is left out."""


class _Nothing(Construct):
    task_run_id = f1 = "none"

    def __init__(self, scope: Construct, construct_id: str, **_: Any) -> None:
        super().__init__(scope, construct_id)


class _Function(Construct):
    task_run_id = "none"

    def __init__(self, scope: Construct, construct_id: str, *, labels: str, **_: Any) -> None:
        super().__init__(scope, construct_id)
        # Here, for the other variant has no need of them, and the first of them takes a while.
        from aws_cdk import aws_lambda, aws_s3_assets

        function = aws_lambda.Function(
            self,
            "Function",
            code=aws_lambda.Code.from_asset(str(_CODE)),
            handler="index.on_event",
            runtime=aws_lambda.Runtime.PYTHON_3_13,
        )
        asset = aws_s3_assets.Asset(self, "Labels", path=labels)
        properties = {"InputS3Path": asset.s3_object_url}
        CustomResource(self, "Resource", service_token=function.function_arn, properties=properties)


_VARIANTS: Final[dict[str, type]] = {NOTHING: _Nothing, FUNCTION: _Function}


def main() -> None:
    """Run app.py with something else for the library."""
    library: Any = ModuleType("glue_labels")
    library.LabelsImport, library.Labels = _VARIANTS[sys.argv[1]], _Labels
    library.TransformEvaluation, library.QualityMetrics = _Nothing, _no_minimum
    sys.modules["glue_labels"] = library
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


if __name__ == "__main__":
    main()
