"""A sandbox that the scenarios of an account run in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_labels_account.account import Account
from glue_labels_account.desired import Desired
from glue_labels_account.stack import ScenarioStack
from glue_labels_bench.cdk import bootstrap
from glue_labels_sandbox import RunPlan, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """A local AWS that the CDK CLI can deploy to, where a run takes a second."""
    with Sandbox() as sandbox:
        bootstrap(sandbox)
        sandbox.plan_other_runs(RunPlan(seconds=1))
        yield sandbox


@pytest.fixture(scope="module")
def new_stack(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ScenarioStack]:
    """Make a stack of a name, which is not deployed yet."""
    account = Account.from_sandbox(sandbox)
    return lambda name: ScenarioStack(account, Desired(name), tmp_path_factory.mktemp("stack"))
