"""Classifies errors of AWS calls: which are worth a retry, and what the user can do.

One table of error codes serves all calls of the function. `causes` has Glue's texts about the label file and
the role. Pure: nothing here makes a call, sleeps or reads a clock.

Sources: the "Errors" sections of the Glue API pages of StartImportLabelsTaskRun, StartMLEvaluationTaskRun,
GetMLTaskRun, GetMLTaskRuns, GetMLTransform and CancelMLTaskRun; https://docs.aws.amazon.com/glue/latest/dg/exceptions-machine-learning.html;
https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from glue_labels_handler.causes import Kind, cause_of, fill_in

if TYPE_CHECKING:
    from glue_labels_handler.evaluation_request import TaskRequest

TEMPORARY = frozenset({Kind.TRANSIENT, Kind.BUSY})
"""Errors that end by themselves."""

RETRYABLE = TEMPORARY | {Kind.DENIED}
"""Errors that may end within minutes: a denial ends if the role or its policy is new."""


@dataclass(frozen=True)
class AwsError:
    """The error of one AWS call.

    Attributes:
        kind: whether a retry can help.
        code: the service's error code, or the exception's name if the service did not respond.
        message: the service's message.
        advice: what the user can do, as in `causes.Cause`; may be empty.
    """

    kind: Kind
    code: str
    message: str
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message.rstrip('. ')}."

    def explained(self, request: TaskRequest) -> str:
        """Return the error and what to do about it."""
        return f"{self} {fill_in(self.advice, request)}".rstrip()


_RETRIES_FAILED = "The call kept failing after all retries. Wait a few minutes, then deploy again."
_CREDENTIALS = "The credentials of the import function were refused. Deploy again."

_TABLE: dict[str, tuple[Kind, str]] = {
    # From the pages of the calls. For InvalidInputException the text is looked up first, in `causes`.
    "EntityNotFoundException": (
        Kind.GONE,
        "Check that the transform exists in this account and region, and that nobody deleted it or the run.",
    ),
    "InvalidInputException": (
        Kind.FINAL,
        "Check that transform {transform} is a FindMatches transform that is not being deleted, and check "
        "{path}.",
    ),
    "OperationTimeoutException": (Kind.TRANSIENT, _RETRIES_FAILED),
    "InternalServiceException": (Kind.TRANSIENT, _RETRIES_FAILED),
    # For these calls, documented only for a label file that is too large.
    "ResourceNumberLimitExceededException": (
        Kind.FINAL,
        "The label file is too large (10 MB unless raised). Split it, or ask for a higher quota of the "
        "label file size in Service Quotas.",
    ),
    # Documented for evaluation and generation. No source says that imports never raise them.
    "ConcurrentRunsExceededException": (
        Kind.BUSY,
        "The transform has as many task runs as its quota allows (3 unless raised). Wait until they "
        "end, order imports with node.add_dependency, or ask for a higher quota. Then deploy again.",
    ),
    "MLTransformNotReadyException": (
        Kind.NOT_READY,
        "The transform is not ready. Its status: aws glue get-ml-transform --transform-id {transform}. "
        "{ready}",
    ),
    # Common errors of any call.
    "AccessDeniedException": (
        Kind.DENIED,
        "The role of the import function is denied this call. Look for a permissions boundary, a service "
        "control policy, or a change of the role outside the stack.",
    ),
    "ExpiredTokenException": (Kind.TRANSIENT, _CREDENTIALS),
    "RequestExpired": (Kind.TRANSIENT, _CREDENTIALS),
    "UnrecognizedClientException": (Kind.DENIED, _CREDENTIALS),
    "InvalidClientTokenId": (Kind.DENIED, _CREDENTIALS),
    "ResourceNotFoundException": (Kind.GONE, ""),
}
for _alias in ("AccessDenied", "NotAuthorized", "UnauthorizedOperation"):
    _TABLE[_alias] = _TABLE["AccessDeniedException"]

_POLICY = (
    "A policy denies this call to the import function's role, and a grant does not help. The message above "
    "names the type of the policy: change that policy."
)

_NOT_FOR_A_NEW_ROLE = r"explicit deny|vpc endpoint polic|control polic"
"""Denials that a new role or policy does not cause, so a retry is no use."""

_ABOUT_THE_FILE = frozenset({"InvalidInputException", "ResourceNumberLimitExceededException"})
"""Codes whose text says what is wrong with the label file or the transform's role."""

