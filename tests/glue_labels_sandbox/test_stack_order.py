"""Policies and custom resources, restored and deleted in either order."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Scene:
    """A stack to be, and what its resources are made of.

    Attributes:
        sandbox: where it is.
        stacks: deploys it.
        name: the stack's.
        reader: the ARN of the function.
        grant: makes a policy that lets the function read a key.
        notes: returns what the function has noted since the last time.
    """

    sandbox: Sandbox
    stacks: Stacks
    name: str
    reader: str
    grant: Callable[..., Resource]
    notes: Callable[[], list[str]]

    def deploy(self, resources: dict[str, Resource], **options: Any) -> None:
        """Deploy the stack with these resources and no others."""
        self.stacks.deploy(self.name, resources, **options)

    def custom(self, key: str, **properties: str) -> Resource:
        """Return a custom resource of the function, which is to read a key."""
        return {
            "Type": "Custom::Tested",
            "Properties": {"ServiceToken": self.reader, "Key": key, "Id": "one", **properties},
        }

    def reasons(self) -> str:
        """Return the reasons in the stack's events, line by line."""
        events = self.sandbox.client("cloudformation").describe_stack_events(StackName=self.name)[
            "StackEvents"
        ]
        return "\n".join(event.get("ResourceStatusReason", "") for event in events)


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


@pytest.fixture
def scene(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    reader: str,
    grant: Callable[..., Resource],
    notes: Callable[[], list[str]],
) -> Scene:
    return Scene(sandbox, stacks, unique, reader, grant, notes)


@EITHER
@EITHER_NAME
def test_rollback_restores_policies(
    scene: Scene,
    policy: str,
    when: Any,
) -> None:
    scene.deploy({policy: scene.grant("one"), "Import": scene.custom("one")})
    scene.notes()
    scene.sandbox.revert_policies(when)
    doomed = {**scene.custom("other", Fail="Create"), "DependsOn": [policy, "Import"]}
    with pytest.raises(WaiterError, match="ROLLBACK"):
        scene.deploy({policy: scene.grant("two"), "Import": scene.custom("two"), "Doomed": doomed})
    assert scene.stacks.status(scene.name) == "UPDATE_ROLLBACK_COMPLETE"
    expected = {"first": "Update may read one", "last": "Update may not read one"}
    assert [note for note in scene.notes() if note.endswith("one")] == [expected[when]]


@EITHER
def test_rollback_restores_policies_beside_the_resource_that_failed(
    scene: Scene,
    when: Any,
) -> None:
    scene.deploy({"APolicy": scene.grant("one"), "Import": scene.custom("one")})
    scene.notes()
    scene.sandbox.revert_policies(when)
    failing = scene.custom("two", Fail="Update")
    with pytest.raises(WaiterError, match="ROLLBACK"):
        scene.deploy({"APolicy": scene.grant("two"), "Import": failing})
    assert scene.stacks.status(scene.name) == "UPDATE_ROLLBACK_COMPLETE"
    expected = {"first": "Update may read one", "last": "Update may not read one"}
    assert [note for note in scene.notes() if note.endswith("one")] == [expected[when]]
    assert "failed to update: [Import]" in scene.reasons()


@EITHER
def test_rollback_that_is_asked_for_later_restores_policies(
    scene: Scene,
    when: Any,
) -> None:
    scene.deploy({"APolicy": scene.grant("one"), "Import": scene.custom("one")})
    scene.sandbox.revert_policies(when)
    failing = scene.custom("two", Fail="Update")
    with pytest.raises(WaiterError, match="UPDATE_FAILED"):
        scene.deploy({"APolicy": scene.grant("two"), "Import": failing}, DisableRollback=True)
    scene.notes()
    scene.sandbox.client("cloudformation").rollback_stack(StackName=scene.name)
    scene.stacks.wait("stack_rollback_complete", scene.name)
    expected = {"first": "Update may read one", "last": "Update may not read one"}
    assert scene.notes() == [expected[when]]


@EITHER
def test_failed_creation_deletes_policies(
    scene: Scene,
    when: Any,
) -> None:
    scene.sandbox.revert_policies(when)
    doomed = {**scene.custom("other", Fail="Create"), "DependsOn": ["Policy", "Import"]}
    with pytest.raises(WaiterError, match="ROLLBACK"):
        scene.deploy({"Policy": scene.grant("one"), "Import": scene.custom("one"), "Doomed": doomed})
    expected = {"first": "Delete may not read one", "last": "Delete may read one"}
    assert [note for note in scene.notes() if note.startswith("Delete") and note.endswith("one")] == [
        expected[when]
    ]


