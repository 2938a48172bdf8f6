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


@pytest.fixture
def grant_of(stack: Stack, role: aws_iam.Role, granted: Callable[..., Any]) -> Callable[..., Any]:
    """Imports labels with the role, and gives the one resource that the role may read."""

    def resource(labels: Labels, *, exact: bool = False) -> Any:
        LabelsImport(
            stack,
            "Import",
            transform="tfm-1",
            labels=labels,
            transform_role=role,
            grant_exact_object=exact,
        )
        (statement,) = granted(stack)
        assert statement == read_of(statement["Resource"])
        return statement["Resource"]

    return resource


def test_role_may_read_all_files_of_the_assets_bucket_with_the_ending_of_the_file(
    label_file: Path, grant_of: Callable[..., Any]
) -> None:
    bucket = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
    assert grant_of(Labels.from_asset(label_file)) == f"arn:${{AWS::Partition}}:s3:::{bucket}/*.csv"


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("customers.csv", "*.csv"),
        ("labels/v1.csv", "labels/*.csv"),
        ("a/b/v1.CSV", "a/b/*.CSV"),
        ("labels/v1", "labels/*"),
        pytest.param("labels/customers.v2", "labels/*", id="a version is no ending"),
        pytest.param("labels/customers-1.2", "labels/*", id="a number is no ending"),
        pytest.param("labels.d/v1", "labels.d/*", id="an ending is not of the folder"),
        pytest.param("/v1.csv", "/*.csv", id="begins with a slash"),
        pytest.param("*/c?$.csv", "${*}/*.csv", id="a wildcard in the folder is taken for itself"),
    ],
)
@pytest.mark.parametrize("source", ["bucket", "path"])
def test_role_may_read_the_folder_of_a_key_with_its_ending(
    stack: Stack, grant_of: Callable[..., Any], source: str, key: str, pattern: str
) -> None:
    if source == "bucket":
        labels = Labels.from_bucket(aws_s3.Bucket.from_bucket_name(stack, "Bucket", "labels"), key)
    else:
        labels = Labels.from_s3_path(f"s3://labels/{key}")

    assert grant_of(labels) == f"arn:${{AWS::Partition}}:s3:::labels/{pattern}"


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("{token}", "*"),
        ("{token}.csv", "*.csv"),
        ("labels/{token}", "labels/*"),
        ("labels/{token}/v1.csv", "labels/*.csv"),
        ("labels/a-{token}-b.csv", "labels/*.csv"),
        pytest.param("labels/{token}.csv/{token}", "labels/*", id="an ending between tokens is none"),
    ],
)
def test_grant_never_holds_a_token_of_the_key(
    stack: Stack, grant_of: Callable[..., Any], key: str, pattern: str
) -> None:
    token = CfnParameter(stack, "Part").value_as_string
    labels = Labels.from_bucket(aws_s3.Bucket(stack, "Bucket"), key.replace("{token}", token))

    assert grant_of(labels) == f"${{Bucket83908E77.Arn}}/{pattern}"


def test_role_may_read_the_bucket_of_a_path_that_is_a_parameter(
    stack: Stack, grant_of: Callable[..., Any]
) -> None:
    labels = Labels.from_s3_path(CfnParameter(stack, "Path").value_as_string)

    assert grant_of(labels) == "arn:${AWS::Partition}:s3:::Select(2, Split('/', ${Path}))/*"


def test_ending_behind_the_token_of_a_path_is_granted_only(
    stack: Stack, grant_of: Callable[..., Any]
) -> None:
    labels = Labels.from_s3_path(f"{CfnParameter(stack, 'Folder').value_as_string}/v1.csv")

    assert grant_of(labels) == "arn:${AWS::Partition}:s3:::Select(2, Split('/', ${Folder}/v1.csv))/*.csv"


def test_role_may_read_the_bucket_of_a_path_of_which_only_the_scheme_is_known(
    grant_of: Callable[..., Any],
) -> None:
    labels = Labels.from_s3_path(f"s3://{Fn.import_value('BucketAndKey')}")

    assert grant_of(labels) == "arn:${AWS::Partition}:s3:::Select(0, Split('/', Import(BucketAndKey)))/*"


