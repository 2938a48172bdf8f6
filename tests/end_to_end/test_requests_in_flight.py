"""The deployed function, invoked as CloudFormation does while a run is in flight."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from deployment import eventually

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from deployment import Deployment

pytestmark = pytest.mark.end_to_end


def test_delete_while_the_run_is_in_flight_cancels_it(deployed: Deployment) -> None:
    deployed.sandbox.plan_runs(RunPlan(status=None))
    properties = deployed.properties()
    before = len(deployed.run_statuses())
    creation = deployed.send("Create", ResourceProperties=properties)
    eventually(lambda: deployed.run_statuses()[before:] == ["RUNNING"])
    run_id = deployed.sandbox.runs(deployed.transform)[-1].task_run_id
    deletion = deployed.send("Delete", ResourceProperties=properties, PhysicalResourceId=run_id)
    assert eventually(deletion)["Status"] == "SUCCESS"
    response = eventually(creation)
    assert response["Status"] == "FAILED"
    assert f"task run {run_id}, status STOPPED" in response["Reason"]
    assert deployed.run_statuses()[before:] == ["STOPPED"]
    assert deployed.rules() == []


def test_function_logs_to_its_own_group_and_never_the_address(deployed: Deployment) -> None:
    response = eventually(deployed.send("Delete", ResourceProperties={}, PhysicalResourceId="tsk-none"))
    assert response["Status"] == "SUCCESS"
    log = eventually(deployed.function_log)
    assert '"event": "responded"' in log
    assert "X-Amz-Signature" not in log
    assert "cfn-response" not in log
