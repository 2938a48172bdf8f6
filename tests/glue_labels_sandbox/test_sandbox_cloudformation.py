"""CloudFormation in the sandbox: ML transforms, and the protocol of custom resources."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError, WaiterError

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Stacks

    from glue_labels_sandbox import Sandbox

    Allow = Callable[[str, str, str], None]
    CreateFunction = Callable[..., str]

# Notes each request's type and physical id, then responds as the resource's properties say.
ANSWER = """
import boto3, json, urllib.error, urllib.request
def handler(event, context):
    properties = event["ResourceProperties"]
    noted = event["RequestType"] + " " + event.get("PhysicalResourceId", "-")
    boto3.client("s3").put_object(Bucket="{bucket}", Key="requests/" + event["RequestId"], Body=noted)
    failing = event["RequestType"] == properties.get("Fail")
    body = json.dumps(dict(
        Status="FAILED" if failing else "SUCCESS", Reason="as told", PhysicalResourceId=properties["Id"],
        StackId=event["StackId"], RequestId=event["RequestId"], LogicalResourceId=event["LogicalResourceId"],
        Data=dict(Long="x" * int(properties.get("Long", 0))),
    )).encode()
    codes = []
    for _ in range(int(properties.get("Puts", 1))):
        request = urllib.request.Request(event["ResponseURL"], body, method="PUT", headers={{
            "Content-Type": properties.get("ContentType", "")}})
        try:
            codes.append(urllib.request.urlopen(request).status)
        except urllib.error.HTTPError as error:
            codes.append(error.code)
    boto3.client("s3").put_object(Bucket="{bucket}", Key="codes", Body=json.dumps(codes))
    boto3.client("s3").put_object(Bucket="{bucket}", Key="url", Body=event["ResponseURL"])
"""

CRASH_ONCE = """
import boto3, os
def crash_once(event, context):
    s3 = boto3.client("s3")
    if not s3.list_objects_v2(Bucket="{bucket}", Prefix="crashed").get("Contents"):
        s3.put_object(Bucket="{bucket}", Key="crashed", Body=b"")
        os._exit(1)
    handler(event, context)
"""

HAND_ON = """
import boto3, json
def hand_on(event, context):
    if "HandedOn" in event:
        return "what-the-other-returned"
    payload = json.dumps(dict(event, HandedOn=True)).encode()
    answer = boto3.client("lambda").invoke(FunctionName=context.function_name, Payload=payload)
    event["ResourceProperties"]["Id"] = json.loads(answer["Payload"].read())
    handler(event, context)
