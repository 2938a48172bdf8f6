"""Policies and custom resources, restored and deleted in either order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import WaiterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Stacks

    from glue_labels_sandbox import Sandbox

    Allow = Callable[[str, str, str], None]
    Resource = dict[str, Any]

# Notes each request's type, the key it is to read, and whether the function's role may read that now; or, if
# it is given a role's name, whether that is there.
READ = """
import boto3, json, time, urllib.request
from botocore.exceptions import ClientError
def handler(event, context):
    s3, properties = boto3.client("s3"), event["ResourceProperties"]
    try:
        s3.get_object(Bucket="{bucket}", Key=properties["Key"])
        found = "may read"
    except ClientError as error:
        found = "may not read"
    if "Role" in properties:
        try:
            boto3.client("iam").get_role(RoleName=properties["Role"])
            found = "sees the role"
        except ClientError as error:
            found = "sees " + error.response["Error"]["Code"]
    note = " ".join([event["RequestType"], found, properties["Key"]])
    s3.put_object(Bucket="{bucket}", Key=f"notes/{{time.time():.6f}}", Body=note)
    failing = event["RequestType"] == properties.get("Fail")
    body = json.dumps(dict(
        Status="FAILED" if failing else "SUCCESS", Reason="as told", PhysicalResourceId=properties["Id"],
        StackId=event["StackId"], RequestId=event["RequestId"], LogicalResourceId=event["LogicalResourceId"],
    )).encode()
    request = urllib.request.Request(event["ResponseURL"], body, method="PUT", headers={{"Content-Type": ""}})
    urllib.request.urlopen(request)
"""

EITHER = pytest.mark.parametrize("when", ["first", "last"])
EITHER_NAME = pytest.mark.parametrize("policy", ["APolicy", "ZPolicy"])
"""MiniStack's own order goes by the logical ids, those of a policy and of a custom resource Import."""


@pytest.fixture
def reader(
    sandbox: Sandbox, allow: Allow, function_role: str, bucket: str, create_function: Callable[..., str]
) -> Iterator[str]:
    """The function, whose role has a policy in its stack besides: its ARN."""
    allow(function_role, "s3:PutObject", f"arn:aws:s3:::{bucket}/*")
    for key in ("one", "two"):
        sandbox.client("s3").put_object(Bucket=bucket, Key=key, Body=b"")
    yield create_function(READ.format(bucket=bucket))
    sandbox.revert_policies(None)


@pytest.fixture
def notes(sandbox: Sandbox, bucket: str) -> Callable[[], list[str]]:
    """Return what the function has noted since the last time."""

    def read() -> list[str]:
        s3 = sandbox.client("s3")
        keys = [
            found["Key"] for found in s3.list_objects_v2(Bucket=bucket, Prefix="notes/").get("Contents", ())
        ]
        found = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in sorted(keys)]
        for key in keys:
            s3.delete_object(Bucket=bucket, Key=key)
        return found

    return read


@pytest.fixture
def grant(function_role: str, bucket: str) -> Callable[..., Resource]:
    """A policy that lets the function read a key."""

    def make(key: str, resource_type: str = "AWS::IAM::Policy", name: str = "read") -> Resource:
        statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/{key}"}
        document = {"Version": "2012-10-17", "Statement": [statement]}
        of: Resource = {"Roles": [function_role]}
        if resource_type == "AWS::IAM::RolePolicy":
            of = {"RoleName": function_role}
        properties = {"PolicyName": name, "PolicyDocument": document, **of}
        return {"Type": resource_type, "Properties": properties}

    return make


@EITHER
@EITHER_NAME
def test_rollback_restores_policies(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    reader: str,
    grant: Callable[..., Resource],
    notes: Callable[[], list[str]],
    policy: str,
    when: Any,
) -> None:
    stacks.deploy(unique, {policy: grant("one"), "Import": _custom(reader, "one")})
    notes()
    sandbox.revert_policies(when)
    doomed = {**_custom(reader, "other", Fail="Create"), "DependsOn": [policy, "Import"]}
    with pytest.raises(WaiterError, match="ROLLBACK"):
        stacks.deploy(unique, {policy: grant("two"), "Import": _custom(reader, "two"), "Doomed": doomed})
    assert stacks.status(unique) == "UPDATE_ROLLBACK_COMPLETE"
    expected = {"first": "Update may read one", "last": "Update may not read one"}
    assert [note for note in notes() if note.endswith("one")] == [expected[when]]


