"""The scenarios of `make test-aws` on the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_labels_account import report, scenarios, session
from glue_labels_account.assumptions import ASSUMPTIONS, Finding, Findings, Verdict
from glue_labels_account.session import Result, Scenario
from glue_labels_account.stack import GONE, ScenarioStack
from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_sandbox import Sandbox

pytestmark = pytest.mark.end_to_end

PREPARE = Scenario("prepare", scenarios.prepare, needed=True)


@pytest.fixture(scope="module")
def found(new_stack: Callable[[str], ScenarioStack]) -> session.Report:
    """The report of all scenarios but the long one."""
    found = session.run(new_stack("AccountCheck"), session.chosen(long=False), print)
    print(report.written(found))
    return found


@pytest.fixture(scope="module")
def verdicts(found: session.Report) -> dict[str, Finding]:
    """The findings of the report, by the check's name."""
    return {one.check: one for one in found.findings}


def test_every_scenario_passes_and_nothing_is_left(found: session.Report, sandbox: Sandbox) -> None:
    failed = [f"{one.name}: {one.detail}" for one in found.outcomes if one.result is not Result.PASSED]
    assert not failed
    assert [one.name for one in found.outcomes] == [one.name for one in session.ALL]
    assert found.left == ()
    assert found.exit_code == 0
    assert sandbox.client("glue").get_ml_transforms()["Transforms"] == []


def test_every_assumption_is_checked(verdicts: dict[str, Finding]) -> None:
    assert verdicts.keys() == ASSUMPTIONS.keys()
    assert not [one for one in verdicts.values() if one.verdict is Verdict.NOT_SEEN]


@pytest.mark.parametrize(
    "check",
    [
        "started-on-at-once",
        "listed-at-once",
        "path-and-flag-echoed",
        "cancel-ended-run",
        "over-the-limit",
        "denied-start-refused",
        "second-start-after-denied",
        "new-role-accepted",
        "rollback-order",
        "columns-not-of-the-table",
        "columns-in-other-order",
        "unlabeled-rows",
        "line-ends-in-fields",
        "backslash-quotes",
        "transform-id-format",
        "glue-versions",
    ],
)
def test_assumption_of_the_sandbox_held(verdicts: dict[str, Finding], check: str) -> None:
    assert verdicts[check].verdict is Verdict.HELD, verdicts[check].seen


def test_file_with_other_columns_fails_its_run(verdicts: dict[str, Finding]) -> None:
    assert verdicts["columns-not-of-the-table"].seen.startswith("The run ended FAILED: ")


def test_report_gives_each_scenario_and_each_assumption_with_what_was_seen(found: session.Report) -> None:
    text = " ".join(report.written(found).split())
    for outcome in found.outcomes:
        assert f"{outcome.result.value} {outcome.name}" in text
    for one in found.findings:
        assert f"{one.verdict.value} {one.check} {ASSUMPTIONS[one.check]} > {one.seen}" in text
    assert "Everything that was created is deleted." in text


def test_rollback_that_fails_is_reported_and_the_stack_is_still_deleted(
    sandbox: Sandbox, new_stack: Callable[[str], ScenarioStack]
) -> None:
    created, forward = RunPlan(seconds=1), RunPlan(seconds=1)
    sandbox.plan_runs(created, forward, RunPlan(seconds=1, status="FAILED", error_string="Set S1 is empty."))
    steps = [PREPARE, Scenario("create", scenarios.create), Scenario("rollback", scenarios.rollback)]
    stack = new_stack("Failing")
    found = session.run(stack, [*steps, Scenario("later", lambda *_: "still run")], print)
    assert [one.result.value for one in found.outcomes] == ["passed", "passed", "FAILED", "passed"]
    assert "the stack is UPDATE_ROLLBACK_FAILED: Labels" in found.outcomes[2].detail
    assert "Set S1 is empty." in found.outcomes[2].detail
    assert "FAILED rollback" in " ".join(report.written(found).split())
    assert found.exit_code == 1
    assert found.left == ()
    assert stack.status == GONE


def test_stack_is_deleted_after_an_interruption(
    sandbox: Sandbox, new_stack: Callable[[str], ScenarioStack]
) -> None:
    def interrupt(_stack: ScenarioStack, _findings: Findings) -> str:
        raise KeyboardInterrupt

    stack = new_stack("Interrupted")
    buckets = {bucket["Name"] for bucket in sandbox.client("s3").list_buckets()["Buckets"]}
    found = session.run(stack, [PREPARE, Scenario("interrupted", interrupt)], print)
    assert [one.result for one in found.outcomes] == [Result.PASSED, Result.NOT_RUN]
    assert found.exit_code == 130
    assert found.left == ()
    assert stack.status == GONE
    assert {bucket["Name"] for bucket in sandbox.client("s3").list_buckets()["Buckets"]} == buckets
