"""Why stacks failed, from CloudFormation's events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from .sandbox import Sandbox

# In the reason of a resource that CloudFormation cancelled because another had failed.
_CANCELLED: Final = "cancelled"


@dataclass(frozen=True)
class Failure:
    """A resource that failed in the last operation on its stack.

    Attributes:
        stack: The stack's name.
        stack_status: The stack's status, for example ``ROLLBACK_COMPLETE``.
        resource: The resource's path in the CDK app; without one, its logical id.
        resource_type: For example ``Custom::GlueLabelsImport``.
        status: For example ``CREATE_FAILED``.
        reason: CloudFormation's reason, empty if it gave none.
    """

    stack: str
    stack_status: str
    resource: str
    resource_type: str
    status: str
    reason: str


def failures(sandbox: Sandbox, regions: Iterable[str]) -> Iterator[Failure]:
    """Yield the resources that made stacks fail or roll back, stack by stack.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html

    Args:
        sandbox: Where the stacks are.
        regions: The regions to search.
    """
    for region in regions:
        cloudformation = sandbox.client("cloudformation", region)
        for page in cloudformation.get_paginator("describe_stacks").paginate():
            for stack in page["Stacks"]:
                if "ROLLBACK" in stack["StackStatus"] or stack["StackStatus"].endswith("FAILED"):
                    yield from _failures_in(stack, cloudformation)


def _failures_in(stack: Mapping[str, Any], cloudformation: Any) -> Iterator[Failure]:
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=stack["StackId"])
    failed = failed_resources(event for page in pages for event in page["StackEvents"])
    paths = _paths(cloudformation, stack["StackId"]) if failed else {}
    for event in failed:
        yield Failure(
            stack["StackName"],
            stack["StackStatus"],
            paths.get(event["LogicalResourceId"], event["LogicalResourceId"]),
            event["ResourceType"],
            event["ResourceStatus"],
            event.get("ResourceStatusReason", ""),
        )


def failed_resources(newest_first: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the events of the resources that failed in a stack's last operation, the first to fail first.

    Resources that CloudFormation cancelled because another had failed are left out.

    Args:
        newest_first: The stack's events, as DescribeStackEvents gives them.
    """
    failed: dict[str, Mapping[str, Any]] = {}
    for event in newest_first:
        status, reason = event["ResourceStatus"], event.get("ResourceStatusReason", "")
        of_stack = event["PhysicalResourceId"] == event["StackId"]
        if (
            of_stack
            and status.endswith("_IN_PROGRESS")
            and "ROLLBACK" not in status
            and "CLEANUP" not in status
        ):
            break
        if not of_stack and status.endswith("_FAILED") and _CANCELLED not in reason.lower():
            failed[event["LogicalResourceId"]] = event
    return list(failed.values())[::-1]


def _paths(cloudformation: Any, stack_id: str) -> dict[str, str]:
    template = cloudformation.get_template(StackName=stack_id)["TemplateBody"]
    # botocore returns a YAML template as text.
    resources = template.get("Resources", {}) if isinstance(template, dict) else {}
    found = {name: resource.get("Metadata", {}).get("aws:cdk:path") for name, resource in resources.items()}
    return {name: path for name, path in found.items() if path}
