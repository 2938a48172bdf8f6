"""What the simulated API lets through, and how it lists runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import World


@pytest.mark.parametrize(
    "path",
    [
        "https://bucket/key",
        "s3://bucket",
        "s3://bucket/",
        "s3://bucket/folder/",
        "s3:///key",
        "s3://B/key",
        "",
        "key",
    ],
)
def test_path_that_names_no_object_is_refused(world: World, path: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidInputException.*: Invalid label file path\.$"):
        world.glue.start_import_labels_task_run(TransformId=world.transform_id, InputS3Path=path)
    assert world.simulation.runs() == ()


@pytest.mark.parametrize("transform_id", ["x" * 256, "a\nb", "a\x00b"])
def test_transform_id_out_of_bounds_is_refused(world: World, transform_id: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidInputException.*TransformId"):
        world.glue.start_import_labels_task_run(TransformId=transform_id, InputS3Path="s3://bucket/key")


@pytest.mark.parametrize(
    "call",
    [
        lambda glue: glue.start_import_labels_task_run(TransformId="tfm-x", InputS3Path="s3://bucket/key"),
        lambda glue: glue.get_ml_task_runs(TransformId="tfm-x"),
        lambda glue: glue.get_ml_task_run(TransformId="tfm-x", TaskRunId="tsk-x"),
        lambda glue: glue.cancel_ml_task_run(TransformId="tfm-x", TaskRunId="tsk-x"),
        lambda glue: glue.get_ml_transform(TransformId="tfm-x"),
        lambda glue: glue.update_ml_transform(TransformId="tfm-x"),
        lambda glue: glue.delete_ml_transform(TransformId="tfm-x"),
        lambda glue: glue.start_ml_evaluation_task_run(TransformId="tfm-x"),
        lambda glue: glue.start_export_labels_task_run(TransformId="tfm-x", OutputS3Path="s3://b/k"),
    ],
)
def test_unknown_transform_is_not_found(world: World, call: Callable[[Any], Any]) -> None:
    with pytest.raises(ClientError) as failed:
        call(world.glue)
    assert failed.value.response["Error"] == {
        "Code": "EntityNotFoundException",
        "Message": "Cannot find MLTransform in account [123456789012] with handle [tfm-x].",
    }


@pytest.mark.parametrize("call", ["get_ml_task_run", "cancel_ml_task_run"])
def test_unknown_run_is_not_found(world: World, call: str) -> None:
    with pytest.raises(ClientError) as failed:
        getattr(world.glue, call)(TransformId=world.transform_id, TaskRunId="tsk-x")
    assert failed.value.response["Error"] == {
        "Code": "EntityNotFoundException",
        "Message": "No ML Task Run found for [tsk-x]: in account [123456789012] "
        f"for transform [{world.transform_id}].",
    }


def test_list_of_transforms_says_that_it_is_not_simulated(world: World) -> None:
    with pytest.raises(ClientError, match=r"InvalidInputException.*not simulated"):
        world.glue.list_ml_transforms()


@pytest.mark.parametrize(
    "start", ["start_export_labels_task_run", "start_ml_labeling_set_generation_task_run"]
)
def test_output_that_is_no_path_in_s3_is_refused(world: World, start: str) -> None:
    with pytest.raises(ClientError, match=r"InvalidInputException.*Invalid output S3 path"):
        getattr(world.glue, start)(TransformId=world.transform_id, OutputS3Path="bucket/folder")


def test_newest_run_is_listed_first(world: World) -> None:
    runs = []
    for _ in range(3):
        runs.append(world.start())
        world.clock.pass_seconds(10)
    assert _listed(world) == runs[::-1]


def test_runs_can_be_sorted_the_other_way(world: World) -> None:
    runs = []
    for _ in range(3):
        runs.append(world.start())
        world.clock.pass_seconds(10)
    assert _listed(world, Sort={"Column": "STARTED", "SortDirection": "ASCENDING"}) == runs


def test_runs_can_be_sorted_by_status(world: World) -> None:
    world.simulation.plan_runs(RunPlan(status="TIMEOUT"), RunPlan(status="FAILED"), RunPlan(status="STOPPED"))
    timeout, failed, stopped = (world.start() for _ in range(3))
    world.clock.pass_seconds(10)
    sort = {"Column": "STATUS", "SortDirection": "ASCENDING"}
    assert _listed(world, Sort=sort) == [failed, stopped, timeout]


def test_runs_can_be_chosen_by_status(world: World) -> None:
    world.simulation.plan_runs(RunPlan(status=None))
    stuck = world.start()
    world.start()
    world.clock.pass_seconds(10)
    assert _listed(world, Filter={"Status": "RUNNING"}) == [stuck]


def test_runs_can_be_chosen_by_type(world: World) -> None:
    run = world.start()
    assert _listed(world, Filter={"TaskRunType": "IMPORT_LABELS"}) == [run]
    assert _listed(world, Filter={"TaskRunType": "EVALUATION"}) == []


def test_runs_can_be_chosen_by_their_start(world: World) -> None:
    runs, starts = [], []
    for _ in range(3):
        starts.append(world.clock.now)
        runs.append(world.start())
        world.clock.pass_seconds(10)
    assert _listed(world, Filter={"StartedBefore": starts[1]}) == [runs[0]]
    assert _listed(world, Filter={"StartedAfter": starts[1]}) == [runs[2]]


def test_pages_together_list_each_run_once(world: World) -> None:
    runs = []
    for _ in range(5):
        runs.append(world.start())
        world.clock.pass_seconds(10)
    listed: list[str] = []
    sizes = []
    token: dict[str, str] = {}
    while True:
        page = world.glue.get_ml_task_runs(TransformId=world.transform_id, MaxResults=2, **token)
        sizes.append(len(page["TaskRuns"]))
        listed += [run["TaskRunId"] for run in page["TaskRuns"]]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sizes == [2, 2, 1]
    assert listed == runs[::-1]


@pytest.mark.parametrize(
    "parameters",
    [
        {"NextToken": "bogus"},
        {"NextToken": "\N{SNOWMAN}"},
        {"MaxResults": 1001},
        {"Filter": {"Status": "DONE"}},
        {"Filter": {"TaskRunType": "IMPORT"}},
        {"Sort": {"Column": "NAME", "SortDirection": "ASCENDING"}},
    ],
)
def test_malformed_listing_is_refused(world: World, parameters: dict[str, Any]) -> None:
    with pytest.raises(ClientError, match="InvalidInputException"):
        world.glue.get_ml_task_runs(TransformId=world.transform_id, **parameters)


@pytest.mark.parametrize(
    ("code", "http_status"),
    [("ThrottlingException", 400), ("AccessDeniedException", 400), ("InternalServiceException", 500)],
)
def test_calls_fail_as_often_as_set_and_no_others_do(world: World, code: str, http_status: int) -> None:
    run = world.start()
    world.simulation.fail_calls("GetMLTaskRun", code, times=2)
    for _ in range(2):
        with pytest.raises(ClientError) as failed:
            world.run(run)
        assert failed.value.response["Error"]["Code"] == code
        assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == http_status
        assert _listed(world) == [run]
    assert world.status(run) == "STARTING"


def test_call_that_is_set_to_fail_starts_nothing(world: World) -> None:
    world.simulation.fail_calls("StartImportLabelsTaskRun", "OperationTimeoutException")
    with pytest.raises(ClientError, match="OperationTimeoutException"):
        world.start()
    assert world.simulation.runs() == ()


def _listed(world: World, **parameters: Any) -> list[str]:
    answer = world.glue.get_ml_task_runs(TransformId=world.transform_id, **parameters)
    return [run["TaskRunId"] for run in answer["TaskRuns"]]
