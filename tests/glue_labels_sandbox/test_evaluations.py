"""Evaluations of the simulated service: what starts one, and what a transform then says of its quality."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import Metrics, RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import World

    from glue_labels_sandbox import Sandbox

EXAMPLE = (Path(__file__).parents[2] / "labels" / "customers.csv").read_bytes()
COLUMNS = EXAMPLE.decode().partition("\n")[0].split(",")[2:]
FIND_MATCHES = {"PrimaryKeyColumnName": "name"}
TABLE = {"DatabaseName": "crm", "TableName": "customers"}
ORDERED = Metrics(
    f1=0.71,
    precision=0.94,
    recall=0.57,
    area_under_pr_curve=0.8,
    true_positives=61,
    false_positives=4,
    true_negatives=120,
    false_negatives=37,
    column_importances=(("email", 0.9), ("phone", 0.1)),
)
IN_GLUES_SHAPE = {
    "TransformType": "FIND_MATCHES",
    "FindMatchesMetrics": {
        "AreaUnderPRCurve": 0.8,
        "Precision": 0.94,
        "Recall": 0.57,
        "F1": 0.71,
        "ConfusionMatrix": {
            "NumTruePositives": 61,
            "NumFalsePositives": 4,
            "NumTrueNegatives": 120,
            "NumFalseNegatives": 37,
        },
        "ColumnImportances": [
            {"ColumnName": "email", "Importance": 0.9},
            {"ColumnName": "phone", "Importance": 0.1},
        ],
    },
}


@pytest.fixture
def taught(world: World) -> World:
    """The world, its transform taught two labels."""
    world.start()
    world.clock.pass_seconds(10)
    return world


@pytest.fixture
def of_the_example(
    world: World, create_table: Callable[..., None], create_transform: Callable[[Any, str, str], str]
) -> World:
    """The world, its transform one of a table with the example's columns, taught the example's labels."""
    create_table(world.glue, "people", *COLUMNS)
    world.transform_id = create_transform(world.glue, "role", "people")
    assert world.import_file(EXAMPLE)["Status"] == "SUCCEEDED"
    return world


@pytest.fixture
def ready_late(sandbox: Sandbox) -> Iterator[None]:
    """A transform that was taught is READY a day later."""
    sandbox.delay_ready(86_400)
    yield
    sandbox.delay_ready(0)


def test_transform_is_ready_once_it_has_been_taught(world: World) -> None:
    assert _transform(world)["Status"] == "NOT_READY"
    world.start()
    world.clock.pass_seconds(2)
    assert _transform(world)["Status"] == "NOT_READY"
    world.clock.pass_seconds(1)
    assert _transform(world)["Status"] == "READY"


def test_transform_whose_import_failed_is_not_ready(world: World) -> None:
    assert world.import_file(b"no labels")["Status"] == "FAILED"
    assert _transform(world)["Status"] == "NOT_READY"


def test_transforms_are_listed_with_state_and_quality(taught: World) -> None:
    taught.simulation.plan_runs(RunPlan(metrics=ORDERED))
    _evaluate(taught)
    other = taught.glue.create_ml_transform(
        Name="other", InputRecordTables=[TABLE], Parameters={"TransformType": "FIND_MATCHES"}, Role="role"
    )["TransformId"]
    listed = {found["TransformId"]: found for found in taught.glue.get_ml_transforms()["Transforms"]}
    assert listed[taught.transform_id]["Status"] == "READY"
    assert listed[taught.transform_id]["EvaluationMetrics"] == IN_GLUES_SHAPE
    assert listed[other]["Status"] == "NOT_READY"
    assert "EvaluationMetrics" not in listed[other]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"Name": "other"}, {"other"}),
        ({"Name": "oth"}, set()),
        ({"Status": "READY"}, {"customers"}),
        ({"Name": "other", "Status": "READY"}, set()),
        ({}, {"customers", "other"}),
    ],
)
def test_transforms_are_filtered(taught: World, asked: dict[str, str], found: set[str]) -> None:
    taught.glue.create_ml_transform(
        Name="other", InputRecordTables=[TABLE], Parameters={"TransformType": "FIND_MATCHES"}, Role="role"
    )
    listed = taught.glue.get_ml_transforms(Filter=asked)["Transforms"]
    assert {transform["Name"] for transform in listed} == found


def test_transform_may_become_ready_later(world: World) -> None:
    world.simulation.ready_after_seconds = 30
    world.start()
    world.clock.pass_seconds(32.9)
    assert _refused(world)["Code"] == "MLTransformNotReadyException"
    world.clock.pass_seconds(0.1)
    assert _transform(world)["Status"] == "READY"


def test_transform_that_is_not_ready_cannot_be_evaluated(world: World) -> None:
    assert _refused(world) == {
        "Code": "MLTransformNotReadyException",
        "Message": "This operation can only be applied to a transform that is in a READY state.",
    }
    assert world.simulation.runs() == ()


@pytest.mark.parametrize(
    ("tables", "parameters", "message"),
    [
        ([], FIND_MATCHES, "Exactly one input record table must be provided."),
        ([TABLE, TABLE], FIND_MATCHES, "Exactly one input record table must be provided."),
        ([{**TABLE, "DatabaseName": ""}], FIND_MATCHES, "Should specify database name."),
        ([{**TABLE, "TableName": ""}], FIND_MATCHES, "Should specify table name."),
        ([TABLE], {}, "Find Matches parameters have not been set."),
        (
            [TABLE],
            {"PrecisionRecallTradeoff": 0.9},
            "A primary key must be specified in Find Matches parameters.",
        ),
    ],
)
def test_transform_that_is_not_set_up_cannot_be_evaluated(
    world: World, tables: list[dict[str, str]], parameters: dict[str, Any], message: str
) -> None:
    (transform,) = _backend_transforms(world)
    transform.input_record_tables = tables
    transform.parameters = {"TransformType": "FIND_MATCHES", "FindMatchesParameters": parameters}
    assert _refused(world) == {"Code": "InvalidInputException", "Message": message}


def test_evaluation_describes_itself_as_glue_does(taught: World) -> None:
    taught.simulation.plan_runs(RunPlan(metrics=ORDERED))
    run = taught.run(_evaluate(taught))
    assert run["Status"] == "SUCCEEDED"
    assert run["Properties"] == {"TaskType": "EVALUATION"}
    assert run["ExecutionTime"] == 3
    assert "ErrorString" not in run


def test_runs_are_chosen_and_sorted_by_type(taught: World) -> None:
    taught.simulation.plan_runs(RunPlan(metrics=ORDERED))
    evaluation = _evaluate(taught)
    listed = taught.glue.get_ml_task_runs
    (chosen,) = listed(TransformId=taught.transform_id, Filter={"TaskRunType": "EVALUATION"})["TaskRuns"]
    assert chosen["TaskRunId"] == evaluation
    (imported,) = listed(TransformId=taught.transform_id, Filter={"TaskRunType": "IMPORT_LABELS"})["TaskRuns"]
    sort = {"Column": "TASK_RUN_TYPE", "SortDirection": "DESCENDING"}
    by_type = listed(TransformId=taught.transform_id, Sort=sort)["TaskRuns"]
    assert [run["TaskRunId"] for run in by_type] == [imported["TaskRunId"], evaluation]
    assert [run.task_type for run in taught.simulation.runs()] == ["IMPORT_LABELS", "EVALUATION"]


def test_runs_of_all_types_count_together(taught: World) -> None:
    taught.simulation.plan_runs(*[RunPlan(status=None)] * 3)
    taught.start()
    for _ in range(2):
        _start(taught)
    assert _refused(taught) == {
        "Code": "ConcurrentRunsExceededException",
        "Message": "ML Task Runs count [3] has exceeded the transform limit of 3 task runs.",
    }
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        taught.start()


def test_metrics_come_when_the_evaluation_ends_and_are_those_of_the_labels_known_then(
    of_the_example: World,
) -> None:
    _start(of_the_example)
    assert "EvaluationMetrics" not in _transform(of_the_example)
    of_the_example.clock.pass_seconds(3)
    metrics = _transform(of_the_example)["EvaluationMetrics"]
    assert metrics["TransformType"] == "FIND_MATCHES"
    found = metrics["FindMatchesMetrics"]
    assert found.keys() == IN_GLUES_SHAPE["FindMatchesMetrics"].keys()  # type: ignore[attr-defined]  # a dict
    assert found["F1"] > 0.9
    assert of_the_example.simulation.runs()[-1].metrics is not None


def test_labels_of_an_import_that_ends_before_the_evaluation_count(of_the_example: World) -> None:
    of_the_example.simulation.plan_runs(RunPlan(seconds=10), RunPlan(seconds=5))
    _start(of_the_example)
    lines = EXAMPLE.decode().splitlines(keepends=True)
    unlabeled = [lines[0], *(line.replace(",A,", ",,", 1).replace(",B,", ",,", 1) for line in lines[1:])]
    of_the_example.s3.put_object(Bucket="labels-bucket", Key="few.csv", Body="".join(unlabeled).encode())
    of_the_example.start("few.csv", ReplaceAllLabels=True)
    of_the_example.clock.pass_seconds(60)
    evaluation, _ = sorted(
        of_the_example.simulation.runs(of_the_example.transform_id)[-2:], key=lambda run: run.task_type
    )
    assert evaluation.status == "FAILED"
    assert str(evaluation.error_string).startswith(
        "The transform has too few labels to estimate its quality."
    )


def test_too_few_labels_fail_the_evaluation(taught: World) -> None:
    run = taught.run(_evaluate(taught))
    assert run["Status"] == "FAILED"
    assert run["ErrorString"].startswith("The transform has too few labels to estimate its quality.")
    assert "EvaluationMetrics" not in _transform(taught)


def test_metrics_can_be_ordered(taught: World) -> None:
    taught.simulation.plan_runs(RunPlan(metrics=ORDERED))
    _evaluate(taught)
    assert _transform(taught)["EvaluationMetrics"] == IN_GLUES_SHAPE
    assert taught.simulation.metrics(taught.transform_id) == ORDERED


def test_fields_that_are_not_ordered_are_left_out(taught: World) -> None:
    taught.simulation.plan_runs(RunPlan(metrics=Metrics(f1=0.5)))
    _evaluate(taught)
    assert _transform(taught)["EvaluationMetrics"]["FindMatchesMetrics"] == {"F1": 0.5}


def test_evaluation_may_succeed_without_metrics(taught: World) -> None:
    taught.simulation.plan_runs(RunPlan(metrics=ORDERED), RunPlan(metrics="missing"))
    _evaluate(taught)
    assert taught.run(_evaluate(taught))["Status"] == "SUCCEEDED"
    assert "EvaluationMetrics" not in _transform(taught)


@pytest.mark.parametrize("status", ["FAILED", "STOPPED", "TIMEOUT"])
def test_evaluation_that_does_not_succeed_leaves_the_last_metrics(taught: World, status: str) -> None:
    failing = RunPlan(status=status, metrics=replace(ORDERED, f1=0.1))  # type: ignore[arg-type]  # as listed
    taught.simulation.plan_runs(RunPlan(metrics=ORDERED), failing)
    _evaluate(taught)
    assert taught.run(_evaluate(taught))["Status"] == status
    assert _transform(taught)["EvaluationMetrics"] == IN_GLUES_SHAPE


def test_cancelled_evaluation_gives_no_metrics(taught: World) -> None:
    taught.simulation.plan_runs(RunPlan(seconds=60, metrics=ORDERED))
    run = _start(taught)
    taught.glue.cancel_ml_task_run(TransformId=taught.transform_id, TaskRunId=run)
    taught.clock.pass_seconds(120)
    assert taught.status(run) == "STOPPED"
    assert "EvaluationMetrics" not in _transform(taught)


def test_evaluation_longer_than_the_transforms_timeout_times_out(taught: World) -> None:
    taught.glue.update_ml_transform(TransformId=taught.transform_id, Timeout=1)
    taught.simulation.plan_runs(RunPlan(seconds=61, metrics=ORDERED))
    run = _start(taught)
    taught.clock.pass_seconds(60)
    assert taught.status(run) == "TIMEOUT"


def test_import_passes_over_ordered_metrics(world: World) -> None:
    world.simulation.plan_runs(RunPlan(metrics=ORDERED))
    world.start()
    world.clock.pass_seconds(10)
    assert "EvaluationMetrics" not in _transform(world)


def test_deleted_transform_takes_its_metrics_along(taught: World) -> None:
    taught.simulation.plan_runs(RunPlan(metrics=ORDERED))
    assert taught.status(_evaluate(taught)) == "SUCCEEDED"
    taught.glue.delete_ml_transform(TransformId=taught.transform_id)
    assert taught.simulation.metrics(taught.transform_id) is None
    assert taught.simulation.runs_of_deleted_transforms()[-1].metrics == ORDERED


@pytest.fixture
def example_in_the_sandbox(
    sandbox: Sandbox,
    unique: str,
    allow: Callable[[str, str, str], None],
    glue_role: str,
    bucket: str,
    create_table: Callable[..., None],
    create_transform: Callable[[Any, str, str], str],
) -> str:
    """A transform in the sandbox that was taught the example's labels: its id."""
    glue = sandbox.client("glue")
    allow(glue_role, "s3:GetObject", "*")
    create_table(glue, unique, *COLUMNS)
    transform_id = create_transform(glue, glue_role, unique)
    sandbox.client("s3").put_object(Bucket=bucket, Key="example.csv", Body=EXAMPLE)
    sandbox.plan_runs(RunPlan(seconds=0.1))
    glue.start_import_labels_task_run(TransformId=transform_id, InputS3Path=f"s3://{bucket}/example.csv")
    _wait(sandbox, transform_id)
    return transform_id


