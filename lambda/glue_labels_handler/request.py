"""The custom resource's properties, as the construct writes them and the function reads them.

The construct renders them with `LabelsRequest.to_properties`, and the function parses them with
`LabelsRequest.from_properties`. Their names are those of the Glue API where it has them.

Source: https://docs.aws.amazon.com/glue/latest/webapi/API_StartImportLabelsTaskRun.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

RESOURCE_TYPE, EVALUATION_TYPE = "Custom::GlueLabelsImport", "Custom::GlueTransformEvaluation"
"""Resource types in the template."""

TASK_RUN_ID, STARTED_ON, COMPLETED_ON = "TaskRunId", "StartedOn", "CompletedOn"
EXECUTION_TIME, LOG_GROUP_NAME = "ExecutionTime", "LogGroupName"
"""Attributes for Fn::GetAtt, by the names of the Glue API. An evaluation has `TASK_RUN_ID` of these."""

SUMMARY_PROPERTY = "Summary"
"""Property that shows in a diff what the labels are; the function ignores it."""

TRANSFORM_ROLE_PROPERTY = "TransformRole"
"""Property with the ARN or name of the transform's role, for advice in errors. A change imports nothing."""

STACK_EVENTS_ACTION = "cloudformation:DescribeStackEvents"
"""The only action on CloudFormation that the function needs, on its own stack."""

TRANSFORM_ID_MAX_LENGTH = 255
"""Characters in a TransformId (API page, "Length Constraints")."""

S3_KEY_MAX_BYTES = 1024
"""UTF-8 bytes in an S3 object key (S3 user guide, "Naming Amazon S3 objects")."""

# S3 user guide, "General purpose bucket naming rules": 3-63 of a-z, 0-9, dot and hyphen, ends alphanumeric.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")

CLOUDFORMATION_MAX_SECONDS = 3600
"""The longest CloudFormation waits for a custom resource (property ServiceTimeout)."""

RESPONSE_SECONDS = 300
"""The part of CloudFormation's hour after a run's deadline: to cancel the run, see it end, and respond."""

VERSION_MAX_LENGTH = 256
"""Characters in a `Version`. An Update has two, and must fit into a rule's target (8,192 characters)."""

TIMEOUT_MAX_SECONDS = CLOUDFORMATION_MAX_SECONDS - RESPONSE_SECONDS
"""The longest `TimeoutSeconds`: 3,300 s, 55 minutes."""


def rule_name_prefix(stack_uuid: str) -> str:
    """Return the prefix of the names of a stack's EventBridge rules, to which its permissions are limited.

    Args:
        stack_uuid: the last part of the stack's id, which no other stack has; may be a token.
    """
    return f"glue-labels-{stack_uuid}-"


