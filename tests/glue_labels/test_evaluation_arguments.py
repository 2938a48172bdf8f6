"""The arguments that an evaluation and its minimum refuse."""

from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Environment, NestedStack, Stack, Stage
from aws_cdk.assertions import Template
from evaluations import EVALUATION, evaluation_in, import_in

from glue_labels import (
    InvalidPropertyError,
    LabelsProvider,
    QualityMetrics,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.aws_glue import CfnMLTransform


@pytest.mark.parametrize("arguments", [{"after": []}, {"after": [], "version": None}])
def test_evaluation_without_after_and_version_is_refused(stack: Stack, arguments: dict[str, Any]) -> None:
    with pytest.raises(
        InvalidPropertyError, match=r"^Test/Quality: an evaluation needs after or version, .* neither\. Give"
    ):
        evaluation_in(stack, **arguments)


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        ("transform", None, "a CfnMLTransform, another IMLTransformRef, or a transform's id, not None"),
        ("after", "Import", "a list of LabelsImport, not 'Import'"),
        ("after", ["tsk-1"], r"a list of LabelsImport, not \['tsk-1'\]"),
        ("after", None, "a list of LabelsImport, not None"),
        ("version", 7, "a text, such as .*, not 7"),
        ("minimum", 0.9, r"QualityMetrics, such as QualityMetrics\(f1=0.85\), not 0.9"),
        ("timeout", 600, r"a Duration, such as Duration.minutes\(10\), not 600"),
        ("transform_role", "arn:aws:iam::1:role/r", "an IRole, .*, not 'arn:aws:iam::1:role/r'"),
        ("provider", "f", "a LabelsProvider, not 'f'"),
    ],
)
def test_argument_of_another_type_is_refused_by_name(
    stack: Stack, argument: str, value: object, expected: str
) -> None:
    with pytest.raises(TypeError, match=f"^Test/Quality: {argument} must be {expected}"):
        evaluation_in(stack, **{"version": "1", argument: value})


def test_import_alone_is_no_list(stack: Stack) -> None:
    with pytest.raises(TypeError, match=r"^Test/Quality: after must be a list of LabelsImport, not <"):
        evaluation_in(stack, after=import_in(stack, "Import"))


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ({"transform": "t" * 256}, "TransformId must have 1 to 255 characters, this one has 256"),
        ({"version": "v" * 257}, "Version must have at most 256 characters, this one has 257"),
        ({"timeout": Duration.hours(1)}, "TimeoutSeconds must be 1 to 3300 .*: 3600"),
        ({"timeout": Duration.millis(1500)}, "TimeoutSeconds must be a whole number of seconds: 1.5"),
    ],
)
def test_value_out_of_bounds_is_refused_with_rule_and_value(
    stack: Stack, arguments: dict[str, Any], shown: str
) -> None:
    with pytest.raises(InvalidPropertyError, match=f"^Test/Quality: {shown}"):
        evaluation_in(stack, **arguments)


def test_transform_of_another_account_is_refused(transform_in: Callable[..., CfnMLTransform]) -> None:
    app = App()
    theirs = transform_in(
        Stack(app, "Theirs", env=Environment(account="444455556666", region="eu-central-1"))
    )
    stack = Stack(app, "Ours", env=Environment(account="111122223333", region="eu-central-1"))

    with pytest.raises(
        InvalidPropertyError, match=r"^Ours/Quality: .* account .*Theirs/Transform is in 4444"
    ):
        evaluation_in(stack, transform=theirs)


def test_provider_of_another_stack_is_refused() -> None:
    app = App()
    provider = LabelsProvider(Stack(app, "Other"), "Function")

    with pytest.raises(
        InvalidPropertyError, match=r"^Test/Quality: provider must be in .* Test: Other/Function"
    ):
        evaluation_in(Stack(app, "Test"), provider=provider)


def test_more_than_20_imports_are_refused(stack: Stack) -> None:
    imports = [import_in(stack, f"Import{number}") for number in range(21)]
    evaluation_in(stack, "AtMost", after=imports[:20])

    with pytest.raises(
        InvalidPropertyError, match=r"^Test/Quality: After: .* at most 20 imports, .* names 21"
    ):
        evaluation_in(stack, after=imports)


def test_import_that_is_named_twice_is_refused(stack: Stack) -> None:
    first, second = (import_in(stack, name) for name in ("First", "Second"))

    with pytest.raises(
        InvalidPropertyError, match=r"^Test/Quality: after .* once: Test/First is named twice\. Remove"
    ):
        evaluation_in(stack, after=[first, second, first])