@EITHER
def test_rollback_restores_policies_beside_the_resource_that_failed(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    reader: str,
    grant: Callable[..., Resource],
    notes: Callable[[], list[str]],
    when: Any,
) -> None:
    stacks.deploy(unique, {"APolicy": grant("one"), "Import": _custom(reader, "one")})
    notes()
    sandbox.revert_policies(when)
    failing = _custom(reader, "two", Fail="Update")
    with pytest.raises(WaiterError, match="ROLLBACK"):
        stacks.deploy(unique, {"APolicy": grant("two"), "Import": failing})
    assert stacks.status(unique) == "UPDATE_ROLLBACK_COMPLETE"
    expected = {"first": "Update may read one", "last": "Update may not read one"}
    assert [note for note in notes() if note.endswith("one")] == [expected[when]]
    assert "failed to update: [Import]" in _reasons(sandbox, unique)


@EITHER
def test_rollback_that_is_asked_for_later_restores_policies(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    reader: str,
    grant: Callable[..., Resource],
    notes: Callable[[], list[str]],
    when: Any,
) -> None:
    stacks.deploy(unique, {"APolicy": grant("one"), "Import": _custom(reader, "one")})
    sandbox.revert_policies(when)
    failing = _custom(reader, "two", Fail="Update")
    with pytest.raises(WaiterError, match="UPDATE_FAILED"):
        stacks.deploy(unique, {"APolicy": grant("two"), "Import": failing}, DisableRollback=True)
    notes()
    sandbox.client("cloudformation").rollback_stack(StackName=unique)
    stacks.wait("stack_rollback_complete", unique)
    expected = {"first": "Update may read one", "last": "Update may not read one"}
    assert notes() == [expected[when]]


@EITHER
def test_failed_creation_deletes_policies(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    reader: str,
    grant: Callable[..., Resource],
    notes: Callable[[], list[str]],
    when: Any,
) -> None:
    sandbox.revert_policies(when)
    doomed = {**_custom(reader, "other", Fail="Create"), "DependsOn": ["Policy", "Import"]}
    with pytest.raises(WaiterError, match="ROLLBACK"):
        stacks.deploy(unique, {"Policy": grant("one"), "Import": _custom(reader, "one"), "Doomed": doomed})
    expected = {"first": "Delete may not read one", "last": "Delete may read one"}
    assert [note for note in notes() if note.startswith("Delete") and note.endswith("one")] == [
        expected[when]
    ]


@EITHER
@EITHER_NAME
def test_cleanup_deletes_policies_that_were_removed(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    reader: str,
    grant: Callable[..., Resource],
    notes: Callable[[], list[str]],
    policy: str,
    when: Any,
) -> None:
    rest = {"Rest": _custom(reader, "other")}
    stacks.deploy(unique, {policy: grant("one"), "Import": _custom(reader, "one"), **rest})
    sandbox.revert_policies(when)
    notes()
    stacks.deploy(unique, rest)
    expected = {"first": "Delete may not read one", "last": "Delete may read one"}
    assert notes() == [expected[when]]


@EITHER
@pytest.mark.parametrize("replaced", ["the policy", "the import"])
def test_cleanup_deletes_policies_beside_what_was_replaced(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    reader: str,
    grant: Callable[..., Resource],
    notes: Callable[[], list[str]],
    replaced: str,
    when: Any,
) -> None:
    policy = grant("one", "AWS::IAM::RolePolicy")
    stacks.deploy(
        unique, {"Policy": policy, "Import": _custom(reader, "one"), "Rest": _custom(reader, "other")}
    )
    sandbox.revert_policies(when)
    notes()
    if replaced == "the policy":
        present = {
            "Policy": grant("two", "AWS::IAM::RolePolicy", "renamed"),
            "Rest": _custom(reader, "other"),
        }
    else:
        present = {"Import": _custom(reader, "other", Id="another"), "Rest": _custom(reader, "other")}
    stacks.deploy(unique, present)
    expected = {"first": "Delete may not read one", "last": "Delete may read one"}
    assert [note for note in notes() if note.startswith("Delete")] == [expected[when]]


