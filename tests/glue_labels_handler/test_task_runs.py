"""How import runs are listed: all of them, sorted and filtered here, whatever Glue says of their start."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from botocore.session import Session
from botocore.validate import ParamValidator

from glue_labels_handler.request import LabelsRequest
from glue_labels_handler.task_runs import TaskRuns

REQUEST = LabelsRequest("tfm-1", "s3://bucket/labels.csv")
NOW = 1_800_000_000.0
HOUR = 3600.0


class Pages:
    """A Glue client that responses GetMLTaskRuns with pages of runs, and notes what it was asked."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self._pages = list(pages)
        self.asked: list[dict[str, Any]] = []

    def get_ml_task_runs(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        page = self._pages.pop(0)
        return {"TaskRuns": page, **({"NextToken": "more"} if self._pages else {})}


def described(run_id: str, started: float | None, status: str = "RUNNING", **more: Any) -> dict[str, Any]:
    moment = {} if started is None else {"StartedOn": datetime.fromtimestamp(started, timezone.utc)}
    return {
        "TaskRunId": run_id,
        "Status": status,
        "Properties": {"TaskType": "IMPORT_LABELS"},
        **moment,
        **more,
    }


def ids(runs: list[Any]) -> list[str]:
    return [run.id for run in runs]


def test_runs_are_sorted_by_their_start_in_whatever_order_glue_lists_them() -> None:
    glue = Pages([described("b", NOW - 20), described("c", NOW - 10)], [described("a", NOW - 30)])
    assert ids(TaskRuns(glue).all_of(REQUEST, NOW)) == ["c", "b", "a"]


def test_run_without_a_start_is_the_newest_while_it_goes_on() -> None:
    glue = Pages([described("old", NOW - 20), described("new", None, "STARTING")])
    runs = TaskRuns(glue).recent(REQUEST, NOW)
    assert ids(runs) == ["new", "old"]
    assert runs[0].began(NOW) == NOW


def test_run_that_ended_without_a_start_began_when_it_was_last_seen() -> None:
    moment = datetime.fromtimestamp(NOW - 60, timezone.utc)
    glue = Pages([described("x", None, "FAILED", LastModifiedOn=moment)])
    (run,) = TaskRuns(glue).all_of(REQUEST, NOW)
    assert run.began(NOW) == NOW - 60


def test_run_that_ended_and_has_no_moment_at_all_is_not_recent() -> None:
    glue = Pages([described("x", None, "FAILED")])
    assert TaskRuns(glue).recent(REQUEST, NOW) == []


def test_run_older_than_the_longest_run_is_not_recent() -> None:
    glue = Pages([described("new", NOW - 47 * HOUR), described("old", NOW - 49 * HOUR)])
    assert ids(TaskRuns(glue).recent(REQUEST, NOW)) == ["new"]


def test_other_kinds_of_runs_are_passed_over() -> None:
    evaluation = {"TaskRunId": "e", "Status": "RUNNING", "Properties": {"TaskType": "EVALUATION"}}
    assert ids(TaskRuns(Pages([evaluation, described("i", NOW)])).all_of(REQUEST, NOW)) == ["i"]


def test_glue_is_asked_for_large_pages_without_what_a_run_not_started_yet_could_fail() -> None:
    glue = Pages([], [])
    TaskRuns(glue).all_of(REQUEST, NOW)
    first, second = glue.asked
    assert first == {"TransformId": "tfm-1", "Filter": {"TaskRunType": "IMPORT_LABELS"}, "MaxResults": 1000}
    assert second == {**first, "NextToken": "more"}
    shape = Session().get_service_model("glue").operation_model("GetMLTaskRuns").input_shape
    assert not ParamValidator().validate(second, shape).has_errors()
