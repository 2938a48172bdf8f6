"""The scenarios on a sandbox that behaves otherwise than assumed: they pass, and the report says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from glue_labels_account import probes, scenarios, session
from glue_labels_account.assumptions import Verdict
from glue_labels_account.session import Result, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_account.stack import ScenarioStack
    from glue_labels_sandbox import Sandbox

pytestmark = pytest.mark.end_to_end


def test_denials_come_late_and_policies_are_restored_last(
    sandbox: Sandbox, new_stack: Callable[[str], ScenarioStack]
) -> None:
    def make_iam_late(*_: object) -> str:
        # Not before: the roles of the bootstrap stack are new as well.
        sandbox.delay_iam(5)
        return "changes of roles take effect after 5 s"

    sandbox.deny_at("run")
    sandbox.revert_policies("last")
    prepare, create = session.ALL[:2]
    steps = [
        prepare,
        Scenario("IAM is late", make_iam_late),
        create,
        Scenario("rollback", scenarios.rollback),
        Scenario("new role", scenarios.new_role),
        Scenario("denied start", probes.check_denied_start),
    ]
    found = session.run(new_stack("Otherwise"), steps, print)
    failed = [f"{one.name}: {one.detail}" for one in found.outcomes if one.result is not Result.PASSED]
    assert not failed
    verdicts = {one.check: one.verdict for one in found.findings}
    assert verdicts["rollback-order"] is Verdict.DID_NOT_HOLD
    assert verdicts["denied-start-refused"] is Verdict.DID_NOT_HOLD
    assert verdicts["second-start-after-denied"] is Verdict.HELD
    assert verdicts["new-role-accepted"] is Verdict.HELD
    assert found.left == ()
