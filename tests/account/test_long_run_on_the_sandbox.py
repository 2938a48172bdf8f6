"""The scenario of `make test-aws OPTIONS=--long`, on the sandbox, where a run takes as long as is planned."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from glue_labels_account import scenarios, session
from glue_labels_account.session import Result, Scenario
from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_account.stack import ScenarioStack
    from glue_labels_sandbox import Sandbox

pytestmark = pytest.mark.end_to_end


def test_run_that_outlives_an_invocation_passes_and_leaves_no_rule(
    sandbox: Sandbox, new_stack: Callable[[str], ScenarioStack]
) -> None:
    sandbox.plan_runs(RunPlan(seconds=1), RunPlan(seconds=30))
    long_run = Scenario("long", partial(scenarios.long_run, function_seconds=15))
    found = session.run(new_stack("LongRun"), [*session.ALL[:2], long_run], print)
    assert [one.result for one in found.outcomes] == [Result.PASSED] * 3
    assert "longer than an invocation, and no rule is left" in found.outcomes[-1].detail
    assert found.left == ()
