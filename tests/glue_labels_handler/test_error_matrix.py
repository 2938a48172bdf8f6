"""Every call the function makes x every error x every request and phase, each held to the rules.

The cases are generated: each scenario is run once without errors to see which calls it makes in its phase,
and then once for each of these calls, each error of its service, and each duration. How many there are is
what `pytest tests/glue_labels_handler/test_error_matrix.py` says have passed.
"""

from __future__ import annotations

import functools
import itertools
import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from direct_glue import DirectGlue
from documented_errors import DOCUMENTED, LABEL_FILE, PUT, Expected, Fault, faults_of
from given_files import GivenFiles
from harness import BUCKET, LABELS, Clock, Harness, PlannedError

from glue_labels_handler.custom_resource import ResponseNotDeliveredError, RuleNotRemovedError
from glue_labels_handler.request import EVALUATION_TYPE
from glue_labels_sandbox.records import Metrics, RunPlan
from glue_labels_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_sandbox import TaskRun

TIMEOUT = 240
INVOCATION = 120.0  # seconds; so that a handed-over import takes minutes of simulated time, not tens of them
WINDOW_END = 90.0
NEW, OLD = LABEL_FILE, f"s3://{BUCKET}/old.csv"
NEW_LABELS = LABELS.replace(b"A,", b"NEW,")
SECONDS = {"for 30 s": 30.0, "for ever": math.inf}


@dataclass(frozen=True)
class Scenario:
    """A request in one of its phases.

    Attributes:
        request: what CloudFormation asks for.
        run_seconds: how long the new run takes; None for ever.
        phase: its name.
        strikes_at: seconds after the request at which the error begins.
        evaluates: whether it asks for an evaluation, not for an import.
    """

    request: str
    phase: str
    run_seconds: float | None
    strikes_at: float
    evaluates: bool = False

    def __str__(self) -> str:
        return f"{self.request}{' of an evaluation' if self.evaluates else ''}, {self.phase}"


PHASES = (
    ("first invocation", 20.0, 0.0),
    ("handed over", 200.0, WINDOW_END),
    ("last minute", None, TIMEOUT - 60.0),
)
SCENARIOS = [
    *(
        Scenario(request, phase, run_seconds, strikes_at, evaluates)
        for request, evaluates in [
            ("Create", False),
            ("Update", False),
            ("rollback", False),
            ("Create", True),
            ("Update", True),
        ]
        for phase, run_seconds, strikes_at in PHASES
    ),
    # It has a run only where CloudFormation cannot be asked whether it is one.
    Scenario("rollback", "first invocation", 20.0, 0.0, evaluates=True),
    *(
        Scenario(request, "first invocation", run_seconds, 0.0, evaluates)
        for request, run_seconds in [("late Create", 20.0), ("unchanged Update", None), ("Delete", None)]
        for evaluates in (False, True)
    ),
]
GOOD = Metrics(f1=0.9)


def make_harness() -> Harness:
    """Return a harness without moto: there are too many cases for HTTP."""
    clock = Clock()
    glue = DirectGlue(Simulation(clock=clock.utc, s3_files=GivenFiles({NEW: NEW_LABELS})))
    harness = Harness(clock, glue.simulation, glue, None, glue.create_transform())
    harness.invocation_seconds = INVOCATION
    return harness


def prepare(harness: Harness, scenario: Scenario) -> dict[str, Any]:
    """Bring the transform to where the scenario begins; return the request."""
    if scenario.evaluates:
        return prepare_evaluation(harness, scenario)
    old = harness.properties(InputS3Path=OLD, TimeoutSeconds=str(TIMEOUT))
    new = harness.properties(InputS3Path=NEW, TimeoutSeconds=str(TIMEOUT))
    plan = RunPlan(status=None) if scenario.run_seconds is None else RunPlan(seconds=scenario.run_seconds)
    if scenario.request in ("Create", "late Create"):
        harness.glue_ml.default_plan = plan
        request = harness.request("Create", ResourceProperties=new)
        # Lambda held it back: it may have been superseded.
        harness.clock.sleep(20 if scenario.request == "late Create" else 0)
        return request
    harness.glue_ml.default_plan = RunPlan(seconds=1)
    harness.serve(harness.request("Create", ResourceProperties=old))
    physical_id = harness.responses.pop().physical_id
    harness.clock.sleep(60)
    if scenario.request in ("rollback", "Delete"):
        # The forward run, of a request that CloudFormation has given up meanwhile.
        harness.glue_ml.default_plan = RunPlan(status=None)
        harness.glue.start_import_labels_task_run(
            TransformId=harness.transform_id, InputS3Path=NEW, ReplaceAllLabels=True
        )
        harness.clock.sleep(5)
    if scenario.request == "Delete":
        return harness.request("Delete", PhysicalResourceId=physical_id, ResourceProperties=new)
    harness.glue_ml.default_plan = plan
    before, after = {
        "Update": (old, new),
        "rollback": (new, old),
        "unchanged Update": (old, {**old, "TimeoutSeconds": "200"}),
    }[scenario.request]
    return harness.request(
        "Update", PhysicalResourceId=physical_id, OldResourceProperties=before, ResourceProperties=after
    )


