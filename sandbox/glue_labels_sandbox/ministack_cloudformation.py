"""Resource types in MiniStack's CloudFormation: those that the sandbox adds, and those that stay unknown.

It adds AWS::Glue::MLTransform, AWS::IAM::RolePolicy and the tags of buckets. MiniStack refuses a type that it
does not know in CloudFormation's words for a type that does not exist: "Unrecognized resource types". Such a
type may exist, so the sandbox says whose limit it is, and names the resources.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-glue-mltransform.html
and https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-rolepolicy.html
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from ministack.services import s3
from ministack.services.cloudformation import provisioners

from .ministack_glue import GlueActionError, call
from .ministack_registry import replace, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_HANDLERS: Final = "services.cloudformation.provisioners._RESOURCE_HANDLERS"

# Properties with the same name in the template and the API.
_SAME_NAME = ("Name", "Description", "Role", "GlueVersion", "WorkerType", "TransformEncryption")
_INTEGERS = ("NumberOfWorkers", "Timeout", "MaxRetries")

_MINISTACK_S: Final = "Unrecognized resource types"

_unknown: dict[str, str] = {}

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]


def install() -> None:
    """Add resource types to MiniStack's CloudFormation, and refuse unknown types in the sandbox's words."""
    transform = {"create": _create, "update": _update, "delete": _delete}
    replace(f"{_HANDLERS}.AWS::Glue::MLTransform", transform)
    policy = {"create": _create_role_policy, "update": _update_role_policy, "delete": _delete_role_policy}
    replace(f"{_HANDLERS}.AWS::IAM::RolePolicy", policy)
    # The CDK's functions read these tags before they delete a bucket's objects.
    wrap(f"{_HANDLERS}.AWS::S3::Bucket.create", _create_bucket)
    wrap(f"{_HANDLERS}.AWS::S3::Bucket.update", _update_bucket)
    for module in ("changesets", "handlers"):
        wrap(f"services.cloudformation.{module}.validate_template_support", _validate_or_refuse)


def unknown_resources() -> dict[str, str]:
    """Return the resources that were refused: each one's type, by its path in the app or its logical id."""
    return dict(_unknown)


def _create(logical_id: str, properties: Properties, stack_name: str) -> Created:
    parameters = _parameters(properties)
    # CloudFormation names what the template leaves unnamed.
    parameters.setdefault("Name", f"{stack_name}-{logical_id}-{secrets.token_hex(6)}"[:255])
    if tags := provisioners._tag_map(properties.get("Tags")):
        parameters["Tags"] = tags
    parameters["InputRecordTables"] = properties["InputRecordTables"]["GlueTables"]
    return call("CreateMLTransform", parameters)["TransformId"], {}


def _update(transform_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
    # The one property the page gives as "Update requires: Replacement" together with TransformEncryption.
    if any(old.get(name) != new.get(name) for name in ("InputRecordTables", "TransformEncryption")):
        created = _create("MLTransform", new, stack_name)
        # A stack's cleanup deletes the replaced transform. Without a cleanup, it is deleted here.
        if provisioners._DEFERRED_PREDECESSOR_DELETES.get() is None:
            _delete(transform_id, old)
        return created
    call("UpdateMLTransform", {"TransformId": transform_id, **_parameters(new)})
    return transform_id, {}


def _delete(transform_id: str, properties: Properties) -> None:  # noqa: ARG001 - MiniStack passes both
    try:
        call("DeleteMLTransform", {"TransformId": transform_id})
    except GlueActionError as error:
        if not str(error).startswith("EntityNotFoundException"):
            raise


def _parameters(properties: Properties) -> dict[str, Any]:
    parameters = {name: properties[name] for name in _SAME_NAME if name in properties}
    parameters.update({name: int(properties[name]) for name in _INTEGERS if name in properties})
    if "MaxCapacity" in properties:
        parameters["MaxCapacity"] = float(properties["MaxCapacity"])
    parameters["Parameters"] = properties["TransformParameters"]
    return parameters


def _create_role_policy(logical_id: str, properties: Properties, stack_name: str) -> Created:  # noqa: ARG001 - as above
    grant = _on_role(properties)
    provisioners._iam_policy_require_entities(grant)
    provisioners._iam_policy_require_valid_document(grant)
    provisioners._iam_policy_put(grant, properties["PolicyName"])
    # The type's primary identifier is made of these two properties.
    return f"{properties['PolicyName']}|{properties['RoleName']}", {}


def _update_role_policy(physical_id: str, old: Properties, new: Properties, stack_name: str) -> Created:
    created = _create_role_policy(physical_id, new, stack_name)
    # A changed name is a replacement. Without a stack's cleanup, the former policy is deleted here.
    if created[0] != physical_id and provisioners._DEFERRED_PREDECESSOR_DELETES.get() is None:
        _delete_role_policy(physical_id, old)
    return created


def _delete_role_policy(physical_id: str, properties: Properties) -> None:  # noqa: ARG001 - MiniStack passes both
    # It is no error if the role or policy is already deleted.
    provisioners._iam_policy_drop(_on_role(properties), properties["PolicyName"])


def _on_role(properties: Properties) -> Properties:
    """Return the properties as those of AWS::IAM::Policy, which MiniStack has."""
    return {"Roles": [properties["RoleName"]], "PolicyDocument": properties.get("PolicyDocument", {})}


def _create_bucket(
    create: Callable[..., Created], logical_id: str, properties: Properties, stack_name: str
) -> Created:
    created = create(logical_id, properties, stack_name)
    _tag(created[0], {}, properties)
    return created


def _update_bucket(
    update: Callable[..., Created], name: str, old: Properties, new: Properties, stack_name: str
) -> Created:
    updated = update(name, old, new, stack_name)
    _tag(updated[0], old, new)
    return updated


def _tag(bucket: str, old: Properties, new: Properties) -> None:
    former, present = (provisioners._tag_map(properties.get("Tags")) for properties in (old, new))
    # Tags from elsewhere stay.
    kept = {key: value for key, value in s3._bucket_tags.get(bucket, {}).items() if key not in former}
    s3._bucket_tags[bucket] = {**kept, **present}


def _validate_or_refuse(
    validate: Callable[..., None], template: dict[str, Any], conditions: dict[str, bool], **named: Any
) -> None:
    try:
        validate(template, conditions, **named)
    except ValueError as error:
        if _MINISTACK_S not in str(error):
            raise
        unknown = _of_unknown_types(template["Resources"], conditions)
        _unknown.update(unknown)
        raise ValueError(_refusal(unknown)) from error


def _of_unknown_types(resources: Mapping[str, Any], conditions: Mapping[str, bool]) -> dict[str, str]:
    return {
        str((resource.get("Metadata") or {}).get("aws:cdk:path") or logical_id): resource["Type"]
        for logical_id, resource in resources.items()
        if resource["Type"] not in provisioners._RESOURCE_HANDLERS
        and not resource["Type"].startswith("Custom::")
        and conditions.get(resource.get("Condition", ""), True)
    }


def _refusal(unknown: Mapping[str, str]) -> str:
    by_type: defaultdict[str, list[str]] = defaultdict(list)
    for path, resource_type in unknown.items():
        by_type[resource_type].append(path)
    named = "; ".join(f"{resource_type} ({', '.join(paths)})" for resource_type, paths in by_type.items())
    return f"The sandbox cannot rehearse this stack, because it does not know these resource types: {named}"
