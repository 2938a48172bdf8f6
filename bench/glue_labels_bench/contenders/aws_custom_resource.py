"""CDK's AwsCustomResource: one API call without your own function. It starts the run and does not wait.

Source: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.custom_resources-readme.html, "Custom
Resources for AWS APIs".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk.custom_resources import (
    AwsCustomResource,
    AwsCustomResourcePolicy,
    AwsSdkCall,
    PhysicalResourceId,
)

if TYPE_CHECKING:
    from ..base_stack import BaseStack


def with_aws_custom_resource(stack: BaseStack, count: int) -> None:
    """Add imports to the stack."""
    for number, transform_id in enumerate(stack.transform_ids(count)):
        start = AwsSdkCall(
            service="glue",
            action="StartImportLabelsTaskRun",
            parameters={
                "TransformId": transform_id,
                "InputS3Path": stack.labels.s3_object_url,
                "ReplaceAllLabels": True,
            },
            physical_resource_id=PhysicalResourceId.from_response("TaskRunId"),
        )
        AwsCustomResource(
            stack,
            f"Import{number}",
            on_create=start,
            on_update=start,
            policy=AwsCustomResourcePolicy.from_sdk_calls(resources=[stack.transform_arn(transform_id)]),
            # As in the cdk.json of `cdk init`. Otherwise each cold start installs an SDK, for a minute.
            install_latest_aws_sdk=False,
        )
