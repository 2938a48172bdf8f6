"""AWS::IAM::RolePolicy in the sandbox's CloudFormation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from conftest import Stacks

    from glue_labels_sandbox import Sandbox


def test_role_policy_grants_until_its_stack_is_deleted(
    sandbox: Sandbox, stacks: Stacks, unique: str, glue_role: str, bucket: str, transform_id: str
) -> None:
    assert not _reads(sandbox, transform_id, bucket)
    stacks.deploy_one(unique, _policy(glue_role, f"arn:aws:s3:::{bucket}/*"))
    assert _reads(sandbox, transform_id, bucket)
    stacks.delete(unique)
    assert not _reads(sandbox, transform_id, bucket)


def test_changed_document_of_a_role_policy_takes_effect_in_place(
    sandbox: Sandbox, stacks: Stacks, unique: str, glue_role: str, bucket: str, transform_id: str
) -> None:
    former = stacks.deploy_one(unique, _policy(glue_role, f"arn:aws:s3:::{bucket}/other"))
    assert not _reads(sandbox, transform_id, bucket)
    assert stacks.deploy_one(unique, _policy(glue_role, f"arn:aws:s3:::{bucket}/two.csv")) == former
    assert _reads(sandbox, transform_id, bucket)
    assert _policies(sandbox, glue_role) == ["read"]


def test_changed_name_of_a_role_policy_is_another_policy(
    sandbox: Sandbox, stacks: Stacks, unique: str, glue_role: str
) -> None:
    assert stacks.deploy_one(unique, _policy(glue_role, "*")) == f"read|{glue_role}"
    assert stacks.deploy_one(unique, _policy(glue_role, "*", "renamed")) == f"renamed|{glue_role}"
    assert _policies(sandbox, glue_role) == ["renamed"]


def test_changed_role_of_a_role_policy_takes_it_from_the_former(
    sandbox: Sandbox, stacks: Stacks, unique: str, glue_role: str, function_role: str
) -> None:
    stacks.deploy_one(unique, _policy(glue_role, "*"))
    stacks.deploy_one(unique, _policy(function_role, "*"))
    assert (_policies(sandbox, glue_role), _policies(sandbox, function_role)) == ([], ["read"])


def test_replaced_role_policy_stays_when_the_update_rolls_back(
    sandbox: Sandbox, stacks: Stacks, unique: str, glue_role: str
) -> None:
    resources = {"Resource": _policy(glue_role, "*")}
    stacks.deploy(unique, resources)
    failing = {**_policy("no-such-role", "*"), "DependsOn": "Resource"}
    with pytest.raises(WaiterError, match="ROLLBACK"):
        stacks.deploy(unique, {"Resource": _policy(glue_role, "*", "renamed"), "Failing": failing})
    assert _policies(sandbox, glue_role) == ["read"]


def test_role_policy_without_its_role_fails(stacks: Stacks, unique: str) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK"):
        stacks.deploy_one(unique, _policy("no-such-role", "*"))


def test_role_policy_is_deleted_though_its_policy_and_role_are_gone(
    sandbox: Sandbox, stacks: Stacks, unique: str, glue_role: str
) -> None:
    stacks.deploy_one(unique, _policy(glue_role, "*"))
    sandbox.client("iam").delete_role_policy(RoleName=glue_role, PolicyName="read")
    sandbox.client("iam").delete_role(RoleName=glue_role)
    stacks.delete(unique)


def _policy(role: str, resource: str, name: str = "read") -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    return {
        "Type": "AWS::IAM::RolePolicy",
        "Properties": {
            "RoleName": role,
            "PolicyName": name,
            "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        },
    }


def _policies(sandbox: Sandbox, role: str) -> list[str]:
    return list(sandbox.client("iam").list_role_policies(RoleName=role)["PolicyNames"])


def _reads(sandbox: Sandbox, transform_id: str, bucket: str) -> bool:
    """Return whether an import can read the bucket's label file."""
    try:
        sandbox.client("glue").start_import_labels_task_run(
            TransformId=transform_id, InputS3Path=f"s3://{bucket}/two.csv"
        )
    except ClientError as error:
        if "AccessDenied" not in str(error):
            raise
        return False
    return True
