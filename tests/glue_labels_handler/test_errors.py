"""The table of errors: which can pass, which are final."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ReadTimeoutError

from glue_labels_handler.errors import (
    NEW_ROLE_SECONDS,
    NEW_RUN_SECONDS,
    STARTING_SECONDS,
    Fault,
    Kind,
    fault_of,
    is_worth_retrying,
)


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
        ("OperationTimeoutException", Kind.PASSING),
        ("InternalServiceException", Kind.PASSING),
        ("InternalFailure", Kind.PASSING),
        ("ThrottlingException", Kind.PASSING),
        ("Throttling", Kind.PASSING),
        ("RequestLimitExceeded", Kind.PASSING),
        ("ServiceUnavailable", Kind.PASSING),
        ("ExpiredTokenException", Kind.PASSING),
        ("ResourceNumberLimitExceededException", Kind.BUSY),
        ("AccessDeniedException", Kind.DENIED),
        ("AccessDenied", Kind.DENIED),
        ("UnrecognizedClientException", Kind.DENIED),
    ],
)
def test_code_is_classified(code: str, kind: Kind) -> None:
    assert fault_of(client_error(code)).kind is kind


@pytest.mark.parametrize(("status", "kind"), [(500, Kind.PASSING), (503, Kind.PASSING), (429, Kind.PASSING)])
def test_code_that_nobody_knows_is_classified_by_its_http_status(status: int, kind: Kind) -> None:
    assert fault_of(client_error("Surprise", status)).kind is kind
    assert fault_of(client_error("Surprise", 400)).kind is Kind.FINAL


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://glue.example"),
        EndpointConnectionError(endpoint_url="https://glue.example"),
        NoCredentialsError(),
    ],
)
def test_call_that_the_service_never_answered_may_pass(error: Exception) -> None:
    fault = fault_of(error)
    assert (fault.kind, fault.code) == (Kind.PASSING, type(error).__name__)


def test_fault_reads_code_then_the_services_words_then_the_remedy() -> None:
    text = str(fault_of(client_error("EntityNotFoundException", message="Transform tfm-1 not found.")))
    assert text.startswith("EntityNotFoundException: Transform tfm-1 not found. Check that the transform")


def retry(kind: Kind, *, elapsed: float = 0, troubled: float = 0, in_flight: bool = False) -> bool:
    return is_worth_retrying(
        Fault(kind, "Code", "words"), elapsed=elapsed, troubled=troubled, run_in_flight=in_flight
    )


def test_denial_is_retried_while_the_role_may_be_new() -> None:
    assert retry(Kind.DENIED, elapsed=NEW_ROLE_SECONDS - 1)
    assert not retry(Kind.DENIED, elapsed=NEW_ROLE_SECONDS)
    assert not retry(Kind.DENIED, elapsed=NEW_ROLE_SECONDS, in_flight=True)


@pytest.mark.parametrize("kind", [Kind.PASSING, Kind.BUSY])
def test_trouble_is_waited_out_for_a_while_before_a_start_and_for_good_once_there_is_a_run(
    kind: Kind,
) -> None:
    assert retry(kind, elapsed=3000, troubled=STARTING_SECONDS - 1)
    assert not retry(kind, elapsed=3000, troubled=STARTING_SECONDS)
    assert retry(kind, elapsed=3000, troubled=3000, in_flight=True)


def test_what_cannot_pass_is_not_retried() -> None:
    assert not retry(Kind.FINAL)
    assert not retry(Kind.FINAL, in_flight=True)


def test_run_that_is_not_found_may_be_new_a_transform_is_not() -> None:
    assert not retry(Kind.GONE)
    assert retry(Kind.GONE, elapsed=3000, troubled=NEW_RUN_SECONDS - 1, in_flight=True)
    assert not retry(Kind.GONE, elapsed=3000, troubled=NEW_RUN_SECONDS, in_flight=True)