@EITHER
def test_deletion_of_a_stack_deletes_policies(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    reader: str,
    grant: Callable[..., Resource],
    notes: Callable[[], list[str]],
    when: Any,
) -> None:
    stacks.deploy(unique, {"Policy": grant("one"), "Import": _custom(reader, "one")})
    sandbox.revert_policies(when)
    notes()
    stacks.delete(unique)
    expected = {"first": "Delete may not read one", "last": "Delete may read one"}
    assert notes() == [expected[when]]


@EITHER
@pytest.mark.parametrize("dependent", ["Import", "Policy"])
@pytest.mark.parametrize("deletion", ["cleanup", "stack"])
def test_deletion_honours_dependencies(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    reader: str,
    grant: Callable[..., Resource],
    notes: Callable[[], list[str]],
    dependent: str,
    deletion: str,
    when: Any,
) -> None:
    resources = {"Policy": grant("one"), "Import": _custom(reader, "one"), "Rest": _custom(reader, "other")}
    (needed,) = {"Import", "Policy"} - {dependent}
    resources[dependent]["DependsOn"] = needed
    stacks.deploy(unique, resources)
    sandbox.revert_policies(when)
    notes()
    if deletion == "cleanup":
        stacks.deploy(unique, {"Rest": resources["Rest"]})
    else:
        stacks.delete(unique)
    expected = {"Import": "Delete may read one", "Policy": "Delete may not read one"}
    assert [note for note in notes() if note.endswith("one")] == [expected[dependent]]


@EITHER
def test_removed_resource_whose_deletion_fails_stays_in_its_stack(
    sandbox: Sandbox, stacks: Stacks, unique: str, reader: str, grant: Callable[..., Resource], when: Any
) -> None:
    rest = {"Rest": _custom(reader, "other")}
    failing = _custom(reader, "one", Fail="Delete")
    stacks.deploy(unique, {"Policy": grant("one"), "Import": failing, **rest})
    sandbox.revert_policies(when)
    stacks.deploy(unique, rest)
    found = sandbox.client("cloudformation").describe_stack_resources(StackName=unique)["StackResources"]
    assert {resource["LogicalResourceId"]: resource["ResourceStatus"] for resource in found} == {
        "Rest": "UPDATE_COMPLETE",
        "Import": "DELETE_FAILED",
    }


@EITHER
def test_renamed_role_is_deleted_with_the_policies(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    allow: Allow,
    function_role: str,
    reader: str,
    notes: Callable[[], list[str]],
    when: Any,
) -> None:
    allow(function_role, "iam:GetRole", "*")
    former, present = f"{unique}-former", f"{unique}-present"
    custom = _custom(reader, "other", Role=former)
    stacks.deploy(unique, {"Role": _role(former), "Import": custom})
    sandbox.revert_policies(when)
    notes()
    stacks.deploy(unique, {"Role": _role(present)})
    expected = {"first": "Delete sees NoSuchEntity other", "last": "Delete sees the role other"}
    assert notes() == [expected[when]]
    roles = {found["RoleName"] for found in sandbox.client("iam").list_roles()["Roles"]}
    assert present in roles
    assert former not in roles


def _role(name: str) -> Resource:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": name, "AssumeRolePolicyDocument": {"Statement": []}},
    }


def _custom(service_token: str, key: str, **properties: str) -> Resource:
    return {
        "Type": "Custom::Tested",
        "Properties": {"ServiceToken": service_token, "Key": key, "Id": "one", **properties},
    }


def _reasons(sandbox: Sandbox, stack: str) -> str:
    events = sandbox.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return "\n".join(event.get("ResourceStatusReason", "") for event in events)
