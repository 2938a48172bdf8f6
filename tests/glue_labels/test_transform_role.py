"""What the transform's role is granted, and that the import waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, CfnParameter, Environment, Fn, NestedStack, Stack, aws_iam, aws_kms, aws_s3, aws_ssm

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IMPORT = "Custom::GlueLabelsImport"
POLICY = "AWS::IAM::Policy"


@pytest.fixture
def granted(resource_of: Callable[..., Any]) -> Callable[[Stack], Any]:
    """Gives the statements of the stack's one policy, which is the transform role's."""

    def statements(stack: Stack) -> Any:
        return resource_of(stack, POLICY)["Properties"]["PolicyDocument"]["Statement"]

    return statements


@pytest.fixture
def waits_for(resource_of: Callable[..., Any], resources_of: Callable[..., Any]) -> Callable[..., bool]:
    """Tells whether the stack's one import waits for all resources of a type, of which there must be some."""

    def waits(stack: Stack, resource_type: str) -> bool:
        found = set(resources_of(stack, resource_type))
        assert found
        return found <= set(resource_of(stack, IMPORT)["DependsOn"])

    return waits


def read_of(resource: str) -> dict[str, str]:
    return {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}


def test_role_may_read_exactly_the_file_of_the_app(
    stack: Stack, role: aws_iam.Role, label_file: Path, granted: Callable[..., Any], resource_of: Any
) -> None:
    labels = Labels.from_asset(label_file)
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    path = resource_of(stack, IMPORT)["Properties"]["InputS3Path"]
    assert granted(stack) == [read_of(path.replace("s3://", "arn:${AWS::Partition}:s3:::"))]


