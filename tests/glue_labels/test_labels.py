"""Where labels are: what each source puts into the template, and what it refuses."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Stack, aws_s3

from glue_labels import InvalidPropertyError, Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IMPORT = "Custom::GlueLabelsImport"
ASSETS_BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"


@pytest.fixture
def imported(stack: Stack, resource_of: Callable[..., Any]) -> Callable[[Labels], Any]:
    """Imports labels in the stack, and gives the custom resource's properties."""

    def properties(labels: Labels) -> Any:
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels)
        return resource_of(stack, IMPORT)["Properties"]

    return properties


def asset_path(label_file: Path, *, check: bool = True) -> str:
    """Gives the S3 path of a label file, as synthesized in a new app."""
    stack = Stack(App(), "Test")
    return str(stack.resolve(Labels.from_asset(label_file, check=check).bind(stack).s3_path))


def test_file_of_the_app_is_named_by_its_content(imported: Callable[..., Any], label_file: Path) -> None:
    path = imported(Labels.from_asset(str(label_file)))["InputS3Path"]

    prefix, _, name = path.rpartition("/")
    stem, _, extension = name.partition(".")
    assert prefix == f"s3://{ASSETS_BUCKET}"
    assert (len(stem), extension) == (64, "csv")


def test_file_of_the_app_is_uploaded_byte_for_byte(stack: Stack, label_file: Path, tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path / "cdk.out"))
    stack = Stack(app, "Test")
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))
    folder = app.synth().directory

    files = json.loads((tmp_path / "cdk.out" / "Test.assets.json").read_text())["files"].values()
    (uploaded,) = (file["source"] for file in files if file["source"]["path"].endswith(".csv"))
    assert uploaded["packaging"] == "file"
    content = (tmp_path / "cdk.out" / uploaded["path"]).read_bytes()
    assert hashlib.sha256(content).digest() == hashlib.sha256(label_file.read_bytes()).digest()
    assert folder == str(tmp_path / "cdk.out")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"SET-01,A,1\n", b"SET-01,B,1\n", id="another label"),
        pytest.param(b"SET-01,A,1\n", b"SET-01,A,1\r\n", id="other line endings"),
        pytest.param("M\u00fcller".encode("latin-1"), "M\u00f6ller".encode("latin-1"), id="not UTF-8"),
        pytest.param(b"x" * 8191 + "\u00e9".encode(), b"x" * 8191 + "\u00e8".encode(), id="astride a block"),
    ],
)
def test_changed_bytes_are_a_new_version(label_file: Path, before: bytes, after: bytes) -> None:
    label_file.write_bytes(before)
    former = asset_path(label_file, check=False)
    label_file.write_bytes(after)

    assert asset_path(label_file, check=False) != former


def test_file_that_changed_between_two_apps_is_a_new_version_of_the_same_labels(label_file: Path) -> None:
    labels = Labels.from_asset(label_file)
    paths = []
    for label in "AB":
        label_file.write_text(f"labeling_set_id,label,customer_id\nSET-01,A,1\nSET-01,{label},2\n")
        stack = Stack(App(), "Test")
        paths.append(stack.resolve(labels.bind(stack).s3_path))
        # A file system may tell times by a few milliseconds only.
        time.sleep(0.02)
    assert paths[0] != paths[1]


def test_unchanged_bytes_are_the_same_version_wherever_they_are(label_file: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "renamed.csv"
    copy.parent.mkdir()
    copy.write_bytes(label_file.read_bytes())

    assert asset_path(copy) == asset_path(label_file)


def test_relative_path_starts_at_the_working_directory(
    imported: Callable[..., Any], label_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(label_file.parent)

    assert imported(Labels.from_asset("customers.csv"))["InputS3Path"].endswith(".csv")


def test_missing_label_file_is_refused_with_its_path(stack: Stack, tmp_path: Path) -> None:
    with pytest.raises(InvalidPropertyError, match=f"^Test/Import: .*does not exist: .*{tmp_path}/none.csv"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(tmp_path / "none.csv"))


def test_empty_label_file_is_refused_with_its_path(stack: Stack, label_file: Path) -> None:
    label_file.write_bytes(b"")

    with pytest.raises(InvalidPropertyError, match=f"^Test/Import: The label file is empty: '{label_file}'"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))


def test_path_below_a_file_is_refused_with_the_system_s_reason(stack: Stack, label_file: Path) -> None:
    with pytest.raises(InvalidPropertyError, match=r"cannot be read: .*Not a directory"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file / "more.csv"))


def test_file_of_the_app_with_a_version(label_file: Path, imported: Callable[..., Any]) -> None:
    properties = imported(Labels.from_asset(label_file, version="v2"))

    assert properties["Version"] == "v2"


def test_object_in_a_bucket_of_the_stack(stack: Stack, imported: Callable[..., Any]) -> None:
    bucket = aws_s3.Bucket(stack, "Bucket")

    properties = imported(Labels.from_bucket(bucket, "labels/customers.csv", "2026-11"))

    assert properties["InputS3Path"] == "s3://${Bucket83908E77}/labels/customers.csv"
    assert properties["Version"] == "2026-11"


def test_object_without_a_version_has_no_such_property(stack: Stack, imported: Callable[..., Any]) -> None:
    bucket = aws_s3.Bucket.from_bucket_name(stack, "Bucket", "labels")

    properties = imported(Labels.from_bucket(bucket, "customers.csv"))

    assert properties["InputS3Path"] == "s3://labels/customers.csv"
    assert "Version" not in properties


def test_path_with_a_version(imported: Callable[..., Any]) -> None:
    properties = imported(Labels.from_s3_path("s3://labels/customers.csv", version="v2"))

    assert properties["InputS3Path"] == "s3://labels/customers.csv"
    assert properties["Version"] == "v2"


