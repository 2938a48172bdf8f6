"""Warnings of a transform's role that is missing or another one, and the role that errors may name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import Annotations as OfConstruct
from aws_cdk import App, Aws, CfnParameter, Environment, NestedStack, Stack, aws_glue, aws_iam
from constructs import Construct
from stack_warnings import warnings_of_import

from glue_labels import Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable

IMPORT = "Custom::GlueLabelsImport"
GLUE = aws_iam.ServicePrincipal("glue.amazonaws.com")
ARN = "arn:aws:iam::111122223333:role"


def transform_with(role: str, scope: Stack) -> aws_glue.CfnMLTransform:
    """A transform that was given a role."""
    return aws_glue.CfnMLTransform(
        scope,
        "Transform",
        role=role,
        input_record_tables={"glueTables": [{"databaseName": "crm", "tableName": "customers"}]},
        transform_parameters={"transformType": "FIND_MATCHES"},
    )


def test_transform_of_the_app_without_its_role_is_warned_of_with_the_remedy(
    stack: Stack, transform: aws_glue.CfnMLTransform, labels: Labels
) -> None:
    LabelsImport(stack, "Import", transform=transform, labels=labels)

    (warning,) = warnings_of_import(stack)
    assert warning.startswith("Test/Import has no transform_role.")
    assert "Test/Transform" in warning
    assert "Pass the transform's role as transform_role." in warning
    assert warning.endswith("[ack: cdk-glue-labels:no-transform-role]")


@pytest.mark.parametrize("given", ["its id", "its reference", "something that refers to it"])
def test_transform_of_the_app_is_known_in_each_form(
    stack: Stack, transform: aws_glue.CfnMLTransform, labels: Labels, given: str
) -> None:
    class Known(Construct):
        ml_transform_ref = transform.ml_transform_ref

    named: Any = {
        "its id": transform.ref,
        "its reference": transform.attr_transform_id
        if hasattr(transform, "attr_transform_id")
        else transform,
        "something that refers to it": Known(stack, "Known"),
    }[given]
    LabelsImport(stack, "Import", transform=named, labels=labels)

    assert len(warnings_of_import(stack)) == 1


def test_warning_of_a_missing_role_can_be_acknowledged(
    stack: Stack, transform: aws_glue.CfnMLTransform, labels: Labels
) -> None:
    import_ = LabelsImport(stack, "Import", transform=transform, labels=labels)
    OfConstruct.of(import_).acknowledge_warning("cdk-glue-labels:no-transform-role")

    assert warnings_of_import(stack) == []


def test_transform_that_is_not_of_the_app_needs_no_role(stack: Stack, labels: Labels) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    assert warnings_of_import(stack) == []


def role_named(name: str, stack: Stack) -> aws_iam.IRole:
    """An imported role."""
    return aws_iam.Role.from_role_name(stack, "Imported", name)


def role_at(arn: str, stack: Stack) -> aws_iam.IRole:
    """An imported role."""
    return aws_iam.Role.from_role_arn(stack, "Imported", arn)


OTHERS: dict[str, tuple[Callable[[Stack], aws_iam.IRole], Callable[[Stack], str]]] = {
    "names": (lambda stack: role_named("one", stack), lambda _: "other"),
    "name and ARN": (lambda stack: role_named("one", stack), lambda _: f"{ARN}/other"),
    "ARN and name": (lambda stack: role_at(f"{ARN}/one", stack), lambda _: "other"),
    "ARNs": (lambda stack: role_at(f"{ARN}/one", stack), lambda _: f"{ARN}/service-role/other"),
    "ARNs of two accounts": (
        lambda stack: role_at(f"{ARN}/one", stack),
        lambda _: "arn:aws:iam::444455556666:role/one",
    ),
    "roles of the app": (
        lambda stack: aws_iam.Role(stack, "One", assumed_by=GLUE),
        lambda stack: aws_iam.Role(stack, "Other", assumed_by=GLUE).role_arn,
    ),
    "a role imported by the name of a role of the app, and another": (
        lambda stack: role_named(aws_iam.Role(stack, "One", assumed_by=GLUE).role_name, stack),
        lambda stack: aws_iam.Role(stack, "Other", assumed_by=GLUE).role_arn,
    ),
    "roles of the app, one by name": (
        lambda stack: aws_iam.Role(stack, "One", assumed_by=GLUE),
        lambda stack: aws_iam.Role(stack, "Other", assumed_by=GLUE).role_name,
    ),
}


@pytest.mark.parametrize("case", OTHERS)
def test_role_that_is_known_not_to_be_the_transform_s_is_warned_of(
    stack: Stack, labels: Labels, case: str
) -> None:
    make, given = OTHERS[case]
    transform = transform_with(given(stack), stack)
    LabelsImport(stack, "Import", transform=transform, labels=labels, transform_role=make(stack))

    (warning,) = warnings_of_import(stack)
    assert warning.startswith("The transform_role of Test/Import, ")
    assert "is not the role of the transform Test/Transform, " in warning
    assert "Pass that role as transform_role." in warning
    assert warning.endswith("[ack: cdk-glue-labels:other-role]")


def test_warning_of_another_role_names_both(stack: Stack, labels: Labels) -> None:
    make, given = OTHERS["roles of the app"]
    transform = transform_with(given(stack), stack)
    LabelsImport(stack, "Import", transform=transform, labels=labels, transform_role=make(stack))

    (warning,) = warnings_of_import(stack)
    assert ", Test/One/Resource, " in warning
    assert ", Test/Other/Resource. " in warning


def parameter(stack: Stack) -> str:
    """A value that only the deployment knows."""
    return CfnParameter(stack, "Given").value_as_string


SAME_OR_UNKNOWN: dict[str, Callable[[Stack], tuple[aws_iam.IRole, str]]] = {
    "the same name": lambda stack: (role_named("one", stack), "one"),
    "the same name, one with a path": lambda stack: (role_named("one", stack), f"{ARN}/service-role/one"),
    "the same name, in another case": lambda stack: (role_named("one", stack), "One"),
    "the same ARN": lambda stack: (role_at(f"{ARN}/one", stack), f"{ARN}/one"),
    "the same name in an ARN of this account": lambda stack: (
        role_named("one", stack),
        f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/one",
    ),
    "its own ARN": lambda stack: ((role := aws_iam.Role(stack, "One", assumed_by=GLUE)), role.role_arn),
    "its own name": lambda stack: ((role := aws_iam.Role(stack, "One", assumed_by=GLUE)), role.role_name),
    "its own name, imported": lambda stack: (
        role_named((role := aws_iam.Role(stack, "One", assumed_by=GLUE)).role_name, stack),
        role.role_arn,
    ),
    "its own ARN, imported": lambda stack: (
        role_at(arn := aws_iam.Role(stack, "One", assumed_by=GLUE).role_arn, stack),
        arn,
    ),
    "a role of the app and a literal": lambda stack: (
        aws_iam.Role(stack, "One", assumed_by=GLUE, role_name="one"),
        "other",
    ),
    "a literal and a role of the app": lambda stack: (
        role_named("one", stack),
        aws_iam.Role(stack, "Other", assumed_by=GLUE).role_arn,
    ),
    "a literal and a parameter": lambda stack: (role_named("one", stack), parameter(stack)),
    "a parameter and a literal": lambda stack: (role_at(parameter(stack), stack), "other"),
    "a role of the app and a parameter": lambda stack: (
        aws_iam.Role(stack, "One", assumed_by=GLUE),
        parameter(stack),
    ),
    "a name with a parameter in it": lambda stack: (role_named("one", stack), f"{ARN}/a-{parameter(stack)}"),
}


@pytest.mark.parametrize("case", SAME_OR_UNKNOWN)
def test_role_that_may_be_the_transform_s_is_not_warned_of(stack: Stack, labels: Labels, case: str) -> None:
    role, given = SAME_OR_UNKNOWN[case](stack)
    transform = transform_with(given, stack)
    LabelsImport(stack, "Import", transform=transform, labels=labels, transform_role=role)

    assert warnings_of_import(stack) == []


def test_role_of_another_stack_that_the_transform_has_too_is_not_warned_of(labels: Labels) -> None:
    app = App()
    stack = Stack(app, "Test")
    role = aws_iam.Role(Stack(app, "Other"), "Role", assumed_by=GLUE)
    transform = transform_with(role.role_arn, stack)
    LabelsImport(stack, "Import", transform=transform, labels=labels, transform_role=role)

    assert warnings_of_import(stack) == []


@pytest.fixture
def named_role(resource_of: Callable[..., Any]) -> Callable[[Stack], Any]:
    """Gives the role that the one import of a stack names; None if it names none."""
    return lambda stack: resource_of(stack, IMPORT)["Properties"].get("TransformRole")


def test_import_names_the_given_role(
    stack: Stack, labels: Labels, role: aws_iam.Role, named_role: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert named_role(stack).startswith("${TransformRole")
    assert named_role(stack).endswith(".Arn}")


def test_import_names_an_imported_role_by_its_arn(
    stack: Stack, labels: Labels, named_role: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role_named("glue", stack))

    assert named_role(stack) == "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/glue"


def test_import_names_the_role_of_a_transform_of_the_app(
    stack: Stack, labels: Labels, named_role: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform=transform_with("GlueRole", stack), labels=labels)

    assert named_role(stack) == "GlueRole"


def test_import_without_a_known_role_names_none(
    stack: Stack, labels: Labels, named_role: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    assert named_role(stack) is None


@pytest.mark.parametrize("nested", [False, True])
def test_role_of_another_stack_is_not_named_and_so_not_exported(
    labels: Labels, named_role: Callable[..., Any], nested: bool
) -> None:
    app = App()
    env = Environment(account="111122223333", region="eu-central-1")
    other = Stack(app, "Other", env=env)
    stack: Stack = NestedStack(other, "Nested") if nested else Stack(app, "Test", env=env)
    role = aws_iam.Role(other, "Role", assumed_by=GLUE)
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, transform_role=role)

    assert named_role(stack) is None
