"""Which error of a call can pass, which is final, and what the user reads of it.

One table of error codes for every call the function makes; `causes` has what Glue's texts say about the label
file and the role. Decisions only: nothing here calls, sleeps or looks at a clock.

Sources: the "Errors" sections of the Glue API pages of StartImportLabelsTaskRun, StartMLEvaluationTaskRun,
GetMLTaskRun, GetMLTaskRuns, GetMLTransform and CancelMLTaskRun; https://docs.aws.amazon.com/glue/latest/dg/exceptions-machine-learning.html;
https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from glue_labels_handler.causes import Kind, cause_of, filled_in

if TYPE_CHECKING:
    from glue_labels_handler.evaluation_request import TaskRequest

CAN_PASS = frozenset({Kind.PASSING, Kind.BUSY})
"""What passes without anybody doing anything about it."""

MAY_PASS = CAN_PASS | {Kind.DENIED}
"""What may pass within minutes."""


@dataclass(frozen=True)
class Fault:
    """An error of one call.

    Attributes:
        kind: what it says about trying again.
        code: the service's error code, or the exception's name where the service never answered.
        message: the service's own words.
        advice: what the user can do, as in `causes.Cause`; may be empty.
    """

    kind: Kind
    code: str
    message: str
    advice: str = ""

    def __str__(self) -> str:
        words = self.message.rstrip(". ")
        return f"{self.code}: {words}."

    def explained(self, request: TaskRequest) -> str:
        """Return the error and what to do about it."""
        return f"{self} {filled_in(self.advice, request)}".rstrip()


_SERVICE_TROUBLE = "The call kept failing after all retries. Wait a few minutes, then deploy again."
_CREDENTIALS = "The credentials of the import function were refused. Deploy again."

_TABLE: dict[str, tuple[Kind, str]] = {
    # Of the calls' own pages. Of InvalidInputException, the text decides first (see `causes`).
    "EntityNotFoundException": (
        Kind.GONE,
        "Check that the transform exists in this account and region, and that nobody deleted it or the run.",
    ),
    "InvalidInputException": (
        Kind.FINAL,
        "Check that transform {transform} is a FindMatches transform that is not being deleted, and check "
        "{path}.",
    ),
    "OperationTimeoutException": (Kind.PASSING, _SERVICE_TROUBLE),
    "InternalServiceException": (Kind.PASSING, _SERVICE_TROUBLE),
    # Documented for a label file that is too large, and for nothing else of these calls.
    "ResourceNumberLimitExceededException": (
        Kind.FINAL,
        "The label file is too large (10 MB unless raised). Split it, or ask for a higher quota of the "
        "label file size in Service Quotas.",
    ),
    # Documented for evaluation and generation. That imports never raise them, no source says.
    "ConcurrentRunsExceededException": (
        Kind.BUSY,
        "The transform has as many task runs as its quota allows (3 unless raised). Let them end, order "
        "imports with node.add_dependency, or ask for a higher quota; then deploy again.",
    ),
    "MLTransformNotReadyException": (
        Kind.NOT_READY,
        "The transform is not ready. Its status: aws glue get-ml-transform --transform-id {transform}. "
        "{ready}",
    ),
    # Common errors of any call.
    "AccessDeniedException": (
        Kind.DENIED,
        "The role of the import function is denied this call: look for a permissions boundary, a service "
        "control policy, or a role that was changed outside the stack.",
    ),
    "ExpiredTokenException": (Kind.PASSING, _CREDENTIALS),
    "RequestExpired": (Kind.PASSING, _CREDENTIALS),
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

_DENIED_FOR_GOOD = r"explicit deny|vpc endpoint polic|control polic"
"""Of a denial: no new grant can be the cause, so waiting for IAM is in vain."""

_ABOUT_THE_FILE = frozenset({"InvalidInputException", "ResourceNumberLimitExceededException"})
"""Codes whose text says what is wrong with the label file or the transform's role."""

