"""The resource type AWS::Glue::MLTransform for MiniStack's CloudFormation.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-glue-mltransform.html
"""

from __future__ import annotations

import secrets
from typing import Any

from ministack.services.cloudformation import provisioners

from .ministack_glue import GlueActionError, call

RESOURCE_TYPE = "AWS::Glue::MLTransform"

# Named alike in the template and in the API.
_SAME_NAME = ("Name", "Description", "Role", "GlueVersion", "WorkerType", "TransformEncryption")
_INTEGERS = ("NumberOfWorkers", "Timeout", "MaxRetries")

Properties = dict[str, Any]
Created = tuple[str, dict[str, Any]]


def install() -> None:
    """Have MiniStack's CloudFormation provision the resource type."""
    provisioners._RESOURCE_HANDLERS[RESOURCE_TYPE] = {"create": _create, "update": _update, "delete": _delete}


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
        created = _create(RESOURCE_TYPE.rpartition(":")[2], new, stack_name)
        # A stack removes what was replaced when it cleans up; elsewhere nobody would.
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
