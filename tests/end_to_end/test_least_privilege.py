"""Every action in the policies of the function's role is needed, and no other.

With all of them each path of the function is served: IAM is enforced in the sandbox. Without any one of them
the path that needs it fails for all to see, or leaves something behind.
"""

from __future__ import annotations

import copy
import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from deployment import eventually

from glue_labels_handler.phases import LATE_SECONDS
from glue_labels_handler.polling_rule import rule_name
from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from deployment import Deployment

pytestmark = pytest.mark.end_to_end


def error_of_an_import(deployment: Deployment) -> str:
    """Create a resource whose run takes a second. Return the error, if any."""
    properties = deployment.properties(InputS3Path=deployment.label_file("P"), TimeoutSeconds="5")
    request = deployment.request("Create", ResourceProperties=properties)
    before = len(deployment.run_statuses())
    request.send()

    def polls_in_vain() -> bool:
        return bool(deployment.rules()) and deployment.run_statuses()[before:] == ["SUCCEEDED"]

    eventually(lambda: request.response() or polls_in_vain())
    response = request.response()
    if response is None:
        return "no response, but a rule that keeps polling a run that is SUCCEEDED"
    return "" if response["Status"] == "SUCCESS" else str(response["Reason"])


def error_of_a_deletion(deployment: Deployment) -> str:
    """Delete a resource whose run is in flight. Return the error, if any."""
    glue, properties = deployment.sandbox.client("glue"), deployment.properties()
    deployment.sandbox.plan_runs(RunPlan(status=None))
    glue.start_import_labels_task_run(
        TransformId=properties["TransformId"],
        InputS3Path=properties["InputS3Path"],
        ReplaceAllLabels=True,
    )
    request = deployment.request("Delete", ResourceProperties=properties, PhysicalResourceId="tsk-none")
    request.send_and_wait()
    status = deployment.run_statuses()[-1]
    return "" if status in ("STOPPING", "STOPPED") else f"a run left {status}"


def error_of_a_handover(deployment: Deployment, **fields: str) -> str:
    """Create a resource whose run outlives the invocation. Return the error, if any."""
    # With a timeout of 12 seconds the function polls for 9.
    deployment.sandbox.plan_runs(RunPlan(seconds=10))
    properties = deployment.properties(InputS3Path=deployment.label_file("P"))
    request = deployment.request("Create", ResourceProperties=properties, **fields)
    request.send_and_wait()
    response = deployment.fire_rules_until(request.response)
    return "" if response["Status"] == "SUCCESS" else str(response["Reason"])


def error_of_a_rule_left_behind(deployment: Deployment) -> str:
    """Delete a resource that a rule still polls, as after a cancelled Create. Return the error, if any."""
    request = deployment.request("Delete", ResourceProperties={}, PhysicalResourceId="tsk-none")
    events = deployment.sandbox.client("events")
    functions = deployment.sandbox.client("lambda")
    rule = rule_name(request.event["StackId"], request.event["LogicalResourceId"])
    function_arn = functions.get_function_configuration(FunctionName=request.function)["FunctionArn"]
    events.put_rule(Name=rule, ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule=rule, Targets=[{"Id": "cancelled", "Arn": function_arn, "Input": "{}"}])
    request.send_and_wait()
    if rule not in deployment.rules():
        return ""
    targets = events.list_targets_by_rule(Rule=rule)["Targets"]
    return f"a rule left with {len(targets)} targets"


def error_of_the_log(deployment: Deployment) -> str:
    """Send a request that has nothing to do. Return the error of its log, if any."""
    request = deployment.request("Delete", ResourceProperties={}, PhysicalResourceId="tsk-none")
    request.send_and_wait()
    return "" if request.event["RequestId"] in deployment.function_log() else "nothing logged"


