"""What changes in a template from one label version to the next, and what does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Stack, aws_iam, aws_kms, aws_s3
from aws_cdk.assertions import Template

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IMPORT = "Custom::GlueLabelsImport"
VERSIONS = ("v1", "v2")


@pytest.fixture
def file_of_the_app(label_file: Path) -> Callable[[Stack, str], Labels]:
    """Labels whose version is the content of a file of the app."""

    def labels(stack: Stack, version: str) -> Labels:
        del stack
        label_file.write_text(f"labeling_set_id,label,name\nA,1,Ann\nA,1,Anne\nA,2,{version}\n")
        return Labels.from_asset(label_file)

    return labels


@pytest.fixture
def object_in_a_bucket() -> Callable[[Stack, str], Labels]:
    """Labels whose version is the key of an object in an encrypted bucket."""

    def labels(stack: Stack, version: str) -> Labels:
        bucket = aws_s3.Bucket(stack, "Bucket", encryption_key=aws_kms.Key(stack, "Key"))
        return Labels.from_bucket(bucket, f"customers/{version}.csv")

    return labels


@pytest.fixture
def object_at_a_path() -> Callable[[Stack, str], Labels]:
    """Labels whose version is the path of an object."""
    return lambda _, version: Labels.from_s3_path(f"s3://labels/customers/{version}.csv")


def resources_with(labels: Callable[[Stack, str], Labels], version: str, **options: Any) -> dict[str, Any]:
    """The resources of a stack that imports a label version."""
    stack = Stack(App(), "Test")
    role = aws_iam.Role(stack, "Role", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
    LabelsImport(
        stack, "Import", transform="tfm-1", labels=labels(stack, version), transform_role=role, **options
    )
    return dict(Template.from_stack(stack).to_json()["Resources"])


@pytest.mark.parametrize("source", ["file_of_the_app", "object_in_a_bucket", "object_at_a_path"])
def test_two_label_versions_differ_in_the_import_and_in_nothing_of_iam(
    source: str, request: pytest.FixtureRequest
) -> None:
    former, latter = (resources_with(request.getfixturevalue(source), version) for version in VERSIONS)

    assert former.keys() == latter.keys()
    assert any(each["Type"] == "AWS::IAM::Policy" for each in former.values())
    changed = {former[name]["Type"] for name in former if former[name] != latter[name]}
    assert changed == {IMPORT}


@pytest.mark.parametrize("source", ["file_of_the_app", "object_in_a_bucket", "object_at_a_path"])
def test_two_label_versions_with_exact_grants_have_different_policies(
    source: str, request: pytest.FixtureRequest
) -> None:
    labels = request.getfixturevalue(source)
    former, latter = (resources_with(labels, version, grant_exact_object=True) for version in VERSIONS)

    new = latter.keys() - former.keys()
    assert [latter[name]["Type"] for name in new] == ["AWS::IAM::Policy"]
