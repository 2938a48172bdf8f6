"""Imports that are denied: for a moment, as while IAM's change travels, or for good.

No source says whether Glue refuses the start then or lets the run fail; each test that can is run for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pytest
from given_files import DeniedFiles
from world import BUCKET, World

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
    world: World, seconds: float, when: Literal["start", "run"] = "start", error: LabelFileError | None = None
) -> None:
    world.glue_ml.denies_at = when
    world.glue_ml.s3_files = DeniedFiles(
        world.glue_ml.s3_files, BUCKET, world.clock, world.clock() + seconds, error or access_denied()
    )


@WHEN
@pytest.mark.parametrize(
    "error",
    [access_denied(), UnusableRoleError(ROLE, "It does not trust glue.amazonaws.com.")],
    ids=["file", "role"],
)
def test_denial_that_passes_within_three_minutes_does_not_fail_the_deployment(
    world: World, when: Literal["start", "run"], error: LabelFileError
) -> None:
    deny(world, 180, when, error)
    begun = world.clock()
    answer = world.create()
    assert answer.status == "SUCCESS"
    assert answer.at - begun < 180 + 15
    assert world.statuses()[-1] == "SUCCEEDED"
    assert world.statuses().count("SUCCEEDED") == 1
    assert answer.data["TaskRunId"] == world.glue_ml.runs()[-1].task_run_id
    assert len(world.glue_ml.labels(world.transform_id)) == 3


@WHEN
def test_denial_that_lasts_fails_with_role_path_and_what_to_grant(
    world: World, when: Literal["start", "run"]
) -> None:
    deny(world, 9999, when)
    begun = world.clock()
    answer = world.create(TransformRole=ROLE)
    assert answer.status == "FAILED"
    assert f"{PATH} exists" in answer.reason
    assert f"the transform's role {ROLE} may read it (grant s3:GetObject on arn:aws:s3:::" in answer.reason
    assert "Access Denied" in answer.reason
    assert 180 <= answer.at - begun <= 215
    assert world.rules() == []


def test_denied_start_says_how_long_it_was_retried(world: World) -> None:
    deny(world, 9999)
    answer = world.create()
    assert answer.reason.startswith(
        f"StartImportLabelsTaskRun failed: InvalidInputException: Cannot access the label file at {PATH}. "
    )
    assert "It was retried for 20" in answer.reason
    assert answer.physical_id == NO_RUN


def test_role_that_glue_cannot_assume_is_told_with_what_it_must_trust(world: World) -> None:
    deny(world, 9999, error=UnusableRoleError(ROLE, "It does not exist."))
    reason = world.create(TransformRole=ROLE).reason
    assert f"Check that the transform's role {ROLE} exists and lets the service glue.amazonaws.com" in reason


def test_run_that_failed_for_a_denial_is_not_adopted_again(world: World) -> None:
    deny(world, 60, "run")
    assert world.create().status == "SUCCESS"
    *failed, succeeded = world.statuses()
    assert set(failed) == {"FAILED"}
    assert succeeded == "SUCCEEDED"


def test_request_that_lambda_repeats_reports_the_denial_of_its_last_run(world: World) -> None:
    """Its own state is lost with the first attempt; the run's start tells that it is its own."""
    deny(world, 9999, "run")
    request = world.request("Create", ResponseURL=f"{_signed_url(world)}")
    world.invoke(request)
    (first,) = world.answers
    world.answers.clear()
    runs = len(world.glue_ml.runs())
    world.invoke(request)
    assert world.answer.reason == first.reason
    assert len(world.glue_ml.runs()) == runs


def test_denial_of_an_update_fails_before_the_timeout_of_the_import(world: World) -> None:
    created = world.create()
    world.upload("new.csv")
    deny(world, 9999)
    begun = world.clock()
    answer = world.update(created.physical_id, {}, {"InputS3Path": f"s3://{BUCKET}/new.csv"})
    assert (answer.status, answer.physical_id) == ("FAILED", created.physical_id)
    assert answer.at - begun < 215


def test_denial_up_to_a_short_timeout_is_the_reason_that_is_told(world: World) -> None:
    deny(world, 9999)
    answer = world.create(TimeoutSeconds="60")
    assert "could not be started within 60 seconds" in answer.reason
    assert "Access Denied" in answer.reason


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
def test_what_waiting_does_not_help_against_fails_at_once(world: World, detail: str, says: str) -> None:
    deny(world, 9999, error=access_denied(detail))
    begun = world.clock()
    answer = world.create()
    assert answer.status == "FAILED"
    assert says in answer.reason
    assert answer.at - begun < 2


def test_empty_file_is_refused_at_once_with_its_path(world: World) -> None:
    world.upload("labels.csv", b"")
    reason = world.create().reason
    assert "Invalid label file of size 0" in reason
    assert f"The object {PATH} is empty" in reason


def test_file_over_the_quota_is_refused_at_once_with_the_quota(world: World) -> None:
    world.glue_ml.label_file_bytes = 20
    begun = world.clock()
    answer = world.create()
    assert "Label file has exceeded the limit of" in answer.reason
    assert "Or split the file" in answer.reason
    assert answer.at - begun < 2


def _signed_url(world: World) -> str:
    request = world.request("Create")
    return f"{request['ResponseURL']}&X-Amz-Date={world.clock.utc():%Y%m%dT%H%M%SZ}"
