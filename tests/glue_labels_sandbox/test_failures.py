"""Why stacks failed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import WaiterError

from glue_labels_sandbox.failures import Failure, failed_resources, failures

if TYPE_CHECKING:
    from conftest import Stacks


def event(name: str, status: str, reason: str = "") -> dict[str, str]:
    physical_id = "stack-id" if name == "Stack" else name
    return {
        "StackId": "stack-id",
        "LogicalResourceId": name,
        "PhysicalResourceId": physical_id,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def test_resources_of_the_last_operation_that_failed_are_in_the_order_in_which_they_did() -> None:
    oldest_first = [
        event("Stack", "CREATE_IN_PROGRESS"),
        event("Earlier", "CREATE_FAILED", "long ago"),
        event("Stack", "CREATE_FAILED"),
        event("Stack", "UPDATE_IN_PROGRESS"),
        event("First", "UPDATE_FAILED", "it broke"),
        event("Given", "CREATE_FAILED", "Resource creation cancelled"),
        event("Stack", "UPDATE_ROLLBACK_IN_PROGRESS"),
        event("Second", "UPDATE_FAILED", "its rollback broke"),
        event("Stack", "UPDATE_ROLLBACK_FAILED"),
    ]
    failed = failed_resources(reversed(oldest_first))
    assert [one["LogicalResourceId"] for one in failed] == ["First", "Second"]


def test_failure_has_the_resource_s_path_and_cloudformation_s_reason(stacks: Stacks, unique: str) -> None:
    role = {
        "Type": "AWS::IAM::Policy",
        "Properties": {"PolicyName": "p", "PolicyDocument": {}, "Roles": ["no-such-role"]},
        "Metadata": {"aws:cdk:path": "App/Policy/Resource"},
    }
    with pytest.raises(WaiterError):
        stacks.deploy_one(unique, role)
    (found,) = (one for one in failures(stacks.sandbox, ["us-east-1"]) if one.stack == unique)
    assert found == Failure(
        unique, "ROLLBACK_COMPLETE", "App/Policy/Resource", "AWS::IAM::Policy", "CREATE_FAILED", found.reason
    )
    assert "no-such-role" in found.reason
