"""The scenarios of `make test-aws` on the sandbox."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

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


PAGE = Path(__file__).parents[2] / "docs" / "assumptions.md"


@dataclass(frozen=True)
class Checked:
    """A run of all scenarios but the long one.

    Attributes:
        report: what it showed.
        starts: how many starts of task runs reached Glue.
        operations: the API's operations that the scenarios called, for example ``GetMLTaskRun``.
    """

    report: session.Report
    starts: int
    operations: frozenset[str]


@pytest.fixture(scope="module")
def checked(sandbox: Sandbox, new_stack: Callable[[str], ScenarioStack]) -> Checked:
    """All scenarios but the long one."""
    stack, operations = new_stack("AccountCheck"), set[str]()
    client_of = stack.account.client

    def recorded(service: str) -> Any:
        client = client_of(service)
        client.meta.events.register("before-call", lambda model, **_: operations.add(model.name))
        return client

    stack.account = replace(stack.account, client=recorded)
    before = len(sandbox.glue_calls())
    found = session.run(stack, session.chosen(long=False), print)
    print(report.written(found))
    calls = sandbox.glue_calls()[before:]
    return Checked(found, sum(call.action.startswith("Start") for call in calls), frozenset(operations))


@pytest.fixture(scope="module")
def found(checked: Checked) -> session.Report:
    """The report of all scenarios but the long one."""
    return checked.report


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


def test_announcement_says_how_many_task_runs_are_started(checked: Checked) -> None:
    assert checked.starts == report.TASK_RUNS


def test_page_lists_the_permissions_that_the_scenarios_need(checked: Checked) -> None:
    _, _, after = PAGE.read_text(encoding="utf-8").partition("Your credentials need")
    listed = {
        name.rpartition(":")[2] for name in re.findall(r"`([a-z0-9]*:?[A-Z]\w+)`", after.partition("##")[0])
    }
    # S3's permission to list objects has another name.
    needed = {{"ListObjectsV2": "ListBucket"}.get(name, name) for name in checked.operations}
    assert needed <= listed
    # Of the command line, of a clean-up after an error, of `--long`; and to give Glue a role.
    assert listed - needed == {"GetParameter", "CancelUpdateStack", "DeleteStack", "ListRules", "PassRole"}


@pytest.mark.parametrize("check", ASSUMPTIONS)
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
