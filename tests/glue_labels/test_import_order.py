"""The warning of imports into one transform that nothing puts into an order."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import Annotations as OfConstruct
from aws_cdk import (
    App,
    CfnParameter,
    CfnWaitConditionHandle,
    Environment,
    NestedStack,
    Stack,
    Stage,
    aws_iam,
    aws_s3,
)
from aws_cdk.assertions import Annotations, Match
from constructs import Construct

from glue_labels import Labels, LabelsImport, TransformEvaluation

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_cdk.aws_glue import CfnMLTransform


def import_in(scope: Construct, name: str, transform: Any = "tfm-1", **options: Any) -> LabelsImport:
    """An import of some labels."""
    labels = Labels.from_s3_path(f"s3://labels/{name}.csv", **options)
    return LabelsImport(scope, name, transform=transform, labels=labels)


def warnings_in(*stacks: Stack) -> dict[str, str]:
    """The warnings of the order of imports, by the path of the import."""
    found = [
        warning
        for stack in stacks
        for warning in Annotations.from_stack(stack).find_warning("*", Match.any_value())
    ]
    return {
        each.id.removesuffix("/Resource/Default"): str(each.entry.data)
        for each in found
        if "no-order" in str(each.entry.data)
    }


def test_two_imports_into_one_transform_without_an_order_are_warned_of_once_and_by_name(
    stack: Stack,
) -> None:
    import_in(stack, "First")
    import_in(stack, "Second")

    ((path, warning),) = warnings_in(stack).items()
    assert path == "/Test/Second"
    assert warning.startswith("Test/First and Test/Second import labels into the same transform")
    assert "second.node.add_dependency(first), with Test/First as first and Test/Second as second." in warning
    assert warning.endswith("[ack: cdk-glue-labels:no-order]")


@pytest.mark.parametrize("on", ["the import", "the stack"])
def test_warning_can_be_acknowledged(stack: Stack, on: str) -> None:
    import_in(stack, "First")
    second = import_in(stack, "Second")
    OfConstruct.of(second if on == "the import" else stack).acknowledge_warning("cdk-glue-labels:no-order")

    assert warnings_in(stack) == {}


def test_imports_into_different_transforms_need_no_order(stack: Stack, transform: CfnMLTransform) -> None:
    for name in ("tfm-1", "tfm-2"):
        import_in(stack, f"Import{name[-1]}", name)
    import_in(stack, "Own", transform)
    import_in(stack, "Parameter", CfnParameter(stack, "Id").value_as_string)

    assert warnings_in(stack) == {}


def test_the_same_parameter_is_the_same_transform(stack: Stack) -> None:
    parameter = CfnParameter(stack, "Id").value_as_string
    for name in ("First", "Second"):
        import_in(stack, name, parameter)

    assert warnings_in(stack).keys() == {"/Test/Second"}


class Group(Construct):
    """A construct with an import in it."""

    def __init__(self, scope: Construct, name: str) -> None:
        super().__init__(scope, name)
        self.labels_import = import_in(self, "Import")


def order_of_imports(stack: Stack) -> None:
    first, second = (import_in(stack, name) for name in ("First", "Second"))
    second.node.add_dependency(first)


def order_of_imports_the_other_way_round(stack: Stack) -> None:
    first, second = (import_in(stack, name) for name in ("First", "Second"))
    first.node.add_dependency(second)


def order_of_ancestors(stack: Stack) -> None:
    first, second = (Group(stack, name) for name in ("First", "Second"))
    second.node.add_dependency(first)


def order_of_an_ancestor_and_an_import(stack: Stack) -> None:
    first, second = (Group(stack, name) for name in ("First", "Second"))
    second.labels_import.node.add_dependency(first)


def order_of_a_child(stack: Stack) -> None:
    first, second = (import_in(stack, name) for name in ("First", "Second"))
    second.node.find_child("Resource").node.add_dependency(first)


def order_over_something_between(stack: Stack) -> None:
    first, second = (import_in(stack, name) for name in ("First", "Second"))
    between = CfnWaitConditionHandle(stack, "Between")
    between.node.add_dependency(first)
    second.node.add_dependency(between)


def order_by_the_run_as_version(stack: Stack) -> None:
    first = import_in(stack, "First")
    import_in(stack, "Second", version=first.task_run_id)


def order_by_the_run_in_a_longer_version(stack: Stack) -> None:
    first = import_in(stack, "First")
    import_in(stack, "Second", version=f"2 of {first.task_run_id}")


def order_over_the_run_of_an_import_into_another_transform(stack: Stack) -> None:
    first = import_in(stack, "First")
    between = import_in(stack, "Between", "tfm-2", version=first.task_run_id)
    import_in(stack, "Second", version=between.task_run_id)


@pytest.mark.parametrize(
    "declare",
    [
        order_of_imports,
        order_of_imports_the_other_way_round,
        order_of_ancestors,
        order_of_an_ancestor_and_an_import,
        order_of_a_child,
        order_over_something_between,
        order_by_the_run_as_version,
        order_by_the_run_in_a_longer_version,
        order_over_the_run_of_an_import_into_another_transform,
    ],
)
def test_declared_order_is_seen(stack: Stack, declare: Callable[[Stack], None]) -> None:
    declare(stack)

    assert warnings_in(stack) == {}


def test_dependency_on_another_part_of_an_import_is_no_order(stack: Stack, role: aws_iam.Role) -> None:
    labels = Labels.from_s3_path("s3://labels/first.csv")
    first = LabelsImport(stack, "First", transform="tfm-1", labels=labels, transform_role=role)
    second = import_in(stack, "Second")
    (policy,) = (each for each in first.node.children if each.node.id.startswith("ReadLabels"))
    second.node.add_dependency(policy)

    assert warnings_in(stack).keys() == {"/Test/Second"}


def test_imports_that_need_the_same_third_one_have_no_order_by_that(stack: Stack) -> None:
    first, second, third = (import_in(stack, name) for name in ("First", "Second", "Third"))
    second.node.add_dependency(first)
    third.node.add_dependency(first)

    ((path, warning),) = warnings_in(stack).items()
    assert path == "/Test/Third"
    assert "Test/Second and Test/Third" in warning


def test_each_later_import_is_warned_of_once(stack: Stack) -> None:
    for name in ("First", "Second", "Third"):
        import_in(stack, name)

    assert warnings_in(stack).keys() == {"/Test/Second", "/Test/Third"}


def test_chain_of_imports_is_an_order(stack: Stack) -> None:
    imports = [import_in(stack, f"Import{number}") for number in range(12)]
    for former, latter in itertools.pairwise(imports):
        latter.node.add_dependency(former)

    assert warnings_in(stack) == {}


def two_stacks(**options: Any) -> tuple[App, Stack, Stack]:
    """Two stacks of an app."""
    app = App()
    return app, Stack(app, "One", **options), Stack(app, "Two", **options)


def test_imports_of_two_stacks_are_warned_of(transform_in: Callable[..., CfnMLTransform]) -> None:
    app, one, two = two_stacks()
    transform = transform_in(Stack(app, "Owner"))
    for stack in (one, two):
        import_in(stack, "Import", transform)

    assert warnings_in(one, two).keys() == {"/Two/Import"}


def test_same_id_in_two_stacks_is_the_same_transform() -> None:
    _, one, two = two_stacks()
    for stack in (one, two):
        import_in(stack, "Import")

    assert warnings_in(one, two).keys() == {"/Two/Import"}


def test_order_of_two_stacks_is_seen() -> None:
    app, one, two = two_stacks()
    between = Stack(app, "Between")
    between.add_dependency(one)
    two.add_dependency(between)
    for stack in (one, two):
        import_in(stack, "Import")

    assert warnings_in(one, two) == {}


def test_order_of_imports_in_two_stacks_is_seen() -> None:
    _, one, two = two_stacks()
    first, second = (import_in(stack, "Import") for stack in (one, two))
    second.node.add_dependency(first)

    assert warnings_in(one, two) == {}


def test_stack_that_needs_anything_of_another_is_deployed_after_it(
    transform_in: Callable[..., CfnMLTransform],
) -> None:
    _, one, two = two_stacks()
    transform = transform_in(one)
    for stack in (one, two):
        import_in(stack, "Import", transform)

    assert warnings_in(one, two) == {}


def test_reference_of_other_resources_orders_their_stacks() -> None:
    _, one, two = two_stacks()
    bucket = aws_s3.Bucket(one, "Bucket")
    aws_iam.Role(two, "Role", assumed_by=aws_iam.ServicePrincipal("glue.amazonaws.com"))
    bucket.grant_read(two.node.find_child("Role"))  # type: ignore[arg-type]  # it is the role
    for stack in (one, two):
        import_in(stack, "Import")

    assert warnings_in(one, two) == {}


def test_same_id_in_another_region_is_another_transform() -> None:
    app = App()
    stacks = [
        Stack(app, region, env=Environment(account="111122223333", region=region))
        for region in ("eu-central-1", "us-east-1")
    ]
    for stack in stacks:
        import_in(stack, "Import")

    assert warnings_in(*stacks) == {}


def test_imports_of_two_stages_are_not_compared() -> None:
    app = App()
    stacks = [Stack(Stage(app, name), "Stack") for name in ("Test", "Production")]
    for stack in stacks:
        import_in(stack, "Import")

    assert warnings_in(*stacks) == {}


def test_imports_of_one_stage_are_compared() -> None:
    stage = Stage(App(), "Production")
    stacks = [Stack(stage, name) for name in ("One", "Two")]
    for stack in stacks:
        import_in(stack, "Import")

    assert warnings_in(*stacks).keys() == {"/Production/Two/Import"}


def test_imports_of_nested_stacks_are_warned_of(stack: Stack) -> None:
    for name in ("One", "Two"):
        import_in(NestedStack(stack, name), "Import")

    assert warnings_in(stack).keys() == {"/Test/Two/Import"}


def test_order_of_nested_stacks_is_seen(stack: Stack) -> None:
    one, two = (NestedStack(stack, name) for name in ("One", "Two"))
    for nested in (one, two):
        import_in(nested, "Import")
    two.add_dependency(one)

    assert warnings_in(stack) == {}


def test_order_of_an_import_and_a_nested_stack_is_seen(stack: Stack) -> None:
    nested = NestedStack(stack, "Nested")
    import_in(nested, "Import")
    import_in(stack, "Import").node.add_dependency(nested)

    assert warnings_in(stack) == {}


def evaluation_in(scope: Construct, transform: Any = "tfm-1", **options: Any) -> TransformEvaluation:
    """An evaluation of a transform."""
    return TransformEvaluation(scope, "Quality", transform=transform, **{"version": "1", **options})


def test_import_that_nothing_orders_to_an_evaluation_is_warned_of(stack: Stack) -> None:
    first = import_in(stack, "First")
    second = import_in(stack, "Second")
    second.node.add_dependency(first)
    evaluation_in(stack, after=[first])

    ((path, warning),) = warnings_in(stack).items()
    assert path == "/Test/Quality"
    assert warning.startswith("Test/Quality evaluates the transform that Test/Second imports labels into")
    assert warning.endswith("[ack: cdk-glue-labels:no-order]")


def test_imports_that_an_evaluation_follows_need_no_order_to_each_other_by_it(stack: Stack) -> None:
    evaluation_in(stack, after=[import_in(stack, name) for name in ("First", "Second")])

    assert warnings_in(stack).keys() == {"/Test/Second"}


def order_by_after(stack: Stack) -> None:
    evaluation_in(stack, after=[import_in(stack, "First")])


def order_of_an_import_before_those_of_after(stack: Stack) -> None:
    first, second = (import_in(stack, name) for name in ("First", "Second"))
    second.node.add_dependency(first)
    evaluation_in(stack, after=[second])


def order_of_an_evaluation_before_an_import(stack: Stack) -> None:
    first = import_in(stack, "First")
    evaluation = evaluation_in(stack, after=[first])
    import_in(stack, "Second").node.add_dependency(evaluation)


def order_of_an_evaluation_that_is_declared_first(stack: Stack) -> None:
    evaluation = evaluation_in(stack)
    evaluation.node.add_dependency(import_in(stack, "First"))


def order_by_the_run_as_version_of_an_evaluation(stack: Stack) -> None:
    evaluation_in(stack, version=import_in(stack, "First").task_run_id)


def evaluation_of_another_transform(stack: Stack) -> None:
    import_in(stack, "First")
    evaluation_in(stack, "tfm-2")


@pytest.mark.parametrize(
    "declare",
    [
        order_by_after,
        order_of_an_import_before_those_of_after,
        order_of_an_evaluation_before_an_import,
        order_of_an_evaluation_that_is_declared_first,
        order_by_the_run_as_version_of_an_evaluation,
        evaluation_of_another_transform,
    ],
)
def test_evaluation_that_has_an_order_to_each_import_is_not_warned_of(
    stack: Stack, declare: Callable[[Stack], None]
) -> None:
    declare(stack)

    assert warnings_in(stack) == {}
