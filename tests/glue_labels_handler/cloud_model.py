"""The function among CloudFormation, Lambda, EventBridge and Glue, and what must hold of them together.

The rules are those of docs/reliability.md; `violations` says which were broken. They are noted, not raised:
most are noticed inside a call of the function, which would take an exception for the service's.
"""

from __future__ import annotations

import functools
import itertools
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from direct_glue import DirectGlue
from environment import cold_start
from given_files import DeniedFiles, GivenFiles
from glue_recorder import GlueRecorder
from model_cloudformation import CloudFormation, Phase, Request
from model_eventbridge import EventBridge
from model_failures import EVENTS, GLUE, PUT, Failures
from model_lambda import Lambda
from schedule import Schedule

from glue_labels_handler.response import ResponseUrl, put_response
from glue_labels_handler.services import Services
from glue_labels_sandbox.s3_files import UnreadableLabelFileError
from glue_labels_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from typing import Literal

    from glue_labels_handler.custom_resource import CustomResource
    from glue_labels_sandbox import TaskRun

DENIED = "Access Denied (Service: Amazon S3; Status Code: 403)"
"""What S3 says of a file that the transform's role may not read."""

CALM_SECONDS = 4 * 3600.0
"""The longest that anything may go on after the last error: an hour of CloudFormation's for each of a forward
request, its rollback and the Delete after it, and an hour until the last run is over."""


@dataclass(frozen=True)
class Tick:
    """How one tick travels.

    Attributes:
        late: seconds until it reaches Lambda. It travels on though its rule be removed meanwhile.
        again: seconds after which it arrives a second time; None if once.
    """

    late: float = 0.5
    again: float | None = None


