"""The example app without this library, run as a CDK app. The argument names what replaces the import:

nothing     shows what the import adds to ``cdk synth``
function    a bare function, a custom resource and the label file's asset: shows what the CDK itself adds
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

# Not from `contenders`, which imports this library.
_CODE: Final = Path(__file__).parent / "functions" / "provider_framework"

NOTHING: Final = "nothing"
FUNCTION: Final = "function"


class _Labels:
    @staticmethod
    def from_asset(path: str, **_: Any) -> str:
        return path


def _no_minimum(**_: float) -> None:
    """Replace QualityMetrics, because the evaluation is left out."""


class _Nothing(Construct):
    task_run_id = f1 = "none"

    def __init__(self, scope: Construct, construct_id: str, **_: Any) -> None:
        super().__init__(scope, construct_id)


class _Function(Construct):
    task_run_id = "none"

    def __init__(self, scope: Construct, construct_id: str, *, labels: str, **_: Any) -> None:
        super().__init__(scope, construct_id)
        # Imported here, because it takes a while and the other variant does not need it.
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
    """Run app.py with a replacement for the library."""
    library: Any = ModuleType("glue_labels")
    library.LabelsImport, library.Labels = _VARIANTS[sys.argv[1]], _Labels
    library.TransformEvaluation, library.QualityMetrics = _Nothing, _no_minimum
    sys.modules["glue_labels"] = library
    runpy.run_path(str(ROOT / "app.py"), run_name="__main__")


if __name__ == "__main__":
    main()
