"""What the function may do in a stack with evaluations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, Environment, Stack, aws_iam
from aws_cdk.assertions import Template
from evaluations import EVALUATION, evaluation_in, import_in
from stack_warnings import warnings_of

from glue_labels import (
    InvalidPropertyError,
    LabelsProvider,
)
from glue_labels.provider import MAX_EVALUATED_TRANSFORMS, MAX_TRANSFORMS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


IMPORT, POLICY = "Custom::GlueLabelsImport", "AWS::IAM::RolePolicy"
TASK_RUNS = ["glue:GetMLTaskRun", "glue:GetMLTaskRuns", "glue:CancelMLTaskRun"]
IMPORTS = ["glue:StartImportLabelsTaskRun", *TASK_RUNS]
EVALUATES = ["glue:StartMLEvaluationTaskRun", "glue:GetMLTransform"]


def actions_of(policy: Any) -> list[str]:
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    return list(statement["Action"])


def imported(stack: Stack, transform: Any = "tfm-1", **options: Any) -> None:
    import_in(stack, "Import", transform, **options)


def evaluated(stack: Stack, transform: Any = "tfm-1", **options: Any) -> None:
    evaluation_in(stack, transform=transform, **options)


@pytest.mark.parametrize(
    ("declared", "actions"),
    [
        ([imported], IMPORTS),
        ([evaluated], [*TASK_RUNS, *EVALUATES]),
        ([imported, evaluated], [*IMPORTS, *EVALUATES]),
        ([evaluated, imported], [*IMPORTS, *EVALUATES]),
    ],
)
def test_function_may_do_with_a_transform_what_the_stack_does_in_any_order(
    stack: Stack,
    resource_of: Callable[..., Any],
    declared: list[Callable[[Stack], None]],
    actions: list[str],
) -> None:
    for declare in declared:
        declare(stack)

    assert actions_of(resource_of(stack, POLICY)) == actions


def test_transform_without_an_evaluation_gets_no_action_of_one(
    stack: Stack, resources_of: Callable[..., Any]
) -> None:
    import_in(stack, "One", "tfm-1")
    import_in(stack, "Two", "tfm-2")
    evaluation_in(stack, transform="tfm-2")

    policies = resources_of(stack, POLICY).values()
    assert [actions_of(policy) for policy in policies] == [IMPORTS, [*IMPORTS, *EVALUATES]]


def test_policies_for_different_uses_have_different_logical_ids_and_names(
    resources_of: Callable[..., Any],
) -> None:
    logical_ids, names = set(), set()
    for declared in ([imported], [evaluated], [imported, evaluated], [evaluated, imported]):
        stack = Stack(App(), "Test")
        for declare in declared:
            declare(stack)
        ((logical_id, policy),) = resources_of(stack, POLICY).items()
        for resource_type in {imported: IMPORT, evaluated: EVALUATION}.values():
            for one in resources_of(stack, resource_type).values():
                assert logical_id in one["DependsOn"]
        logical_ids.add(logical_id)
        names.add(policy["Properties"]["PolicyName"])

    assert (len(logical_ids), len(names)) == (3, 3)


def test_stack_has_one_function_and_one_role_for_imports_and_evaluations(
    stack: Stack, resources_of: Callable[..., Any]
) -> None:
    evaluation_in(stack, after=[import_in(stack, "Import")])

    assert [len(resources_of(stack, f"AWS::{kind}")) for kind in ("Lambda::Function", "IAM::Role")] == [1, 1]
    tokens = [
        one["Properties"]["ServiceToken"]
        for kind in (IMPORT, EVALUATION)
        for one in resources_of(stack, kind).values()
    ]
    assert len(set(tokens)) == 1


def lambda_role(stack: Stack) -> aws_iam.IRole:
    return aws_iam.Role(stack, "OwnRole", assumed_by=aws_iam.ServicePrincipal("lambda.amazonaws.com"))


def role_of_another_team(stack: Stack) -> aws_iam.IRole:
    return aws_iam.Role.from_role_arn(stack, "OwnRole", "arn:aws:iam::111122223333:role/import-labels")


@pytest.mark.parametrize("role_in", [lambda_role, role_of_another_team])
def test_given_role_gets_the_actions_of_an_evaluation(
    stack: Stack, resource_of: Callable[..., Any], role_in: Callable[[Stack], aws_iam.IRole]
) -> None:
    provider = LabelsProvider(stack, "Function", role=role_in(stack))
    evaluation_in(stack, after=[import_in(stack, "Import", provider=provider)], provider=provider)

    policy = resource_of(stack, POLICY)
    assert actions_of(policy) == [*IMPORTS, *EVALUATES]
    assert policy["Properties"]["PolicyName"].startswith("ImportAndEvaluate-")
    assert policy["Properties"]["PolicyName"].endswith("-Select(2, Split('/', ${AWS::StackId}))")


@pytest.mark.parametrize("declared", [[imported, evaluated], [evaluated, imported]])
def test_warning_of_an_immutable_role_has_the_actions_of_all_uses(
    stack: Stack, declared: list[Callable[..., None]]
) -> None:
    role = aws_iam.Role.from_role_arn(
        stack, "OwnRole", "arn:aws:iam::111122223333:role/import-labels", mutable=False
    )
    provider = LabelsProvider(stack, "Function", role=role)
    for declare in declared:
        declare(stack, provider=provider)

    Template.from_stack(stack).resource_count_is(POLICY, 0)
    (warning,) = (one for one in warnings_of(stack) if "role-not-changed" in one)
    document = json.loads(warning[warning.index("{\n") : warning.rindex("}") + 1])
    of_glue = [one for one in document["Statement"] if "glue:" in json.dumps(one["Action"])]
    assert {action for one in of_glue for action in one["Action"]} == {*IMPORTS, *EVALUATES}
    assert {one["Resource"].rpartition("/")[2] for one in of_glue} == {"tfm-1"}


def listed(value: str | list[str]) -> list[str]:
    """A value as a list: the CDK writes a single action as text."""
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("declared", [[imported, evaluated], [evaluated, imported]])
def test_report_of_customized_roles_has_each_action_once(
    tmp_path: Path, declared: list[Callable[..., None]]
) -> None:
    app = App(outdir=str(tmp_path / "cdk.out"))
    stack = Stack(app, "Test")
    aws_iam.Role.customize_roles(stack, use_precreated_roles={"Function/Role": "ops-import-labels"})
    provider = LabelsProvider(stack, "Function")
    for declare in declared:
        declare(stack, provider=provider)
    app.synth()

    report = json.loads((tmp_path / "cdk.out" / "iam-policy-report.json").read_text())
    (role,) = report["roles"]
    actions = [
        action
        for statement in role["identityPolicyStatements"]
        for action in listed(statement["Action"])
        if action.startswith("glue:")
    ]
    assert sorted(actions) == sorted([*IMPORTS, *EVALUATES])


def test_evaluations_that_do_not_fit_into_the_role_are_refused(stack: Stack) -> None:
    for number in range(MAX_EVALUATED_TRANSFORMS):
        import_in(stack, f"Import{number}", f"tfm-{number}")
        evaluation_in(stack, f"Quality{number}", transform=f"tfm-{number}")

    with pytest.raises(
        InvalidPropertyError,
        match=r"^Test/Last: TransformId: .* 25 if .* Test names 26 and evaluates 26\. .*nested",
    ):
        evaluation_in(stack, "Last", transform="tfm-last")


def test_imports_that_fill_the_role_leave_room_for_five_evaluations(stack: Stack) -> None:
    for number in range(MAX_TRANSFORMS):
        import_in(stack, f"Import{number}", f"tfm-{number}")
    for number in range(5):
        evaluation_in(stack, f"Quality{number}", transform=f"tfm-{number}")

    with pytest.raises(InvalidPropertyError, match=r"Test names 30 and evaluates 6\."):
        evaluation_in(stack, "Last", transform="tfm-5")


@pytest.mark.parametrize(
    ("transforms", "evaluations"), [(MAX_EVALUATED_TRANSFORMS,) * 2, (MAX_TRANSFORMS, 5)]
)
def test_policies_of_the_most_evaluations_fit_into_the_role(
    resources_of: Callable[..., Any], transforms: int, evaluations: int
) -> None:
    stack = Stack(App(), "Test", env=Environment(account="111122223333", region="us-gov-west-1"))
    for number in range(transforms):
        import_in(stack, f"Import{number}", f"tfm-{number:040}")
    for number in range(evaluations):
        evaluation_in(stack, f"Quality{number}", transform=f"tfm-{number:040}")

    documents = [policy["Properties"]["PolicyDocument"] for policy in resources_of(stack, POLICY).values()]
    texts = [json.dumps(each, separators=(",", ":")) for each in documents]
    # What test_provider.py finds for the rest, at most.
    assert sum(len(text.replace("${AWS::Partition}", "aws-us-gov")) for text in texts) <= 10_240 - 1_540
