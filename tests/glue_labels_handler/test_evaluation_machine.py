"""Any course of an evaluation's life, under any errors: what docs/reliability.md promises holds for it, too.

The courses are those of `test_lifecycle_machine`, of a stack with one `TransformEvaluation`.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cloud_model import Cloud
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from model_cloudformation import EvaluationTemplate, Request
from model_failures import CLOUDFORMATION, EVENTS, GLUE_OF_EVALUATIONS, PUT, Failure
from test_lifecycle_machine import FAILURES, LATE, PLANS, PROFILES, Lifecycle

from glue_labels_handler.request import EVALUATION_TYPE
from glue_labels_sandbox import Metrics, RunPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glue_labels_sandbox import TaskRun

GOOD, BAD = Metrics(f1=0.9), Metrics(f1=0.7)
EVALUATIONS = st.builds(replace, PLANS, metrics=st.sampled_from([GOOD, GOOD, BAD, "missing"]))
TEMPLATES = st.builds(
    EvaluationTemplate,
    after=st.sampled_from(["tsk-1", "tsk-2"]),
    minimum=st.sampled_from(["", "0.8", "0.8"]),
    timeout=st.sampled_from([3300, 600, 60, 1]),
)
CHANGES: st.SearchStrategy[dict[str, object]] = st.one_of(
    st.builds(dict, after=st.sampled_from(["tsk-1", "tsk-2", "tsk-3"])),
    st.builds(dict, minimum=st.sampled_from(["", "0.8", "0.95"])),
    st.builds(dict, timeout=st.sampled_from([600, 3300, 60, 1])),
    st.builds(dict, transform_id=st.sampled_from(["tfm-1", "tfm-2"])),
)


class EvaluationCloud(Cloud):
    """The same services, and a function that is asked for evaluations."""

    def __init__(self, *, limit: float) -> None:
        super().__init__(limit=limit)
        self.stack.resource_type = EVALUATION_TYPE
        for transform_id in self.direct_glue.transforms:
            self.simulation.plan_runs(RunPlan(seconds=0.5))
            self.direct_glue.start_import_labels_task_run(
                TransformId=transform_id, InputS3Path="s3://others/first.csv", ReplaceAllLabels=True
            )
        self.schedule.advance(10)
        self.simulation.default_plan = RunPlan(metrics=GOOD)

    def _judge(self, request: Request, response: dict[str, Any]) -> None:
        super()._judge(request, response)
        if request.type == "Delete" or request.response is not None:
            # Of a response that comes again CloudFormation takes no notice.
            return
        minimum = request.wanted.properties().get("Minimum", {}).get("F1")
        if request.is_rollback:
            if response["Status"] == "FAILED" and not self._was_in_the_dark(request):
                self.violations.append(f"a rollback failed: {response}")
        elif (
            response["Status"] == "SUCCESS"
            and minimum
            and not float(response["Data"]["F1"] or 0) >= float(minimum)
        ):
            self.violations.append(f"below the minimum {minimum}, and accepted: {response}")

    def _was_in_the_dark(self, request: Request) -> bool:
        """Whether nobody could know that it was a rollback, or the function did not get that far."""
        return (
            any(self.failures.last_at.get(each, 0.0) >= request.made for each in (*CLOUDFORMATION, *EVENTS))
            or request.id in self.functions.crashed_at
        )

    def _is_success_of(self, run: TaskRun, request: Request) -> bool:
        if request.is_rollback:
            return True
        return (
            run.task_type == "EVALUATION"
            and run.status == "SUCCEEDED"
            and run.transform_id == request.wanted.transform_id
            and (request.is_unchanged or self._ended(run) >= request.made)
        )

    def _started(self, run: TaskRun) -> None:
        request = self.stack.requests[self.glue.starters[run.task_run_id]]
        if request.is_rollback and not self._was_in_the_dark(request):
            self.violations.append(f"started {run} in the rollback {request}")
        before = [one for one in self.simulation.runs(run.transform_id) if one != run]
        last = before[-1] if before else None
        if request.is_unchanged and last and (last.task_type, last.status) == ("EVALUATION", "SUCCEEDED"):
            self.violations.append(f"rule 8: started {run} for {request}")

    def _nobody_could_cancel(self, run: TaskRun) -> bool:
        """Nor can a repeat know the evaluation of its crashed attempt, if somebody has imported since."""
        crashes = self.functions.crashed_at.get(self.glue.starters[run.task_run_id], ())
        started = run.started_on.timestamp() - self.simulation.clock_ahead
        imported_since = any(
            other.task_type == "IMPORT_LABELS" and other.started_on > run.started_on
            for other in self.simulation.runs(run.transform_id)
        )
        crashed_since = any(at > started for at in crashes)
        return (crashed_since and imported_since) or super()._nobody_could_cancel(run)

    def _check_labels(self) -> None:
        """An evaluation teaches nothing."""


class EvaluationLifecycle(Lifecycle):
    """One stack with one `TransformEvaluation`, from its Create to whatever end."""

    cloud_type = EvaluationCloud

    @initialize(
        limit=st.sampled_from([900.0, 60.0]),
        template=TEMPLATES,
        is_there=st.sampled_from([True, True, True, False]),
        late=LATE,
        plan=EVALUATIONS,
        clock_ahead=st.sampled_from([0.0, 0.0, -2.0, 2.0]),
    )
    def create(self, *arguments: Any, **named: Any) -> None:
        super().create(*arguments, **named)

    @precondition(Lifecycle._is_complete)
    @rule(changes=CHANGES, late=LATE)
    def update(self, changes: dict[str, object], late: float) -> None:
        super().update(changes, late)

    @rule(plan=EVALUATIONS)
    def next_run_goes(self, plan: RunPlan) -> None:
        super().next_run_goes(plan)

    @rule(
        action=st.sampled_from([*GLUE_OF_EVALUATIONS, *EVENTS, *CLOUDFORMATION]),
        failure=FAILURES,
        times=st.sampled_from([1, 1, 2, 5]),
    )
    def call_goes_wrong(self, action: str, failure: Failure, times: int) -> None:
        super().call_goes_wrong(action, failure, times)

    @rule(
        actions=st.sampled_from([GLUE_OF_EVALUATIONS, EVENTS, (PUT,), CLOUDFORMATION]),
        seconds=st.sampled_from([5.0, 60.0, 400.0]),
    )
    def service_is_down(self, actions: tuple[str, ...], seconds: float) -> None:
        super().service_is_down(actions, seconds)

    @rule(seconds=st.sampled_from([0.0, 0.7, 5.0]))
    def unplanned_runs_have_no_start_for(self, seconds: float) -> None:
        self.cloud.simulation.default_plan = RunPlan(silent_seconds=seconds, metrics=GOOD)


@pytest.fixture
def lifecycle() -> Iterator[EvaluationLifecycle]:
    """An evaluation that is there, and found its transform good enough."""
    machine = EvaluationLifecycle()
    machine.create(900.0, EvaluationTemplate(timeout=3300, minimum="0.8"), True, 0.0, RunPlan())
    yield machine
    machine.clear_up()


def test_evaluation_that_its_rollback_overtook_is_cancelled_at_its_deadline() -> None:
    machine = EvaluationLifecycle()
    machine.create(900.0, EvaluationTemplate(timeout=60), True, 0.2, RunPlan())
    machine.update({"after": "tsk-2"}, late=0.2)
    machine.next_run_goes(RunPlan(seconds=900.0))
    machine.abandon(late=400.0, after=1.0)
    machine.teardown()


def test_delete_goes_on_to_remove_the_rule_after_its_response() -> None:
    machine = EvaluationLifecycle()
    machine.create(60.0, EvaluationTemplate(timeout=3300), False, 0.2, RunPlan(seconds=70.0, metrics=GOOD))
    machine.abandon(late=0.2, after=70.0)
    machine.rules_are_seen_late(1.0)
    machine.entries_are_refused("RemoveTargets", 3)
    machine.teardown()


TestEvaluationLifecycle = EvaluationLifecycle.TestCase
TestEvaluationLifecycle.settings = PROFILES.get(os.environ.get("HYPOTHESIS_PROFILE", ""), PROFILES["default"])
