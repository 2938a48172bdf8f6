"""What one `LabelsImport` puts into the template, and what it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Environment, Stack, aws_iam
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct
from stack_warnings import warnings_of_import

from glue_labels import InvalidPropertyError, Labels, LabelsImport

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.aws_glue import CfnMLTransform

IMPORT = "Custom::GlueLabelsImport"


def test_properties_are_named_as_the_api_names_them(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, replace_all_labels=True)

    properties = resource_of(stack, IMPORT)["Properties"]
    token = properties.pop("ServiceToken")
    assert token.startswith("${CustomGlueLabelsImportProviderFunction")
    assert token.endswith(".Arn}")
    assert properties == {
        "ServiceTimeout": "3600",
        "TransformId": "tfm-1",
        "InputS3Path": "s3://labels/customers.csv",
        "ReplaceAllLabels": "true",
        "TimeoutSeconds": 3300,
    }


def test_labels_are_added_unless_they_are_to_replace(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    assert resource_of(stack, IMPORT)["Properties"]["ReplaceAllLabels"] == "false"


def test_transform_of_the_stack_is_referred_to(
    stack: Stack, transform: CfnMLTransform, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform=transform, labels=labels)

    assert resource_of(stack, IMPORT)["Properties"]["TransformId"] == "${Transform}"


def test_transform_known_by_reference_only_is_taken_by_its_id(
    stack: Stack, transform: CfnMLTransform, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    class Known(Construct):
        ml_transform_ref = transform.ml_transform_ref

    known = Known(stack, "Known")
    LabelsImport(stack, "Import", transform=known, labels=labels)

    assert resource_of(stack, IMPORT)["Properties"]["TransformId"] == "${Transform}"


def test_version_that_is_too_long_for_a_request_is_refused(stack: Stack) -> None:
    labels = Labels.from_s3_path("s3://labels/customers.csv", version="v" * 257)
    with pytest.raises(InvalidPropertyError, match=r"Test/Import: Version must have at most 256 .* has 257"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels)


@pytest.mark.parametrize(
    ("theirs", "where"),
    [
        (Environment(account="111122223333", region="us-east-1"), "region"),
        (Environment(account="444455556666", region="eu-central-1"), "account"),
    ],
)
def test_transform_of_another_account_or_region_is_refused(
    transform_in: Callable[..., CfnMLTransform], labels: Labels, theirs: Environment, where: str
) -> None:
    app = App()
    transform = transform_in(Stack(app, "Theirs", env=theirs))
    stack = Stack(app, "Ours", env=Environment(account="111122223333", region="eu-central-1"))

    with pytest.raises(
        InvalidPropertyError, match=f"Ours/Import: .* in the {where} of .*Theirs/Transform is"
    ):
        LabelsImport(stack, "Import", transform=transform, labels=labels)


def test_transform_id_that_is_a_parameter_passes_unchecked(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    parameter = CfnParameter(stack, "TransformId")

    LabelsImport(stack, "Import", transform=parameter.value_as_string, labels=labels)

    assert resource_of(stack, IMPORT)["Properties"]["TransformId"] == "${TransformId}"


@pytest.mark.parametrize(
    ("transforms", "resources"),
    [("A", 6), ("AA", 7), ("AAA", 8), ("AB", 8), ("ABC", 10)],
)
def test_stack_has_four_resources_one_for_each_import_and_one_for_each_transform(
    stack: Stack, transforms: str, resources: int
) -> None:
    for number, transform in enumerate(transforms):
        labels = Labels.from_s3_path(f"s3://labels/{number}.csv")
        LabelsImport(stack, f"Import{number}", transform=f"tfm-{transform}", labels=labels)

    assert len(Template.from_stack(stack).to_json()["Resources"]) == resources


def test_import_is_removed_with_the_stack(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    assert resource_of(stack, IMPORT)["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize("needed", ["AWS::Lambda::Permission", "AWS::IAM::RolePolicy"])
def test_import_ends_before_what_lets_it_be_polled_for_or_use_the_transform_is_deleted(
    stack: Stack,
    labels: Labels,
    resource_of: Callable[..., Any],
    resources_of: Callable[..., Any],
    needed: str,
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    (logical_id,) = resources_of(stack, needed)
    assert logical_id in resource_of(stack, IMPORT)["DependsOn"]


def test_an_import_can_be_ordered_after_another(stack: Stack, resources_of: Callable[..., Any]) -> None:
    first, second = (
        LabelsImport(stack, name, transform="tfm-1", labels=Labels.from_s3_path(f"s3://labels/{name}.csv"))
        for name in ("First", "Second")
    )
    second.node.add_dependency(first)

    (first_id, _), (_, second_import) = sorted(resources_of(stack, IMPORT).items())
    assert first_id in second_import["DependsOn"]


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("task_run_id", "TaskRunId"),
        ("started_on", "StartedOn"),
        ("completed_on", "CompletedOn"),
        ("execution_time", "ExecutionTime"),
        ("log_group_name", "LogGroupName"),
    ],
)
def test_attributes_are_those_of_the_task_run(
    stack: Stack, labels: Labels, attribute: str, name: str
) -> None:
    imported = LabelsImport(stack, "Import", transform="tfm-1", labels=labels)

    (logical_id,) = Template.from_stack(stack).find_resources(IMPORT)
    assert stack.resolve(getattr(imported, attribute)) == {"Fn::GetAtt": [logical_id, name]}


@pytest.mark.parametrize(
    ("timeout", "seconds", "service_timeout"),
    [
        (Duration.seconds(1), 1, "301"),
        (Duration.minutes(10), 600, "900"),
        (Duration.minutes(55), 3300, "3600"),
    ],
)
def test_cloudformation_waits_for_the_timeout_and_what_follows_it(
    stack: Stack,
    labels: Labels,
    resource_of: Callable[..., Any],
    timeout: Duration,
    seconds: int,
    service_timeout: str,
) -> None:
    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, timeout=timeout)

    properties = resource_of(stack, IMPORT)["Properties"]
    assert (properties["TimeoutSeconds"], properties["ServiceTimeout"]) == (seconds, service_timeout)


def test_timeout_that_is_a_parameter_passes_unchecked_and_cloudformation_waits_its_hour(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any]
) -> None:
    seconds = CfnParameter(stack, "Seconds", type="Number").value_as_number

    LabelsImport(stack, "Import", transform="tfm-1", labels=labels, timeout=Duration.seconds(seconds))

    properties = resource_of(stack, IMPORT)["Properties"]
    assert (properties["TimeoutSeconds"], properties["ServiceTimeout"]) == ("${Seconds}", "3600")


@pytest.mark.parametrize(
    ("timeout", "shown"),
    [
        (Duration.seconds(0), "1 to 3300 .*: 0\\."),
        (Duration.seconds(3301), "1 to 3300 .*: 3301\\."),
        (Duration.hours(1), "1 to 3300 .*: 3600\\."),
        (Duration.millis(1500), "whole number of seconds: 1.5\\."),
    ],
)
def test_timeout_out_of_bounds_is_refused_with_the_bounds(
    stack: Stack, labels: Labels, timeout: Duration, shown: str
) -> None:
    with pytest.raises(InvalidPropertyError, match=f"^Test/Import: TimeoutSeconds must be .*{shown}"):
        LabelsImport(stack, "Import", transform="tfm-1", labels=labels, timeout=timeout)


def test_negative_timeout_is_refused_by_the_cdk_itself() -> None:
    with pytest.raises(RuntimeError, match=r"cannot be negative. Received: -1"):
        Duration.seconds(-1)


@pytest.mark.parametrize(
    ("transform_id", "shown"),
    [
        ("", "must have 1 to 255 characters, this one has 0"),
        ("t" * 256, "must have 1 to 255 characters, this one has 256"),
        ("tfm-\n", r"must not contain control characters: 'tfm-\\n'"),
        (
            "arn:aws:glue:eu-central-1:111122223333:mlTransform/tfm-0123",
            "must be the transform's id, not its ARN: .*Give the last part of the ARN: 'tfm-0123'.",
        ),
    ],
)
def test_transform_id_out_of_bounds_is_refused_with_rule_and_value(
    stack: Stack, labels: Labels, transform_id: str, shown: str
) -> None:
    with pytest.raises(InvalidPropertyError, match=f"^Test/Import: TransformId {shown}"):
        LabelsImport(stack, "Import", transform=transform_id, labels=labels)


@pytest.mark.parametrize("transform_id", ["t", "t" * 255, "tfm-\U0001f3f7\t"])
def test_transform_id_at_the_bounds_passes(
    stack: Stack, labels: Labels, resource_of: Callable[..., Any], transform_id: str
) -> None:
    LabelsImport(stack, "Import", transform=transform_id, labels=labels)

    assert resource_of(stack, IMPORT)["Properties"]["TransformId"] == transform_id


def test_transform_id_of_another_form_than_glue_s_gets_a_warning(stack: Stack, labels: Labels) -> None:
    LabelsImport(stack, "Import", transform="customers", labels=labels)

    (warning,) = warnings_of_import(stack)
    assert warning.startswith("Test/Import: the transform's id is 'customers'.")
    assert warning.endswith("[ack: cdk-glue-labels:transform-id]")


def test_transform_id_of_glue_s_form_or_known_only_at_deployment_is_not_warned_of(
    stack: Stack, labels: Labels
) -> None:
    for number, transform in enumerate(["tfm-0123", CfnParameter(stack, "TransformId").value_as_string]):
        LabelsImport(stack, f"Import{number}", transform=transform, labels=labels)

    Annotations.from_stack(stack).has_no_warning("*", Match.any_value())


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        ("transform", None, "a CfnMLTransform, another IMLTransformRef, or a transform's id, not None"),
        ("labels", "customers.csv", r"Labels, such as Labels.from_asset\(path\), not 'customers.csv'"),
        ("replace_all_labels", "false", "a bool, not 'false'"),
        ("grant_exact_object", "yes", "a bool, not 'yes'"),
        ("timeout", 600, r"a Duration, such as Duration.minutes\(10\), not 600"),
        ("transform_role", "arn:aws:iam::1:role/r", "an IRole, .*, not 'arn:aws:iam::1:role/r'"),
        ("transform_role", aws_iam.ServicePrincipal("glue.amazonaws.com"), "an IRole, .*, not "),
    ],
)
def test_argument_of_another_type_is_refused_by_name(
    stack: Stack, labels: Labels, argument: str, value: object, expected: str
) -> None:
    arguments: dict[str, Any] = {"transform": "tfm-1", "labels": labels, argument: value}

    with pytest.raises(TypeError, match=f"^Test/Import: {argument} must be {expected}"):
        LabelsImport(stack, "Import", **arguments)
