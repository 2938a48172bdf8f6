"""Which error of a call can pass, which is final, and what the user reads of it.

One table for every call the function makes. Decisions only: nothing here calls, sleeps or looks at a clock.

Sources: the "Errors" sections of the Glue API pages of StartImportLabelsTaskRun, GetMLTaskRun, GetMLTaskRuns
and CancelMLTaskRun; https://docs.aws.amazon.com/glue/latest/webapi/CommonErrors.html
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError


class Kind(Enum):
    """What an error says about trying again."""

    PASSING = "passing"
    """The service or the way to it is in trouble; the same call may well succeed a moment later."""
    BUSY = "busy"
    """A limit is reached that frees itself when other runs end."""
    DENIED = "denied"
    """Not permitted; passes within a minute or so when the role or its policy is new."""
    GONE = "gone"
    """What the call names does not exist."""
    FINAL = "final"
    """Trying again gives the same answer."""


CAN_PASS = frozenset({Kind.PASSING, Kind.BUSY})
"""What passes without anybody doing anything about it."""


class ImportFailedError(Exception):
    """The labels cannot be imported; the text is what CloudFormation shows, cause first.

    Attributes:
        run_id: the task run it is about, if there was one.
    """

    def __init__(self, reason: str, run_id: str | None = None) -> None:
        super().__init__(reason)
        self.run_id = run_id


@dataclass(frozen=True)
class Fault:
    """An error of one call.

    Attributes:
        kind: what it says about trying again.
        code: the service's error code, or the exception's name where the service never answered.
        message: the service's own words.
        remedy: what the user can do, a sentence; may be empty.
    """

    kind: Kind
    code: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        words = self.message.rstrip(". ")
        return f"{self.code}: {words}. {self.remedy}".rstrip()


_SERVICE_TROUBLE = "AWS Glue had trouble that outlasted the retries: deploy again."

_TABLE: dict[str, tuple[Kind, str]] = {
    # The five of StartImportLabelsTaskRun.
    "EntityNotFoundException": (
        Kind.GONE,
        "Check that the transform exists in this account and region.",
    ),
    "InvalidInputException": (
        Kind.FINAL,
        "Check that the transform can learn (FindMatches, not being deleted) and that InputS3Path names "
        "a label file.",
    ),
    "OperationTimeoutException": (Kind.PASSING, _SERVICE_TROUBLE),
    "InternalServiceException": (Kind.PASSING, _SERVICE_TROUBLE),
    "ResourceNumberLimitExceededException": (
        Kind.BUSY,
        "Let other task runs of the account end first, order imports with node.add_dependency, or ask for a "
        "higher AWS Glue quota; then deploy again.",
    ),
    # Common errors of any call.
    "AccessDeniedException": (
        Kind.DENIED,
        "The role of the import function is denied this call: look for a permissions boundary, a service "
        "control policy, or a role that was changed outside the stack.",
    ),
    "ExpiredTokenException": (Kind.PASSING, _SERVICE_TROUBLE),
    "RequestExpired": (Kind.PASSING, _SERVICE_TROUBLE),
    "UnrecognizedClientException": (Kind.DENIED, _SERVICE_TROUBLE),
    "InvalidClientTokenId": (Kind.DENIED, _SERVICE_TROUBLE),
    "ResourceNotFoundException": (Kind.GONE, ""),
}
for _alias in ("AccessDenied", "NotAuthorized", "UnauthorizedOperation"):
    _TABLE[_alias] = _TABLE["AccessDeniedException"]

_PASSING_WORDS = ("Throttl", "TooManyRequests", "LimitExceeded", "RateExceeded", "SlowDown", "Internal",
                  "ServiceUnavailable", "RequestTimeout", "ConcurrentModification")  # fmt: skip


def fault_of(error: Exception) -> Fault:
    """Return what `error`, raised by a boto3 call, means.

    Args:
        error: a `ClientError` (the service answered) or another `BotoCoreError` (it did not).
    """
    if isinstance(error, ClientError):
        answer: dict[str, Any] = error.response.get("Error", {})
        code, message = str(answer.get("Code", "Unknown")), str(answer.get("Message", ""))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        kind, remedy = _TABLE.get(code, (Kind.FINAL, ""))
        if code not in _TABLE and (status >= 500 or status == 429 or _sounds_passing(code)):
            kind, remedy = Kind.PASSING, _SERVICE_TROUBLE
        return Fault(kind, code, message or "no message", remedy)
    if isinstance(error, ParamValidationError):
        return Fault(Kind.FINAL, "ParamValidationError", str(error))
    if isinstance(error, BotoCoreError):
        # Connections, timeouts and credentials that cannot be had for the moment.
        return Fault(Kind.PASSING, type(error).__name__, str(error), _SERVICE_TROUBLE)
    return Fault(Kind.FINAL, type(error).__name__, str(error) or "no message")


def _sounds_passing(code: str) -> bool:
    return any(word in code for word in _PASSING_WORDS)


NEW_ROLE_SECONDS = 90.0
"""How long a denial is put down to a role or policy that is new (IAM is eventually consistent)."""

NEW_RUN_SECONDS = 60.0
"""How long a run that Glue does not find is put down to its being new."""

STARTING_SECONDS = 300.0
"""How long a start that meets a passing fault or a limit is tried again before the deployment fails."""


def is_worth_retrying(fault: Fault, *, elapsed: float, troubled: float, run_in_flight: bool) -> bool:
    """Return whether to try again after `fault`, within the request's deadline.

    A run in flight goes on whether or not it can be looked at, so looking is given up only at the deadline; a
    run that cannot be started should fail the deployment while somebody is still watching.

    Args:
        fault: what happened.
        elapsed: seconds since the request began.
        troubled: seconds since the first of an unbroken row of faults.
        run_in_flight: whether the request has a run to look at.
    """
    if fault.kind is Kind.DENIED:
        return elapsed < NEW_ROLE_SECONDS
    if fault.kind is Kind.GONE:
        return run_in_flight and troubled < NEW_RUN_SECONDS
    if fault.kind in CAN_PASS:
        return run_in_flight or troubled < STARTING_SECONDS
    return False
