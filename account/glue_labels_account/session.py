"""One pass through the scenarios: each is reported, and all that they made is deleted whatever happens."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from . import probes, scenarios
from .assumptions import Finding, Findings
from .cleanup import clean_up, how_to_remove
from .scenarios import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .stack import ScenarioStack

ALL = (
    Scenario("prepare the table and its records", scenarios.prepare, needed=True),
    Scenario("create", scenarios.create, needed=True),
    Scenario("new version", scenarios.new_version),
    Scenario("failing file: an empty object", scenarios.empty_file),
    Scenario("failing file: columns that are not the table's", scenarios.other_columns),
    Scenario("rollback", scenarios.rollback),
    Scenario("role made seconds ago", scenarios.new_role),
    Scenario("look at a new run", probes.look_at_new_run),
    Scenario("look at the limit of task runs", probes.look_at_limit),
    Scenario("look at a denied start", probes.look_at_denied_start),
    Scenario("look at unusual files", probes.look_at_files),
    Scenario("look at Glue versions", probes.look_at_glue_versions),
    Scenario("delete", scenarios.delete),
)
"""The scenarios in their order. The last one deletes the stack."""

LONG = Scenario("run that outlives an invocation", scenarios.long_run)
"""The scenario of ``--long``."""


class Result(Enum):
    """How a scenario ended."""

    PASSED = "passed"
    FAILED = "FAILED"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Outcome:
    """What became of a scenario.

    Attributes:
        name: of the scenario.
        result: how it ended.
        detail: what was seen, or why it failed.
        seconds: how long it took.
    """

    name: str
    result: Result
    detail: str
    seconds: float = 0.0


@dataclass(frozen=True)
class Report:
    """What one pass showed.

    Attributes:
        outcomes: of the scenarios, in their order.
        findings: about the assumptions, in their order.
        left: what could not be deleted and how to remove it, a line each.
        interrupted: whether the caller interrupted the scenarios.
    """

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    left: tuple[str, ...]
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """130 if interrupted, as a shell has it; 1 if a scenario failed or something is left; else 0."""
        if self.interrupted:
            return 130
        failed = any(outcome.result is not Result.PASSED for outcome in self.outcomes)
        return 1 if failed or self.left else 0


def chosen(*, long: bool) -> tuple[Scenario, ...]:
    """Return the scenarios to run, with the long one before the deletion if it is asked for."""
    return (*ALL[:-1], LONG, ALL[-1]) if long else ALL


def run(stack: ScenarioStack, steps: Sequence[Scenario], say: Callable[[str], None]) -> Report:
    """Run scenarios one after the other, then delete all that is left of them.

    Args:
        stack: what they work on.
        steps: the scenarios.
        say: is told what goes on, a line each.
    """
    findings, outcomes, interrupted = Findings(), list[Outcome](), False
    try:
        stopped = ""
        for step in steps:
            if stopped:
                outcomes.append(Outcome(step.name, Result.NOT_RUN, f"needs '{stopped}'"))
                continue
            say(f"{step.name} ...")
            outcome = _outcome(stack, step, findings)
            say(f"  {outcome.result.value}: {outcome.detail}")
            outcomes.append(outcome)
            if step.needed and outcome.result is Result.FAILED:
                stopped = step.name
    except KeyboardInterrupt:
        interrupted = True
        done = {outcome.name for outcome in outcomes}
        outcomes.extend(
            Outcome(step.name, Result.NOT_RUN, "interrupted") for step in steps if step.name not in done
        )
        say("Interrupted.")
    left = _removed(stack, say)
    return Report(tuple(outcomes), findings.all(), left, interrupted)


def _outcome(stack: ScenarioStack, step: Scenario, findings: Findings) -> Outcome:
    begun = stack.account.clock()
    try:
        detail, result = step.act(stack, findings), Result.PASSED
    # What goes wrong in one scenario must not keep the others from running, nor the stack from being deleted.
    except Exception as error:
        detail, result = f"{type(error).__name__}: {error}", Result.FAILED
    return Outcome(step.name, result, " ".join(detail.split()), stack.account.clock() - begun)


def _removed(stack: ScenarioStack, say: Callable[[str], None]) -> tuple[str, ...]:
    say("Deleting what is left ...")
    try:
        return clean_up(stack)
    except KeyboardInterrupt:
        return (how_to_remove(stack, "the deletion was interrupted"),)
