"""Where an evaluation goes next: what differs from an import."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from glue_labels_handler.evaluation_request import EvaluationRequest
from glue_labels_handler.phases import (
    STOPPING_SECONDS,
    Failed,
    IfNewest,
    Job,
    Queued,
    Running,
    Start,
    State,
    Stopping,
    Succeeded,
    Verifying,
    after_evaluation,
    after_start,
    after_superseded,
    after_verifying_evaluation,
    first_phase,
    leave_queue,
)
from glue_labels_handler.quality import Quality
from glue_labels_handler.request import LabelsRequest
from glue_labels_handler.task_runs import TaskRun

MADE = 1_800_000_000.0
SOON = MADE + 1
OLD = EvaluationRequest("tfm-1", after=("tsk-old",), minimum={"F1": 0.8})
NEW = replace(OLD, after=("tsk-new",))
CREATE = Job(NEW, former=None, physical_id=None, made_at=MADE)
UPDATE = Job(NEW, former=OLD, physical_id="tsk-0", made_at=MADE)
RAISED = Job(replace(OLD, minimum={"F1": 0.9}), former=OLD, physical_id="tsk-0", made_at=MADE)


def run(
    task_type: str, status: str, started: float, ended: float | None = None, run_id: str = "tsk-1"
) -> TaskRun:
    def moment(seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, timezone.utc)

    return TaskRun(
        run_id,
        status,
        input_s3_path="s3://bucket/a.csv" if task_type == LabelsRequest.task_type else None,
        started_on=moment(started),
        completed_on=None if ended is None else moment(ended),
        task_type=task_type,
    )


def evaluation(status: str, started: float, ended: float | None = None, run_id: str = "tsk-e") -> TaskRun:
    return run(EvaluationRequest.task_type, status, started, ended, run_id)


def labels(status: str, started: float, ended: float | None = None, run_id: str = "tsk-i") -> TaskRun:
    return run(LabelsRequest.task_type, status, started, ended, run_id)


def leave(*runs: TaskRun, job: Job = UPDATE, now: float = SOON) -> object:
    return leave_queue(job, State(Queued()), runs, now)


# Where it begins.


def test_create_is_queued_and_every_update_asks_first_whether_it_is_a_rollback() -> None:
    assert first_phase(CREATE) == Queued()
    assert first_phase(UPDATE) == Verifying("tsk-0")
    assert first_phase(RAISED) == Verifying("tsk-0")


# Leaving the queue.


def test_evaluation_is_started_where_nothing_is_in_the_way() -> None:
    assert leave() == Start()
    assert leave(labels("SUCCEEDED", MADE - 60, MADE - 10)) == Start()
    assert leave(now=MADE + 60) == IfNewest(Start())


def test_evaluation_that_was_superseded_fails_without_a_run() -> None:
    superseded = after_superseded(UPDATE, None, is_shared=False, now=SOON)
    assert isinstance(superseded, Failed)
    assert superseded.reason.startswith("A newer request")


def test_evaluation_waits_for_an_import_in_flight() -> None:
    assert leave(labels("RUNNING", MADE - 10)) == Queued("tsk-i")
    assert leave(labels("STOPPING", MADE - 10)) == Queued("tsk-i")


def test_request_waits_for_an_evaluation_of_the_present_labels_in_flight() -> None:
    there = evaluation("RUNNING", MADE - 5), labels("SUCCEEDED", MADE - 60, MADE - 10)
    assert leave(*there) == Running("tsk-e")


def test_evaluation_that_began_before_the_last_import_ended_has_to_end_first() -> None:
    there = labels("SUCCEEDED", MADE - 60, MADE - 10), evaluation("RUNNING", MADE - 30)
    assert leave(*there) == Queued("tsk-e")


def test_lambda_retry_recognises_its_evaluation_though_it_has_ended() -> None:
    done = evaluation("SUCCEEDED", MADE + 1, MADE + 40)
    assert leave(done, now=MADE + 60) == Running("tsk-e")


def test_evaluation_that_ended_before_the_request_was_made_is_not_its_own() -> None:
    assert leave(evaluation("SUCCEEDED", MADE - 60, MADE - 30)) == Start()


def test_import_does_not_wait_for_an_evaluation() -> None:
    job = Job(LabelsRequest("tfm-1", "s3://bucket/b.csv"), None, None, MADE)
    # GetMLTaskRuns is asked for imports only, so an import never sees an evaluation.
    assert leave(job=job) == Start()


def test_of_two_evaluations_started_at_once_the_eldest_stays() -> None:
    eldest, mine = evaluation("RUNNING", MADE), evaluation("STARTING", MADE + 1, run_id="tsk-m")
    until = UPDATE.deadline + STOPPING_SECONDS
    assert after_start(UPDATE, "tsk-m", [mine, eldest], SOON) == Stopping(("tsk-m",), Running("tsk-e"), until)
    assert after_start(UPDATE, "tsk-e", [mine, eldest], SOON) == Running("tsk-e")


# An Update.

LABELED = labels("SUCCEEDED", MADE - 100, MADE - 90)


def verify(*runs: TaskRun, job: Job = RAISED, is_rolling_back: bool = False) -> object:
    return after_verifying_evaluation(job, runs, is_rolling_back=is_rolling_back, now=SOON)


def test_minimum_alone_is_compared_with_the_last_evaluation_of_the_present_labels() -> None:
    last = evaluation("SUCCEEDED", MADE - 60, MADE - 50)
    failed = evaluation("FAILED", MADE - 40, MADE - 30, "tsk-f")
    assert verify(failed, last, LABELED) == Succeeded(last)


def test_minimum_alone_is_evaluated_where_labels_were_imported_since() -> None:
    last = evaluation("SUCCEEDED", MADE - 95, MADE - 50)
    assert verify(LABELED, last) == Queued()
    assert verify(LABELED) == Queued()


def test_new_run_of_an_import_is_followed_by_a_new_evaluation() -> None:
    last = evaluation("SUCCEEDED", MADE - 60, MADE - 50)
    assert verify(last, LABELED, job=UPDATE) == Queued()


def test_rollback_gets_the_last_evaluation_and_starts_none() -> None:
    last = evaluation("SUCCEEDED", MADE - 60, MADE - 50)
    newer_labels = labels("SUCCEEDED", MADE - 20, MADE - 10)
    for job in (UPDATE, RAISED):
        assert verify(newer_labels, last, job=job, is_rolling_back=True) == Succeeded(last)
        assert isinstance(verify(newer_labels, job=job, is_rolling_back=True), Succeeded)


# The minimum.


def test_evaluation_succeeds_with_what_it_found_or_fails_below_the_minimum() -> None:
    done = evaluation("SUCCEEDED", MADE, MADE + 10)
    good, bad = Quality({"F1": 0.8}), Quality({"F1": 0.79})
    assert after_evaluation(UPDATE, done, good, None) == Succeeded(done, good)
    failed = after_evaluation(UPDATE, done, bad, {"F1": 0.9})
    assert isinstance(failed, Failed)
    assert failed.run_id == "tsk-e"
    assert failed.reason.startswith("The transform's quality is below the minimum: F1 0.79 (minimum 0.80).")
    assert "F1 was 0.90" in failed.reason


def test_metrics_before_the_evaluation_are_handed_over() -> None:
    state = State(Running("tsk-e", "RUNNING", {"F1": 0.9}))
    assert State.from_data(state.to_data()) == state
