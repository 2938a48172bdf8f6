"""What Glue's error texts mean, and what to do: one table, in which the first match counts.

Glue reports a problem with the label file or the transform's role in two places: it refuses the start
(InvalidInputException), or the run ends FAILED with an ErrorString. Both quote the services behind Glue (S3,
KMS, IAM, Lake Formation), so both are looked up here. Pure.

Sources: Glue developer guide, "AWS Glue machine learning exceptions" and "Troubleshooting Spark errors"; IAM
user guide, "Troubleshoot access denied error messages"; KMS API reference, Decrypt; S3 API reference, "Error
responses". The other texts are those that users of Glue, S3 and KMS report in public issues.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from glue_labels_handler.evaluation_request import EvaluationRequest

if TYPE_CHECKING:
    from glue_labels_handler.evaluation_request import TaskRequest


class Kind(Enum):
    """Whether a retry can help after an error."""

    TRANSIENT = "transient"
    """The service or the network fails; the same call may succeed a moment later."""
    BUSY = "busy"
    """A limit is reached; other runs that end make room."""
    NOT_READY = "not ready"
    """The transform is being created or changed; that takes less than a minute."""
    DENIED = "denied"
    """Not permitted. For a new role or policy, this ends within minutes (IAM is eventually consistent)."""
    GONE = "gone"
    """The call names something that does not exist."""
    FINAL = "final"
    """Each retry gives the same error."""


@dataclass(frozen=True)
class Cause:
    """A cause that an error text can name.

    Attributes:
        name: in kebab case.
        kind: whether a retry can help.
        text: regular expression for the error's text; case is ignored.
        advice: what the user can do, in sentences; `fill_in` replaces the words in braces.
    """

    name: str
    kind: Kind
    text: str
    advice: str


_STATUS = r"(?:status(?: code)?|http(?:/[\d.]+)?|error(?: code)?)[\s:=]*{0}\b|error occurred \({0}\)"
"""An HTTP status, as S3's clients write it. A text may have other numbers, as of rows and sets."""

_ROLE = re.compile(r"arn:\S+:(?:assumed-)?role/\S+")

CAUSES: tuple[Cause, ...] = (
    # Policies that no grant overrides come first: their texts also say "not authorized".
    Cause(
        "endpoint-policy",
        Kind.FINAL,
        r"vpc endpoint polic",
        "The policy of a VPC endpoint blocks the action named above, and a grant does not help. In the "
        "policy of the endpoint that Glue uses, allow the action for {role} {grant}.",
    ),
    Cause(
        "organization-policy",
        Kind.FINAL,
        r"(service|resource) control polic",
        "A policy of your organization blocks the action named above, and a grant does not help. Ask your "
        "organization's administrators to allow it for {role} {grant}.",
    ),
    Cause(
        "explicit-deny",
        Kind.FINAL,
        r"explicit deny",
        "A Deny statement blocks the action named above, and a grant does not help. Find it in the "
        "policies of {role}, of the bucket {bucket} or of its KMS key, and add an exception for the role.",
    ),
    Cause(
        "permissions-boundary",
        Kind.DENIED,
        r"permissions boundar",
        "The permissions boundary of {role} blocks the action named above. Allow the action in the "
        "boundary {grant}.",
    ),
    Cause(
        "lake-formation",
        Kind.DENIED,
        r"lake ?formation",
        "Grant {role} DESCRIBE and SELECT on the transform's table, and DESCRIBE on its database, in AWS "
        "Lake Formation.",
    ),
    Cause(
        "key-disabled",
        Kind.FINAL,
        r"kms\.?disabled|kmsinvalidstate|key\S* is disabled|pending ?deletion",
        "Enable the KMS key that encrypts {path} (cancel its deletion if that is scheduled), or upload the "
        "file encrypted with another key.",
    ),
    Cause(
        "key-missing",
        Kind.FINAL,
        r"kms\.?notfound|:kms:\S+ does not exist|invalid keyid|alias\S+ is not found",
        "The KMS key that encrypts {path} does not exist in this account and region. Upload the file "
        "encrypted with a key that exists.",
    ),
    Cause(
        "key-denied",
        Kind.DENIED,
        r"kms:|kms\.?accessdenied|ciphertext refers to",
        "Grant {role} kms:Decrypt on the KMS key that encrypts {path}: in the role's policy, and also in "
        "the key's policy if the key is in another account or its policy does not delegate to IAM.",
    ),
    Cause(
        "other-region",
        Kind.FINAL,
        r"not in the same region|permanentredirect|must be addressed using the specified endpoint"
        r"|bucket is in this region|authorizationheadermalformed|illegallocationconstraint|"
        + _STATUS.format(301),
        "Put {file} into a bucket in the region of the transform; Glue reads no other.",
    ),
    Cause(
        "role-unusable",
        Kind.DENIED,
        r"cannot use iam role|(un|not )able to assume|cannot be assumed|sts:assumerole|trust ?polic"
        r"|trust relation|to assume role|assume role permission",
        "Check that {role} exists and lets the service glue.amazonaws.com assume it (sts:AssumeRole in its "
        "trust policy).",
    ),
    Cause(
        "file-denied",
        Kind.DENIED,
        r"access.?denied|forbidden|not authorized|" + _STATUS.format(403),
        "Check that {path} exists (S3 also reports a missing object as denied). Check that {role} may read "
        "it: grant s3:GetObject on {arn}{granted}. If the bucket has a KMS key, grant the role kms:Decrypt.",
    ),
    Cause(
        "file-empty",
        Kind.FINAL,
        r"label file of size 0|label file is empty",
        "The object {path} is empty. Upload the label file again. If the path is meant to be a folder, "
        "give the path of the file in it.",
    ),
    Cause(
        "file-too-large",
        Kind.FINAL,
        r"label file has exceeded|exceeded the limit of \S+ ?mb",
        "The label file is over Glue's quota (10 MB unless raised). Ask for a higher quota of the label file "
        "size in Service Quotas. Or split the file, and give each part its own LabelsImport. Then set "
        "replace_all_labels on the first only. Order the others after it with node.add_dependency, and set "
        "version=first.task_run_id on them, so that they are imported again with it.",
    ),
    Cause(
        "path-invalid",
        Kind.FINAL,
        r"invalid label file path",
        "Give the path of the label file itself, s3://bucket/key; this one is {path}.",
    ),
    Cause(
        "no-free-address",
        Kind.FINAL,
        r"free (ip )?address|ip addresses on subnet",
        "The subnet of the transform's connection has no free IP address. Use a larger subnet, or wait "
        "until other jobs have released theirs (up to an hour after they end).",
    ),
    Cause(
        "no-capacity",
        Kind.BUSY,
        r"insufficient.?capacity|resource.?unavailable|capacity exceeded|concurrent (compute|dpu)|max\S* dpu",
        "AWS Glue has no capacity for the run now. Deploy again later, give the transform fewer workers, or "
        "ask for a higher quota of DPUs in Service Quotas.",
    ),
    Cause(
        "column-missing",
        Kind.FINAL,
        r"\bcolumns?\b.*(missing|extra|not found|cannot be found|does not exist|not match|invalid data type)"
        r"|cannot resolve\b.*\bgiven input|schema (does not|should|is not)",
        "{columns}Check that the table still has the columns with which the transform was created.",
    ),
    Cause(
        "transform-incomplete",
        Kind.FINAL,
        r"exactly one input record table|should specify (database|table) name|parameters have not been set"
        r"|primary key must be specified",
        "Give transform {transform} one table (InputRecordTables: DatabaseName and TableName) and its "
        "TransformParameters (FindMatchesParameters with PrimaryKeyColumnName). Then deploy again.",
    ),
    Cause(
        "table-missing",
        Kind.FINAL,
        r"\b(table|database)\b.*(not found|does not exist)|entity ?not ?found|data catalog schema",
        "Check that the transform's table and database are in the Data Catalog of this account and region, "
        "under the names that the transform was created with.",
    ),
    Cause(
        "file-missing",
        Kind.FINAL,
        r"no.?such.?(key|bucket)|not found|does not exist|" + _STATUS.format(404),
        "{find}",
    ),
    # Here Glue names no cause.
    Cause(
        "file-inaccessible",
        Kind.DENIED,
        r"cannot access the label file",
        "Check that {path} exists. Check that {role} may read it: grant s3:GetObject on {arn}. If the bucket "
        "has a KMS key, grant the role kms:Decrypt.",
    ),
)
"""From the most to the least specific."""


