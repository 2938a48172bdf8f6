"""The same request more than once: Lambda delivers an event at least once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from cloudformation_request import Request
from deployment import eventually

from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from deployment import Deployment

pytestmark = pytest.mark.end_to_end


def test_request_that_arrives_twice_at_the_same_time_imports_once(short_lived: Deployment) -> None:
    before = len(short_lived.run_statuses())
    request = _creation(short_lived)
    # Two processes are started before, so that both requests begin at the same time.
    nothing = [_deletion_of_nothing(short_lived) for _ in range(2)]
    with ThreadPoolExecutor() as executor:
        list(executor.map(Request.send_and_wait, nothing))
        list(executor.map(Request.send_and_wait, [request, request]))
    # Both may have started a run before they saw the other's. Then the younger run is cancelled.
    runs = short_lived.sandbox.runs(short_lived.transform)[before:]
    (imported,) = [run for run in runs if run.status != "STOPPED"]
    response = request.response()
    assert response is not None
    assert (imported.status, response["PhysicalResourceId"]) == ("SUCCEEDED", imported.task_run_id)
    assert eventually(short_lived.is_idle)


def test_request_that_arrives_again_while_its_run_is_in_flight_waits_for_that_run(
    short_lived: Deployment,
) -> None:
    before = len(short_lived.run_statuses())
    request = _creation(short_lived)
    short_lived.sandbox.plan_runs(RunPlan(seconds=4))
    with ThreadPoolExecutor() as executor:
        first = executor.submit(request.send_and_wait)
        eventually(lambda: short_lived.run_statuses()[before:])
        request.send_and_wait()
        first.result()
    _assert_one_success(short_lived, request, before)


def test_request_that_arrives_again_after_its_response_starts_no_run(short_lived: Deployment) -> None:
    before = len(short_lived.run_statuses())
    request = _creation(short_lived)
    # A shorter run could be taken for one of an earlier request, because Glue's clock may differ.
    short_lived.sandbox.plan_runs(RunPlan(seconds=7))
    request.send_and_wait()
    first = request.response()
    request.send_and_wait()
    _assert_one_success(short_lived, request, before)
    assert request.response() == first


def _creation(deployment: Deployment) -> Request:
    properties = deployment.properties(InputS3Path=deployment.label_file("T"))
    return deployment.request("Create", ResourceProperties=properties)


def _deletion_of_nothing(deployment: Deployment) -> Request:
    return deployment.request("Delete", ResourceProperties={}, PhysicalResourceId="none")


def _assert_one_success(deployment: Deployment, request: Request, before: int) -> None:
    (run,) = deployment.sandbox.runs(deployment.transform)[before:]
    response = request.response()
    assert response is not None
    assert response["Status"] == "SUCCESS", response
    assert (run.status, response["PhysicalResourceId"]) == ("SUCCEEDED", run.task_run_id)
    assert eventually(deployment.is_idle)
