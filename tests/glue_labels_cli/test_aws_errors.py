"""Each error of a call to AWS is one line that says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from glue_labels_cli.aws_account import Account
from glue_labels_cli.aws_errors import CallError, call, remedy_of_run
from glue_labels_cli.terminal import CommandError
from glue_labels_handler.causes import CAUSES

if TYPE_CHECKING:
    from steward import Steward

DENIED = "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: glue:GetMLTransform"


def failed(code: str, message: str, **parameters: Any) -> str:
    """The message when StartMLLabelingSetGenerationTaskRun fails."""
    glue = boto3.client("glue", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(glue) as stub:
        stub.add_client_error("start_ml_labeling_set_generation_task_run", code, message)
        with pytest.raises(CallError) as raised:
            call(
                "StartMLLabelingSetGenerationTaskRun",
                glue.start_ml_labeling_set_generation_task_run,
                TransformId="tfm-1",
                OutputS3Path="s3://bucket/folder",
                **parameters,
            )
    assert "\n" not in raised.value.message
    return raised.value.message


@pytest.mark.parametrize(
    ("code", "message", "remedy"),
    [
        ("AccessDeniedException", DENIED, "Grant glue:StartMLLabelingSetGenerationTaskRun to your identity"),
        ("AccessDeniedException", f"{DENIED} with an explicit deny in a policy", "Change that policy"),
        ("ExpiredTokenException", "The security token included in the request is expired", "Sign in"),
        ("UnrecognizedClientException", "The security token is invalid", "aws sts get-caller-identity"),
        ("ConcurrentRunsExceededException", "ML Task Runs count 3 has exceeded", "Wait until one ends"),
        ("InternalServiceException", "Dependency failure.", "Wait a few minutes and try again."),
        ("ThrottlingException", "Rate exceeded", "Wait a few minutes and try again."),
        ("InvalidInputException", "Something else", "Check that the transform is a FindMatches transform"),
        (
            "InvalidInputException",
            "S3 path provided is not in the same region as transform. Expecting region - a, but got - b",
            "Give an --output in a bucket of the transform's region",
        ),
        (
            "InvalidInputException",
            "Cannot use IAM role provided in the transform. Role: arn:aws:iam::123456789012:role/R",
            "lets the service glue.amazonaws.com assume it",
        ),
        ("InvalidInputException", "A primary key must be specified", "FindMatchesParameters with PrimaryKey"),
        (
            "InvalidInputException",
            "s3://bucket/folder: Access Denied",
            "s3:PutObject on arn:aws:s3:::bucket/folder/*",
        ),
    ],
)
def test_error_of_a_start_says_what_to_do(code: str, message: str, remedy: str) -> None:
    text = failed(code, message)
    assert text.startswith(f"StartMLLabelingSetGenerationTaskRun failed: {code}: {message[:20]}")
    assert remedy in text


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.name)
def test_no_advice_on_a_run_is_about_a_label_file_to_read_or_a_deployment(cause: Any) -> None:
    texts = {
        "key-disabled": "KMS.DisabledException",
        "key-missing": "KMS.NotFoundException",
        "other-region": "PermanentRedirect",
        "role-unusable": "Unable to assume role",
        "file-empty": "label file is empty",
        "table-missing": "Table customers not found",
        "column-missing": "column zip not found",
    }
    text = texts.get(cause.name) or cause.name.replace("-", " ")
    advice = remedy_of_run(text, "s3://bucket/folder/", "arn:aws-cn:iam::123456789012:role/R")
    for word in ("LabelsImport", "eploy", "{", "}", "  "):
        assert word not in advice


def test_role_that_may_not_write_is_reported_with_the_grant_in_its_partition() -> None:
    advice = remedy_of_run(
        "Access Denied (Service: Amazon S3; Status Code: 403)",
        "s3://bucket/folder/",
        "arn:aws-cn:iam::123456789012:role/R",
    )
    grant = "Grant the transform's role arn:aws-cn:iam::123456789012:role/R s3:PutObject on"
    assert f"{grant} arn:aws-cn:s3:::bucket/folder/*" in advice


def test_run_without_a_reason_points_to_its_log() -> None:
    assert remedy_of_run("", "s3://bucket/folder", "") == "Glue gave no reason. See the log of the run."


def test_missing_credentials_are_reported_with_how_to_get_them(
    steward: Steward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    result = steward.run("status", "--transform", "customers")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        "Error: GetMLTransforms failed: NoCredentialsError: Unable to locate credentials. "
        "Sign in (aws sso login, aws configure), or choose another profile with --profile NAME.\n"
    )


def test_unknown_profile_is_reported(steward: Steward) -> None:
    result = steward.run("status", "--transform", "customers", "--profile", "nobody")
    assert result.exit_code == 1
    assert result.stderr.startswith(
        "Error: The config profile (nobody) could not be found. List the profiles of"
    )


def test_missing_region_is_reported(steward: Steward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    result = steward.run("status", "--transform", "customers")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: You must specify a region. Give --region, or set AWS_REGION.\n"


@pytest.mark.parametrize("region", ["not a region", "-"])
def test_invalid_region_is_reported(steward: Steward, region: str) -> None:
    result = steward.run("status", "--transform", "customers", "--region", region)
    assert result.exit_code == 1
    assert "Give another --region." in result.stderr


def test_failed_call_of_s3_names_the_grant() -> None:
    s3 = boto3.client("s3", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(s3) as stub:
        stub.add_client_error("list_objects_v2", "AccessDenied", "Access Denied", http_status_code=403)
        with pytest.raises(CommandError, match="Grant s3:ListBucket on arn:aws:s3:::bucket to your identity"):
            call("ListObjectsV2", s3.list_objects_v2, "arn:aws:s3:::bucket", Bucket="bucket")


def test_starts_are_sent_once_and_other_calls_again(steward: Steward) -> None:
    account = Account.open(None, "eu-west-1")
    steward.simulation.fail_calls("StartMLEvaluationTaskRun", "InternalServiceException", times=9)
    with pytest.raises(CallError):
        call(
            "StartMLEvaluationTaskRun",
            account.glue_once.start_ml_evaluation_task_run,
            TransformId=steward.transform,
        )
    assert len(steward.started()) == 1
    steward.simulation.fail_calls("GetMLTransform", "ThrottlingException")
    call("GetMLTransform", account.glue.get_ml_transform, TransformId=steward.transform)
