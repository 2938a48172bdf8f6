"""The table of errors: which can pass, which are final."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from glue_labels_handler.causes import Kind
from glue_labels_handler.errors import (
    NEW_ROLE_SECONDS,
    NEW_RUN_SECONDS,
    NOT_READY_SECONDS,
    STARTING_SECONDS,
    AwsError,
    classify,
    is_worth_retrying,
)
from glue_labels_handler.request import LabelsRequest

REQUEST = LabelsRequest("tfm-1", "s3://labels/customers.csv", transform_role="Transform")


def client_error(code: str, status: int = 400, message: str = "the service's words") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Call"
    )


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("EntityNotFoundException", Kind.GONE),
        ("ResourceNotFoundException", Kind.GONE),
        ("InvalidInputException", Kind.FINAL),
        ("ValidationException", Kind.FINAL),
        ("OperationTimeoutException", Kind.TRANSIENT),
        ("InternalServiceException", Kind.TRANSIENT),
        ("InternalFailure", Kind.TRANSIENT),
        ("ThrottlingException", Kind.TRANSIENT),
        ("Throttling", Kind.TRANSIENT),
        ("RequestLimitExceeded", Kind.TRANSIENT),
        ("ServiceUnavailable", Kind.TRANSIENT),
        ("ExpiredTokenException", Kind.TRANSIENT),
        ("ResourceNumberLimitExceededException", Kind.FINAL),
        ("ConcurrentRunsExceededException", Kind.BUSY),
        ("MLTransformNotReadyException", Kind.NOT_READY),
        ("AccessDeniedException", Kind.DENIED),
        ("AccessDenied", Kind.DENIED),
        ("UnrecognizedClientException", Kind.DENIED),
    ],
)
def test_code_is_classified(code: str, kind: Kind) -> None:
    assert classify(client_error(code)).kind is kind


@pytest.mark.parametrize(
    ("code", "text", "kind"),
    [
        (
            "InvalidInputException",
            "Cannot use IAM role provided in the transform. Role: Transform",
            Kind.DENIED,
        ),
        (
            "InvalidInputException",
            "Cannot access the label file at s3://labels/customers.csv. Access Denied",
            Kind.DENIED,
        ),
        ("InvalidInputException", "Invalid label file of size 0.", Kind.FINAL),
        ("ResourceNumberLimitExceededException", "Label file has exceeded the limit of 10 MB.", Kind.FINAL),
        # No source says which error an import gets that meets the quota of runs.
        (
            "ResourceNumberLimitExceededException",
            "ML Task Runs count 3 has exceeded the limit of 3 task runs.",
            Kind.BUSY,
        ),
    ],
)
def test_text_decides_where_one_code_means_many_things(code: str, text: str, kind: Kind) -> None:
    assert classify(client_error(code, message=text)).kind is kind


@pytest.mark.parametrize(
    "text",
    [
        "not authorized to perform: glue:GetMLTaskRuns with an explicit deny in a service control policy",
        "not authorized to perform: glue:GetMLTaskRuns because no VPC endpoint policy allows it",
    ],
)
def test_denial_that_no_grant_helps_against_is_final(text: str) -> None:
    assert classify(client_error("AccessDeniedException", message=text)).kind is Kind.FINAL


@pytest.mark.parametrize("status", [500, 503, 429])
def test_code_that_nobody_knows_is_classified_by_its_http_status(status: int) -> None:
    assert classify(client_error("Surprise", status)).kind is Kind.TRANSIENT
    assert classify(client_error("Surprise", 400)).kind is Kind.FINAL


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://glue.example"),
        EndpointConnectionError(endpoint_url="https://glue.example"),
        NoCredentialsError(),
    ],
)
def test_call_without_a_response_is_a_transient_error(error: Exception) -> None:
    classified = classify(error)
    assert (classified.kind, classified.code) == (Kind.TRANSIENT, type(error).__name__)


def test_error_reads_code_then_the_services_words_then_the_advice() -> None:
    error = client_error("EntityNotFoundException", message="Transform tfm-1 not found.")
    text = classify(error).explained(REQUEST)
    assert text.startswith("EntityNotFoundException: Transform tfm-1 not found. Check that the transform")


def retry(kind: Kind, *, elapsed: float = 0, failing: float = 0, in_flight: bool = False) -> bool:
    return is_worth_retrying(
        AwsError(kind, "Code", "words"), elapsed=elapsed, failing=failing, run_in_flight=in_flight
    )


def test_denial_is_retried_while_the_role_may_be_new() -> None:
    assert NEW_ROLE_SECONDS >= 180
    assert retry(Kind.DENIED, elapsed=NEW_ROLE_SECONDS - 1)
    assert not retry(Kind.DENIED, elapsed=NEW_ROLE_SECONDS)
    assert not retry(Kind.DENIED, elapsed=NEW_ROLE_SECONDS, in_flight=True)


@pytest.mark.parametrize("kind", [Kind.TRANSIENT, Kind.BUSY])
def test_temporary_error_is_retried_for_a_while_before_a_start_and_without_limit_once_there_is_a_run(
    kind: Kind,
) -> None:
    assert retry(kind, elapsed=3000, failing=STARTING_SECONDS - 1)
    assert not retry(kind, elapsed=3000, failing=STARTING_SECONDS)
    assert retry(kind, elapsed=3000, failing=3000, in_flight=True)


def test_transform_that_is_not_ready_is_given_a_minute() -> None:
    assert retry(Kind.NOT_READY, elapsed=3000, failing=NOT_READY_SECONDS - 1)
    assert not retry(Kind.NOT_READY, elapsed=3000, failing=NOT_READY_SECONDS)


def test_what_cannot_pass_is_not_retried() -> None:
    assert not retry(Kind.FINAL)
    assert not retry(Kind.FINAL, in_flight=True)


def test_run_that_is_not_found_may_be_new_a_transform_is_not() -> None:
    assert not retry(Kind.GONE)
    assert retry(Kind.GONE, elapsed=3000, failing=NEW_RUN_SECONDS - 1, in_flight=True)
    assert not retry(Kind.GONE, elapsed=3000, failing=NEW_RUN_SECONDS, in_flight=True)
