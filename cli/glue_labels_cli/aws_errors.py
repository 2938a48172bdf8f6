"""Errors of AWS calls and of task runs, as one line that says what to do.

The tables of error codes and causes are those of the import function (`glue_labels_handler.errors` and
`causes`). Their advice is about deployments and about label files that Glue reads. The advice here is for
a user of the command line, and about files that Glue writes.
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

_CREDENTIALS = "Sign in (aws sso login, aws configure), or choose another profile with --profile NAME."
_UNKNOWN_CREDENTIALS = (
    "AWS does not accept the credentials. Check them with aws sts get-caller-identity, or choose another "
    "profile with --profile NAME."
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
    "ProfileNotFound": "List the profiles of this machine: aws configure list-profiles.",
    "EndpointConnectionError": _NETWORK,
    "ConnectTimeoutError": _NETWORK,
    "ConcurrentRunsExceededException": "The transform has as many task runs as its quota allows (3 unless "
    "raised). `glue-labels status` lists them. Wait until one ends, or ask for a higher quota in Service "
    "Quotas.",
    "MLTransformNotReadyException": "A transform is ready once it has learned from labels. Import "
    "matches and non-matches first. `glue-labels status` shows the transform's status.",
    "InvalidInputException": "Check that the transform is a FindMatches transform that is not being deleted, "
    "and that its table and role exist.",
    "NoSuchBucket": "Check the bucket's name in --output.",
}
"""By the code of the error, or by the exception's name if the service did not respond."""

_WRITE = (
    "Grant {role} s3:PutObject on {arn}, in the role's policy and, if the bucket is in another account, also "
    "in the bucket's policy. If the bucket has a KMS key, grant kms:GenerateDataKey and kms:Decrypt on the "
    "key. The role must also be able to read the data of the transform's table (s3:GetObject, s3:ListBucket)."
)

_ADVICE_BY_CAUSE = {
    "key-denied": "Grant {role} kms:GenerateDataKey and kms:Decrypt on the KMS key of the bucket {bucket}, "
    "in the role's policy and, if the key is in another account, also in the key's policy. On the KMS key of "
    "the table's data, grant kms:Decrypt.",
    "key-disabled": "Enable the KMS key of the bucket {bucket}, or give an --output in another bucket.",
    "key-missing": "The KMS key of the bucket {bucket} does not exist in this region. Give an --output in "
    "another bucket.",
    "other-region": "Give an --output in a bucket of the transform's region. Glue writes to no other region.",
    "file-denied": _WRITE,
    "file-inaccessible": _WRITE,
    "path-invalid": "Give another --output, s3://bucket/folder.",
    "no-capacity": "AWS Glue has no capacity for the run now. Try again later, give the transform fewer "
    "workers, or ask for a higher quota of DPUs in Service Quotas.",
    "column-missing": "Check that the transform's table still has the columns that it had when the transform "
    "was created.",
    "transform-incomplete": "Give the transform one table (InputRecordTables: DatabaseName and TableName) "
    "and its TransformParameters (FindMatchesParameters with PrimaryKeyColumnName).",
    "file-missing": "Check that the bucket {bucket} exists, and that the transform's table names a location "
    "in S3 that has its data.",
}
"""By the name of a cause: replaces the advice of `causes`, which is about a file that Glue reads."""

_ACTIONS = {"ListObjectsV2": "s3:ListBucket", "HeadBucket": "s3:ListBucket", "GetObject": "s3:GetObject"}


class CallError(CommandError):
    """A call to AWS failed.

    Attributes:
        aws_error: the error of the call.
    """

    def __init__(self, call: str, aws_error: AwsError, resource: str = "", output: str = "") -> None:
        """Explain the error, see `remedy`."""
        text = f"{call} failed: {aws_error} {remedy(call, aws_error, resource, output)}"
        super().__init__(text.rstrip())
        self.aws_error = aws_error


def call(
    name: str, method: Callable[..., Mapping[str, Any]], resource: str = "", /, **parameters: Any
) -> Mapping[str, Any]:
    """Call an action of AWS.

    Args:
        name: the API's name of the action.
        method: the boto3 client's method.
        resource: the ARN to name in the advice for a missing permission; "" for none.
        parameters: parameters of the method.

    Raises:
        CallError: the call failed.
    """
    try:
        return method(**parameters)
    except (ClientError, BotoCoreError) as error:
        output = str(parameters.get("OutputS3Path", ""))
        raise CallError(name, classify(error, output), resource, output) from error


def remedy(call: str, aws_error: AwsError, resource: str = "", output: str = "") -> str:
    """Return what to do about a failed call, in sentences; "" if nothing is known.

    Args:
        call: the API's name of the action.
        aws_error: the error of the call.
        resource: the ARN to name in the advice for a missing permission; "" for none.
        output: the folder in S3 that the call names; "" for none.
    """
    if aws_error.kind is Kind.DENIED and aws_error.code not in _REMEDIES:
        action = _ACTIONS.get(call, f"glue:{call}")
        where = f" on {resource}" if resource else ""
        return f"Grant {action}{where} to your identity. To see your identity: aws sts get-caller-identity."
    if aws_error.code.startswith("AccessDenied"):
        return "A policy denies this call to your identity, and a grant does not help. Change that policy."
    if aws_error.code == "InvalidInputException" and (cause := cause_of(aws_error.message)):
        return _advice(cause.name, cause.advice, output, "")
    if aws_error.code in _REMEDIES:
        return _REMEDIES[aws_error.code]
    return _AGAIN if aws_error.kind is Kind.TRANSIENT else ""


def remedy_of_run(error_string: str, output: str, role: str) -> str:
    """Return what to do about a run that ended FAILED.

    Args:
        error_string: Glue's reason; "" if there is none.
        output: the folder in S3 that the run writes to; "" for none.
        role: name or ARN of the transform's role.
    """
    cause = cause_of(error_string, output)
    if cause is None:
        return "See the log of the run." if error_string else "Glue gave no reason. See the log of the run."
    return _advice(cause.name, cause.advice, output, role)


def _advice(name: str, advice: str, output: str, role: str) -> str:
    """Return the advice on a cause, with names in place of the words in braces."""
    place = output.removeprefix("s3://").rstrip("/")
    partition = role.split(":")[1] if role.startswith("arn:") else "aws"
    names = {
        "role": f"the transform's role {role}" if role else "the transform's role",
        "path": output or "the path",
        "arn": f"arn:{partition}:s3:::{place}/*" if place else "the folder of --output",
        "bucket": place.partition("/")[0] or "of --output",
    }
    text = _ADVICE_BY_CAUSE.get(name, advice)

    def value(found: re.Match[str]) -> str:
        # Other words in braces stand for sentences about a label file that Glue reads. Leave them out.
        return f"{found[1]}{names[found[2]]}" if found[2] in names else ""

    return re.sub(r"( ?)\{(\w+)\}", value, text).strip()