def test_bucket_of_a_path_may_be_a_token(stack: Stack, grant_of: Callable[..., Any]) -> None:
    bucket = aws_s3.Bucket(stack, "Bucket").bucket_name

    assert grant_of(Labels.from_s3_path(f"s3://{bucket}/labels/v1.csv")) == (
        "arn:${AWS::Partition}:s3:::${Bucket83908E77}/labels/*.csv"
    )


def test_exactly_the_file_of_the_app_can_be_granted(
    stack: Stack, label_file: Path, grant_of: Callable[..., Any], resource_of: Callable[..., Any]
) -> None:
    resource = grant_of(Labels.from_asset(label_file), exact=True)

    path = resource_of(stack, IMPORT)["Properties"]["InputS3Path"]
    assert resource == path.replace("s3://", "arn:${AWS::Partition}:s3:::")


def test_exactly_the_object_of_a_bucket_can_be_granted(stack: Stack, grant_of: Callable[..., Any]) -> None:
    labels = Labels.from_bucket(aws_s3.Bucket(stack, "Bucket"), "labels/v1.csv")

    assert grant_of(labels, exact=True) == "${Bucket83908E77.Arn}/labels/v1.csv"


def test_exactly_the_object_at_a_path_can_be_granted(grant_of: Callable[..., Any]) -> None:
    labels = Labels.from_s3_path("s3://labels/customers/v1.csv")

    assert grant_of(labels, exact=True) == "arn:${AWS::Partition}:s3:::labels/customers/v1.csv"


def test_exactly_the_object_at_a_path_that_is_a_parameter_can_be_granted(
    stack: Stack, grant_of: Callable[..., Any]
) -> None:
    labels = Labels.from_s3_path(CfnParameter(stack, "Path").value_as_string)

    resource = grant_of(labels, exact=True)

    assert resource == "arn:${AWS::Partition}:s3:::Select(1, Split('s3://', ${Path}))"


@pytest.mark.parametrize("source", ["bucket", "path", "path with a token", "key with a token"])
def test_exact_key_with_wildcards_grants_that_object_only(
    stack: Stack, grant_of: Callable[..., Any], source: str
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

    assert grant_of(labels, exact=True).endswith("/${*}/c${?}${$}.csv")


def test_path_that_the_cli_has_still_to_look_up_passes(
    resources_of: Callable[..., Any],
) -> None:
    stack = Stack(App(), "Test", env=Environment(account="111122223333", region="eu-central-1"))
    path = aws_ssm.StringParameter.value_from_lookup(stack, "/labels/path")
    role = aws_iam.Role(stack, "Role", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_s3_path(path), transform_role=role)

    assert len(resources_of(stack, IMPORT)) == 1


def test_role_may_decrypt_with_the_bucket_s_key(
    stack: Stack, role: aws_iam.Role, granted: Callable[..., Any]
) -> None:
    bucket = aws_s3.Bucket(stack, "Bucket", encryption_key=aws_kms.Key(stack, "Key"))
    labels = Labels.from_bucket(bucket, "customers.csv")
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert granted(stack) == [
        read_of("${Bucket83908E77.Arn}/*.csv"),
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


def policy_of(
    labels: Labels, resources_of: Callable[..., Any], role_name: str = "transform", **options: Any
) -> tuple[str, str]:
    """Logical id and name of the policy for an import of these labels, in an app of its own."""
    stack = Stack(App(), "Test")
    role = aws_iam.Role.from_role_name(stack, "Role", role_name)
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role, **options)
    ((logical_id, policy),) = resources_of(stack, POLICY).items()
    return logical_id, policy["Properties"]["PolicyName"]


@pytest.mark.parametrize("moved", ["s3://labels/elsewhere/v1.csv", "s3://others/customers/v1.csv"])
def test_labels_that_move_to_another_folder_or_bucket_have_another_policy(
    resources_of: Callable[..., Any], moved: str
) -> None:
    former = policy_of(Labels.from_s3_path("s3://labels/customers/v1.csv"), resources_of)
    latter = policy_of(Labels.from_s3_path(moved), resources_of)

    assert former[0] != latter[0]
    assert former[1] != latter[1]


def test_labels_in_the_same_folder_have_the_same_policy(resources_of: Callable[..., Any]) -> None:
    paths = ["s3://labels/customers/v1.csv", "s3://labels/customers/v2.csv"]

    assert len({policy_of(Labels.from_s3_path(path), resources_of) for path in paths}) == 1


def test_another_role_has_another_policy(resources_of: Callable[..., Any]) -> None:
    labels = Labels.from_s3_path("s3://labels/customers/v1.csv")
    policies = {policy_of(labels, resources_of, name) for name in ("transform", "new-transform")}

    assert len({logical_id for logical_id, _ in policies}) == len({name for _, name in policies}) == 2


def test_exact_grant_has_another_policy_for_each_version(resources_of: Callable[..., Any]) -> None:
    paths = ["s3://labels/customers/v1.csv", "s3://labels/customers/v2.csv"]
    policies = {policy_of(Labels.from_s3_path(path), resources_of, grant_exact_object=True) for path in paths}

    assert len({logical_id for logical_id, _ in policies}) == len({name for _, name in policies}) == 2


def test_labels_that_move_to_a_bucket_of_another_key_have_another_policy(
    resources_of: Callable[..., Any],
) -> None:
    logical_ids = set()
    for name in ("One", "Two"):
        stack = Stack(App(), "Test")
        bucket = aws_s3.Bucket(stack, "Bucket", encryption_key=aws_kms.Key(stack, name))
        role = aws_iam.Role.from_role_name(stack, "Role", "transform")
        labels = Labels.from_bucket(bucket, "customers.csv")
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)
        logical_ids |= set(resources_of(stack, POLICY))
    assert len(logical_ids) == 2


