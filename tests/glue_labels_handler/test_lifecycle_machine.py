"""Any course of a resource's life, under any errors: the rules of docs/reliability.md hold.

hypothesis invents the courses: what the user deploys, what CloudFormation abandons, how Glue's runs go, which
calls fail and where an invocation crashes. `HYPOTHESIS_PROFILE=nightly` runs 10,000 of them; how many ran is
shown by ``pytest --hypothesis-show-statistics``.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from dataclasses import replace
from typing import TYPE_CHECKING
from unittest import mock

import pytest
from botocore.exceptions import ClientError
from cloud_model import Cloud, Tick
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from model_cloudformation import Phase, Template
from model_failures import CLOUDFORMATION, EVENTS, GLUE, PUT, SLEEP, TRANSIENT, Failure

from glue_labels_handler import response as response_module
from glue_labels_handler.polling_rule import PollingRule
from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

_COMMON = settings(
    deadline=None,
    stateful_step_count=25,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    report_multiple_bugs=False,
)
PROFILES = {
    "default": settings(_COMMON, max_examples=300, derandomize=True),
    "nightly": settings(_COMMON, max_examples=10_000),
}

# How soon Lambda begins: at once, after a cold start, or when it has a place for it.
LATE = st.sampled_from([0.2, 0.2, 0.0, 0.0, 1.5, 1.5, 20.0, 20.0, 400.0, 3500.0])
TIMES = st.sampled_from([0.05, 0.1, 0.3, 1.0, 2.0, 5.0, 30.0, 60.0, 100.0, 300.0, 900.0, 3600.0])
PLANS = st.builds(
    RunPlan,
    seconds=st.sampled_from([3.0, 0.5, 20.0, 70.0, 400.0, 900.0, 2500.0]),
    status=st.sampled_from(["SUCCEEDED"] * 5 + ["FAILED", "TIMEOUT", "STOPPED", None]),
    stopping_seconds=st.sampled_from([1.0, 15.0, 100.0]),
    finishes=st.booleans(),
    silent_seconds=st.sampled_from([0.0, 0.0, 0.0, 0.7, 5.0]),
)
TEMPLATES = st.builds(
    Template,
    path=st.sampled_from(["s3://labels/a.csv", "s3://labels/b.csv", "s3://labels/c.csv"]),
    replace=st.sampled_from([True, True, False]),
    version=st.sampled_from(["1", "2"]),
    timeout=st.sampled_from([3300, 600, 60, 1]),
)
CHANGES: st.SearchStrategy[dict[str, object]] = st.one_of(
    st.builds(dict, path=st.sampled_from(["s3://labels/a.csv", "s3://labels/b.csv", "s3://labels/c.csv"])),
    st.builds(dict, version=st.sampled_from(["1", "2", "3"])),
    st.builds(dict, timeout=st.sampled_from([600, 3300, 60, 1])),
    st.builds(dict, replace=st.booleans()),
    st.builds(dict, transform_id=st.sampled_from(["tfm-1", "tfm-2"])),
)
FAILURES = st.one_of(
    st.builds(Failure, st.just("error"), code=st.sampled_from([*TRANSIENT, "AccessDeniedException"])),
    st.builds(Failure, st.sampled_from(["timeout", "crash", "slow"]), happens=st.booleans()),
)


class Lifecycle(RuleBasedStateMachine):
    """One stack with one `LabelsImport`, from its Create to whatever end."""

    cloud_type: type[Cloud] = Cloud

    def __init__(self) -> None:
        super().__init__()
        logging.disable(logging.CRITICAL)  # 10,000 courses would log too much
        self.cloud = self.cloud_type(limit=900.0)
        self._no_network = mock.patch.object(response_module, "_put_once", self._put_once)
        self._no_network.start()

    def _put_once(self, url: response_module.ResponseUrl, body: bytes) -> str | None:
        return self.cloud.put_once(url, body)

    @initialize(
        limit=st.sampled_from([900.0, 60.0]),
        template=TEMPLATES,
        is_there=st.sampled_from([True, True, True, False]),
        late=LATE,
        plan=PLANS,
        clock_ahead=st.sampled_from([0.0, 0.0, -2.0, 2.0]),
    )
    def create(
        self,
        limit: float,
        template: Template,
        is_there: bool,
        late: float,
        plan: RunPlan,
        clock_ahead: float = 0.0,
    ) -> None:
        self.cloud = self.cloud_type(limit=limit)
        self.cloud.simulation.clock_ahead = clock_ahead
        if is_there:  # most of what can happen to a resource happens after its first deployment
            self.cloud.stack.create(replace(template, timeout=3300), late=0.0)
            self.time_passes_until_the_response()
            self.cloud.stack.template = template
        else:
            self.cloud.simulation.plan_runs(plan)
            self.cloud.stack.create(template, late)

    # What the user and the rest of the stack do.

    def _is_complete(self) -> bool:
        return self.cloud.stack.phase is Phase.COMPLETE

    def _is_going_forward(self) -> bool:
        return self.cloud.stack.phase in (Phase.CREATING, Phase.UPDATING)

    def _is_stuck(self) -> bool:
        return self.cloud.stack.phase is Phase.ROLLBACK_FAILED

    @precondition(_is_complete)
    @rule(changes=CHANGES, late=LATE)
    def update(self, changes: dict[str, object], late: float) -> None:
        # arg-type: each of CHANGES is a field's name with a value of its type
        self.cloud.stack.update(replace(self.cloud.stack.template, **changes), late)  # type: ignore[arg-type]

    # A second after the request at the earliest: X-Amz-Date, which orders requests, has seconds only.
    @precondition(_is_going_forward)
    @rule(late=LATE, after=st.sampled_from([1.0, 1.3, 2.0, 5.0, 70.0]))
    def abandon(self, late: float, after: float) -> None:
        self.cloud.schedule.advance(after)
        if self._is_going_forward():
            self.cloud.stack.abandon(late)

    @precondition(lambda self: self._is_complete() or self._is_stuck())
    @rule(late=LATE)
    def delete(self, late: float) -> None:
        self.cloud.stack.delete(late)

    @precondition(_is_stuck)
    @rule(late=LATE)
    def continue_the_rollback(self, late: float) -> None:
        # Somebody has to ask for it. Events and requests are dated to the second.
        self.cloud.schedule.advance(1.0)
        self.cloud.stack.roll_back_again(late)

    @rule(
        seconds=st.sampled_from([3.0, 60.0, 400.0, 2000.0]), transform_id=st.sampled_from(["tfm-1", "tfm-2"])
    )
    def another_party_imports(self, seconds: float, transform_id: str) -> None:
        self.cloud.simulation.plan_next_run(RunPlan(seconds))
        with contextlib.suppress(ClientError):
            self.cloud.direct_glue.start_import_labels_task_run(
                TransformId=transform_id, InputS3Path="s3://others/labels.csv", ReplaceAllLabels=True
            )

    # What the services do.

    @rule(seconds=TIMES)
    def time_passes(self, seconds: float) -> None:
        self.cloud.schedule.advance(seconds)

    @precondition(lambda self: self.cloud.stack.live is not None)
    @rule()
    def time_passes_until_the_response(self) -> None:
        while self.cloud.stack.live is not None:
            self.cloud.schedule.advance(5.0)

    @rule(plan=PLANS)
    def next_run_goes(self, plan: RunPlan) -> None:
        self.cloud.simulation.plan_runs(plan)

    @rule(
        action=st.sampled_from([*GLUE, *EVENTS, *CLOUDFORMATION]),
        failure=FAILURES,
        times=st.sampled_from([1, 1, 2, 5]),
    )
    def call_goes_wrong(self, action: str, failure: Failure, times: int) -> None:
        self.cloud.failures.plan(action, failure, 1 if failure.kind == "crash" else times)

    @rule(action=st.sampled_from([PUT, SLEEP]), failure=FAILURES)
    def put_or_sleep_goes_wrong(self, action: str, failure: Failure) -> None:
        self.cloud.failures.plan(action, failure)

    @rule(
        actions=st.sampled_from([GLUE, EVENTS, (PUT,), CLOUDFORMATION]),
        seconds=st.sampled_from([5.0, 60.0, 400.0]),
    )
    def service_is_down(self, actions: tuple[str, ...], seconds: float) -> None:
        self.cloud.failures.plan_outage(actions, seconds)

    @rule(seconds=st.sampled_from([0.0, 1.0, 4.0]))
    def stack_events_come_late(self, seconds: float) -> None:
        self.cloud.stack.events_late = seconds

    @rule(seconds=st.sampled_from([0.0, 1.0, 3.0]))
    def rules_are_seen_late(self, seconds: float) -> None:
        self.cloud.events.late = seconds

    @rule(action=st.sampled_from(["PutTargets", "RemoveTargets"]), times=st.sampled_from([1, 2]))
    def entries_are_refused(self, action: str, times: int) -> None:
        self.cloud.events.refused_entries.extend([action] * times)

    @rule(late=st.sampled_from([0.5, 10.0, 45.0]), again=st.sampled_from([None, 0.0, 0.3, 20.0]))
    def next_tick_travels(self, late: float, again: float | None) -> None:
        self.cloud.ticks.append(Tick(late, again))

    # IAM is eventually consistent: a grant that was changed is not in force at once.
    @rule(seconds=st.sampled_from([5.0, 60.0, 170.0, 1000.0]), when=st.sampled_from(["start", "run"]))
    def role_may_not_read_for(self, seconds: float, when: Literal["start", "run"]) -> None:
        self.cloud.deny(seconds, when)

    @rule(seconds=st.sampled_from([0.0, 0.7, 5.0]))
    def unplanned_runs_have_no_start_for(self, seconds: float) -> None:
        self.cloud.simulation.default_plan = RunPlan(silent_seconds=seconds)

    @rule(after=st.sampled_from([0.0, 0.1, 1.0, 20.0, 100.0]))
    def next_request_is_delivered_again(self, after: float) -> None:
        self.cloud.delivered_again_after = after

    @rule(is_deleted=st.sampled_from([False] * 19 + [True]))
    def transform_disappears(self, is_deleted: bool) -> None:
        if is_deleted:
            self.cloud.direct_glue.transforms.clear()

    # What must hold.

    @invariant()
    def no_rule_is_broken(self) -> None:
        assert not self.cloud.violations, self.cloud.violations

    def finish(self) -> None:
        """Let everything come to its end, and check it."""
        self.cloud.calm_down()
        self.cloud.check_calm()
        self.no_rule_is_broken()

    def teardown(self) -> None:
        try:
            if not self.cloud.violations:
                self.finish()
        finally:
            self.clear_up()

    def clear_up(self) -> None:
        """End every thread, whatever happened."""
        try:
            self.cloud.schedule.end_all()
        finally:
            self._no_network.stop()
            logging.disable(logging.NOTSET)


# The smallest courses that broke a rule, as the machine found them.

CRASH = Failure("crash")


@pytest.fixture
def lifecycle() -> Iterator[Lifecycle]:
    """A resource that is there, its transform taught with a.csv."""
    machine = Lifecycle()
    machine.create(900.0, Template(timeout=3300), True, 0.0, RunPlan())
    yield machine
    machine.clear_up()


def test_retry_of_a_finished_update_leaves_the_polling_of_a_newer_one_alone(lifecycle: Lifecycle) -> None:
    lifecycle.another_party_imports(2000.0, "tfm-1")
    lifecycle.put_or_sleep_goes_wrong(PUT, Failure("crash", happens=True))
    lifecycle.update({"timeout": 3000}, late=0.2)
    lifecycle.time_passes_until_the_response()
    lifecycle.update({"path": "s3://labels/b.csv"}, late=0.2)
    lifecycle.finish()


def test_rollback_goes_on_though_the_forward_run_started_after_it_was_made(lifecycle: Lifecycle) -> None:
    lifecycle.update({"path": "s3://labels/b.csv"}, late=1.5)
    lifecycle.abandon(late=1.5, after=1.0)
    lifecycle.finish()


def test_of_two_requests_that_start_at_once_the_newest_has_the_last_word(lifecycle: Lifecycle) -> None:
    lifecycle.time_passes(60.0)
    lifecycle.next_run_goes(RunPlan(seconds=60.0))
    lifecycle.next_run_goes(RunPlan(seconds=20.0))
    lifecycle.update({"path": "s3://labels/b.csv"}, late=1.2)
    lifecycle.abandon(late=0.2, after=1.0)
    lifecycle.finish()


def test_of_two_starts_of_the_same_import_at_once_only_one_teaches_its_labels(lifecycle: Lifecycle) -> None:
    lifecycle.time_passes(60.0)
    lifecycle.next_request_is_delivered_again(0.0)
    before = len(lifecycle.cloud.simulation.labels("tfm-1"))
    lifecycle.update({"path": "s3://labels/b.csv", "replace": False}, late=0.2)
    lifecycle.finish()
    assert len(lifecycle.cloud.simulation.labels("tfm-1")) == 2 * before


def test_forward_request_that_comes_after_its_rollback_is_done_imports_nothing(lifecycle: Lifecycle) -> None:
    lifecycle.update({"path": "s3://labels/b.csv"}, late=20.0)
    lifecycle.abandon(late=0.2, after=1.0)
    lifecycle.finish()


def test_repeated_rollback_is_not_superseded_by_the_forward_run(lifecycle: Lifecycle) -> None:
    lifecycle.put_or_sleep_goes_wrong(SLEEP, CRASH)
    lifecycle.service_is_down(GLUE, 5.0)
    lifecycle.update({"path": "s3://labels/b.csv"}, late=0.2)
    lifecycle.abandon(late=0.2, after=1.0)
    lifecycle.put_or_sleep_goes_wrong(SLEEP, CRASH)
    lifecycle.call_goes_wrong("PutRule", Failure("error"), 1)
    lifecycle.time_passes_until_the_response()
    lifecycle.finish()


def test_run_that_nobody_polled_for_an_hour_is_cancelled_in_the_end(lifecycle: Lifecycle) -> None:
    for _ in range(3):
        lifecycle.put_or_sleep_goes_wrong(SLEEP, CRASH)
    lifecycle.next_run_goes(RunPlan(status=None))
    lifecycle.update({"version": "2"}, late=0.2)
    lifecycle.time_passes_until_the_response()
    lifecycle.finish()


def test_run_of_a_lost_start_is_cancelled_when_there_is_no_time_left_to_wait_for_it(
    lifecycle: Lifecycle,
) -> None:
    lifecycle.update({"timeout": 1}, late=0.2)
    lifecycle.time_passes_until_the_response()
    for failure in (
        Failure("error"),
        Failure("timeout", happens=True),
    ):  # the forward's start, the rollback's
        lifecycle.call_goes_wrong("StartImportLabelsTaskRun", failure, 1)
        lifecycle.next_run_goes(RunPlan(seconds=400.0))
    lifecycle.update({"path": "s3://labels/b.csv"}, late=0.2)
    lifecycle.time_passes_until_the_response()
    lifecycle.finish()


def test_half_a_rule_is_removed_when_no_response_is_delivered() -> None:
    machine = Lifecycle()
    machine.create(60.0, Template(timeout=3300), False, 0.2, RunPlan())
    machine.abandon(late=0.2, after=1.0)
    machine.service_is_down((PUT,), 400.0)
    machine.call_goes_wrong("PutRule", Failure("error"), 2)
    machine.call_goes_wrong("PutTargets", Failure("error"), 1)
    machine.time_passes_until_the_response()
    machine.teardown()


def test_half_a_rule_that_a_crash_left_is_removed_by_the_repeat() -> None:
    machine = Lifecycle()
    machine.cloud = Cloud(limit=60.0)
    machine.next_run_goes(RunPlan(seconds=70.0))
    machine.call_goes_wrong("PutTargets", CRASH, 1)
    machine.cloud.stack.create(Template(), late=0.2)
    machine.time_passes_until_the_response()
    machine.teardown()


def test_rule_is_removed_though_the_tick_that_emptied_it_crashed() -> None:
    machine = Lifecycle()
    machine.cloud = Cloud(limit=60.0)
    machine.next_run_goes(RunPlan(seconds=70.0))
    machine.call_goes_wrong("RemoveTargets", Failure("crash", happens=True), 1)
    machine.cloud.stack.create(Template(), late=0.2)
    machine.time_passes_until_the_response()
    machine.teardown()


def test_run_that_a_crash_left_is_cancelled_by_the_repeat_though_it_comes_too_late() -> None:
    machine = Lifecycle()
    machine.next_run_goes(RunPlan(seconds=2500.0))
    machine.put_or_sleep_goes_wrong(SLEEP, CRASH)
    machine.cloud.stack.create(Template(timeout=60), late=1.5)
    machine.abandon(late=0.0, after=1.0)
    machine.time_passes(100.0)
    machine.teardown()


def test_retry_removes_the_rule_when_eventbridge_fails_longer_than_the_invocation() -> None:
    machine = Lifecycle()
    machine.cloud = Cloud(limit=60.0)
    machine.next_run_goes(RunPlan(seconds=70.0))
    machine.cloud.stack.create(Template(), late=0.2)
    machine.time_passes(60.0)
    for action in ("DeleteRule", "PutRule"):
        for _ in range(2):
            machine.call_goes_wrong(action, Failure("error"), 5)
    machine.time_passes(200.0)
    machine.teardown()


def test_request_that_was_superseded_while_it_waited_starts_nothing(lifecycle: Lifecycle) -> None:
    lifecycle.another_party_imports(400.0, "tfm-1")
    lifecycle.update({"path": "s3://labels/b.csv"}, late=0.2)
    lifecycle.time_passes(5.0)
    lifecycle.abandon(late=0.2, after=1.0)
    lifecycle.finish()
    assert "s3://labels/b.csv" not in {run.input_s3_path for run in lifecycle.cloud.simulation.runs()}


def test_tick_that_arrives_twice_gives_the_same_response_again() -> None:
    machine = Lifecycle()
    machine.cloud = Cloud(limit=60.0)
    responses: list[object] = []
    machine.cloud.stack.judge = lambda _, response: responses.append(response)
    machine.next_run_goes(RunPlan(seconds=130.0))
    machine.next_tick_travels(late=0.5, again=1.0)
    machine.cloud.stack.create(Template(), late=0.2)
    machine.time_passes(300.0)
    machine.teardown()
    assert len(responses) == 2
    assert responses[0] == responses[1]


def test_tick_that_a_delete_overtook_does_not_set_the_rule_up_again() -> None:
    machine = Lifecycle()
    machine.cloud = Cloud(limit=60.0)
    machine.next_run_goes(RunPlan(seconds=400.0, stopping_seconds=100.0))
    machine.cloud.stack.create(Template(), late=0.2)
    machine.time_passes(120.0)
    machine.abandon(late=0.2, after=1.0)
    machine.time_passes(50.0)
    assert not machine.cloud.events.rules
    machine.teardown()


def test_two_requests_that_clear_up_at_once_leave_no_rule(lifecycle: Lifecycle) -> None:
    cloud, name = lifecycle.cloud, "glue-labels-of-both"
    events = cloud.failures.client(cloud.events)
    cloud.events.rules[name] = {"forward": "", "rollback": ""}

    def clear_up(target: str) -> None:
        PollingRule(lambda: events, name, target).remove()

    for target in ("forward", "rollback"):
        cloud.schedule.thread(functools.partial(clear_up, target), lambda _: None).resume()
    cloud.schedule.advance(5.0)
    assert cloud.events.rules == {}


def test_rule_without_a_target_is_removed_though_eventbridge_was_down_for_long_in_between() -> None:
    machine = Lifecycle()
    machine.create(900.0, Template(timeout=3300), False, 0.2, RunPlan())
    machine.put_or_sleep_goes_wrong(PUT, Failure("error"))
    machine.call_goes_wrong("StartImportLabelsTaskRun", Failure("error"), 1)
    machine.rules_are_seen_late(1.0)
    machine.time_passes_until_the_response()
    machine.delete(late=0.2)
    machine.service_is_down(EVENTS, 400.0)
    machine.time_passes_until_the_response()
    machine.teardown()


def test_half_a_rule_is_removed_where_a_delete_had_removed_the_whole() -> None:
    machine = Lifecycle()
    machine.create(900.0, Template(timeout=3300), False, 0.2, RunPlan())
    machine.role_may_not_read_for(5.0, "start")
    machine.abandon(late=0.2, after=1.0)
    machine.another_party_imports(2000.0, "tfm-1")
    machine.entries_are_refused("PutTargets", 1)
    machine.teardown()


def test_of_two_requests_that_see_each_other_s_removed_target_one_deletes_the_rule(
    lifecycle: Lifecycle,
) -> None:
    lifecycle.next_request_is_delivered_again(0.1)
    lifecycle.update({"version": "2"}, late=0.2)
    lifecycle.time_passes_until_the_response()
    lifecycle.rules_are_seen_late(3.0)
    lifecycle.entries_are_refused("RemoveTargets", 4)
    lifecycle.next_run_goes(RunPlan(seconds=0.5))
    lifecycle.update({"timeout": 3000}, late=2900.0)
    lifecycle.finish()


def test_run_of_a_lost_start_is_cancelled_though_glue_s_clock_puts_it_after_the_deadline() -> None:
    machine = Lifecycle()
    machine.create(900.0, Template(timeout=1), True, 0.0, RunPlan(), clock_ahead=2.0)
    machine.time_passes(5.0)
    machine.next_run_goes(RunPlan(seconds=400.0, status=None))
    machine.next_request_is_delivered_again(0.0)
    machine.update({"path": "s3://labels/b.csv"}, late=0.2)
    machine.call_goes_wrong("StartImportLabelsTaskRun", Failure("error", code="OperationTimeoutException"), 1)
    machine.call_goes_wrong("StartImportLabelsTaskRun", Failure("timeout", happens=True), 1)
    machine.time_passes_until_the_response()
    machine.delete(late=0.2)
    machine.time_passes_until_the_response()
    machine.teardown()


def test_of_two_runs_that_crashed_attempts_left_one_is_reported_and_the_other_is_cancelled() -> None:
    machine = Lifecycle()
    machine.create(900.0, Template(timeout=60), True, 0.2, RunPlan())
    machine.next_request_is_delivered_again(0.1)
    machine.next_run_goes(RunPlan(seconds=400.0))
    for _ in range(2):
        machine.put_or_sleep_goes_wrong(SLEEP, CRASH)
    machine.update({"path": "s3://labels/b.csv"}, late=20.0)
    machine.time_passes_until_the_response()
    machine.teardown()


def test_request_whose_list_of_runs_came_late_asks_before_it_starts(lifecycle: Lifecycle) -> None:
    lifecycle.call_goes_wrong("GetMLTaskRuns", Failure("slow", happens=True), 1)
    lifecycle.update({"path": "s3://labels/b.csv"}, late=0.2)
    lifecycle.abandon(late=0.2, after=1.0)
    lifecycle.finish()


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = PROFILES.get(os.environ.get("HYPOTHESIS_PROFILE", ""), PROFILES["default"])