def test_sandbox_evaluates_through_boto3(sandbox: Sandbox, example_in_the_sandbox: str) -> None:
    glue, transform_id = sandbox.client("glue"), example_in_the_sandbox
    sandbox.plan_runs(RunPlan(seconds=0.1))
    run = glue.start_ml_evaluation_task_run(TransformId=transform_id)["TaskRunId"]
    _wait(sandbox, transform_id)
    described = glue.get_ml_task_run(TransformId=transform_id, TaskRunId=run)
    assert (described["Status"], described["Properties"]) == ("SUCCEEDED", {"TaskType": "EVALUATION"})
    transform = glue.get_ml_transform(TransformId=transform_id)
    assert (transform["Status"], transform["LabelCount"]) == ("READY", 50)
    found = transform["EvaluationMetrics"]["FindMatchesMetrics"]
    assert found["F1"] > 0.9
    evaluation = sandbox.runs(transform_id)[-1]
    assert evaluation.task_type == "EVALUATION"
    assert evaluation.metrics == sandbox.metrics(transform_id)
    assert evaluation.metrics is not None
    assert evaluation.metrics.f1 == found["F1"]


@pytest.mark.parametrize(("plan", "expected"), [(ORDERED, IN_GLUES_SHAPE), ("missing", None)])
def test_sandbox_gives_the_metrics_that_were_ordered(
    sandbox: Sandbox, example_in_the_sandbox: str, plan: Any, expected: Any
) -> None:
    sandbox.plan_runs(RunPlan(seconds=0.1, metrics=plan))
    sandbox.client("glue").start_ml_evaluation_task_run(TransformId=example_in_the_sandbox)
    _wait(sandbox, example_in_the_sandbox)
    transform = sandbox.client("glue").get_ml_transform(TransformId=example_in_the_sandbox)
    assert transform.get("EvaluationMetrics") == expected
    assert sandbox.metrics(example_in_the_sandbox) == (None if plan == "missing" else plan)


