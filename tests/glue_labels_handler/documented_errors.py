"""The errors that AWS documents for each call of the function, and what the function must do about each.

Written from the documents, not from the function's own tables, which the error matrix tests with it.

Sources: https://docs.aws.amazon.com/glue/latest/dg/exceptions-machine-learning.html for Glue's texts and its
"OK to retry"; botocore's models of Glue and EventBridge for the codes. Where the function retries although
AWS says "no", the reason is in docs/reliability.md: a role, a policy, a transform or a run may be new.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import (
    ClientError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from harness import BUCKET

if TYPE_CHECKING:
    from collections.abc import Callable

LABEL_FILE = f"s3://{BUCKET}/new.csv"


class Expected(Enum):
    """What the function must do about an error."""

    RETRY = "retry"
    """The error ends by itself."""
    RETRY_NEW = "retry while new"
    """The error ends by itself if something is new. It is final otherwise."""
    FAIL = "fail"
    """The error is final."""


RETRY, RETRY_NEW, FAIL = Expected


class Refusal(NamedTuple):
    """An error that a service returns."""

    code: str
    text: str = "told to"

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"

    def error(self) -> Exception:
        """Return the error as boto3 raises it."""
        return _client_error(self.code, self.text)


def _client_error(code: str, text: str = "", status: int = 400) -> Exception:
    return ClientError(
        {"Error": {"Code": code, "Message": text}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Call"
    )


def _lost() -> Exception:
    return ReadTimeoutError(endpoint_url="https://service.example")


_NO_TRANSFORM = Refusal(
    "EntityNotFoundException", "Cannot find MLTransform in account 123456789012 with handle tfm-0."
)
_NO_RUN = Refusal(
    "EntityNotFoundException",
    "No ML Task Run found for tsk-0: in account 123456789012 for transform tfm-0.",
)
_RUNS_OF_TRANSFORM = "ML Task Runs count 3 has exceeded the transform limit of 3 task runs."
_RUNS_OF_ACCOUNT = "ML Task Runs count 9 has exceeded the limit of 9 task runs."

_GLUE = {
    Refusal("EntityNotFoundException"): FAIL,
    _NO_TRANSFORM: FAIL,
    Refusal("InvalidInputException"): FAIL,
    Refusal("OperationTimeoutException"): RETRY,
    Refusal("InternalServiceException"): RETRY,
}
_EVENTS = {
    Refusal("InternalException"): RETRY,
}
_EVENTS_CHANGED = _EVENTS | {
    Refusal("ConcurrentModificationException"): RETRY,
    Refusal("ManagedRuleException"): FAIL,
}

DOCUMENTED: dict[str, dict[Refusal, Expected]] = {
    "StartImportLabelsTaskRun": _GLUE
    | {
        Refusal("InvalidInputException", "Invalid label file path."): FAIL,
        Refusal(
            "InvalidInputException",
            f"Cannot access the label file at {LABEL_FILE}. Access Denied (Status Code: 403).",
        ): RETRY_NEW,
        Refusal(
            "InvalidInputException",
            f"Cannot access the label file at {LABEL_FILE}. The specified key does not exist.",
        ): FAIL,
        Refusal("InvalidInputException", f"Cannot access the label file at {LABEL_FILE}. "): RETRY_NEW,
        Refusal(
            "InvalidInputException", "Cannot use IAM role provided in the transform. Role: transform."
        ): RETRY_NEW,
        Refusal("InvalidInputException", "Invalid label file of size 0."): FAIL,
        Refusal(
            "InvalidInputException",
            "S3 path provided is not in the same region as transform. Expecting region - a, but got - b.",
        ): FAIL,
        Refusal("ResourceNumberLimitExceededException"): FAIL,
        Refusal("ResourceNumberLimitExceededException", "Label file has exceeded the limit of 10 MB."): FAIL,
    },
    "StartMLEvaluationTaskRun": _GLUE
    | {
        Refusal("InvalidInputException", "Exactly one input record table must be provided."): FAIL,
        Refusal("InvalidInputException", "Should specify database name."): FAIL,
        Refusal("InvalidInputException", "Should specify table name."): FAIL,
        Refusal("InvalidInputException", "Find Matches parameters have not been set."): FAIL,
        Refusal("InvalidInputException", "A primary key must be specified in Find Matches parameters."): FAIL,
        Refusal(
            "MLTransformNotReadyException",
            "This operation can only be applied to a transform that is in a READY state.",
        ): RETRY_NEW,
        Refusal("InternalServiceException", "Dependency failure."): RETRY,
        Refusal("ConcurrentRunsExceededException", _RUNS_OF_TRANSFORM): RETRY,
        Refusal("ConcurrentRunsExceededException", _RUNS_OF_ACCOUNT): RETRY,
    },
    "GetMLTransform": _GLUE,
    # No source says that a run is found as soon as it has an id.
    "GetMLTaskRun": _GLUE | dict.fromkeys((Refusal("EntityNotFoundException"), _NO_RUN), RETRY_NEW),
    "GetMLTaskRuns": _GLUE | {_NO_RUN: FAIL},
    "CancelMLTaskRun": _GLUE | {_NO_RUN: FAIL},
    "PutRule": _EVENTS_CHANGED
    | {
        Refusal("InvalidEventPatternException"): FAIL,
        Refusal("LimitExceededException"): RETRY,
        Refusal("ResourceNotFoundException"): FAIL,
    },
    "PutTargets": _EVENTS_CHANGED
    | {
        Refusal("LimitExceededException"): RETRY,
        # Right after PutRule, the rule may not be found yet.
        Refusal("ResourceNotFoundException"): RETRY_NEW,
    },
    "ListTargetsByRule": _EVENTS | {Refusal("ResourceNotFoundException"): FAIL},
    "RemoveTargets": _EVENTS_CHANGED | {Refusal("ResourceNotFoundException"): FAIL},
    "DeleteRule": _EVENTS_CHANGED | {Refusal("ResourceNotFoundException"): FAIL},
    "DescribeStackEvents": {},
}
"""By call: the errors of the service."""

_FOR_OTHER_STARTS: dict[str, dict[Refusal, Expected]] = {
    # Documented for other starts; that imports never raise them is unproven.
    "StartImportLabelsTaskRun": {
        Refusal("ConcurrentRunsExceededException", _RUNS_OF_TRANSFORM): RETRY,
        Refusal("ResourceNumberLimitExceededException", _RUNS_OF_ACCOUNT): RETRY,
        Refusal("MLTransformNotReadyException"): RETRY_NEW,
        Refusal("InternalServiceException", "Dependency failure."): RETRY,
    },
}


@dataclass(frozen=True)
class Fault:
    """How a call goes wrong.

    Attributes:
        error: makes the error.
        expected: what the function has to do about it.
        takes_effect: whether the call does its work nevertheless.
    """

    error: Callable[[], Exception]
    expected: Expected
    takes_effect: bool = False


# Any call may have these.
_COMMON = {
    "throttled": Fault(lambda: _client_error("ThrottlingException"), RETRY),
    "denied": Fault(lambda: _client_error("AccessDeniedException"), RETRY_NEW),
    "unavailable": Fault(lambda: _client_error("ServiceUnavailable", status=503), RETRY),
    "unreachable": Fault(lambda: EndpointConnectionError(endpoint_url="https://service.example"), RETRY),
    "response lost": Fault(_lost, RETRY, takes_effect=True),
    "no credentials": Fault(NoCredentialsError, RETRY),
}
_GONE = ("DeleteRule", "ResourceNotFoundException")

PUT = "PUT"
"""The request that sends the response; not a call of an AWS API."""


def faults_of(call: str) -> dict[str, Fault]:
    """Return how a call can go wrong, by name."""
    if call == PUT:
        return {"not taken": Fault(_lost, RETRY)}
    refusals = DOCUMENTED[call] | _FOR_OTHER_STARTS.get(call, {})
    return _COMMON | {
        # Nobody deletes a rule that EventBridge says is gone. So it must be gone.
        str(refusal): Fault(refusal.error, expected, takes_effect=(call, refusal.code) == _GONE)
        for refusal, expected in refusals.items()
    }