def shortened(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request without the properties that the function does not need, so that it is shorter."""
    unneeded = {
        "ResourceProperties": ("ServiceToken", SUMMARY_PROPERTY),
        "OldResourceProperties": ("ServiceToken", SUMMARY_PROPERTY, TRANSFORM_ROLE_PROPERTY),
    }
    return {
        key: {k: v for k, v in value.items() if k not in unneeded[key]} if key in unneeded else value
        for key, value in event.items()
    }


class InvalidPropertyError(ValueError):
    """A property of the custom resource is missing or invalid; the text names the property and its rule."""


@dataclass(frozen=True)
class LabelsRequest:
    """A label version to import into a transform.

    Attributes:
        transform_id: `TransformId`, 1-255 characters.
        input_s3_path: `InputS3Path`, ``s3://bucket/key`` of the labeling file.
        replace_all_labels: `ReplaceAllLabels`; the API's default is false.
        timeout_seconds: `TimeoutSeconds`, how long the run may take, 1-3,300 s.
        version: `Version`, opaque, at most 256 characters; another one imports the same path again.
        transform_role: `TransformRole`, the ARN or name of the role with which Glue reads the file, for the
            advice in errors; None if the app does not know it.
    """

    transform_id: str
    input_s3_path: str
    replace_all_labels: bool = False
    timeout_seconds: int = TIMEOUT_MAX_SECONDS
    version: str | None = None
    transform_role: str | None = None
    task_type: ClassVar[Literal["IMPORT_LABELS"]] = "IMPORT_LABELS"

    def to_properties(self) -> dict[str, Any]:
        """Return the properties for the template. The function gets their scalars as strings."""
        properties = {
            "TransformId": self.transform_id,
            "InputS3Path": self.input_s3_path,
            # As text, because `cdk diff` shows no values of a boolean.
            "ReplaceAllLabels": str(self.replace_all_labels).lower(),
            "TimeoutSeconds": self.timeout_seconds,
            "Version": self.version,
            TRANSFORM_ROLE_PROPERTY: self.transform_role,
        }
        return {name: value for name, value in properties.items() if value is not None}

    @classmethod
    def from_properties(cls, properties: Mapping[str, Any]) -> LabelsRequest:
        """Parse `ResourceProperties` of an event; other properties are ignored.

        Raises:
            InvalidPropertyError: a property is missing or invalid; the text names it.
        """
        return cls(
            transform_id=check_transform_id(text_property(properties, "TransformId")),
            input_s3_path=check_s3_path(text_property(properties, "InputS3Path")),
            replace_all_labels=_flag(properties, "ReplaceAllLabels"),
            timeout_seconds=timeout_property(properties),
            version=version_property(properties),
            transform_role=transform_role_property(properties),
        )

    def asks_the_same(self, other: object) -> bool:
        """Return whether both ask for the same import; its timeout and the role's name do not matter."""
        return (
            isinstance(other, LabelsRequest) and self.shares_run_with(other) and self.version == other.version
        )

    def shares_run_with(self, other: object) -> bool:
        """Return whether one run serves both: a run has no `version`."""
        return isinstance(other, LabelsRequest) and (
            self.transform_id,
            self.input_s3_path,
            self.replace_all_labels,
        ) == (other.transform_id, other.input_s3_path, other.replace_all_labels)


def check_transform_id(value: str) -> str:
    """Return a TransformId; raise `InvalidPropertyError` unless it has 1-255 of the API's characters."""
    if not 1 <= len(value) <= TRANSFORM_ID_MAX_LENGTH:
        raise InvalidPropertyError(
            f"TransformId must have 1 to {TRANSFORM_ID_MAX_LENGTH} characters, this one has {len(value)}: "
            f"{shown(value)}. Give the id that Glue shows for the transform (tfm-...)."
        )
    if not all(map(_is_allowed_in_an_id, value)):
        raise InvalidPropertyError(
            f"TransformId must not contain control characters: {shown(value)}. "
            "Give the id that Glue shows for the transform (tfm-...)."
        )
    return value


def _is_allowed_in_an_id(character: str) -> bool:
    # The API's pattern, [\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*. Compiling it as a regular
    # expression would take 8 ms of each cold start.
    return (
        character == "\t"
        or " " <= character <= "\ud7ff"
        or "\ue000" <= character <= "\ufffd"
        or character >= "\U00010000"
    )


def check_s3_path(value: str) -> str:
    """Return an ``s3://bucket/key``; raise `InvalidPropertyError` unless S3 allows bucket and key."""
    scheme, _, rest = value.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket or not key:
        raise InvalidPropertyError(
            f"InputS3Path must be of the form s3://bucket/key: {shown(value)}. "
            "Give the path of the label file itself."
        )
    check_bucket_name(bucket)
    check_object_key(key)
    return value


def check_bucket_name(value: str) -> str:
    """Return a bucket's name; raise `InvalidPropertyError` unless S3 allows it."""
    if not _BUCKET.fullmatch(value) or ".." in value:
        raise InvalidPropertyError(
            "InputS3Path: a bucket name has 3 to 63 characters of a-z, 0-9, '.' and '-', begins and ends "
            f"with a letter or digit and has no two dots in a row: {shown(value)}."
        )
    return value


def check_object_key(value: str) -> str:
    """Return an object's key; raise `InvalidPropertyError` if it is empty, too long, or ends in "/"."""
    if not value or value.endswith("/"):
        raise InvalidPropertyError(
            f"InputS3Path must name one object, not a bucket or folder: {shown(value)}. "
            "Give the key of the label file itself."
        )
    size = len(value.encode(errors="surrogatepass"))
    if size > S3_KEY_MAX_BYTES:
        raise InvalidPropertyError(
            f"InputS3Path: an object key has at most {S3_KEY_MAX_BYTES} bytes in UTF-8, this one {size}: "
            f"{shown(value)}."
        )
    return value


def check_version(value: str) -> str:
    """Return a version; raise `InvalidPropertyError` if it has over 256 characters."""
    if len(value) > VERSION_MAX_LENGTH:
        raise InvalidPropertyError(
            f"Version must have at most {VERSION_MAX_LENGTH} characters, this one has {len(value)}: "
            f"{shown(value)}. Give a hash of it instead."
        )
    return value


def check_timeout_seconds(value: int) -> int:
    """Return the seconds that a run may take; raise `InvalidPropertyError` unless they are 1-3,300."""
    if not 1 <= value <= TIMEOUT_MAX_SECONDS:
        raise InvalidPropertyError(
            f"TimeoutSeconds must be 1 to {TIMEOUT_MAX_SECONDS} (CloudFormation waits "
            f"{CLOUDFORMATION_MAX_SECONDS} seconds, {RESPONSE_SECONDS} of them are kept to end the run and "
            f"respond): {value}."
        )
    return value


def text_property(properties: Mapping[str, Any], name: str) -> str:
    """Return a property; raise `InvalidPropertyError` if it is missing, or not a string."""
    value = properties.get(name)
    if value is None:
        raise InvalidPropertyError(f"{name} is missing from the properties of the custom resource.")
    if not isinstance(value, str):
        raise InvalidPropertyError(f"{name} must be a string, not a {type(value).__name__}: {shown(value)}.")
    return value


def version_property(properties: Mapping[str, Any]) -> str | None:
    """Return `Version`, None if it is missing; raise `InvalidPropertyError` if it is invalid."""
    return check_version(text_property(properties, "Version")) if "Version" in properties else None


def transform_role_property(properties: Mapping[str, Any]) -> str | None:
    """Return `TransformRole`; None if it is missing or empty. It only serves advice, so it is not checked."""
    return str(properties.get(TRANSFORM_ROLE_PROPERTY) or "") or None


def _flag(properties: Mapping[str, Any], name: str) -> bool:
    value = properties.get(name, False)
    written = str(value).lower()
    if written not in ("true", "false"):
        raise InvalidPropertyError(f"{name} must be true or false: {shown(value)}.")
    return written == "true"


def timeout_property(properties: Mapping[str, Any]) -> int:
    """Return `TimeoutSeconds`, 3,300 if it is missing; raise `InvalidPropertyError` if it is invalid."""
    name = "TimeoutSeconds"
    value = properties.get(name, TIMEOUT_MAX_SECONDS)
    if not re.fullmatch(r"-?[0-9]{1,9}", str(value)):
        raise InvalidPropertyError(f"{name} must be a whole number: {shown(value)}.")
    return check_timeout_seconds(int(value))


def shown(value: object) -> str:
    """Return a value for an error, shortened to 120 characters."""
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