def test_role_may_read_exactly_the_object_of_a_bucket(
    stack: Stack, role: aws_iam.Role, granted: Callable[..., Any]
) -> None:
    labels = Labels.from_bucket(aws_s3.Bucket(stack, "Bucket"), "customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert granted(stack) == [read_of("${Bucket83908E77.Arn}/customers.csv")]


def test_role_may_read_exactly_the_object_at_a_path(
    stack: Stack, role: aws_iam.Role, granted: Callable[..., Any]
) -> None:
    labels = Labels.from_s3_path("s3://labels/customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert granted(stack) == [read_of("arn:${AWS::Partition}:s3:::labels/customers.csv")]


def test_role_may_read_the_object_at_a_path_that_is_a_parameter(
    stack: Stack, role: aws_iam.Role, granted: Callable[..., Any]
) -> None:
    labels = Labels.from_s3_path(CfnParameter(stack, "Path").value_as_string)
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    after_scheme = "Select(1, Split('s3://', ${Path}))"
    assert granted(stack) == [read_of(f"arn:${{AWS::Partition}}:s3:::{after_scheme}")]


def test_path_of_which_only_the_scheme_is_known_is_granted_as_it_is(
    stack: Stack, role: aws_iam.Role, granted: Callable[..., Any]
) -> None:
    labels = Labels.from_s3_path(f"s3://{Fn.import_value('BucketAndKey')}")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert granted(stack) == [read_of("arn:${AWS::Partition}:s3:::Import(BucketAndKey)")]


def test_path_that_the_cli_has_still_to_look_up_passes(
    resources_of: Callable[..., Any],
) -> None:
    stack = Stack(App(), "Test", env=Environment(account="111122223333", region="eu-central-1"))
    path = aws_ssm.StringParameter.value_from_lookup(stack, "/labels/path")
    role = aws_iam.Role(stack, "Role", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_s3_path(path), transform_role=role)

    assert len(resources_of(stack, IMPORT)) == 1


def test_slash_that_a_key_begins_with_is_in_path_and_grant(
    stack: Stack, role: aws_iam.Role, granted: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    labels = Labels.from_bucket(aws_s3.Bucket(stack, "Bucket"), "/customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert resource_of(stack, IMPORT)["Properties"]["InputS3Path"] == "s3://${Bucket83908E77}//customers.csv"
    assert granted(stack) == [read_of("${Bucket83908E77.Arn}//customers.csv")]


@pytest.mark.parametrize("source", ["bucket", "path", "path with a token", "key with a token"])
def test_key_with_wildcards_grants_that_object_only(
    stack: Stack, role: aws_iam.Role, granted: Callable[..., Any], source: str
) -> None:
    bucket = aws_s3.Bucket(stack, "Bucket")
    labels = {
        "bucket": Labels.from_bucket(bucket, "*/c?$.csv"),
        "path": Labels.from_s3_path("s3://labels/*/c?$.csv"),
        "path with a token": Labels.from_s3_path(f"s3://{bucket.bucket_name}/*/c?$.csv"),
        "key with a token": Labels.from_bucket(
            bucket, f"{CfnParameter(stack, 'Folder').value_as_string}/*/c?$.csv"
        ),
    }[source]
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    (statement,) = granted(stack)
    assert statement["Resource"].endswith("/${*}/c${?}${$}.csv")


def test_role_may_decrypt_with_the_bucket_s_key(
    stack: Stack, role: aws_iam.Role, granted: Callable[..., Any]
) -> None:
    bucket = aws_s3.Bucket(stack, "Bucket", encryption_key=aws_kms.Key(stack, "Key"))
    labels = Labels.from_bucket(bucket, "customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert granted(stack) == [
        read_of("${Bucket83908E77.Arn}/customers.csv"),
        {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "${Key961B73FD.Arn}"},
    ]


@pytest.mark.parametrize("waited_for", [POLICY, "AWS::KMS::Key"])
def test_import_waits_for_the_grants(
    stack: Stack, role: aws_iam.Role, waits_for: Callable[..., bool], waited_for: str
) -> None:
    bucket = aws_s3.Bucket(stack, "Bucket", encryption_key=aws_kms.Key(stack, "Key"))
    labels = Labels.from_bucket(bucket, "customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert waits_for(stack, waited_for)


@pytest.mark.parametrize("account", [None, "111122223333"])
def test_import_waits_for_the_grant_to_an_imported_role(
    label_file: Path, waits_for: Callable[..., bool], granted: Callable[..., Any], account: str | None
) -> None:
    # Without an account the CDK cannot tell whether role and bucket share one.
    stack = Stack(App(), "Test", env=Environment(account=account, region="eu-central-1") if account else None)
    role = aws_iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/transform")
    labels = Labels.from_asset(label_file)
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert [statement["Action"] for statement in granted(stack)] == ["s3:GetObject"]
    assert waits_for(stack, POLICY)


def test_imported_role_may_decrypt_by_the_same_policy_by_which_it_reads(
    stack: Stack, waits_for: Callable[..., bool], granted: Callable[..., Any]
) -> None:
    role = aws_iam.Role.from_role_arn(stack, "Role", "arn:aws:iam::111122223333:role/transform")
    bucket = aws_s3.Bucket(stack, "Bucket", encryption_key=aws_kms.Key(stack, "Key"))
    labels = Labels.from_bucket(bucket, "customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert [statement["Action"] for statement in granted(stack)] == ["s3:GetObject", "kms:Decrypt"]
    assert waits_for(stack, POLICY)
    assert waits_for(stack, "AWS::KMS::Key")


def test_stacks_that_look_up_the_same_role_keep_their_grants_apart(
    labels: Labels, resource_of: Callable[..., Any]
) -> None:
    names = []
    for name in ("Test", "Production"):
        # Each in an app of its own, so that the construct's path is the same.
        stack = Stack(App(), "Labels", stack_name=name)
        role = aws_iam.Role.from_role_name(stack, "Role", "transform")
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)
        policy = resource_of(stack, POLICY)["Properties"]
        assert policy["Roles"] == ["transform"]
        names.append(policy["PolicyName"])
    assert names[0].startswith("Test-Import-")
    assert names[1].startswith("Production-Import-")
    assert all(name.endswith("-Select(2, Split('/', ${AWS::StackId}))") for name in names)


def test_name_of_a_policy_fits_iam_however_long_the_construct_s_path(
    labels: Labels, resource_of: Callable[..., Any]
) -> None:
    stack = Stack(App(), "Labels", stack_name="S" * 128)
    role = aws_iam.Role.from_role_name(stack, "Role", "transform")
    LabelsImport(stack, "I" * 200, transform="tfm-1", labels=labels, transform_role=role)

    name = resource_of(stack, POLICY)["Properties"]["PolicyName"]
    assert len(name.replace("Select(2, Split('/', ${AWS::StackId}))", "0" * 36)) <= 128


@pytest.mark.parametrize("nested", [False, True])
def test_role_of_another_stack_reads_from_the_bucket_of_the_import_s(
    nested: bool,
    waits_for: Callable[..., bool],
    granted: Callable[..., Any],
    resources_of: Callable[..., Any],
) -> None:
    app = App()
    first = Stack(app, "First")
    stack: Stack = NestedStack(first, "Nested") if nested else Stack(app, "Second")
    role = aws_iam.Role(first, "Role", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
    labels = Labels.from_bucket(aws_s3.Bucket(stack, "Bucket"), "customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert granted(stack) == [read_of("${Bucket83908E77.Arn}/customers.csv")]
    assert waits_for(stack, POLICY)
    # Which the assertions would refuse if the two waited for each other.
    assert resources_of(first, POLICY) == {}


def test_role_the_app_must_not_change_is_left_alone(
    stack: Stack, label_file: Path, resources_of: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    role = aws_iam.Role.from_role_arn(
        stack, "Role", "arn:aws:iam::111122223333:role/transform", mutable=False
    )
    labels = Labels.from_asset(label_file)
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert resources_of(stack, POLICY) == {}
    assert resource_of(stack, IMPORT)["DependsOn"] == list(resources_of(stack, "AWS::Lambda::Permission"))


def test_bucket_of_another_account_lets_the_role_in(resource_of: Callable[..., Any]) -> None:
    app = App()
    owner = Stack(app, "Owner", env=Environment(account="444455556666", region="eu-central-1"))
    stack = Stack(app, "Test", env=Environment(account="111122223333", region="eu-central-1"))
    bucket = aws_s3.Bucket(owner, "Bucket", bucket_name="labels-of-another-account")
    role = aws_iam.Role(
        stack,
        "Role",
        role_name="transform",
        assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"),
    )
    labels = Labels.from_bucket(bucket, "customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    policy = resource_of(owner, "AWS::S3::BucketPolicy")["Properties"]["PolicyDocument"]
    assert policy["Statement"] == [
        {
            "Effect": "Allow",
            "Action": "s3:GetObject",
            "Principal": {"AWS": "arn:${AWS::Partition}:iam::111122223333:role/transform"},
            "Resource": "${Bucket83908E77.Arn}/customers.csv",
        }
    ]
    assert owner in stack.dependencies


def test_without_a_role_nothing_is_granted(
    stack: Stack, role: aws_iam.Role, label_file: Path, resources_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))

    assert role.node.id == "TransformRole"
    assert resources_of(stack, POLICY) == {}
