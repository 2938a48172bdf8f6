"""A request in flight while the function is upgraded: its rule has the state of the former code."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from glue_labels_handler.polling_rule import rule_name, target_id
from glue_labels_handler.response import ResponseUrl
from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from deployment import Deployment

pytestmark = pytest.mark.end_to_end


def former_rule(deployment: Deployment, event: dict[str, Any], progress: dict[str, Any]) -> None:
    """Set up a rule as the code before phases did."""
    events, functions = deployment.sandbox.client("events"), deployment.sandbox.client("lambda")
    arn = functions.get_function_configuration(FunctionName=deployment.function)["FunctionArn"]
    name = rule_name(event["StackId"], event["LogicalResourceId"])
    tick = {
        **event,
        "CrHelperPoll": True,
        "CrHelperData": {"LookFrom": time.time(), "Progress": progress},
    }
    events.put_rule(Name=name, ScheduleExpression="rate(1 minute)")
    target = {"Id": target_id(event["RequestId"], progress["made_at"]), "Arn": arn, "Input": json.dumps(tick)}
    events.put_targets(Rule=name, Targets=[target])


@pytest.mark.parametrize("ending", ["SUCCEEDED", "FAILED"])
def test_request_in_flight_during_the_upgrade_ends_with_the_result_of_its_run(
    short_lived: Deployment, ending: Any
) -> None:
    properties = short_lived.properties(InputS3Path=short_lived.label_file("U"))
    request = short_lived.request("Create", ResourceProperties=properties)
    short_lived.sandbox.plan_runs(RunPlan(seconds=8, status=ending, error_string="Set U is wrong."))
    run_id = short_lived.sandbox.client("glue").start_import_labels_task_run(
        TransformId=properties["TransformId"], InputS3Path=properties["InputS3Path"], ReplaceAllLabels=True
    )["TaskRunId"]
    # The former code also used the date of the ResponseURL as that of the request. It is in the target's id.
    made_at = ResponseUrl(request.event["ResponseURL"]).signed_at()
    assert made_at is not None
    progress = {"begun": made_at, "deadline": made_at + 600, "made_at": made_at, "run_id": run_id}
    former_rule(short_lived, request.event, {**progress, "status": "RUNNING"})
    response = short_lived.fire_rules_until(request.response)
    assert response["Status"] == ("SUCCESS" if ending == "SUCCEEDED" else "FAILED")
    assert response["PhysicalResourceId"] == run_id
    assert ("Set U is wrong" in response["Reason"]) == (ending == "FAILED")
    assert short_lived.fire_rules_until(short_lived.is_idle)
