"""A request for a resource while an older one is in flight, as in rollbacks and cancelled deployments.

MiniStack waits for a resource before it cancels. These tests send what CloudFormation sends at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from deployment import eventually

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from cloudformation_request import Request
    from deployment import Deployment

pytestmark = pytest.mark.end_to_end

INVENTED = "Sent-Labels-1ABC2DEF3GHI"
"""The physical id of a resource whose Create was cancelled before its response: CloudFormation invents one
(https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1814)."""

in_flight_or_handed_over = pytest.mark.parametrize(
    "handed_over", [False, True], ids=["in the first invocation", "handed over to the rule"]
)


@in_flight_or_handed_over
def test_rollback_ends_the_forward_run_before_it_imports_the_former_labels(
    short_lived: Deployment, handed_over: bool
) -> None:
    former = short_lived.properties(InputS3Path=short_lived.label_file("FORMER"))
    forward = short_lived.properties(InputS3Path=short_lived.label_file("FORWARD"))
    creation = short_lived.request("Create", ResourceProperties=former)
    creation.send()
    physical_id = eventually(creation.response)["PhysicalResourceId"]
    before = len(short_lived.run_statuses())

    short_lived.sandbox.plan_runs(RunPlan(status=None))
    update = _update(short_lived, physical_id, former, forward)
    update.send()
    eventually(lambda: short_lived.run_statuses()[before:] == ["RUNNING"])
    if handed_over:
        _wait_for_handover(short_lived)
    rollback = _update(short_lived, physical_id, forward, former)
    rollback.send()

    response = eventually(rollback.response)
    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", physical_id)
    assert short_lived.run_statuses()[before:] == ["STOPPED", "SUCCEEDED"]
    stopped, back = short_lived.sandbox.runs(short_lived.transform)[before:]
    assert stopped.completed_on is not None
    assert back.started_on >= stopped.completed_on
    assert response["Data"]["TaskRunId"] == back.task_run_id
    assert short_lived.known_sets() == {"FORMER"}
    # CloudFormation no longer waits for the forward request. Its invocation still ends and removes its rule.
    assert short_lived.fire_rules_until(short_lived.is_idle)
    assert eventually(update.response)["Status"] == "FAILED"
    assert f"task run {stopped.task_run_id}, status STOPPED" in eventually(update.response)["Reason"]
    assert rollback.response_count() == 1


def test_rollback_directly_after_the_start_of_the_forward_run_supersedes_it(
    short_lived: Deployment,
) -> None:
    former = short_lived.properties(InputS3Path=short_lived.label_file("FORMER"))
    forward = short_lived.properties(InputS3Path=short_lived.label_file("FORWARD"))
    before = len(short_lived.run_statuses())
    short_lived.sandbox.plan_runs(RunPlan(status=None))
    _update(short_lived, "tsk-created-it", former, forward).send()
    eventually(lambda: short_lived.run_statuses()[before:])
    rollback = _update(short_lived, "tsk-created-it", forward, former)
    rollback.send()
    response = eventually(rollback.response)
    assert response["Status"] == "SUCCESS", response
    assert short_lived.run_statuses()[before:] == ["STOPPED", "SUCCEEDED"]


@in_flight_or_handed_over
def test_delete_with_an_id_that_cloudformation_invented_cancels_the_run(
    short_lived: Deployment, handed_over: bool
) -> None:
    before = len(short_lived.run_statuses())
    properties = short_lived.properties(InputS3Path=short_lived.label_file("D"))
    short_lived.sandbox.plan_runs(RunPlan(status=None))
    creation = short_lived.request("Create", ResourceProperties=properties)
    creation.send()
    eventually(lambda: short_lived.run_statuses()[before:] == ["RUNNING"])
    if handed_over:
        _wait_for_handover(short_lived)
    deletion = short_lived.request("Delete", ResourceProperties=properties, PhysicalResourceId=INVENTED)
    deletion.send()
    response = eventually(deletion.response)
    assert (response["Status"], response["PhysicalResourceId"]) == ("SUCCESS", INVENTED)
    assert eventually(short_lived.is_idle)
    assert short_lived.run_statuses()[before:] == ["STOPPED"]
    if not handed_over:
        assert eventually(creation.response)["Status"] == "FAILED"


def _update(deployment: Deployment, physical_id: str, old: Any, new: Any) -> Request:
    return deployment.request(
        "Update", PhysicalResourceId=physical_id, OldResourceProperties=old, ResourceProperties=new
    )


def _wait_for_handover(deployment: Deployment) -> None:
    eventually(deployment.rules)
    eventually(lambda: not deployment.sandbox.functions_at_work())