def test_labels_that_move_to_the_same_bucket_of_another_stack_have_another_policy(
    resources_of: Callable[..., Any],
) -> None:
    logical_ids = set()
    for owner in ("One", "Two"):
        app = App()
        stack = Stack(app, "Test")
        role = aws_iam.Role.from_role_name(stack, "Role", "transform")
        labels = Labels.from_bucket(aws_s3.Bucket(Stack(app, owner), "Bucket"), "customers.csv")
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)
        logical_ids |= set(resources_of(stack, POLICY))
    assert len(logical_ids) == 2


def test_grant_does_not_touch_the_role_s_own_policy(
    stack: Stack, role: aws_iam.Role, labels: Labels, resources_of: Callable[..., Any]
) -> None:
    role.add_to_policy(aws_iam.PolicyStatement(actions=["s3:ListBucket"], resources=["*"]))
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    of_role = {name: each for name, each in resources_of(stack, POLICY).items() if name.startswith("Trans")}
    (policy,) = of_role.values()
    assert [each["Action"] for each in policy["Properties"]["PolicyDocument"]["Statement"]] == [
        "s3:ListBucket"
    ]


def test_import_waits_for_what_the_role_may_do_besides(
    stack: Stack, role: aws_iam.Role, labels: Labels, waits_for: Callable[..., bool]
) -> None:
    # Glue reads the table's records as this role, too.
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)
    role.add_to_policy(aws_iam.PolicyStatement(actions=["s3:ListBucket"], resources=["*"]))

    assert waits_for(stack, POLICY)


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

    assert granted(stack) == [read_of("${Bucket83908E77.Arn}/*.csv")]
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
    depends_on = resource_of(stack, IMPORT)["DependsOn"]
    assert set(depends_on) == {
        *resources_of(stack, "AWS::Lambda::Permission"),
        *resources_of(stack, "AWS::IAM::RolePolicy"),
    }


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
            "Resource": "${Bucket83908E77.Arn}/*.csv",
        }
    ]
    assert owner in stack.dependencies


def test_without_a_role_nothing_is_granted(
    stack: Stack, role: aws_iam.Role, label_file: Path, resources_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=Labels.from_asset(label_file))

    assert role.node.id == "TransformRole"
    assert resources_of(stack, POLICY) == {}
