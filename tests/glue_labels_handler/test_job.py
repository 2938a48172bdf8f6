"""What a request without a run does next, by what the transform is doing."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from glue_labels_handler.job import (
    Adopt,
    Await,
    GiveWay,
    Job,
    Start,
    eldest,
    is_disputed,
    next_step,
    run_left_behind,
)
from glue_labels_handler.progress import Progress
from glue_labels_handler.request import LabelsRequest
from glue_labels_handler.task_runs import TaskRun

BEGUN = 1_800_000_000.0
NEW = LabelsRequest("tfm-1", "s3://bucket/new.csv")
OLD = LabelsRequest("tfm-1", "s3://bucket/old.csv")
UPDATE = Job(NEW, former=OLD, physical_id="tsk-0")
PROGRESS = Progress(BEGUN, BEGUN + 3300)


def run(path: str, status: str = "RUNNING", *, replace: bool = False, started: float = BEGUN) -> TaskRun:
    return TaskRun(
        f"tsk-{path}-{status}",
        status,
        f"s3://bucket/{path}.csv",
        replace,
        started_on=datetime.fromtimestamp(started, timezone.utc),
    )


def test_idle_transform_is_started() -> None:
    assert next_step([run("new", "SUCCEEDED"), run("old", "FAILED")], UPDATE, PROGRESS, BEGUN) == Start()


@pytest.mark.parametrize("status", ["STARTING", "RUNNING"])
def test_same_import_in_flight_is_adopted(status: str) -> None:
    assert next_step([run("new", status)], UPDATE, PROGRESS, BEGUN) == Adopt(run("new", status))


def test_same_import_that_is_being_stopped_is_awaited() -> None:
    assert next_step([run("new", "STOPPING")], UPDATE, PROGRESS, BEGUN) == Await(run("new", "STOPPING"))


def test_former_import_in_flight_is_cancelled_before_anything_is_adopted() -> None:
    step = next_step([run("new"), run("old")], UPDATE, PROGRESS, BEGUN)
    assert step == Await(run("old"), cancel=(run("old"),))


def test_former_import_that_is_being_stopped_is_not_cancelled_again() -> None:
    assert next_step([run("old", "STOPPING")], UPDATE, PROGRESS, BEGUN) == Await(run("old", "STOPPING"))


def test_import_of_somebody_else_is_awaited_and_left_alone() -> None:
    assert next_step([run("other")], UPDATE, PROGRESS, BEGUN) == Await(run("other"))
    assert next_step([run("old")], Job(NEW), PROGRESS, BEGUN) == Await(run("old"))
    assert next_step([run("new", replace=True)], Job(NEW), PROGRESS, BEGUN) == Await(run("new", replace=True))


def test_same_path_with_a_new_version_adopts_what_is_in_flight() -> None:
    job = Job(LabelsRequest("tfm-1", "s3://bucket/old.csv", version="2"), former=OLD)
    assert next_step([run("old")], job, PROGRESS, BEGUN) == Adopt(run("old"))


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_run_of_a_start_whose_answer_was_lost_is_adopted_though_it_ended(status: str) -> None:
    lost = Progress(BEGUN, BEGUN + 3300, made_at=BEGUN)
    assert next_step([run("new", status)], UPDATE, lost, BEGUN) == Adopt(run("new", status))
    earlier = run("new", status, started=BEGUN - 60)
    assert next_step([earlier], UPDATE, lost, BEGUN) == Start()


MADE = UPDATE.begin(BEGUN + 20, made_at=BEGUN)


def test_run_in_flight_is_adopted_rather_than_one_of_the_same_import_that_has_ended() -> None:
    runs = [run("new", "SUCCEEDED", started=BEGUN + 1), run("new", started=BEGUN)]
    assert next_step(runs, UPDATE, UPDATE.begin(BEGUN, made_at=BEGUN), BEGUN) == Adopt(runs[1])


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED", "FAILED"])
def test_request_gives_way_to_the_former_import_that_was_repeated_since(status: str) -> None:
    rollback = run("old", status, started=BEGUN + 5)
    before = run("old", "SUCCEEDED", started=BEGUN - 3600)
    assert is_disputed([rollback], UPDATE, MADE, BEGUN)
    assert next_step([rollback, before], UPDATE, MADE, BEGUN) == GiveWay(rollback)


def test_rollback_goes_on_though_the_forward_run_began_after_it_was_made() -> None:
    forward = run("old", started=BEGUN + 5)
    learned = [run("new", "SUCCEEDED", started=BEGUN - 60), run("old", "SUCCEEDED", started=BEGUN - 3600)]
    assert next_step([forward, *learned], UPDATE, MADE, BEGUN) == Await(forward, cancel=(forward,))


def test_what_the_transform_did_not_learn_says_nothing_of_which_request_is_newer() -> None:
    forward = run("old", started=BEGUN + 5)
    learned = [run("old", "FAILED", started=BEGUN - 60), run("new", "SUCCEEDED", started=BEGUN - 3600)]
    assert next_step([forward, *learned], UPDATE, MADE, BEGUN) == Await(forward, cancel=(forward,))


def test_request_goes_on_where_nothing_tells_which_is_newer() -> None:
    former = run("old", started=BEGUN + 5)
    assert next_step([former], UPDATE, MADE, BEGUN) == Await(former, cancel=(former,))


def test_former_import_in_flight_since_before_the_request_is_superseded() -> None:
    runs = [run("old", started=BEGUN - 1), run("old", "SUCCEEDED", started=BEGUN - 3600)]
    assert not is_disputed(runs, UPDATE, MADE, BEGUN)
    assert next_step(runs, UPDATE, MADE, BEGUN) == Await(runs[0], cancel=(runs[0],))


@pytest.mark.parametrize("status", ["RUNNING", "STOPPING", "SUCCEEDED"])
def test_run_that_an_attempt_started_before_the_deadline_is_left_behind(status: str) -> None:
    left = run("new", status, started=MADE.deadline - 1)
    assert run_left_behind([run("other"), left], UPDATE, MADE, BEGUN) == left


@pytest.mark.parametrize(
    "other",
    [
        run("new", "FAILED"),
        run("new", started=MADE.deadline),
        run("new", started=BEGUN - 1),
        run("old"),
    ],
    ids=["failed", "started after the deadline", "started before the request", "imports something else"],
)
def test_run_that_failed_or_that_others_started_is_not_left_behind(other: TaskRun) -> None:
    assert run_left_behind([other], UPDATE, MADE, BEGUN) is None


def test_of_runs_started_at_once_the_eldest_is_waited_for_whoever_asks() -> None:
    elder, younger = (
        run("new", started=BEGUN - 0.1),
        TaskRun(
            "tsk-mine",
            "STARTING",
            "s3://bucket/new.csv",
            started_on=datetime.fromtimestamp(BEGUN, timezone.utc),
        ),
    )
    for mine in (elder.id, younger.id):
        assert eldest([younger, elder], NEW, mine) == elder.id


@pytest.mark.parametrize(
    "other", [run("new", "STOPPING", started=BEGUN - 1), run("new", "FAILED", started=BEGUN - 1), run("old")]
)
def test_run_that_goes_on_no_more_or_imports_something_else_is_not_waited_for(other: TaskRun) -> None:
    mine = TaskRun("tsk-mine", "STARTING", "s3://bucket/new.csv", started_on=other.started_on)
    assert eldest([mine, other], NEW, "tsk-mine") == "tsk-mine"


def test_run_that_glue_does_not_list_yet_is_kept() -> None:
    assert eldest([run("new")], NEW, "tsk-mine") == "tsk-mine"