def cause_of(text: str, input_s3_path: str = "") -> Cause | None:
    """Return the first cause that matches a text of Glue's; None if there is none.

    Args:
        text: an error's message, or a run's `ErrorString`.
        input_s3_path: the label file's path. Words of the path, and of roles, are not taken for a cause.
    """
    if input_s3_path:
        text = text.replace(input_s3_path, "")
    text = _ROLE.sub("", text)
    return next((cause for cause in CAUSES if re.search(cause.text, text, re.IGNORECASE | re.DOTALL)), None)


def fill_in(advice: str, request: TaskRequest) -> str:
    """Return an advice with the names of the request's role, transform, and label file or table."""
    role = request.transform_role
    if isinstance(request, EvaluationRequest):
        names = _TABLE_NAMES
    else:
        names = _file_names(request.input_s3_path, role)
    shown = f"the transform's role {role}" if role else "the transform's role"
    return advice.format(role=shown, transform=request.transform_id, **names)


def _file_names(path: str, role: str | None) -> dict[str, str]:
    partition = role.split(":")[1] if role and role.startswith("arn:") else "aws"
    name = path.removeprefix("s3://")
    arn = f"arn:{partition}:s3:::{name}"
    return {
        "file": "the label file",
        "path": path,
        "arn": arn,
        "bucket": name.partition("/")[0],
        "grant": f"(for the label file: s3:GetObject on {arn})",
        "granted": " (LabelsImport does if it has transform_role)",
        "columns": "Give the label file exactly the columns of the transform's table, after labeling_set_id "
        "and label. ",
        "find": f"Check bucket and key: aws s3 ls {path}",
        "ready": "Deploy again when no change of it is in progress.",
    }


_TABLE_NAMES = {
    "file": "the data of the transform's table",
    "path": "the data of the transform's table",
    "arn": "its objects",
    "bucket": "with the table's data",
    "grant": "(for the table's data: s3:GetObject on its objects, s3:ListBucket on its bucket)",
    "granted": "",
    "columns": "",
    "find": "Check that the transform's table names a location in S3 that has its data.",
    "ready": "A transform needs labels before Glue can evaluate it (the console shows: Needs training). "
    "Import a label file with matches and non-matches first, and name that LabelsImport in after.",
}