"""


@pytest.fixture
def answering_function(allow: Allow, function_role: str, bucket: str, create_function: CreateFunction) -> str:
    allow(function_role, "s3:PutObject", f"arn:aws:s3:::{bucket}/*")
    return create_function(ANSWER.format(bucket=bucket))


def test_transform_is_created_updated_and_deleted_with_its_stack(
    sandbox: Sandbox, stacks: Stacks, unique: str
) -> None:
    glue = sandbox.client("glue")
    transform_id = stacks.deploy_one(unique, _transform(MaxCapacity="5", Timeout=30))
    created = glue.get_ml_transform(TransformId=transform_id)
    assert created["Name"].startswith(f"{unique}-Resource-")
    assert created["Role"] == "arn:aws:iam::111122223333:role/r"
    assert created["InputRecordTables"] == [{"DatabaseName": "crm", "TableName": "customers"}]
    assert created["Parameters"]["FindMatchesParameters"] == {"PrimaryKeyColumnName": "id"}
    assert (created["MaxCapacity"], created["Timeout"], created["GlueVersion"]) == (5.0, 30, "2.0")

    assert stacks.deploy_one(unique, _transform(Name="renamed")) == transform_id
    assert glue.get_ml_transform(TransformId=transform_id)["Name"] == "renamed"

    stacks.delete(unique)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_ml_transform(TransformId=transform_id)


def test_transform_of_another_table_is_another_transform(
    sandbox: Sandbox, stacks: Stacks, unique: str
) -> None:
    tables = {"GlueTables": [{"DatabaseName": "crm", "TableName": "others"}]}
    former = stacks.deploy_one(unique, _transform())
    present = stacks.deploy_one(unique, _transform(InputRecordTables=tables))
    assert present != former
    known = {found["TransformId"] for found in sandbox.client("glue").get_ml_transforms()["Transforms"]}
    assert present in known
    assert former not in known


def test_custom_resource_is_known_by_the_id_in_its_response(
    sandbox: Sandbox, stacks: Stacks, unique: str, answering_function: str, bucket: str
) -> None:
    assert stacks.deploy_one(unique, _custom(answering_function, Id="one")) == "one"
    assert stacks.deploy_one(unique, _custom(answering_function, Id="two")) == "two"
    assert _requests(sandbox, bucket) == ["Create -", "Delete one", "Update one"]


def test_failed_creation_is_deleted_by_the_id_in_its_response(
    sandbox: Sandbox, stacks: Stacks, unique: str, answering_function: str, bucket: str
) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK"):
        stacks.deploy_one(unique, _custom(answering_function, Id="one", Fail="Create"))
    assert _requests(sandbox, bucket) == ["Create -", "Delete one"]


def test_response_that_is_too_long_fails_the_resource(
    sandbox: Sandbox, stacks: Stacks, unique: str, answering_function: str
) -> None:
    with pytest.raises(WaiterError, match="ROLLBACK"):
        stacks.deploy_one(unique, _custom(answering_function, Id="one", Long="4096"))
    events = sandbox.client("cloudformation").describe_stack_events(StackName=unique)["StackEvents"]
    assert any("too long" in event.get("ResourceStatusReason", "") for event in events)


def test_uploads_of_a_response_fail_as_often_as_set(
    sandbox: Sandbox, stacks: Stacks, unique: str, answering_function: str, bucket: str
) -> None:
    sandbox.fail_responses(times=2)
    stacks.deploy_one(unique, _custom(answering_function, Id="one", Puts="3"))
    assert _object(sandbox, bucket, "codes") == "[503, 503, 200]"


def test_response_url_looks_presigned(
    sandbox: Sandbox, stacks: Stacks, unique: str, answering_function: str, bucket: str
) -> None:
    stacks.deploy_one(unique, _custom(answering_function, Id="one"))
    query = parse_qs(urlsplit(_object(sandbox, bucket, "url")).query)
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert re.fullmatch(r"[0-9]{8}T[0-9]{6}Z", query["X-Amz-Date"][0])
    assert "X-Amz-Signature" in query


def test_function_that_crashes_is_asked_again(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    allow: Allow,
    function_role: str,
    bucket: str,
    create_function: CreateFunction,
) -> None:
    allow(function_role, "s3:PutObject", f"arn:aws:s3:::{bucket}/*")
    allow(function_role, "s3:ListBucket", f"arn:aws:s3:::{bucket}")
    function = create_function(CRASH_ONCE.format(bucket=bucket) + ANSWER.format(bucket=bucket))
    sandbox.client("lambda").update_function_configuration(FunctionName=unique, Handler="index.crash_once")
    assert stacks.deploy_one(unique, _custom(function, Id="one")) == "one"
    assert _requests(sandbox, bucket) == ["Create -"]


def test_function_that_hands_its_request_on_has_the_others_result(
    sandbox: Sandbox,
    stacks: Stacks,
    unique: str,
    allow: Allow,
    function_role: str,
    bucket: str,
    create_function: CreateFunction,
) -> None:
    allow(function_role, "s3:PutObject", f"arn:aws:s3:::{bucket}/*")
    allow(function_role, "lambda:InvokeFunction", "*")
    function = create_function(HAND_ON + ANSWER.format(bucket=bucket))
    sandbox.client("lambda").update_function_configuration(FunctionName=unique, Handler="index.hand_on")
    assert stacks.deploy_one(unique, _custom(function, Id="one")) == "what-the-other-returned"


def test_upload_of_a_response_must_have_no_content_type(
    sandbox: Sandbox, stacks: Stacks, unique: str, answering_function: str, bucket: str
) -> None:
    properties = {"Id": "one", "ContentType": "application/json", "ServiceTimeout": "1"}
    with pytest.raises(WaiterError, match="ROLLBACK"):
        stacks.deploy_one(unique, _custom(answering_function, **properties))
    assert _object(sandbox, bucket, "codes") == "[403]"


def _transform(**properties: Any) -> dict[str, Any]:
    return {
        "Type": "AWS::Glue::MLTransform",
        "Properties": {
            "Role": "arn:aws:iam::111122223333:role/r",
            "GlueVersion": "2.0",
            "InputRecordTables": {"GlueTables": [{"DatabaseName": "crm", "TableName": "customers"}]},
            "TransformParameters": {
                "TransformType": "FIND_MATCHES",
                "FindMatchesParameters": {"PrimaryKeyColumnName": "id"},
            },
            **properties,
        },
    }


def _custom(service_token: str, **properties: str) -> dict[str, Any]:
    return {"Type": "Custom::Tested", "Properties": {"ServiceToken": service_token, **properties}}


def _requests(sandbox: Sandbox, bucket: str) -> list[str]:
    found = sandbox.client("s3").list_objects_v2(Bucket=bucket, Prefix="requests/")["Contents"]
    return sorted(_object(sandbox, bucket, entry["Key"]) for entry in found)


def _object(sandbox: Sandbox, bucket: str, key: str) -> str:
    # CloudFormation does not wait for what the function does after its response.
    waiter = sandbox.client("s3").get_waiter("object_exists")
    waiter.wait(Bucket=bucket, Key=key, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})
    return str(sandbox.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode())
