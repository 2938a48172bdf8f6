"""The key of the bucket that a label file of the app is uploaded to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import (
    App,
    DefaultStackSynthesizer,
    FileAssetLocation,
    FileAssetSource,
    ISynthesisSession,
    Stack,
    StackSynthesizer,
    aws_iam,
    aws_kms,
    aws_s3,
)

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def granted_keys(label_file: Path, resources_of: Callable[..., Any]) -> Callable[..., list[str]]:
    """Gives what the transform's role may decrypt with, for a label file of the app in a stack."""

    def find(stack: Stack, **options: Any) -> list[str]:
        role = aws_iam.Role(stack, "TransformRole", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
        labels = Labels.from_asset(label_file, **options)
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)
        return [
            statement["Resource"]
            for policy in resources_of(stack, "AWS::IAM::Policy").values()
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]
            if statement["Action"] == "kms:Decrypt"
        ]

    return find


def test_bootstrap_bucket_has_no_key_by_default(stack: Stack, granted_keys: Callable[..., list[str]]) -> None:
    assert granted_keys(stack) == []


def test_given_key_is_granted(stack: Stack, granted_keys: Callable[..., list[str]]) -> None:
    key = aws_kms.Key.from_key_arn(stack, "Key", KEY_ARN)

    assert granted_keys(stack, encryption_key=key) == [KEY_ARN]


def test_import_waits_for_a_key_of_the_stack(
    stack: Stack, granted_keys: Callable[..., list[str]], resource_of: Callable[..., Any]
) -> None:
    key = aws_kms.Key(stack, "Key")

    (granted,) = granted_keys(stack, encryption_key=key)

    key_id = granted.removeprefix("${").removesuffix(".Arn}")
    assert key_id in resource_of(stack, "Custom::GlueLabelsImport")["DependsOn"]


class KeyedSynthesizer(StackSynthesizer):
    """Names the key of its bucket. It uploads nothing."""

    def add_file_asset(self, asset: FileAssetSource) -> FileAssetLocation:  # type: ignore[override] # jsii calls it so
        key = f"{asset.source_hash}.csv"
        url = f"s3://uploads/{key}"
        return FileAssetLocation(
            bucket_name="uploads", object_key=key, http_url=url, s3_object_url=url, kms_key_arn=KEY_ARN
        )

    def add_docker_image_asset(self, asset: Any) -> Any:  # type: ignore[override] # jsii calls it so
        raise NotImplementedError

    def synthesize(self, session: ISynthesisSession) -> None:
        self._synthesize_template(session)
        self._emit_artifact(session)


def test_key_that_the_synthesizer_names_is_granted(granted_keys: Callable[..., list[str]]) -> None:
    stack = Stack(App(), "Test", synthesizer=KeyedSynthesizer())

    assert granted_keys(stack) == [KEY_ARN]


@pytest.fixture
def staged_stack() -> Callable[..., Stack]:
    """Makes a stack whose assets go to a bucket of a stack that is deployed before, as in staging stacks."""

    def make(**bucket: Any) -> Stack:
        app = App()
        staging = Stack(app, "Staging")
        aws_s3.Bucket(staging, "Other", encryption_key=aws_kms.Key(staging, "OtherKey"))
        name = f"staging-of-app-{staging.account}-{staging.region}"
        if bucket.pop("key", False):
            bucket["encryption_key"] = aws_kms.Key(staging, "BucketKey")
        aws_s3.Bucket(staging, "Bucket", bucket_name=name, **bucket)
        # The notation that the CDK's synthesizers use for environments that are not known.
        synthesizer = DefaultStackSynthesizer(
            file_assets_bucket_name="staging-of-app-${AWS::AccountId}-${AWS::Region}"
        )
        stack = Stack(app, "Test", synthesizer=synthesizer)
        stack.add_dependency(staging)
        return stack

    return make


def test_key_of_a_staging_bucket_of_the_app_is_granted(
    staged_stack: Callable[..., Stack], granted_keys: Callable[..., list[str]]
) -> None:
    (granted,) = granted_keys(staged_stack(key=True))

    assert "Staging:ExportsOutputFnGetAttBucketKey" in granted


def test_staging_bucket_without_a_key_grants_none(
    staged_stack: Callable[..., Stack], granted_keys: Callable[..., list[str]]
) -> None:
    assert granted_keys(staged_stack()) == []


def test_given_key_is_preferred_to_the_key_of_the_staging_bucket(
    staged_stack: Callable[..., Stack], granted_keys: Callable[..., list[str]]
) -> None:
    stack = staged_stack(key=True)

    assert granted_keys(stack, encryption_key=aws_kms.Key.from_key_arn(stack, "Key", KEY_ARN)) == [KEY_ARN]


def test_key_of_the_wrong_type_is_refused(label_file: Path) -> None:
    with pytest.raises(TypeError, match=r"^encryption_key must be an IKey, .*, not 'key'\."):
        Labels.from_asset(label_file, encryption_key="key")  # type: ignore[arg-type] # the test
