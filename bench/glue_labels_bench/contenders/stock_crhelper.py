"""Unmodified crhelper with ``poll_create``, and the permissions that its README requires.

Source: https://github.com/aws-cloudformation/custom-resource-helper#readme, "Polling".
"""

from __future__ import annotations

import importlib.resources
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import CustomResource, Duration, aws_iam, aws_lambda

if TYPE_CHECKING:
    from ..base_stack import BaseStack

_CODE = Path(__file__).parents[1] / "functions" / "stock_crhelper"


def with_stock_crhelper(stack: BaseStack, count: int) -> None:
    """Add imports to the stack, and the function that serves them."""
    if count == 0:
        return
    with tempfile.TemporaryDirectory() as folder:
        function = aws_lambda.Function(
            stack,
            "Importer",
            code=aws_lambda.Code.from_asset(str(_with_crhelper(Path(folder, "code")))),
            handler="index.handler",
            runtime=aws_lambda.Runtime.PYTHON_3_13,
            timeout=Duration.minutes(15),
        )
    transform_ids = stack.transform_ids(count)
    function.add_to_role_policy(
        aws_iam.PolicyStatement(
            actions=["glue:StartImportLabelsTaskRun", "glue:GetMLTaskRun"],
            resources=[stack.transform_arn(transform_id) for transform_id in transform_ids],
        )
    )
    function.add_to_role_policy(
        aws_iam.PolicyStatement(
            actions=[
                "lambda:AddPermission",
                "lambda:RemovePermission",
                "events:PutRule",
                "events:DeleteRule",
                "events:PutTargets",
                "events:RemoveTargets",
            ],
            resources=["*"],
        )
    )
    for number, transform_id in enumerate(transform_ids):
        CustomResource(
            stack,
            f"Import{number}",
            service_token=function.function_arn,
            properties=stack.import_properties(transform_id),
        )


def _with_crhelper(folder: Path) -> Path:
    """Create a folder with the function's code and crhelper, as ``pip install crhelper -t .`` does."""
    shutil.copytree(_CODE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with importlib.resources.as_file(importlib.resources.files("crhelper")) as installed:
        shutil.copytree(installed, folder / "crhelper", ignore=shutil.ignore_patterns("__pycache__"))
    return folder