def test_path_that_is_a_parameter_passes_unchecked(stack: Stack, imported: Callable[..., Any]) -> None:
    path = CfnParameter(stack, "Path").value_as_string

    assert imported(Labels.from_s3_path(path))["InputS3Path"] == "${Path}"


def test_key_that_is_a_parameter_passes_unchecked(stack: Stack, imported: Callable[..., Any]) -> None:
    bucket = aws_s3.Bucket.from_bucket_name(stack, "Bucket", "labels")
    key = CfnParameter(stack, "Key").value_as_string

    assert imported(Labels.from_bucket(bucket, key))["InputS3Path"] == "s3://labels/${Key}"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "customers.csv",
        "https://labels/customers.csv",
        "s3://labels",
        "s3://labels/",
        "s3:///customers.csv",
    ],
)
def test_path_of_another_form_is_refused_with_the_form(stack: Stack, path: str) -> None:
    with pytest.raises(InvalidPropertyError, match=f"^Test/Import: .*s3://bucket/key: '{path}'"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_s3_path(path))


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        ("s3://Labels/customers.csv", "3 to 63 characters of a-z.*'Labels'"),
        ("s3://labels/customers/", "one object, not a bucket or folder: 'customers/'"),
        (f"s3://labels/{'k' * 1025}", "at most 1024 bytes in UTF-8, this one 1025"),
    ],
)
def test_path_out_of_bounds_is_refused_with_rule_and_value(stack: Stack, path: str, rule: str) -> None:
    with pytest.raises(InvalidPropertyError, match=f"^Test/Import: InputS3Path.*{rule}"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_s3_path(path))


def test_key_out_of_bounds_is_refused_with_rule_and_value(stack: Stack) -> None:
    bucket = aws_s3.Bucket(stack, "Bucket")

    with pytest.raises(
        InvalidPropertyError, match=r"^Test/Import: InputS3Path must name one object.*'labels/'"
    ):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_bucket(bucket, "labels/"))


def test_bucket_name_out_of_bounds_is_refused_with_rule_and_value(stack: Stack) -> None:
    bucket = aws_s3.Bucket.from_bucket_name(stack, "Bucket", "My_Labels")

    with pytest.raises(InvalidPropertyError, match=r"^Test/Import: InputS3Path: .*a-z, 0-9.*'My_Labels'"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_bucket(bucket, "customers.csv"))


def test_argument_of_another_type_is_refused_by_name(stack: Stack) -> None:
    bucket: Any = aws_s3.Bucket(stack, "Bucket")
    other: Any = 2

    with pytest.raises(TypeError, match=r"^bucket must be an IBucket, not 2"):
        Labels.from_bucket(other, "customers.csv")
    with pytest.raises(TypeError, match=r"^key must be a string, not 2"):
        Labels.from_bucket(bucket, other)
    with pytest.raises(TypeError, match=r"^version must be a string, not 2"):
        Labels.from_bucket(bucket, "customers.csv", other)
    with pytest.raises(TypeError, match=r"^path must be a string, s3://bucket/key, not 2"):
        Labels.from_s3_path(other)
    with pytest.raises(TypeError, match=r"^version must be a string, not 2"):
        Labels.from_s3_path("s3://labels/customers.csv", other)
    with pytest.raises(TypeError, match=r"^version must be a string, not 2"):
        Labels.from_asset("labels/customers.csv", version=other)


@pytest.mark.parametrize("source", ["asset", "bucket", "path"])
def test_same_labels_serve_two_imports_and_two_stacks(
    label_file: Path, resources_of: Callable[..., Any], source: str
) -> None:
    app = App()
    stacks = [Stack(app, "One"), Stack(app, "Two")]
    bucket = aws_s3.Bucket.from_bucket_name(stacks[0], "Bucket", "labels")
    labels = {
        "asset": Labels.from_asset(label_file),
        "bucket": Labels.from_bucket(bucket, "customers.csv"),
        "path": Labels.from_s3_path("s3://labels/customers.csv"),
    }[source]

    for stack in stacks:
        for name in ("First", "Second"):
            LabelsImport(stack, name, transform=f"tfm-{name}", labels=labels)

    paths = [
        resource["Properties"]["InputS3Path"]
        for stack in stacks
        for resource in resources_of(stack, IMPORT).values()
    ]
    assert len(paths) == 4
    assert len(set(paths)) == 1


@pytest.mark.parametrize("how", ["a bucket of another stack", "attributes"])
def test_bucket_that_is_known_to_be_in_another_region_is_refused_with_both_regions(how: str) -> None:
    app = App()
    stack = Stack(app, "Test", env=Environment(account="111122223333", region="eu-central-1"))
    if how == "attributes":
        bucket = aws_s3.Bucket.from_bucket_attributes(
            stack, "Bucket", bucket_name="labels", region="us-east-1"
        )
    else:
        theirs = Stack(app, "Theirs", env=Environment(account="111122223333", region="us-east-1"))
        bucket = aws_s3.Bucket(theirs, "Bucket", bucket_name="labels")

    with pytest.raises(
        InvalidPropertyError,
        match=r"^Test/Import: InputS3Path must be in the region of the import's stack, eu-central-1: "
        r"the bucket \w+/Bucket is in us-east-1\. .*Put the label file into a bucket there\.",
    ):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_bucket(bucket, "customers.csv"))


def test_bucket_whose_region_or_whose_import_s_region_is_not_known_passes(
    resources_of: Callable[..., Any],
) -> None:
    stack = Stack(App(), "Test")
    bucket = aws_s3.Bucket.from_bucket_attributes(stack, "Bucket", bucket_name="labels", region="us-east-1")
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_bucket(bucket, "customers.csv"))

    assert len(resources_of(stack, IMPORT)) == 1
