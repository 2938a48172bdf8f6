"""What docs/guide/platform.md says of Service Catalog, of synthesizers and of permissions boundaries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from aws_cdk import (
    App,
    BootstraplessSynthesizer,
    CliCredentialsStackSynthesizer,
    DefaultStackSynthesizer,
    Stack,
    aws_iam,
    aws_s3,
    aws_servicecatalog,
)
from function_resources import FUNCTION, IMPORT, ROLE

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aws_cdk import IStackSynthesizer

    Resources: TypeAlias = dict[str, Any]
    """The resources of a template, by logical id."""


class Product(aws_servicecatalog.ProductStack):
    """A product with one import of a label file of the app."""

    def __init__(self, scope: Stack, label_file: Path, **settings: Any) -> None:
        super().__init__(scope, "Product", **settings)
        LabelsImport(self, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))


@pytest.fixture
def templates(tmp_path: Path, label_file: Path) -> tuple[Resources, Resources]:
    """The resources of a stack that publishes a product, and those of the product."""
    app = App(outdir=str(tmp_path / "cdk.out"))
    stack = Stack(app, "Test")
    bucket = aws_s3.Bucket.from_bucket_name(stack, "Bucket", "product-assets")
    product = Product(stack, label_file, asset_bucket=bucket)
    template = aws_servicecatalog.CloudFormationTemplate.from_product_stack(product)
    version = aws_servicecatalog.CloudFormationProductVersion(cloud_formation_template=template)
    aws_servicecatalog.CloudFormationProduct(
        stack, "Published", product_name="Labels", owner="Data team", product_versions=[version]
    )
    app.synth()
    (of_product,) = (tmp_path / "cdk.out").glob("*.product.template.json")
    files = (tmp_path / "cdk.out" / "Test.template.json", of_product)
    of_stack, of_product_stack = (json.loads(file.read_text())["Resources"] for file in files)
    return of_stack, of_product_stack


def one_of(resources: Resources, resource_type: str) -> tuple[str, Any]:
    """The logical id and the properties of the one resource of a type."""
    (found,) = ((name, one["Properties"]) for name, one in resources.items() if one["Type"] == resource_type)
    return found


def test_product_of_service_catalog_has_its_own_function_and_rules(
    templates: tuple[Resources, Resources],
) -> None:
    of_stack, of_product = templates

    function_id, _ = one_of(of_product, FUNCTION)
    _, labels_import = one_of(of_product, IMPORT)
    assert labels_import["ServiceToken"] == {"Fn::GetAtt": [function_id, "Arn"]}
    _, permission = one_of(of_product, "AWS::Lambda::Permission")
    assert permission["FunctionName"] == labels_import["ServiceToken"]
    uuid = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
    assert permission["SourceArn"]["Fn::Join"][1][-2:] == [uuid, "-*"]
    assert IMPORT not in {one["Type"] for one in of_stack.values()}


def test_product_of_service_catalog_reads_its_files_from_the_asset_bucket_to_which_they_are_copied(
    templates: tuple[Resources, Resources],
) -> None:
    of_stack, of_product = templates

    code = one_of(of_product, FUNCTION)[1]["Code"]
    path = one_of(of_product, IMPORT)[1]["InputS3Path"]
    _, copied = one_of(of_stack, "Custom::CDKBucketDeployment")
    assert copied["DestinationBucketName"] == code["S3Bucket"] == "product-assets"
    paths = {f"s3://product-assets/{key}" for key in copied["SourceObjectKeys"]}
    assert paths == {path, f"s3://product-assets/{code['S3Key']}"}


@pytest.mark.parametrize("synthesizer_class", [DefaultStackSynthesizer, CliCredentialsStackSynthesizer])
def test_files_are_where_a_synthesizer_with_file_assets_uploads_them(
    tmp_path: Path,
    label_file: Path,
    resource_of: Callable[..., Any],
    synthesizer_class: Callable[..., IStackSynthesizer],
) -> None:
    app = App(outdir=str(tmp_path / "cdk.out"))
    # A name that is in no default.
    synthesizer = synthesizer_class(file_assets_bucket_name="company-uploads", bucket_prefix="labels/")
    stack = Stack(app, "Test", synthesizer=synthesizer)
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))
    app.synth()

    code = resource_of(stack, FUNCTION)["Properties"]["Code"]
    paths = {
        resource_of(stack, IMPORT)["Properties"]["InputS3Path"],
        f"s3://{code['S3Bucket']}/{code['S3Key']}",
    }
    assert all(path.startswith("s3://company-uploads/labels/") for path in paths)
    manifest = json.loads((tmp_path / "cdk.out" / "Test.assets.json").read_text())
    uploads = [to for file in manifest["files"].values() for to in file["destinations"].values()]
    assert paths < {f"s3://{to['bucketName']}/{to['objectKey']}" for to in uploads}


def test_synthesizer_without_file_assets_is_refused_by_the_cdk(label_file: Path) -> None:
    stack = Stack(App(), "Test", synthesizer=BootstraplessSynthesizer())

    with pytest.raises(RuntimeError, match=r"Cannot add assets to a Stack that uses .*Bootstrapless"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))


@pytest.mark.parametrize("in_context", [False, True], ids=["aspect", "context"])
def test_permissions_boundary_of_the_app_is_on_the_function_s_role(
    label_file: Path, resource_of: Callable[..., Any], in_context: bool
) -> None:
    context = {"@aws-cdk/core:permissionsBoundary": {"name": "company"}} if in_context else {}
    app = App(context=context)
    stack = Stack(app, "Test")
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))
    if not in_context:
        policy = aws_iam.ManagedPolicy.from_managed_policy_name(stack, "Boundary", "company")
        aws_iam.PermissionsBoundary.of(app).apply(policy)

    boundary = resource_of(stack, ROLE)["Properties"]["PermissionsBoundary"]
    assert boundary == "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/company"
