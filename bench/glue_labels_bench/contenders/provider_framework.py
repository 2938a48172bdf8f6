"""CDK's Provider framework with an ``is_complete_handler`` and default settings.

Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html, "Asynchronous
Providers: isComplete".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import CustomResource, aws_iam, aws_lambda
from aws_cdk.custom_resources import Provider

if TYPE_CHECKING:
    from ..base_stack import BaseStack

_CODE = Path(__file__).parents[1] / "functions" / "provider_framework"


def with_provider_framework(stack: BaseStack, count: int) -> None:
    """Add imports to the stack, and the provider that serves them."""
    if count == 0:
        return
    code = aws_lambda.Code.from_asset(str(_CODE))
    on_event = aws_lambda.Function(
        stack, "OnEvent", code=code, handler="index.on_event", runtime=aws_lambda.Runtime.PYTHON_3_13
    )
    is_complete = aws_lambda.Function(
        stack, "IsComplete", code=code, handler="index.is_complete", runtime=aws_lambda.Runtime.PYTHON_3_13
    )
    provider = Provider(stack, "Provider", on_event_handler=on_event, is_complete_handler=is_complete)
    transform_ids = stack.transform_ids(count)
    arns = [stack.transform_arn(transform_id) for transform_id in transform_ids]
    on_event.add_to_role_policy(
        aws_iam.PolicyStatement(actions=["glue:StartImportLabelsTaskRun"], resources=arns)
    )
    is_complete.add_to_role_policy(aws_iam.PolicyStatement(actions=["glue:GetMLTaskRun"], resources=arns))
    for number, transform_id in enumerate(transform_ids):
        CustomResource(
            stack,
            f"Import{number}",
            service_token=provider.service_token,
            properties=stack.import_properties(transform_id),
        )