@pytest.mark.usefixtures("ready_late")
def test_sandbox_has_transforms_become_ready_late(sandbox: Sandbox, example_in_the_sandbox: str) -> None:
    with pytest.raises(ClientError, match="MLTransformNotReadyException"):
        sandbox.client("glue").start_ml_evaluation_task_run(TransformId=example_in_the_sandbox)


def _wait(sandbox: Sandbox, transform_id: str) -> None:
    while not all(run.ended for run in sandbox.runs(transform_id)):
        pass


def _start(world: World) -> str:
    return str(world.glue.start_ml_evaluation_task_run(TransformId=world.transform_id)["TaskRunId"])


def _evaluate(world: World) -> str:
    """Evaluate, wait; return the run's id."""
    run = _start(world)
    world.clock.pass_seconds(60)
    return run


def _refused(world: World) -> dict[str, str]:
    with pytest.raises(ClientError) as refused:
        _start(world)
    return dict(refused.value.response["Error"])


def _transform(world: World) -> dict[str, Any]:
    return dict(world.glue.get_ml_transform(TransformId=world.transform_id))


def _backend_transforms(world: World) -> list[Any]:
    """Return moto's own records of the transforms; boto3 does not let malformed ones through."""
    from moto.glue.models import glue_backends

    backend: Any = glue_backends["123456789012"][world.glue.meta.region_name]
    return list(backend.ml_transforms.values())