@EITHER
@EITHER_NAME
def test_cleanup_deletes_policies_that_were_removed(
    scene: Scene,
    policy: str,
    when: Any,
) -> None:
    rest = {"Rest": scene.custom("other")}
    scene.deploy({policy: scene.grant("one"), "Import": scene.custom("one"), **rest})
    scene.sandbox.revert_policies(when)
    scene.notes()
    scene.deploy(rest)
    expected = {"first": "Delete may not read one", "last": "Delete may read one"}
    assert scene.notes() == [expected[when]]


@EITHER
@pytest.mark.parametrize("replaced", ["the policy", "the import"])
def test_cleanup_deletes_policies_beside_what_was_replaced(
    scene: Scene,
    replaced: str,
    when: Any,
) -> None:
    policy = scene.grant("one", "AWS::IAM::RolePolicy")
    scene.deploy({"Policy": policy, "Import": scene.custom("one"), "Rest": scene.custom("other")})
    scene.sandbox.revert_policies(when)
    scene.notes()
    if replaced == "the policy":
        present = {
            "Policy": scene.grant("two", "AWS::IAM::RolePolicy", "renamed"),
            "Rest": scene.custom("other"),
        }
    else:
        present = {"Import": scene.custom("other", Id="another"), "Rest": scene.custom("other")}
    scene.deploy(present)
    expected = {"first": "Delete may not read one", "last": "Delete may read one"}
    assert [note for note in scene.notes() if note.startswith("Delete")] == [expected[when]]


@EITHER
def test_deletion_of_a_stack_deletes_policies(
    scene: Scene,
    when: Any,
) -> None:
    scene.deploy({"Policy": scene.grant("one"), "Import": scene.custom("one")})
    scene.sandbox.revert_policies(when)
    scene.notes()
    scene.stacks.delete(scene.name)
    expected = {"first": "Delete may not read one", "last": "Delete may read one"}
    assert scene.notes() == [expected[when]]


@EITHER
@pytest.mark.parametrize("dependent", ["Import", "Policy"])
@pytest.mark.parametrize("deletion", ["cleanup", "stack"])
def test_deletion_honours_dependencies(
    scene: Scene,
    dependent: str,
    deletion: str,
    when: Any,
) -> None:
    resources = {"Policy": scene.grant("one"), "Import": scene.custom("one"), "Rest": scene.custom("other")}
    (needed,) = {"Import", "Policy"} - {dependent}
    resources[dependent]["DependsOn"] = needed
    scene.deploy(resources)
    scene.sandbox.revert_policies(when)
    scene.notes()
    if deletion == "cleanup":
        scene.deploy({"Rest": resources["Rest"]})
    else:
        scene.stacks.delete(scene.name)
    expected = {"Import": "Delete may read one", "Policy": "Delete may not read one"}
    assert [note for note in scene.notes() if note.endswith("one")] == [expected[dependent]]


@EITHER
def test_removed_resource_whose_deletion_fails_stays_in_its_stack(scene: Scene, when: Any) -> None:
    rest = {"Rest": scene.custom("other")}
    failing = scene.custom("one", Fail="Delete")
    scene.deploy({"Policy": scene.grant("one"), "Import": failing, **rest})
    scene.sandbox.revert_policies(when)
    scene.deploy(rest)
    found = scene.sandbox.client("cloudformation").describe_stack_resources(StackName=scene.name)[
        "StackResources"
    ]
    assert {resource["LogicalResourceId"]: resource["ResourceStatus"] for resource in found} == {
        "Rest": "UPDATE_COMPLETE",
        "Import": "DELETE_FAILED",
    }


@EITHER
def test_renamed_role_is_deleted_with_the_policies(
    scene: Scene,
    allow: Allow,
    function_role: str,
    when: Any,
) -> None:
    allow(function_role, "iam:GetRole", "*")
    former, present = f"{scene.name}-former", f"{scene.name}-present"
    custom = scene.custom("other", Role=former)
    scene.deploy({"Role": _role(former), "Import": custom})
    scene.sandbox.revert_policies(when)
    scene.notes()
    scene.deploy({"Role": _role(present)})
    expected = {"first": "Delete sees NoSuchEntity other", "last": "Delete sees the role other"}
    assert scene.notes() == [expected[when]]
    roles = {found["RoleName"] for found in scene.sandbox.client("iam").list_roles()["Roles"]}
    assert present in roles
    assert former not in roles


def _role(name: str) -> Resource:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {"RoleName": name, "AssumeRolePolicyDocument": {"Statement": []}},
    }