def prepare_evaluation(harness: Harness, scenario: Scenario) -> dict[str, Any]:
    """Do the same for an evaluation of a transform that was taught; the run has good metrics."""
    old, new = (
        harness.evaluation_properties(After=[after], TimeoutSeconds=str(TIMEOUT), Minimum={"F1": "0.8"})
        for after in ("tsk-old", "tsk-new")
    )
    plan = RunPlan(
        seconds=scenario.run_seconds or 0.0,
        status=None if scenario.run_seconds is None else "SUCCEEDED",
        metrics=GOOD,
    )
    harness.glue_ml.default_plan = RunPlan(seconds=1, metrics=GOOD)
    harness.serve(harness.request("Create", ResourceProperties=harness.properties(InputS3Path=OLD)))
    harness.responses.clear()
    harness.clock.sleep(60)
    kind = {"ResourceType": EVALUATION_TYPE}
    if scenario.request in ("Create", "late Create"):
        harness.glue_ml.default_plan = plan
        request = harness.request("Create", ResourceProperties=new, **kind)
        harness.clock.sleep(20 if scenario.request == "late Create" else 0)
        return request
    harness.serve(harness.request("Create", ResourceProperties=old, **kind))
    kind["PhysicalResourceId"] = harness.responses.pop().physical_id
    harness.clock.sleep(60)
    if scenario.request == "Delete":
        harness.glue_ml.default_plan = RunPlan(status=None)
        harness.glue.start_ml_evaluation_task_run(TransformId=harness.transform_id)
        harness.clock.sleep(5)
        return harness.request("Delete", ResourceProperties=new, **kind)
    harness.glue_ml.default_plan = plan
    if scenario.request == "rollback":
        harness.stack_events.add_of_stack("UPDATE_ROLLBACK_IN_PROGRESS")
        return harness.next_request("Update", OldResourceProperties=new, ResourceProperties=old, **kind)
    after = new if scenario.request == "Update" else {**old, "Minimum": {"F1": "0.85"}}
    return harness.request("Update", OldResourceProperties=old, ResourceProperties=after, **kind)


def let_it_run(harness: Harness, request: dict[str, Any]) -> None:
    """Serve the request, with Lambda's repeats, until nothing more comes; then let Glue come to rest."""
    repeat(harness, lambda: harness.invoke(request))
    for _ in range(15):
        if not harness.rules():
            break
        repeat(harness, harness.tick)
    harness.clock.sleep(10)


def repeat(harness: Harness, invoke: Callable[[], None]) -> None:
    """Invoke the function, as often as Lambda does."""
    for attempt in range(3):
        try:
            invoke()
            break
        except (ResponseNotDeliveredError, RuleNotRemovedError):
            harness.clock.sleep(60 * (attempt + 1))


@functools.cache
def calls_by_scenario() -> dict[Scenario, list[str]]:
    """Return the calls that each scenario makes from its phase on, found by running it."""
    found = {}
    for scenario in SCENARIOS:
        harness = make_harness()
        request = prepare(harness, scenario)
        # An error that never comes, but sees the calls go by from its phase on.
        begin = harness.clock() + scenario.strikes_at
        harness.calls.clear()
        seen = Recorder(harness.clock, begin)
        harness.calls = seen
        harness.glue._calls = harness.events._calls = harness.cloudformation._calls = seen
        let_it_run(harness, request)
        found[scenario] = [*sorted(seen.names), PUT]
    return found


class Recorder(dict[str, int]):
    """Counts calls, and notes the names of those from `begin` on."""

    def __init__(self, clock: Clock, begin: float) -> None:
        super().__init__()
        self.clock, self.begin, self.names = clock, begin, set[str]()

    def __missing__(self, name: str) -> int:
        return 0

    def __setitem__(self, name: str, count: int) -> None:
        if self.clock() >= self.begin:
            self.names.add(name)
        super().__setitem__(name, count)