_RUNS_EXCEEDED = r"\bruns?\b.*exceeded|concurrent"
"""In a ResourceNumberLimitExceededException: the limit is that of task runs, not of the label file."""

_TRANSIENT_WORDS = ("Throttl", "TooManyRequests", "LimitExceeded", "RateExceeded", "SlowDown", "Internal",
                    "ServiceUnavailable", "RequestTimeout", "ConcurrentModification")  # fmt: skip


def classify(error: Exception, input_s3_path: str = "") -> AwsError:
    """Classify an error that a boto3 call raised.

    Args:
        error: a `ClientError` (the service responded) or another `BotoCoreError` (it did not).
        input_s3_path: the label file's path, if the call was about one.
    """
    if isinstance(error, ClientError):
        response: dict[str, Any] = error.response.get("Error", {})
        code, message = str(response.get("Code", "Unknown")), str(response.get("Message", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        kind, advice = _TABLE.get(code, (Kind.FINAL, ""))
        is_transient = status >= 500 or status == 429 or any(word in code for word in _TRANSIENT_WORDS)
        if code not in _TABLE and is_transient:
            kind, advice = Kind.TRANSIENT, _RETRIES_FAILED
        if kind is Kind.DENIED and re.search(_NOT_FOR_A_NEW_ROLE, message, re.IGNORECASE):
            kind, advice = Kind.FINAL, _POLICY
        if code in _ABOUT_THE_FILE:
            kind, advice = _by_text(code, message, input_s3_path) or (kind, advice)
        return AwsError(kind, code, message or "no message", advice)
    if isinstance(error, BotoCoreError) and not isinstance(error, ParamValidationError):
        # A connection, a timeout, or credentials that are not available at the moment.
        return AwsError(Kind.TRANSIENT, type(error).__name__, str(error), _RETRIES_FAILED)
    return AwsError(Kind.FINAL, type(error).__name__, str(error) or "no message")


def _by_text(code: str, message: str, input_s3_path: str) -> tuple[Kind, str] | None:
    if code == "ResourceNumberLimitExceededException" and re.search(_RUNS_EXCEEDED, message, re.IGNORECASE):
        return _TABLE["ConcurrentRunsExceededException"]
    cause = cause_of(message, input_s3_path)
    return None if cause is None else (cause.kind, cause.advice)


NEW_ROLE_SECONDS = 200.0
"""How long after the request a denial may be due to a new role or policy. IAM is eventually consistent: a
changed policy was seen to take 177 seconds (go-to-k/cdkd 755)."""

NOT_READY_SECONDS = 60.0
"""How long to retry a start while the transform is not ready."""

NEW_RUN_SECONDS = 60.0
"""How long Glue may not find a run because the run is new."""

STARTING_SECONDS = 300.0
"""How long to retry a start during temporary errors before the deployment fails."""


def is_worth_retrying(error: AwsError, *, elapsed: float, failing: float, run_in_flight: bool) -> bool:
    """Return whether to retry after `error`, within the request's deadline.

    A run in flight goes on although it cannot be polled, so polling is given up only at the deadline. A run
    that cannot be started should fail the deployment while somebody is still watching.

    Args:
        error: the last error.
        elapsed: seconds since the request was made.
        failing: seconds since the first of the errors in a row.
        run_in_flight: whether the request has a run to poll.
    """
    if error.kind is Kind.DENIED:
        return elapsed < NEW_ROLE_SECONDS
    if error.kind is Kind.NOT_READY:
        return failing < NOT_READY_SECONDS
    if error.kind is Kind.GONE:
        return run_in_flight and failing < NEW_RUN_SECONDS
    return error.kind in TEMPORARY and (run_in_flight or failing < STARTING_SECONDS)