def test_transform_into_which_no_import_goes_is_refused(stack: Stack) -> None:
    imports = [import_in(stack, name, f"tfm-{name}") for name in ("a", "b")]

    with pytest.raises(
        InvalidPropertyError,
        match=r"^Test/Quality: after .* transform, tfm-c: Test/a imports into tfm-a, "
        r"Test/b imports into tfm-b\. Evaluate the transform that they import into",
    ):
        evaluation_in(stack, transform="tfm-c", after=imports)


def test_import_into_another_transform_is_refused_by_name(
    stack: Stack, transform: CfnMLTransform, transform_in: Callable[..., CfnMLTransform]
) -> None:
    other = transform_in(stack, "Other")
    imports = [import_in(stack, "First", transform), import_in(stack, "Second", other)]

    with pytest.raises(
        InvalidPropertyError,
        match=r"transform, Test/Transform: Test/Second imports into Test/Other\. Remove Test/Second",
    ):
        evaluation_in(stack, transform=transform, after=imports)


def test_transforms_that_may_be_the_same_at_deployment_pass(stack: Stack, transform: CfnMLTransform) -> None:
    parameter = CfnParameter(stack, "Id").value_as_string
    imports = [
        import_in(stack, f"Import{number}", given)
        for number, given in enumerate([transform, transform.ref, parameter, "tfm-1"])
    ]

    evaluation_in(stack, transform=transform, after=imports)


def test_import_of_another_stack_is_refused_because_its_new_runs_could_not_reach_the_evaluation() -> None:
    app = App()
    imported = import_in(Stack(app, "One"), "Import")

    with pytest.raises(
        InvalidPropertyError,
        match=r"^Two/Quality: after .* stack, Two: One/Import is in One\. .*Put the evaluation into One\.",
    ):
        evaluation_in(Stack(app, "Two"), after=[imported])


def test_import_of_another_stage_is_refused() -> None:
    app = App()
    one, two = (Stack(Stage(app, name), "Stack") for name in ("One", "Two"))

    with pytest.raises(InvalidPropertyError, match="One/Stack/Import is in One/Stack"):
        evaluation_in(two, after=[import_in(one, "Import")])


@pytest.mark.parametrize("nested", ["import", "evaluation", "both"])
def test_import_of_a_nested_stack_starts_the_evaluation(nested: str) -> None:
    app = App()
    stack = Stack(app, "Test")
    theirs = NestedStack(stack, "Imports") if nested != "evaluation" else stack
    ours = NestedStack(stack, "Evaluations") if nested != "import" else stack
    evaluation_in(ours, after=[import_in(theirs, "Import")])

    assembly = app.synth()
    assert [each.stack_name for each in assembly.stacks] == ["Test"]
    (evaluation,) = Template.from_stack(ours).find_resources(EVALUATION).values()
    (after,) = evaluation["Properties"]["After"]
    assert "TaskRunId" in json.dumps(after)
    # By a parameter or an output of the nested stack, which follow each deployment: no export.
    assert "Export" not in json.dumps([Template.from_stack(one).to_json() for one in (stack, ours, theirs)])


@pytest.mark.parametrize("name", ["f1", "precision", "recall", "area_under_pr_curve"])
@pytest.mark.parametrize(
    ("value", "shown"), [(-0.01, "-0.01"), (1.01, "1.01"), (85, "85"), (float("nan"), "nan")]
)
def test_minimum_outside_of_0_to_1_is_refused(name: str, value: float, shown: str) -> None:
    with pytest.raises(
        InvalidPropertyError, match=rf"^Minimum: \w+ must be from 0 to 1, this one is {shown}\. .*write 0.85"
    ):
        QualityMetrics(**{name: value})


@pytest.mark.parametrize("value", [True, "0.9", [0.9]])
def test_minimum_of_another_type_is_refused(value: Any) -> None:
    with pytest.raises(
        TypeError, match=rf"^QualityMetrics: f1 must be a number .*, not {re.escape(repr(value))}\.$"
    ):
        QualityMetrics(f1=value)


def test_minimum_without_a_metric_is_refused() -> None:
    with pytest.raises(
        InvalidPropertyError,
        match=r"^QualityMetrics must have at least one metric of f1, .* Give one, or leave",
    ):
        QualityMetrics()


def test_metrics_are_keyword_arguments_and_immutable() -> None:
    metrics = QualityMetrics(f1=0.5)

    assert metrics == QualityMetrics(f1=0.5, recall=None)
    with pytest.raises(FrozenInstanceError):
        metrics.f1 = 0.1  # type: ignore[misc] # the test
    with pytest.raises(TypeError):
        QualityMetrics(0.5)  # type: ignore[misc] # the test