@dataclass(frozen=True)
class Case:
    """One scenario with one error."""

    scenario: Scenario
    call: str
    error: str
    duration: str

    def __str__(self) -> str:
        return f"{self.scenario}: {self.call} {self.error} {self.duration}"

    @property
    def fault(self) -> Fault:
        return faults_of(self.call)[self.error]

    @property
    def lasts(self) -> bool:
        return SECONDS[self.duration] == math.inf


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a case."""
    if "case" in metafunc.fixturenames:
        cases = [
            Case(scenario, call, name, duration)
            for scenario, calls in calls_by_scenario().items()
            for call in calls
            for name in faults_of(call)
            for duration in SECONDS
        ]
        metafunc.parametrize("case", cases, ids=str)


def test_scenarios_together_make_every_call_the_function_is_permitted() -> None:
    made = {call for calls in calls_by_scenario().values() for call in calls}
    assert made == DOCUMENTED.keys() | {PUT}


@pytest.mark.parametrize("service", ["glue", "events", "cloudformation"])
def test_matrix_has_each_error_code_of_each_call_of_the_service(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    calls = DOCUMENTED.keys() & set(model.operation_names)
    assert calls
    assert {call: {refusal.code for refusal in DOCUMENTED[call]} for call in calls} == {
        call: {shape.error_code for shape in model.operation_model(call).error_shapes} for call in calls
    }


def test_rules_hold(case: Case) -> None:
    harness = make_harness()
    request = prepare(harness, case.scenario)
    sent = harness.clock()
    planned = PlannedError(
        case.call,
        case.fault.error,
        sent + case.scenario.strikes_at,
        SECONDS[case.duration],
        case.fault.takes_effect,
    )
    harness.planned_errors.append(planned)
    known_before = {run.task_run_id for run in harness.glue_ml.runs(harness.transform_id)}
    let_it_run(harness, request)
    harness.planned_errors.clear()

    assert planned.struck_at is not None, "the error never struck: the case proves nothing"
    check_response(harness, case, request, sent)
    check_runs(harness, case, request, known_before)
    check_nothing_left(harness, case)


def check_response(harness: Harness, case: Case, request: dict[str, Any], sent: float) -> None:
    """Rules 1, 2, 3 and 7."""
    if case.call == PUT and case.lasts:
        assert harness.responses == []
        return
    response = harness.response
    assert response.at - sent < TIMEOUT + 300
    assert len(json.dumps(response.body)) <= 4096
    assert "X-Amz-Signature" not in json.dumps(response.body)
    runs = harness.glue_ml.runs(harness.transform_id)
    if request["RequestType"] == "Delete":
        assert response.status == "SUCCESS"
    elif case.scenario.evaluates and case.scenario.request == "rollback":
        # Whatever fails: CloudFormation has nowhere else to go.
        assert response.status == "SUCCESS"
        return
    elif response.status == "SUCCESS":
        assert any(run.status == "SUCCEEDED" and is_asked_for(run, request) for run in runs)
        if case.scenario.evaluates:
            assert response.data["F1"] == "0.9"
        if case.scenario.request != "unchanged Update":
            assert response.data["TaskRunId"] in {
                run.task_run_id for run in runs if run.status == "SUCCEEDED"
            }
    else:
        assert harness.transform_id in response.reason
        assert not response.reason.startswith("(")
    if case.scenario.phase == "first invocation" and not case.lasts and case.call != PUT:
        # What passes must not fail a deployment; what does not must say what it was.
        if case.fault.expected is not Expected.FAIL:
            assert response.status == "SUCCESS"
            return
        if case.call.startswith("Start"):
            assert response.status == "FAILED"
        if response.status == "FAILED":
            assert case.error.rstrip(". ") in response.reason
    if case.call == "DescribeStackEvents" and case.scenario.run_seconds is not None:
        # In doubt a request goes on as the newest.
        assert response.status == "SUCCESS"


def is_asked_for(run: TaskRun, request: dict[str, Any]) -> bool:
    if request["ResourceType"] == EVALUATION_TYPE:
        return run.task_type == "EVALUATION"
    return run.input_s3_path == request["ResourceProperties"]["InputS3Path"] and run.replace_all_labels


def check_runs(harness: Harness, case: Case, request: dict[str, Any], known_before: set[str]) -> None:
    """Rules 4, 6 and 8."""
    runs = harness.glue_ml.runs(harness.transform_id)
    ours = [run for run in runs if run.task_run_id not in known_before]
    assert all(is_asked_for(run, request) for run in ours)
    if case.scenario.request in ("unchanged Update", "Delete"):
        assert ours == []
    if case.scenario.evaluates and case.scenario.request == "rollback":
        # Where CloudFormation cannot be asked, it is taken for a forward request.
        assert ours == [] or (case.call == "DescribeStackEvents" and case.lasts)
        return
    for former, later in itertools.pairwise(runs):
        # An import begins when the one before it has ended, whoever began that.
        assert former.completed_on is not None
        assert former.completed_on <= later.started_on
    if case.scenario.request == "rollback" and ours:
        assert harness.glue_ml.labels(harness.transform_id)[0].labeling_set_id == "A"


def check_nothing_left(harness: Harness, case: Case) -> None:
    """Rule 5; what an error that never ends keeps the function from doing is all that may be left."""
    if not (case.lasts and case.call in ("ListTargetsByRule", "RemoveTargets", "DeleteRule", PUT)):
        assert harness.rules() == []
    cannot_see = case.lasts and case.call in ("GetMLTaskRun", "GetMLTaskRuns")
    cannot_cancel = case.lasts and case.call == "CancelMLTaskRun"
    cannot_know = case.lasts and case.call in ("StartImportLabelsTaskRun", "StartMLEvaluationTaskRun")
    # What Glue refuses for good is not asked again: least of all by a Delete, whose permission may be gone.
    refused = (
        case.fault.expected is not Expected.RETRY
        and case.scenario.request in ("Delete", "rollback")
        and case.call in ("GetMLTaskRuns", "CancelMLTaskRun")
    )
    in_flight = [run for run in harness.glue_ml.runs(harness.transform_id) if not run.ended]
    if not (refused or cannot_see or cannot_cancel or cannot_know):
        assert in_flight == []
