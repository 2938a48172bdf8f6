"""What one `TransformEvaluation` puts into the template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import CfnParameter, Duration, Stack, aws_iam
from aws_cdk.assertions import Template
from constructs import Construct
from evaluations import EVALUATION, evaluation_in, import_in
from stack_warnings import warnings_of

from glue_labels import (
    QualityMetrics,
)
from glue_labels_handler.evaluation_request import EvaluationRequest

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.aws_glue import CfnMLTransform

IMPORT, POLICY = "Custom::GlueLabelsImport", "AWS::IAM::RolePolicy"


def test_function_reads_the_properties(stack: Stack, resource_of: Callable[..., Any]) -> None:
    first, second = (import_in(stack, name) for name in ("First", "Second"))
    second.node.add_dependency(first)
    evaluation_in(
        stack,
        after=[first, second],
        version="2026-11",
        minimum=QualityMetrics(f1=0.85, precision=0.9, recall=1, area_under_pr_curve=0),
    )

    properties = resource_of(stack, EVALUATION)["Properties"]
    token = properties.pop("ServiceToken")
    assert token.startswith("${CustomGlueLabelsImportProviderFunction")
    assert properties.pop("ServiceTimeout") == "3600"
    assert properties == {
        "TransformId": "tfm-1",
        "After": [
            stack.resolve(one.task_run_id)["Fn::GetAtt"][0].join(["${", ".TaskRunId}"])
            for one in (first, second)
        ],
        "Version": "2026-11",
        "Minimum": {"F1": "0.85", "Precision": "0.9", "Recall": "1", "AreaUnderPRCurve": "0"},
        "TimeoutSeconds": 3300,
    }
    read = EvaluationRequest.from_properties(properties)
    assert read.minimum == {"F1": 0.85, "Precision": 0.9, "Recall": 1.0, "AreaUnderPRCurve": 0.0}


def test_evaluation_without_a_minimum_only_reports(stack: Stack, resource_of: Callable[..., Any]) -> None:
    evaluation_in(stack, version="1")

    assert resource_of(stack, EVALUATION)["Properties"].keys() == {
        "ServiceToken",
        "ServiceTimeout",
        "TransformId",
        "Version",
        "TimeoutSeconds",
    }


def test_evaluation_is_one_resource_more_than_its_import(stack: Stack) -> None:
    evaluation_in(stack, after=[import_in(stack, "Import")])

    assert len(Template.from_stack(stack).to_json()["Resources"]) == 7


def test_evaluation_is_removed_with_the_stack(stack: Stack, resource_of: Callable[..., Any]) -> None:
    evaluation_in(stack)

    assert resource_of(stack, EVALUATION)["DeletionPolicy"] == "Delete"


def test_evaluation_follows_its_imports_and_what_they_need(
    stack: Stack, resource_of: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    evaluation_in(stack, after=[import_in(stack, "Import")])

    needed = [
        name for kind in (IMPORT, POLICY, "AWS::Lambda::Permission") for name in resources_of(stack, kind)
    ]
    assert len(needed) == 3
    assert set(resource_of(stack, EVALUATION)["DependsOn"]) == set(needed)


@pytest.mark.parametrize("kind", ["construct", "reference", "id", "parameter"])
def test_transform_is_given_in_the_same_forms_as_to_an_import(
    stack: Stack, transform: CfnMLTransform, resource_of: Callable[..., Any], kind: str
) -> None:
    class Known(Construct):
        ml_transform_ref = transform.ml_transform_ref

    parameter = CfnParameter(stack, "Id")
    given, expected = {
        "construct": (transform, "${Transform}"),
        "reference": (Known(stack, "Known"), "${Transform}"),
        "id": ("tfm-2", "tfm-2"),
        "parameter": (parameter.value_as_string, "${Id}"),
    }[kind]
    evaluation_in(stack, transform=given, after=[import_in(stack, "Import", given)])

    assert resource_of(stack, EVALUATION)["Properties"]["TransformId"] == expected


@pytest.mark.parametrize(
    ("attribute", "name"),
    [
        ("f1", "F1"),
        ("precision", "Precision"),
        ("recall", "Recall"),
        ("area_under_pr_curve", "AreaUnderPRCurve"),
        ("num_true_positives", "NumTruePositives"),
        ("num_false_positives", "NumFalsePositives"),
        ("num_true_negatives", "NumTrueNegatives"),
        ("num_false_negatives", "NumFalseNegatives"),
        ("column_importances", "ColumnImportances"),
        ("task_run_id", "TaskRunId"),
        ("label_count", "LabelCount"),
    ],
)
def test_attributes_are_the_metrics_that_glue_gives(stack: Stack, attribute: str, name: str) -> None:
    evaluation = evaluation_in(stack)

    (logical_id,) = Template.from_stack(stack).find_resources(EVALUATION)
    assert stack.resolve(getattr(evaluation, attribute)) == {"Fn::GetAtt": [logical_id, name]}


def test_cloudformation_waits_for_the_timeout_and_what_follows_it(
    stack: Stack, resource_of: Callable[..., Any]
) -> None:
    evaluation_in(stack, timeout=Duration.minutes(10))

    properties = resource_of(stack, EVALUATION)["Properties"]
    assert (properties["TimeoutSeconds"], properties["ServiceTimeout"]) == (600, "900")


def test_values_known_only_at_deployment_pass_unchecked(
    stack: Stack, resource_of: Callable[..., Any]
) -> None:
    number, text = CfnParameter(stack, "Number", type="Number"), CfnParameter(stack, "Text")
    evaluation_in(
        stack,
        version=text.value_as_string,
        minimum=QualityMetrics(f1=number.value_as_number),
        timeout=Duration.seconds(number.value_as_number),
    )

    properties = resource_of(stack, EVALUATION)["Properties"]
    assert properties["Version"] == "${Text}"
    assert properties["Minimum"] == {"F1": "${Number}"}
    assert (properties["TimeoutSeconds"], properties["ServiceTimeout"]) == ("${Number}", "3600")


def test_role_of_the_transform_is_named_for_advice(
    stack: Stack, transform: CfnMLTransform, resource_of: Callable[..., Any]
) -> None:
    evaluation_in(stack, transform=transform)

    role = resource_of(stack, EVALUATION)["Properties"]["TransformRole"]
    assert role == "arn:aws:iam::123456789012:role/glue"


def test_given_role_is_named_and_waited_for_but_granted_nothing(
    stack: Stack, role: aws_iam.Role, resource_of: Callable[..., Any], resources_of: Callable[..., Any]
) -> None:
    role.add_to_policy(
        aws_iam.PolicyStatement(actions=["s3:GetObject"], resources=["arn:aws:s3:::records/*"])
    )
    evaluation_in(stack, transform_role=role)

    (role_id,) = (name for name in resources_of(stack, "AWS::IAM::Role") if name.startswith("TransformRole"))
    ((policy_id, policy),) = resources_of(stack, "AWS::IAM::Policy").items()
    evaluation = resource_of(stack, EVALUATION)
    assert evaluation["Properties"]["TransformRole"] == f"${{{role_id}.Arn}}"
    assert {role_id, policy_id} <= set(evaluation["DependsOn"])
    assert len(policy["Properties"]["PolicyDocument"]["Statement"]) == 1


def test_role_that_is_not_the_transform_s_gets_a_warning(stack: Stack, transform: CfnMLTransform) -> None:
    other = aws_iam.Role.from_role_arn(stack, "Other", "arn:aws:iam::123456789012:role/other")
    evaluation_in(stack, transform=transform, transform_role=other)

    (warning,) = warnings_of(stack)
    assert warning.startswith("The transform_role of Test/Quality, ")
    assert "AWS Glue reads the records with the role of the transform." in warning
    assert warning.endswith("[ack: cdk-glue-labels:other-role]")


def test_transform_id_of_another_form_than_glue_s_gets_a_warning(stack: Stack) -> None:
    evaluation_in(stack, transform="customers")

    (warning,) = warnings_of(stack)
    assert warning.startswith("Test/Quality: the transform's id is 'customers'.")


def test_evaluation_of_a_transform_of_the_app_needs_no_role(stack: Stack, transform: CfnMLTransform) -> None:
    evaluation_in(stack, transform=transform)

    assert warnings_of(stack) == []


# The least metrics.