def error_of_a_late_request(deployment: Deployment) -> str:
    """Create a resource by a request that Lambda delivered late. Return the error, if any."""
    properties = deployment.properties(InputS3Path=deployment.label_file("P"), TimeoutSeconds="60")
    request = deployment.request("Create", ResourceProperties=properties)
    time.sleep(LATE_SECONDS + 1)
    request.send_and_wait()
    lines = deployment.function_log().splitlines()
    own = [line for line in lines if request.event["RequestId"] in line]
    return next((line for line in own if "stack events not read" in line), "")


PATHS = [
    error_of_an_import,
    error_of_a_deletion,
    error_of_a_handover,
    error_of_a_rule_left_behind,
    error_of_a_late_request,
    error_of_the_log,
]

NO_RULE = "the EventBridge rule for the next one could not be created"

NEEDED = {
    "glue:StartImportLabelsTaskRun": (error_of_an_import, "StartImportLabelsTaskRun"),
    "glue:GetMLTaskRuns": (error_of_an_import, "GetMLTaskRuns"),
    "glue:GetMLTaskRun": (error_of_an_import, "keeps polling a run that is SUCCEEDED"),
    "glue:CancelMLTaskRun": (error_of_a_deletion, "a run left"),
    "events:PutRule": (error_of_a_handover, NO_RULE),
    "events:PutTargets": (error_of_a_handover, NO_RULE),
    "events:ListTargetsByRule": (error_of_a_rule_left_behind, "a rule left with 1 targets"),
    "events:RemoveTargets": (error_of_a_rule_left_behind, "a rule left with 1 targets"),
    "events:DeleteRule": (error_of_a_rule_left_behind, "a rule left with 0 targets"),
    "cloudformation:DescribeStackEvents": (error_of_a_late_request, "AccessDenied"),
    "logs:CreateLogStream": (error_of_the_log, "nothing logged"),
    "logs:PutLogEvents": (error_of_the_log, "nothing logged"),
}
"""For each action: the path that needs it, and the error without it."""


@pytest.fixture
def policies(short_lived: Deployment) -> Iterator[dict[str, Any]]:
    """The policies of the function's role by name, as deployed. They are restored after the test."""
    iam, role = short_lived.sandbox.client("iam"), short_lived.function_role
    documents = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    yield documents
    for name, document in documents.items():
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


def test_policies_have_no_action_but_those_proved_to_be_needed(
    short_lived: Deployment, policies: dict[str, Any]
) -> None:
    statements = [statement for document in policies.values() for statement in document["Statement"]]
    actions = [action for statement in statements for action in _actions(statement)]
    assert sorted(actions) == sorted(NEEDED)
    # One for rules and logs, one for the transform.
    assert len(policies) == 2
    iam, role = short_lived.sandbox.client("iam"), short_lived.function_role
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []


@pytest.mark.parametrize("error_of", PATHS)
def test_path_is_served_with_the_whole_policy(short_lived: Deployment, error_of: Any) -> None:
    assert error_of(short_lived) == ""
    assert eventually(short_lived.is_idle)


@pytest.mark.parametrize("action", NEEDED)
def test_path_is_not_served_without(short_lived: Deployment, policies: dict[str, Any], action: str) -> None:
    error_of, expected = NEEDED[action]
    _forbid(short_lived, policies, action)
    assert expected in error_of(short_lived)


def test_rules_of_another_stack_are_out_of_reach(short_lived: Deployment) -> None:
    another = f"{short_lived.stack_id[:-1]}x"
    assert NO_RULE in error_of_a_handover(short_lived, StackId=another)


def _actions(statement: dict[str, Any]) -> list[str]:
    """Return a statement's actions. IAM also accepts a single action as text."""
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else list(actions)


def _forbid(deployment: Deployment, policies: dict[str, Any], action: str) -> None:
    """Remove one action from the policies."""
    for name, document in policies.items():
        less = copy.deepcopy(document)
        for statement in less["Statement"]:
            statement["Action"] = [kept for kept in _actions(statement) if kept != action]
        # A statement must have an action.
        less["Statement"] = [statement for statement in less["Statement"] if statement["Action"]]
        deployment.sandbox.client("iam").put_role_policy(
            RoleName=deployment.function_role, PolicyName=name, PolicyDocument=json.dumps(less)
        )
