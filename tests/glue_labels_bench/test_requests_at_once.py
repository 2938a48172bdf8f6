"""Measurements by requests to the deployed function, with few imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_labels_bench import evaluations, low_concurrency
from glue_labels_bench.app import measured_stack
from glue_labels_bench.cdk import Cdk, bootstrap, python
from glue_labels_bench.contenders import OURS
from glue_labels_bench.deployed_stack import DeployedStack
from glue_labels_bench.run_lengths import RunLength
from glue_labels_sandbox import RunPlan, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.end_to_end


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedStack]:
    """A stack of ours whose import has ended."""
    folder = tmp_path_factory.mktemp("bench") / "cdk.out"
    with Sandbox() as sandbox:
        bootstrap(sandbox)
        Cdk(sandbox, python("glue_labels_bench.app")).synth(folder, measurements="1")
        sandbox.plan_runs(RunPlan(seconds=1))
        Cdk(sandbox, str(folder)).deploy(measured_stack(OURS, 0))
        yield DeployedStack(sandbox, measured_stack(OURS, 0))


def test_imports_that_find_no_execution_succeed_later(stack: DeployedStack) -> None:
    found = low_concurrency.measure(stack, imports=5, executions=2, run_seconds=1)
    assert (found.succeeded, found.failed, found.without_response) == (5, {}, 0)
    assert (found.invocations, found.most_at_once) == (5, 2)
    assert found.median_lag_seconds is not None
    assert found.median_lag_seconds > 0
    # Two imports occupy the executions until their runs end.
    assert found.last_response_seconds > 3


def test_evaluations_are_measured_from_the_end_of_their_runs(stack: DeployedStack) -> None:
    found = evaluations.measure(stack, RunLength(2, 2))
    assert len(found.lag_seconds) == 2
    assert 0 < found.median_lag_seconds <= found.worst_lag_seconds < 60


def test_imports_that_lambda_delivers_too_late_fail_with_that_reason(stack: DeployedStack) -> None:
    found = low_concurrency.measure(stack, imports=4, executions=1, run_seconds=2, timeout_seconds=4)
    assert found.without_response == 0
    assert found.succeeded + sum(found.failed.values()) == 4
    late = "Lambda delivered the request later than 4 seconds (the timeout of LabelsImport)"
    assert any(reason.startswith(late) for reason in found.failed)


def test_the_account_has_its_full_concurrency_afterwards(stack: DeployedStack) -> None:
    low_concurrency.measure(stack, imports=1, executions=1, run_seconds=0.5)
    settings = stack.sandbox.client("lambda").get_account_settings()
    assert settings["AccountLimit"]["ConcurrentExecutions"] == 1000
