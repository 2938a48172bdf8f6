"""Imports that are denied: for a moment, as while IAM's change travels, or for good.

No source says whether Glue refuses the start then or lets the run fail; each test that can is run for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from given_files import DeniedFiles
from harness import BUCKET, Harness

from glue_labels_handler.phases import NO_RUN
from glue_labels_sandbox.s3_files import UnreadableLabelFileError, UnusableRoleError

if TYPE_CHECKING:
    from glue_labels_sandbox.s3_files import LabelFileError

ROLE = "arn:aws:iam::123456789012:role/transform"
PATH = f"s3://{BUCKET}/labels.csv"
WHEN = pytest.mark.parametrize("when", ["start", "run"])


def access_denied(detail: str = "Access Denied (Service: Amazon S3; Status Code: 403)") -> LabelFileError:
    return UnreadableLabelFileError(PATH, detail, denied=True)


def deny(
    harness: Harness,
    seconds: float,
    when: Literal["start", "run"] = "start",
    error: LabelFileError | None = None,
) -> None:
    harness.glue_ml.denies_at = when
    harness.glue_ml.s3_files = DeniedFiles(
        harness.glue_ml.s3_files,
        BUCKET,
        harness.clock,
        harness.clock() + seconds,
        error or access_denied(),
    )


@WHEN
@pytest.mark.parametrize(
    "error",
    [access_denied(), UnusableRoleError(ROLE, "It does not trust glue.amazonaws.com.")],
    ids=["file", "role"],
)
def test_denial_that_passes_within_three_minutes_does_not_fail_the_deployment(
    harness: Harness, when: Literal["start", "run"], error: LabelFileError
) -> None:
    deny(harness, 180, when, error)
    begun = harness.clock()
    response = harness.create()
    assert response.status == "SUCCESS"
    assert response.at - begun < 180 + 15
    assert harness.statuses()[-1] == "SUCCEEDED"
    assert harness.statuses().count("SUCCEEDED") == 1
    assert response.data["TaskRunId"] == harness.glue_ml.runs()[-1].task_run_id
    assert len(harness.glue_ml.labels(harness.transform_id)) == 3


@WHEN
def test_denial_that_lasts_fails_with_role_path_and_what_to_grant(
    harness: Harness, when: Literal["start", "run"]
) -> None:
    deny(harness, 9999, when)
    begun = harness.clock()
    response = harness.create(TransformRole=ROLE)
    assert response.status == "FAILED"
    assert f"{PATH} exists" in response.reason
    assert f"the transform's role {ROLE} may read it: grant s3:GetObject on arn:aws:s3:::" in response.reason
    assert "Access Denied" in response.reason
    assert 180 <= response.at - begun <= 215
    assert harness.rules() == []


def test_denied_start_says_how_long_it_was_retried(harness: Harness) -> None:
    deny(harness, 9999)
    response = harness.create()
    assert response.reason.startswith(
        f"StartImportLabelsTaskRun failed: InvalidInputException: Cannot access the label file at {PATH}. "
    )
    assert "It was retried for 20" in response.reason
    assert response.physical_id == NO_RUN


def test_role_that_glue_cannot_assume_is_reported_with_what_it_must_trust(harness: Harness) -> None:
    deny(harness, 9999, error=UnusableRoleError(ROLE, "It does not exist."))
    reason = harness.create(TransformRole=ROLE).reason
    assert f"Check that the transform's role {ROLE} exists and lets the service glue.amazonaws.com" in reason


def test_run_that_failed_for_a_denial_is_not_reported_while_iam_may_need_time(harness: Harness) -> None:
    deny(harness, 60, "run")
    assert harness.create().status == "SUCCESS"
    *failed, succeeded = harness.statuses()
    assert set(failed) == {"FAILED"}
    assert succeeded == "SUCCEEDED"


def test_request_that_lambda_repeats_reports_the_denial_of_its_last_run(harness: Harness) -> None:
    """Its own state is lost with the first attempt; the run's start shows that it is its own."""
    deny(harness, 9999, "run")
    request = harness.request("Create", ResponseURL=f"{_signed_url(harness)}")
    harness.invoke(request)
    (first,) = harness.responses
    harness.responses.clear()
    runs = len(harness.glue_ml.runs())
    harness.invoke(request)
    assert harness.response.reason == first.reason
    assert len(harness.glue_ml.runs()) == runs


def test_denial_of_an_update_fails_before_the_timeout_of_the_import(harness: Harness) -> None:
    created = harness.create()
    harness.upload("new.csv")
    deny(harness, 9999)
    begun = harness.clock()
    response = harness.update(created.physical_id, {}, {"InputS3Path": f"s3://{BUCKET}/new.csv"})
    assert (response.status, response.physical_id) == ("FAILED", created.physical_id)
    assert response.at - begun < 215


def test_denial_up_to_a_short_timeout_is_the_reason_that_is_reported(harness: Harness) -> None:
    deny(harness, 9999)
    response = harness.create(TimeoutSeconds="60")
    assert "could not be started within 60 seconds" in response.reason
    assert "Access Denied" in response.reason


@pytest.mark.parametrize(
    ("detail", "says"),
    [
        ("The specified key does not exist. (Status Code: 404)", f"Check bucket and key: aws s3 ls {PATH}"),
        (
            "not authorized to perform: s3:GetObject with an explicit deny in a VPC endpoint policy",
            "The policy of a VPC endpoint blocks",
        ),
        ("arn:aws:kms:eu-west-1:1:key/abc is disabled. (KMS.DisabledException)", "Enable the KMS key"),
    ],
)
def test_what_waiting_does_not_help_against_fails_at_once(harness: Harness, detail: str, says: str) -> None:
    deny(harness, 9999, error=access_denied(detail))
    begun = harness.clock()
    response = harness.create()
    assert response.status == "FAILED"
    assert says in response.reason
    assert response.at - begun < 2


def test_empty_file_is_refused_at_once_with_its_path(harness: Harness) -> None:
    harness.upload("labels.csv", b"")
    reason = harness.create().reason
    assert "Invalid label file of size 0" in reason
    assert f"The object {PATH} is empty" in reason


def test_file_over_the_quota_is_refused_at_once_with_the_quota(harness: Harness) -> None:
    harness.glue_ml.label_file_bytes = 20
    begun = harness.clock()
    response = harness.create()
    assert "Label file has exceeded the limit of" in response.reason
    assert "Or split the file" in response.reason
    assert response.at - begun < 2


def _signed_url(harness: Harness) -> str:
    request = harness.request("Create")
    return f"{request['ResponseURL']}&X-Amz-Date={harness.clock.utc():%Y%m%dT%H%M%SZ}"
