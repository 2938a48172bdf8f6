"""Where a request goes next, by its phase, what Glue reports, and the moment."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timezone

import pytest

from glue_labels_handler.phases import (
    CLOCK_SKEW_SECONDS,
    EVENTS_LAG_SECONDS,
    GIVING_UP_SECONDS,
    LATE_SECONDS,
    NO_RUN,
    STOPPING_SECONDS,
    Failed,
    IfNewest,
    Job,
    Phase,
    Queued,
    Running,
    Start,
    State,
    Stopping,
    Succeeded,
    Verifying,
    after_poll,
    after_start,
    after_stopping,
    after_superseded,
    after_verifying,
    first_phase,
    leave_queue,
)
from glue_labels_handler.request import LabelsRequest
from glue_labels_handler.task_runs import TaskRun

MADE = 1_800_000_000.0
NEW = LabelsRequest("tfm-1", "s3://bucket/new.csv")
OLD = LabelsRequest("tfm-1", "s3://bucket/old.csv")
UPDATE = Job(NEW, former=OLD, physical_id="tsk-0", made_at=MADE)
CREATE = Job(NEW, former=None, physical_id=None, made_at=MADE)
SOON = MADE + 1
UNTIL = UPDATE.deadline + STOPPING_SECONDS


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def run(
    path: str, status: str = "RUNNING", started: float = MADE, ended: float | None = None, **more: object
) -> TaskRun:
    has_ended = status in ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT")
    values = {
        "started_on": moment(started),
        "completed_on": moment(started + 20 if ended is None else ended) if has_ended else None,
        **more,
    }
    # arg-type: the values' types are those of the fields
    return TaskRun(f"tsk-{path}-{status}", status, f"s3://bucket/{path}.csv", **values)  # type: ignore[arg-type]


def reason_of(phase: object) -> str:
    assert isinstance(phase, Failed)
    return phase.reason


def leave(runs: list[TaskRun], job: Job = UPDATE, now: float = SOON, state: State | None = None) -> object:
    return leave_queue(job, state or State(Queued()), runs, now)


# Where a request begins.


def test_changed_import_begins_in_the_queue() -> None:
    assert first_phase(UPDATE) == Queued()
    assert first_phase(CREATE) == Queued()


def test_unchanged_import_is_verified_first() -> None:
    assert first_phase(replace(UPDATE, former=NEW)) == Verifying("tsk-0")
    assert first_phase(replace(UPDATE, former=NEW, physical_id=NO_RUN)) == Queued()


def test_unchanged_import_that_succeeded_last_imports_nothing() -> None:
    done = run("new", "SUCCEEDED")
    assert after_verifying(UPDATE, [run("old"), done], "tsk-0", SOON) == Succeeded(done)


def test_unchanged_import_that_did_not_succeed_is_queued() -> None:
    assert after_verifying(UPDATE, [run("new", "FAILED"), run("new", "SUCCEEDED")], "tsk-0", SOON) == Queued()


def test_like_run_that_was_cancelled_beside_the_one_that_succeeded_does_not_count() -> None:
    eldest, younger = run("new", "SUCCEEDED", MADE, MADE + 20), run("new", "STOPPED", MADE + 1, MADE + 3)
    assert after_verifying(UPDATE, [younger, eldest], "tsk-0", SOON) == Succeeded(eldest)
    stopped_later = run("new", "STOPPED", MADE + 60)
    assert after_verifying(UPDATE, [stopped_later, eldest], "tsk-0", SOON) == Queued()


def test_unchanged_import_that_glue_has_forgotten_is_what_was_reported() -> None:
    phase = after_verifying(UPDATE, [], "tsk-0", SOON)
    assert isinstance(phase, Succeeded)
    assert phase.run.id == "tsk-0"


# Leaving the queue.


def test_idle_transform_is_started() -> None:
    earlier = [run("new", "SUCCEEDED", MADE - 99), run("old", "FAILED", MADE - 99)]
    assert leave(earlier) == Start()


@pytest.mark.parametrize("status", ["STARTING", "RUNNING"])
def test_request_waits_for_the_same_import_in_flight(status: str) -> None:
    assert leave([run("new", status)]) == Running(f"tsk-new-{status}")


def test_same_import_that_is_being_stopped_is_awaited() -> None:
    assert leave([run("new", "STOPPING")]) == Queued("tsk-new-STOPPING")


def test_import_of_somebody_else_is_awaited() -> None:
    assert leave([run("other")]) == Queued("tsk-other-RUNNING")
    assert leave([run("old")], CREATE) == Queued("tsk-old-RUNNING")
    assert leave([run("new", replace_all_labels=True)], CREATE) == Queued("tsk-new-RUNNING")


def test_same_path_with_a_new_version_waits_for_the_run_in_flight() -> None:
    job = replace(UPDATE, request=replace(OLD, version="2"))
    assert leave([run("old")], job) == Running("tsk-old-RUNNING")


def test_former_import_in_flight_is_stopped_first_if_cloudformation_waits_for_us() -> None:
    step = leave([run("new"), run("old", started=MADE - 60)])
    assert step == IfNewest(Stopping(("tsk-old-RUNNING",), Queued(), UNTIL))


def test_former_import_that_began_since_is_not_stopped_before_the_events_can_show_whose_it_is() -> None:
    rival = run("old", started=MADE + 2)
    assert leave([rival], now=MADE + 2 + EVENTS_LAG_SECONDS - 1) == Queued("tsk-old-RUNNING")
    assert isinstance(leave([rival], now=MADE + 2 + EVENTS_LAG_SECONDS), IfNewest)


def test_start_after_the_former_labels_were_imported_again_is_asked_about() -> None:
    rollback = run("old", "SUCCEEDED", MADE + 2)
    assert leave([rollback], now=MADE + 2 + EVENTS_LAG_SECONDS) == IfNewest(Start())
    superseded = after_superseded(UPDATE, None, is_shared=False, now=SOON)
    assert "A newer request" in reason_of(superseded)


def test_late_start_is_asked_about() -> None:
    assert leave([], now=MADE + LATE_SECONDS - 1) == Start()
    assert isinstance(leave([], now=MADE + LATE_SECONDS), IfNewest)


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED"])
def test_run_of_a_start_whose_response_was_lost_is_recognised_though_it_ended(status: str) -> None:
    assert leave([run("new", status, MADE + 1)], now=MADE + 30) == Running(f"tsk-new-{status}")


def test_run_is_recognised_though_glues_clock_is_behind() -> None:
    ours = run("new", "SUCCEEDED", MADE - CLOCK_SKEW_SECONDS + 1)
    assert leave([ours], now=MADE + 30) == Running(ours.id)


@pytest.mark.parametrize("ended", [MADE - 1, MADE + CLOCK_SKEW_SECONDS])
def test_run_that_may_have_ended_before_the_request_was_made_is_not_ours(ended: float) -> None:
    """Whatever Glue's clock says: a label version must not count as imported by an earlier request's run."""
    before = run("new", "SUCCEEDED", MADE - 3, ended=ended)
    assert leave([before], now=MADE + CLOCK_SKEW_SECONDS - 1) == Start()


def test_run_of_ours_after_which_the_former_labels_came_again_is_not_reported() -> None:
    ours, since = run("new", "SUCCEEDED", MADE + 1), run("old", "SUCCEEDED", MADE + 30)
    assert isinstance(leave([since, ours], now=MADE + 60), IfNewest)


def test_run_without_a_start_counts_as_started_now() -> None:
    assert leave([run("new", "STARTING", started_on=None)]) == Running("tsk-new-STARTING")


def test_run_that_failed_for_a_denial_is_no_outcome_while_iam_may_need_time() -> None:
    denied = run("new", "FAILED", MADE + 1, error_string="Access Denied")
    assert isinstance(leave([denied], now=MADE + 150), IfNewest)
    # However late it is polled.
    assert isinstance(leave([denied], now=MADE + 250), IfNewest)
    late = run("new", "FAILED", MADE + 1, ended=MADE + 210, error_string="Access Denied")
    assert leave([late, denied], now=MADE + 250) == Running(late.id)


@pytest.mark.parametrize("status", ["RUNNING", "SUCCEEDED"])
def test_run_that_an_attempt_left_is_waited_for_though_the_deadline_has_come(status: str) -> None:
    left = run("new", status, MADE + 5)
    assert leave([run("other"), left], now=UPDATE.deadline) == Running(left.id)


@pytest.mark.parametrize(
    "other",
    [
        run("new", "FAILED"),
        run("other"),
        run("new", started=MADE - 60),
        run("new", started=UPDATE.deadline + 6),
    ],
    ids=["failed", "another import", "older", "younger"],
)
def test_request_whose_deadline_has_come_without_a_run_fails(other: TaskRun) -> None:
    phase = leave([other], now=UPDATE.deadline)
    assert isinstance(phase, Failed)


def test_reason_of_a_request_without_a_run_is_its_last_error_or_the_run_in_its_way() -> None:
    blocked = leave([], now=UPDATE.deadline, state=State(Queued("tsk-theirs")))
    assert "tsk-theirs, was still in flight" in reason_of(blocked)
    error = State(Queued("tsk-theirs")).failing("ThrottlingException: slow down.", SOON)
    failing = leave([], now=UPDATE.deadline, state=error)
    assert "ThrottlingException: slow down" in reason_of(failing)


# After a start.


def test_run_alone_is_waited_for() -> None:
    mine = run("new")
    assert after_start(UPDATE, mine.id, [mine, run("old", "SUCCEEDED")], MADE + 1) == Running(mine.id)


def test_run_that_is_not_listed_yet_is_waited_for() -> None:
    assert after_start(UPDATE, "tsk-mine", [], MADE + 1) == Running("tsk-mine")


def test_of_like_runs_started_at_once_the_eldest_stays() -> None:
    eldest, mine = run("new", started=MADE), run("new", "STARTING", MADE + 1)
    assert after_start(UPDATE, mine.id, [mine, eldest], MADE + 1) == Stopping(
        (mine.id,), Running(eldest.id), UNTIL
    )
    assert after_start(UPDATE, eldest.id, [mine, eldest], MADE + 1) == Running(eldest.id)


def test_of_runs_that_undo_each_other_each_request_stops_its_own() -> None:
    mine, rival = run("new"), run("old")
    assert after_start(UPDATE, mine.id, [mine, rival], MADE + 1) == Stopping((mine.id,), Queued(), UNTIL)


# While it runs.


def test_run_that_succeeded_is_the_outcome() -> None:
    done = run("new", "SUCCEEDED")
    assert after_poll(UPDATE, done, UPDATE.deadline + 100) == Succeeded(done)


def test_run_that_failed_is_the_outcome_with_glues_reason() -> None:
    phase = after_poll(UPDATE, run("new", "FAILED", error_string="Set B has no labels"), SOON)
    assert isinstance(phase, Failed)
    assert "Set B has no labels" in phase.reason


def test_run_at_its_deadline_is_stopped_if_cloudformation_waits_for_us() -> None:
    step = after_poll(UPDATE, run("new"), UPDATE.deadline)
    assert step == IfNewest(Stopping(("tsk-new-RUNNING",), None, UNTIL), "tsk-new-RUNNING")


def test_run_at_its_deadline_is_stopped_also_if_nobody_waits_any_more() -> None:
    phase = after_superseded(UPDATE, "tsk-1", is_shared=False, now=UPDATE.deadline)
    assert isinstance(phase, Stopping)
    assert (phase.run_ids, phase.until) == (("tsk-1",), UPDATE.deadline + GIVING_UP_SECONDS)
    assert "A newer request" in reason_of(phase.then)


def test_run_that_a_newer_request_waits_for_is_not_stopped() -> None:
    phase = after_superseded(UPDATE, "tsk-1", is_shared=True, now=UPDATE.deadline)
    assert "A newer request" in reason_of(phase)


# While it is stopped.

STOPPING = Stopping(("tsk-new-RUNNING",), None, UNTIL)


def stop(phase: Stopping, seen: list[TaskRun], now: float = SOON, error: str | None = None) -> Phase:
    state = State(phase) if error is None else State(phase).failing(error, now)
    return after_stopping(UPDATE, state, phase, {one.id: one for one in seen}, now)


def test_what_follows_comes_when_all_runs_have_ended() -> None:
    ended, going_on = run("old", "STOPPED"), run("old", "STOPPING")
    phase = Stopping((ended.id, going_on.id), Queued(), UNTIL)
    assert stop(phase, [ended]) == replace(phase, accepted=())
    assert stop(phase, [ended, going_on]) == replace(phase, accepted=(going_on.id,))
    assert stop(Stopping((ended.id,), Queued(), UNTIL), [ended]) == Queued()


def test_failure_waits_for_the_accepted_cancel_and_not_for_the_runs_end() -> None:
    failed = Failed("why")
    phase = Stopping(("tsk-new-RUNNING",), failed, UNTIL)
    assert stop(phase, [run("new")]) == phase
    cancelled = stop(replace(phase, accepted=("tsk-new-RUNNING",)), [run("new")])
    assert reason_of(cancelled) == "why The run was cancelled."


def test_failure_whose_run_had_ended_by_itself_does_not_call_it_cancelled() -> None:
    done = replace(run("new", "SUCCEEDED"), id="tsk-new-RUNNING")
    phase = Stopping((done.id,), Failed("why"), UNTIL, accepted=(done.id,))
    assert reason_of(stop(phase, [done])) == "why The run had already ended: SUCCEEDED."


def test_failure_whose_run_cannot_be_cancelled_says_how_to_cancel_it() -> None:
    phase = Stopping(("tsk-new-RUNNING",), Failed("why"), UNTIL)
    left = stop(phase, [run("new")], UNTIL)
    assert "The run may still be going on. Cancel it: aws glue cancel-ml-task-run" in reason_of(left)


def test_run_that_succeeds_after_all_is_a_success() -> None:
    done = replace(run("new", "SUCCEEDED"), id="tsk-new-RUNNING")
    assert stop(STOPPING, [done], UPDATE.deadline + 3) == Succeeded(done)


def test_run_that_fails_while_it_is_stopped_is_reported_with_glues_reason() -> None:
    failed = replace(run("new", "FAILED", error_string="Set B has no labels"), id="tsk-new-RUNNING")
    phase = stop(STOPPING, [failed], UPDATE.deadline + 3)
    assert "Set B has no labels" in reason_of(phase)


def test_run_that_was_stopped_at_its_deadline_is_reported_with_the_timeout() -> None:
    stopped = replace(run("new", "STOPPED", ended=UPDATE.deadline + 2), id="tsk-new-RUNNING")
    phase = stop(STOPPING, [stopped], UPDATE.deadline + 3)
    assert "did not end within 3300 seconds" in reason_of(phase)


def test_run_that_takes_its_time_to_stop_is_reported_as_cancelled_not_as_refused() -> None:
    slow = replace(run("new", "STOPPING"), id="tsk-new-RUNNING")
    phase = stop(
        replace(STOPPING, accepted=(slow.id,)), [slow], UNTIL, error="GetMLTaskRun: ThrottlingException"
    )
    assert "was cancelled, but Glue still reports it as STOPPING" in reason_of(phase)
    assert "Throttling" not in reason_of(phase)


def test_run_whose_cancel_is_refused_to_the_end_says_so() -> None:
    phase = stop(STOPPING, [replace(run("new"), id="tsk-new-RUNNING")], UNTIL, error="CancelMLTaskRun: no")
    assert "could not be cancelled: CancelMLTaskRun: no" in reason_of(phase)


# From one invocation to the next.


@pytest.mark.parametrize(
    "phase",
    [
        Verifying("tsk-0"),
        Queued(),
        Queued("tsk-theirs"),
        Running("tsk-1", "RUNNING"),
        Stopping(("tsk-1", "tsk-2"), Queued(), 5.0, ("tsk-1",)),
        Stopping(("tsk-1",), Running("tsk-2"), 5.0),
        Stopping(("tsk-1",), None, 5.0),
        Stopping(("tsk-1",), Failed("why", "tsk-1"), 5.0),
        Failed("why"),
    ],
)
def test_state_is_the_same_after_it_was_handed_over(phase: Phase) -> None:
    state = State(phase).failing("Throttled", 4.5)
    assert State.from_data(json.loads(json.dumps(state.to_data()))) == state


@pytest.mark.parametrize(
    ("progress", "phase"),
    [
        ({"begun": 1.0, "deadline": 2.0, "run_id": "tsk-1", "status": "RUNNING"}, Running("tsk-1")),
        ({"begun": 1.0, "deadline": 2.0, "done_by": "tsk-0"}, Verifying("tsk-0")),
        ({"begun": 1.0, "deadline": 2.0, "blocked_by": "tsk-9"}, Queued()),
    ],
)
def test_state_that_an_earlier_version_left_in_a_rule_is_understood(
    progress: dict[str, object], phase: Phase
) -> None:
    assert State.from_data({"LookFrom": 1.0, "Progress": progress}) == State(phase)