_RUNS_EXCEEDED = r"\bruns?\b.*exceeded|concurrent"
"""Of a ResourceNumberLimitExceededException: other runs are in the way after all."""

_PASSING_WORDS = ("Throttl", "TooManyRequests", "LimitExceeded", "RateExceeded", "SlowDown", "Internal",
                  "ServiceUnavailable", "RequestTimeout", "ConcurrentModification")  # fmt: skip


def fault_of(error: Exception, input_s3_path: str = "") -> Fault:
    """Return what `error`, raised by a boto3 call, means.

    Args:
        error: a `ClientError` (the service answered) or another `BotoCoreError` (it did not).
        input_s3_path: the label file's path, if the call was about one.
    """
    if isinstance(error, ClientError):
        answer: dict[str, Any] = error.response.get("Error", {})
        code, message = str(answer.get("Code", "Unknown")), str(answer.get("Message", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        kind, advice = _TABLE.get(code, (Kind.FINAL, ""))
        if code not in _TABLE and (status >= 500 or status == 429 or _sounds_passing(code)):
            kind, advice = Kind.PASSING, _SERVICE_TROUBLE
        if kind is Kind.DENIED and re.search(_DENIED_FOR_GOOD, message, re.IGNORECASE):
            kind, advice = Kind.FINAL, _POLICY
        if code in _ABOUT_THE_FILE:
            kind, advice = _by_text(code, message, input_s3_path) or (kind, advice)
        return Fault(kind, code, message or "no message", advice)
    if isinstance(error, ParamValidationError):
        return Fault(Kind.FINAL, "ParamValidationError", str(error))
    if isinstance(error, BotoCoreError):
        # Connections, timeouts and credentials that cannot be had for the moment.
        return Fault(Kind.PASSING, type(error).__name__, str(error), _SERVICE_TROUBLE)
    return Fault(Kind.FINAL, type(error).__name__, str(error) or "no message")


def _by_text(code: str, message: str, input_s3_path: str) -> tuple[Kind, str] | None:
    if code == "ResourceNumberLimitExceededException" and re.search(_RUNS_EXCEEDED, message, re.IGNORECASE):
        return _TABLE["ConcurrentRunsExceededException"]
    cause = cause_of(message, input_s3_path)
    return None if cause is None else (cause.kind, cause.advice)


def _sounds_passing(code: str) -> bool:
    return any(word in code for word in _PASSING_WORDS)


NEW_ROLE_SECONDS = 200.0
"""How long after the request a denial is put down to a role or policy that is new. IAM is eventually
consistent: a changed policy was seen to take 177 seconds (go-to-k/cdkd 755)."""

NOT_READY_SECONDS = 60.0
"""How long a start is tried again while the transform is not ready."""

NEW_RUN_SECONDS = 60.0
"""How long a run that Glue does not find is put down to its being new."""

STARTING_SECONDS = 300.0
"""How long a start that meets a passing fault or a limit is tried again before the deployment fails."""


def is_worth_retrying(fault: Fault, *, elapsed: float, failing: float, run_in_flight: bool) -> bool:
    """Return whether to try again after `fault`, within the request's deadline.

    A run in flight goes on whether or not it can be looked at, so looking is given up only at the deadline; a
    run that cannot be started should fail the deployment while somebody is still watching.

    Args:
        fault: what happened.
        elapsed: seconds since the request began.
        failing: seconds since the first of an unbroken row of faults.
        run_in_flight: whether the request has a run to look at.
    """
    if fault.kind is Kind.DENIED:
        return elapsed < NEW_ROLE_SECONDS
    if fault.kind is Kind.NOT_READY:
        return failing < NOT_READY_SECONDS
    if fault.kind is Kind.GONE:
        return run_in_flight and failing < NEW_RUN_SECONDS
    if fault.kind in CAN_PASS:
        return run_in_flight or failing < STARTING_SECONDS
    return False
