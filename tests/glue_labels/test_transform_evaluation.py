"""What one `TransformEvaluation` puts into the template, and what it refuses."""

from __future__ import annotations

import json
import re
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING, Any

import pytest
from aws_cdk import App, CfnParameter, Duration, Environment, NestedStack, Stack, Stage, aws_iam
from aws_cdk.assertions import Annotations, Match, Template
from constructs import Construct

from glue_labels import (
    InvalidPropertyError,
    Labels,
    LabelsImport,
    LabelsProvider,
    QualityMetrics,
    TransformEvaluation,
)
from glue_labels.provider import MAX_EVALUATED_TRANSFORMS, MAX_TRANSFORMS
from glue_labels_handler.evaluation_request import EvaluationRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from aws_cdk.aws_glue import CfnMLTransform

EVALUATION, IMPORT, POLICY = (
    "Custom::GlueTransformEvaluation",
    "Custom::GlueLabelsImport",
    "AWS::IAM::RolePolicy",
)
TASK_RUNS = ["glue:GetMLTaskRun", "glue:GetMLTaskRuns", "glue:CancelMLTaskRun"]
IMPORTS = ["glue:StartImportLabelsTaskRun", *TASK_RUNS]
EVALUATES = ["glue:StartMLEvaluationTaskRun", "glue:GetMLTransform"]


def import_in(scope: Construct, name: str, transform: Any = "tfm-1", **options: Any) -> LabelsImport:
    """An import of some labels."""
    labels = Labels.from_s3_path(f"s3://labels/{name}.csv")
    return LabelsImport(scope, name, transform=transform, labels=labels, **options)


def evaluation_in(scope: Construct, name: str = "Quality", **arguments: Any) -> TransformEvaluation:
    """An evaluation of some transform, due by its version unless the arguments say otherwise."""
    due = {} if {"after", "version"} & arguments.keys() else {"version": "1"}
    return TransformEvaluation(scope, name, **{"transform": "tfm-1", **due, **arguments})


def test_properties_are_those_that_the_function_reads(stack: Stack, resource_of: Callable[..., Any]) -> None:
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
def test_transform_is_named_as_an_import_names_it(
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


def test_role_that_is_given_is_named_waited_for_and_granted_nothing(
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


def warnings_of(stack: Stack) -> list[str]:
    found = Annotations.from_stack(stack).find_warning("*", Match.any_value())
    return [str(one.entry.data) for one in found]


def test_role_that_is_not_the_transforms_is_warned_of(stack: Stack, transform: CfnMLTransform) -> None:
    other = aws_iam.Role.from_role_arn(stack, "Other", "arn:aws:iam::123456789012:role/other")
    evaluation_in(stack, transform=transform, transform_role=other)

    (warning,) = warnings_of(stack)
    assert warning.startswith("The transform_role of Test/Quality, ")
    assert "AWS Glue reads the records with the role of the transform." in warning
    assert warning.endswith("[ack: cdk-glue-labels:other-role]")


def test_transform_id_of_another_form_than_glue_s_is_warned_of(stack: Stack) -> None:
    evaluation_in(stack, transform="customers")

    (warning,) = warnings_of(stack)
    assert warning.startswith("Test/Quality: the transform's id is 'customers'.")


def test_evaluation_of_a_transform_of_the_app_needs_no_role(stack: Stack, transform: CfnMLTransform) -> None:
    evaluation_in(stack, transform=transform)

    assert warnings_of(stack) == []


# What is refused.


@pytest.mark.parametrize("arguments", [{"after": []}, {"after": [], "version": None}])
def test_evaluation_that_would_never_be_made_again_is_refused(
    stack: Stack, arguments: dict[str, Any]
) -> None:
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


def test_more_imports_than_a_request_has_room_for_are_refused(stack: Stack) -> None:
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


def test_transform_that_no_import_teaches_is_refused(stack: Stack) -> None:
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
def test_import_of_a_nested_stack_makes_the_evaluation_due(nested: str) -> None:
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


# The least metrics.


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
def test_minimum_that_is_no_number_is_refused(value: Any) -> None:
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


def test_metrics_are_values_that_are_named_and_do_not_change() -> None:
    metrics = QualityMetrics(f1=0.5)

    assert metrics == QualityMetrics(f1=0.5, recall=None)
    with pytest.raises(FrozenInstanceError):
        metrics.f1 = 0.1  # type: ignore[misc] # the test
    with pytest.raises(TypeError):
        QualityMetrics(0.5)  # type: ignore[misc] # the test


# What the function is allowed.


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
def test_function_may_do_with_a_transform_what_the_stack_does_in_whatever_order(
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


def test_policies_for_different_uses_share_neither_logical_id_nor_name_so_that_one_replaces_the_other(
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
def test_role_that_is_given_gets_the_actions_of_an_evaluation(
    stack: Stack, resource_of: Callable[..., Any], role_in: Callable[[Stack], aws_iam.IRole]
) -> None:
    provider = LabelsProvider(stack, "Function", role=role_in(stack))
    evaluation_in(stack, after=[import_in(stack, "Import", provider=provider)], provider=provider)

    policy = resource_of(stack, POLICY)
    assert actions_of(policy) == [*IMPORTS, *EVALUATES]
    assert policy["Properties"]["PolicyName"].startswith("ImportAndEvaluate-")
    assert policy["Properties"]["PolicyName"].endswith("-Select(2, Split('/', ${AWS::StackId}))")


@pytest.mark.parametrize("declared", [[imported, evaluated], [evaluated, imported]])
def test_role_that_must_not_be_changed_is_warned_of_with_the_actions_of_all(
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
    """The values of what is one text where there is only one."""
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


def test_evaluations_that_the_role_has_no_room_for_are_refused(stack: Stack) -> None:
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
def test_policies_of_as_many_evaluations_as_are_allowed_fit_beside_what_else_the_role_has(
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
