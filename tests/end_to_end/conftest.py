"""One bootstrapped sandbox for all end-to-end tests, and stacks for those that need one."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from deployment import Deployment

from glue_labels_bench.cdk import ROOT, bootstrap
from glue_labels_sandbox import RunPlan, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="session")
def bootstrapped() -> Iterator[Sandbox]:
    """A local AWS that the CDK CLI can deploy to. A run takes a second, unless a test plans it."""
    with Sandbox() as sandbox:
        bootstrap(sandbox)
        sandbox.plan_other_runs(RunPlan(seconds=1))
        yield sandbox


@pytest.fixture(scope="session")
def with_table(bootstrapped: Sandbox) -> Sandbox:
    """The sandbox with the table that the examples expect, created once for all tests."""
    subprocess.run(
        [sys.executable, str(ROOT / "examples" / "make_customers_table.py")],
        env={**os.environ, **bootstrapped.environment},
        check=True,
    )
    return bootstrapped


@pytest.fixture(scope="session")
def new_deployment(
    bootstrapped: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Deployment]:
    """Make a new stack with a label file of set A, not deployed yet."""
    numbers = itertools.count(1)

    def make() -> Deployment:
        deployment = Deployment(bootstrapped, f"Labels{next(numbers)}", tmp_path_factory.mktemp("stack"))
        deployment.write_labels("A")
        return deployment

    return make


@pytest.fixture(scope="session")
def short_lived_stack(new_deployment: Callable[[], Deployment]) -> Deployment:
    """The stack of `short_lived`."""
    deployment = new_deployment()
    created = deployment.deploy(function_timeout="12")
    assert created.code == 0, created.text
    return deployment


@pytest.fixture
def short_lived(short_lived_stack: Deployment) -> Iterator[Deployment]:
    """A stack whose function has a timeout of 12 seconds, so a longer run is soon handed over to a rule.

    Tests send requests to it. What a test leaves behind is removed before the next.
    """
    yield short_lived_stack
    short_lived_stack.end_everything()


@pytest.fixture(scope="session")
def deployed(new_deployment: Callable[[], Deployment]) -> Deployment:
    """A deployed stack, for tests that update it or use its function."""
    deployment = new_deployment()
    created = deployment.deploy()
    assert created.code == 0, created.text
    return deployment
