"""Run the scenarios, report each, and always delete what they created."""

from __future__ import annotations

import contextlib
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
    Scenario("check a new run", probes.check_new_run),
    Scenario("check an evaluation without labels", probes.check_unready_evaluation),
    Scenario("check an evaluation", probes.check_evaluation),
    Scenario("check an export", probes.check_export),
    Scenario("check a failed import", probes.check_failed_import),
    Scenario("check the limit of task runs", probes.check_limit),
    Scenario("check a denied start", probes.check_denied_start),
    Scenario("check unusual files", probes.check_files),
    Scenario("check Glue versions", probes.check_glue_versions),
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
    """How a scenario ended, with details.

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
    """What one run of the scenarios showed.

    Attributes:
        outcomes: of the scenarios, in their order.
        findings: about the assumptions, in their order.
        left: what could not be deleted and how to remove it, one line each.
        interrupted: whether the caller interrupted the scenarios.
    """

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    left: tuple[str, ...]
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """130 if interrupted, as in a shell. 1 if a scenario failed or something is left. Else 0."""
        if self.interrupted:
            return 130
        failed = any(outcome.result is not Result.PASSED for outcome in self.outcomes)
        return 1 if failed or self.left else 0


def chosen(*, long: bool) -> tuple[Scenario, ...]:
    """Return the scenarios to run, with `LONG` before the deletion if `long`."""
    return (*ALL[:-1], LONG, ALL[-1]) if long else ALL


def run(stack: ScenarioStack, steps: Sequence[Scenario], show_progress: Callable[[str], None]) -> Report:
    """Run scenarios one after the other, then delete what is left of them.

    Args:
        stack: the stack of the scenarios.
        steps: the scenarios.
        show_progress: is called with one line for each step. Its errors are ignored.
    """
    findings, outcomes, interrupted = Findings(), list[Outcome](), False
    show = _undisturbed(show_progress)
    try:
        stopped = ""
        for step in steps:
            if stopped:
                outcomes.append(Outcome(step.name, Result.NOT_RUN, f"needs '{stopped}'"))
                continue
            show(f"{step.name} ...")
            outcome = _outcome(stack, step, findings)
            show(f"  {outcome.result.value}: {outcome.detail}")
            outcomes.append(outcome)
            if step.needed and outcome.result is Result.FAILED:
                stopped = step.name
    except KeyboardInterrupt:
        interrupted = True
        done = {outcome.name for outcome in outcomes}
        outcomes.extend(
            Outcome(step.name, Result.NOT_RUN, "interrupted") for step in steps if step.name not in done
        )
    finally:
        left = _removed(stack, show, interrupted=interrupted)
    return Report(tuple(outcomes), findings.all(), left, interrupted)


def _undisturbed(show_progress: Callable[[str], None]) -> Callable[[str], None]:
    def show(line: str) -> None:
        # The reader may have gone, as in `make test-aws | head`. The stack must be deleted all the same.
        with contextlib.suppress(Exception):
            show_progress(line)

    return show


def _outcome(stack: ScenarioStack, step: Scenario, findings: Findings) -> Outcome:
    begun = stack.account.clock()
    try:
        detail, result = step.act(stack, findings), Result.PASSED
    # After an error in one scenario the others must run, and the stack must be deleted.
    except Exception as error:
        detail, result = f"{type(error).__name__}: {error}", Result.FAILED
    return Outcome(step.name, result, " ".join(detail.split()), stack.account.clock() - begun)


def _removed(
    stack: ScenarioStack, show_progress: Callable[[str], None], *, interrupted: bool
) -> tuple[str, ...]:
    try:
        show_progress(f"{'Interrupted. ' if interrupted else ''}Deleting what is left ...")
        return clean_up(stack)
    except KeyboardInterrupt:
        return (how_to_remove(stack, "the deletion was interrupted"),)