class Cloud:
    """Everything around the function, and the function as often as Lambda runs it."""

    def __init__(self, *, limit: float) -> None:
        self.violations: list[str] = []
        self.schedule = Schedule()
        self.failures = Failures(self.schedule)
        self.functions = Lambda(self.schedule, self._environment, limit, self.violations)
        ids = (f"tsk-{number:064x}" for number in itertools.count())
        self.simulation = Simulation(
            clock=self.schedule.utc, s3_files=GivenFiles(), new_id=functools.partial(next, ids)
        )
        self.direct_glue = DirectGlue(self.simulation)
        for _ in range(2):
            self.direct_glue.create_transform()
        self.glue = GlueRecorder(self.direct_glue, self.functions.serving, self._started, self.violations)
        self.denied_until = 0.0
        self.events = EventBridge(self.schedule.clock, made=self._put)
        self.ticks: deque[Tick] = deque()
        self.stack = CloudFormation(
            self.schedule, self.failures, self._deliver, self._judge, self._missed, self.violations
        )
        self.delivered_again_after: float | None = None
        self._begun_at: dict[str, float] = {}
        self.functions.begun = self._begun

    def _begun(self, request_id: str) -> None:
        self._begun_at[request_id] = self.schedule.now

    def _environment(self) -> CustomResource:
        return cold_start(
            Services(
                self.failures.client(self.glue),
                lambda: self.failures.client(self.events),
                lambda: self.stack,
                self.schedule.clock,
                self.failures.sleep,
                put_response,
            )
        )

    def put_once(self, url: ResponseUrl, body: bytes) -> str | None:
        """Make one PUT, in place of `response._put_once`, which needs a network."""
        del url
        try:
            self.failures.call(PUT, lambda: self.stack.take(body))
        except Exception as error:  # whatever the failure, as the real one does
            return type(error).__name__
        return None

    def _deliver(self, event: str, late: float) -> None:
        self.functions.invoke(event, late)
        if self.delivered_again_after is not None:
            self.functions.invoke(event, late + self.delivered_again_after)
            self.delivered_again_after = None

    def _put(self, name: str, targets: dict[str, str]) -> None:
        """A rule ticks from its making on."""
        self.schedule.at(self.schedule.now + 60, lambda: self._tick(name, targets))

    def _tick(self, name: str, targets: dict[str, str]) -> None:
        if self.events.rules.get(name) is not targets:
            return  # removed; one put since ticks by itself
        for text in targets.values():
            tick = self.ticks.popleft() if self.ticks else Tick()
            self.functions.invoke(text, tick.late)
            if tick.again is not None:
                self.functions.invoke(text, tick.late + tick.again)
        self._put(name, targets)

    def deny(self, seconds: float, when: Literal["start", "run"]) -> None:
        """Let the transforms' role read no label file for a while, as when its policy is new."""
        self.denied_until = self.schedule.now + seconds
        self.simulation.denies_at = when
        self.simulation.s3_files = DeniedFiles(
            GivenFiles(),
            "labels",
            self.schedule.clock,
            self.denied_until,
            UnreadableLabelFileError("s3://labels/any.csv", DENIED, denied=True),
        )

    @property
    def transform_is_gone(self) -> bool:
        return not self.direct_glue.transforms

    # What must hold.

    def _judge(self, request: Request, response: dict[str, Any]) -> None:
        status, wanted = response["Status"], request.wanted
        if request.type == "Delete":
            if status != "SUCCESS" or response["PhysicalResourceId"] != request.physical_id:
                self.violations.append(f"rule 7: the response to Delete was {response}")
        elif status == "FAILED":
            if not response["Reason"] or wanted.transform_id not in response["Reason"]:
                self.violations.append(f"rule 3: {response}")
            if "could not be created" in response["Reason"] and not (
                self.events.has_refused or any(map(self.failures.last_at.get, EVENTS))
            ):
                self.violations.append(f"rule 3: EventBridge had no failure: {response}")
            if self._was_denied_briefly(request) and DENIED in response["Reason"]:
                self.violations.append(f"a denial that passed failed the request: {response}")
            if "newer request" in response["Reason"] and request is self.stack.live:
                self.violations.append(f"rule 6: the newest request was superseded: {response}")
        elif not self.transform_is_gone and not any(
            self._is_success_of(run, request) for run in self.simulation.runs()
        ):
            self.violations.append(f"rule 2: SUCCESS without a run that succeeded: {response}")

    def _was_denied_briefly(self, request: Request) -> bool:
        """Whether the role could read the file again soon enough for the request, which saw it in time."""
        return (
            self.denied_until <= request.made + 180
            and request.wanted.timeout > 200
            and not any(self.failures.last_at.get(action, 0.0) >= request.made for action in GLUE)
            and request.id not in self.functions.crashed_at
            # Another party's import kept it from starting a second run in that time.
            and not any(
                run.task_run_id not in self.glue.starters
                and (not run.ended or self._ended(run) >= request.made)
                for run in self.simulation.runs()
            )
        )

    def _ended(self, run: TaskRun) -> float:
        """When a run that has ended did so, on the others' clock."""
        assert run.completed_on is not None
        return run.completed_on.timestamp() - self.simulation.clock_ahead

    def _is_success_of(self, run: TaskRun, request: Request) -> bool:
        return (
            run.status == "SUCCEEDED"
            and _imported(run) == request.wanted.imported
            # What ended before a changed request was made is not what it asks for.
            and (request.is_unchanged or self._ended(run) >= request.made)
        )

    def _started(self, run: TaskRun) -> None:
        request = self.stack.requests[self.glue.starters[run.task_run_id]]
        runs = self.simulation.runs(run.transform_id)
        same = [other for other in runs if other != run and _imported(other) == _imported(run)]
        if request.is_unchanged and same and same[-1].status == "SUCCEEDED":
            self.violations.append(f"rule 8: started {run} for {request}")

    def _missed(self, request: Request) -> None:
        if not self._is_excused(request):
            self.violations.append(f"rule 1: no response in time to {request}")

    def _is_excused(self, request: Request) -> bool:
        """Whether nobody could have responded: the errors for which rule 1 makes no promise."""
        now = self.schedule.now
        if self._begun_at.get(request.id, now) > request.expires - 60:
            # Lambda held the request back for as long as CloudFormation waits.
            return True
        if request.id in self.functions.gave_up:
            # Lambda has ended all three attempts: no code runs any more.
            return True
        crashed = self.functions.crashed_at.get(request.id, [])
        if crashed and now - crashed[-1] < 240:
            # The repeat comes a minute or two later, which is too late or leaves too little.
            return True
        return now - self.failures.last_at.get(PUT, 0.0) < 120

    def _nobody_could_cancel(self, run: TaskRun) -> bool:
        """Whether no code runs that could know of it, or none that could know whose it is; or Glue was out of
        reach when the last that did had to end."""
        if self.failures.out_of_reach & {"GetMLTaskRuns", "CancelMLTaskRun"}:
            return True
        starter = self.stack.requests[self.glue.starters[run.task_run_id]]
        started = run.started_on.timestamp() - self.simulation.clock_ahead
        crashed = any(at > started for at in self.functions.crashed_at.get(starter.id, ()))
        if crashed and started >= starter.made + starter.wanted.timeout:
            # A start that lasted beyond the deadline: its repeat cannot tell the run from a newer request's.
            return True
        return starter.id in self.functions.gave_up and not any(
            begun > started for request, begun in self._begun_at.items() if request != starter.id
        )

    def calm_down(self) -> None:
        """No new failure; deliver everything, pass every deadline."""
        self.failures.clear()
        self.ticks.clear()
        until = self.schedule.now + CALM_SECONDS
        while not self._is_quiet() and self.schedule.now < until:
            self.schedule.advance(300)

    def _is_quiet(self) -> bool:
        return self.stack.live is None and self.functions.is_quiet() and not self.events.rules

    def check_calm(self) -> None:
        """What must hold in the end."""
        if self.stack.live is not None:
            self.violations.append(f"rule 1: {self.stack.live} is still waited for")
        # Half a rule, of an attempt that crashed in between and was the last: it invokes nobody.
        halves = self.functions.gave_up and not any(self.events.rules.values())
        if self.events.rules and not halves:
            self.violations.append(f"rule 5: left behind: {self.events.rules}")
        if not self.functions.is_quiet():
            self.violations.append("rule 5: an invocation is still at work")
        self.schedule.advance(300)
        ours = [run for run in self.simulation.runs() if run.task_run_id in self.glue.starters]
        left = [run for run in ours if not (run.ended or self._nobody_could_cancel(run))]
        if left and not self.transform_is_gone:
            self.violations.append(f"rule 5: in flight for nobody: {left}")
        if self.stack.phase is Phase.COMPLETE and not self.transform_is_gone:
            self._check_labels()

    def _check_labels(self) -> None:
        rivals = list(self.stack.requests.values())[-2:]
        if self.failures.last_at.get("DescribeStackEvents", 0.0) >= rivals[0].made:
            # CloudFormation could not be asked which is the newer: either may prevail.
            return
        template = self.stack.template
        arrived = [
            run
            for run in self.simulation.runs(template.transform_id)
            if run.task_run_id in self.glue.starters and run.status == "SUCCEEDED"
        ]
        # Of two that ended at once the last is the one that was started last.
        last = max(reversed(arrived), key=self._ended, default=None)
        if last is None or _imported(last) != template.imported:
            self.violations.append(f"rule 6: the template says {template}, the last labels came by {last}")


def _imported(run: TaskRun) -> tuple[str, str, bool]:
    return run.transform_id, run.input_s3_path, run.replace_all_labels
