"""What a failed call to AWS, or a failed task run, means to who gave a command: one line with a remedy.

Codes, kinds and the texts of causes are the import function's tables (`glue_labels_handler.errors` and
`causes`). Their advice speaks of label files that Glue reads and of deployments; here are the words for a
command line, and for files that Glue writes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_labels_cli.terminal import CommandError
from glue_labels_handler.causes import Kind, cause_of
from glue_labels_handler.errors import AwsError, classify

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_CREDENTIALS = "Sign in (aws sso login, aws configure), or name another profile: --profile NAME."
_UNKNOWN_CREDENTIALS = (
    "AWS does not accept the credentials. Check them: aws sts get-caller-identity. Name another profile by "
    "--profile NAME."
)
_NETWORK = "Check --region and the network."
_AGAIN = "Wait a few minutes and try again."

_REMEDIES = {
    "NoCredentialsError": _CREDENTIALS,
    "PartialCredentialsError": _CREDENTIALS,
    "CredentialRetrievalError": _CREDENTIALS,
    "SSOTokenLoadError": _CREDENTIALS,
    "UnauthorizedSSOTokenError": _CREDENTIALS,
    "TokenRetrievalError": _CREDENTIALS,
    "ExpiredTokenException": _CREDENTIALS,
    "ExpiredToken": _CREDENTIALS,
    "RequestExpired": _CREDENTIALS,
    "UnrecognizedClientException": _UNKNOWN_CREDENTIALS,
    "InvalidClientTokenId": _UNKNOWN_CREDENTIALS,
    "InvalidAccessKeyId": _UNKNOWN_CREDENTIALS,
    "SignatureDoesNotMatch": _UNKNOWN_CREDENTIALS,
    "InvalidSignatureException": _UNKNOWN_CREDENTIALS,
    "NoRegionError": "Give --region, or set AWS_REGION.",
    "InvalidRegionError": "Give another --region.",
    "ProfileNotFound": "The profiles of this machine: aws configure list-profiles.",
    "EndpointConnectionError": _NETWORK,
    "ConnectTimeoutError": _NETWORK,
    "ConcurrentRunsExceededException": "The transform has as many task runs as its quota allows (3 unless "
    "raised); `glue-labels status` lists them. Wait until one ends, or ask for a higher quota in Service "
    "Quotas.",
    "MLTransformNotReadyException": "A transform is ready when it has learned from labels: import matches "
    "and non-matches first. `glue-labels status` shows its status.",
    "InvalidInputException": "Check that the transform is a FindMatches transform that is not being deleted, "
    "and that its table and role exist.",
    "NoSuchBucket": "Check the bucket's name in --output.",
}
"""By the code of the error, or its name where the service never responded."""

_WRITE = (
    "Let {role} write there: grant it s3:PutObject on {arn}, in its own policy and, if the bucket is of "
    "another account, in the bucket's. If the bucket has a KMS key, grant kms:GenerateDataKey and "
    "kms:Decrypt on the key. The role also has to read the data of the transform's table "
    "(s3:GetObject, s3:ListBucket)."
)

_OF_A_CAUSE = {
    "key-denied": "Grant {role} kms:GenerateDataKey and kms:Decrypt on the KMS key of the bucket {bucket}, "
    "in the role's policy and, if the key is of another account, in the key's. The key of the table's data "
    "needs kms:Decrypt.",
    "key-disabled": "Enable the KMS key of the bucket {bucket}, or give an --output in another bucket.",
    "key-missing": "The KMS key of the bucket {bucket} does not exist in this region. Give an --output in "
    "another bucket.",
    "other-region": "Give an --output in a bucket of the transform's region; Glue writes to no other.",
    "file-denied": _WRITE,
    "file-inaccessible": _WRITE,
    "path-invalid": "Give another --output, s3://bucket/folder.",
    "no-capacity": "AWS Glue has no capacity for the run now. Try again later, give the transform fewer "
    "workers, or ask for a higher quota of DPUs in Service Quotas.",
    "column-missing": "Check that the transform's table still has the columns with which the transform was "
    "created.",
    "transform-incomplete": "Give the transform one table (InputRecordTables: DatabaseName and TableName) "
    "and its TransformParameters (FindMatchesParameters with PrimaryKeyColumnName).",
    "file-missing": "Check that the bucket {bucket} exists, and that the transform's table names a location "
    "in S3 that has its data.",
}
"""The advice of `causes` on a file that Glue reads, as advice on a folder that it writes to."""

_ACTIONS = {"ListObjectsV2": "s3:ListBucket", "HeadBucket": "s3:ListBucket", "GetObject": "s3:GetObject"}


class CallError(CommandError):
    """A call to AWS failed; the text is one line that says what to do.

    Attributes:
        call: the API's name of the action, such as GetMLTransform.
        fault: what the error means.
    """

    def __init__(self, call: str, fault: AwsError, resource: str = "", output: str = "") -> None:
        """Explain a fault of `call`, see `remedy`."""
        words = f"{call} failed: {fault} {remedy(call, fault, resource, output)}"
        super().__init__(words.rstrip())
        self.call = call
        self.fault = fault


def call(
    name: str, method: Callable[..., Mapping[str, Any]], resource: str = "", /, **parameters: Any
) -> Mapping[str, Any]:
    """Make a call.

    Args:
        name: the API's name of the action.
        method: the boto3 client's method.
        resource: the ARN that a grant of the action would name.
        parameters: of the method.

    Raises:
        CallError: it failed.
    """
    try:
        return method(**parameters)
    except (ClientError, BotoCoreError) as error:
        output = str(parameters.get("OutputS3Path", ""))
        raise CallError(name, classify(error, output), resource, output) from error


def remedy(call: str, fault: AwsError, resource: str = "", output: str = "") -> str:
    """Return what to do about a failed call, in sentences; "" if there is nothing to say.

    Args:
        call: the API's name of the action.
        fault: what the error means.
        resource: the ARN that a grant of the action would name.
        output: the folder in S3 that the call names.
    """
    if fault.kind is Kind.DENIED and fault.code not in _REMEDIES:
        action = _ACTIONS.get(call, f"glue:{call}")
        where = f" on {resource}" if resource else ""
        return f"Allow {action}{where} to your identity (aws sts get-caller-identity shows whose it is)."
    if fault.code.startswith("AccessDenied"):
        return "A policy denies this to your identity, and a grant does not help: change that policy."
    if fault.code == "InvalidInputException" and (cause := cause_of(fault.message)):
        return _filled_in(cause.name, cause.advice, output, "")
    if fault.code in _REMEDIES:
        return _REMEDIES[fault.code]
    return _AGAIN if fault.kind is Kind.TRANSIENT else ""


def remedy_of_run(error_string: str, output: str, role: str) -> str:
    """Return what to do about a run that ended FAILED.

    Args:
        error_string: Glue's reason.
        output: the folder in S3 that the run was to write to, "" if it writes nothing.
        role: the transform's role, its name or ARN.
    """
    cause = cause_of(error_string, output)
    if cause is None:
        return "See the log of the run." if error_string else "Glue gave no reason: see the log of the run."
    return _filled_in(cause.name, cause.advice, output, role)


def _filled_in(name: str, advice: str, output: str, role: str) -> str:
    place = output.removeprefix("s3://").rstrip("/")
    partition = role.split(":")[1] if role.startswith("arn:") else "aws"
    names = {
        "role": f"the transform's role {role}" if role else "the transform's role",
        "path": output or "the path",
        "arn": f"arn:{partition}:s3:::{place}/*" if place else "the folder of --output",
        "bucket": place.partition("/")[0] or "of --output",
    }
    text = _OF_A_CAUSE.get(name, advice)

    def value(found: re.Match[str]) -> str:
        # What the shared advice says of a label file to read has no place here, and is left out.
        return f"{found[1]}{names[found[2]]}" if found[2] in names else ""

    return re.sub(r"( ?)\{(\w+)\}", value, text).strip()
