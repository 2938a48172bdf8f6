"""What CloudFormation's events say of a request."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from glue_labels_handler.evaluation_request import EvaluationRequest
from glue_labels_handler.request import LabelsRequest
from glue_labels_handler.stack_events import Newest, StackEvents

MADE = 1_800_000_000.0
STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/Labels/8f14e45f"
NEW = LabelsRequest("tfm-1", "s3://bucket/new.csv")
OLD = LabelsRequest("tfm-1", "s3://bucket/old.csv")


class Pages:
    """A CloudFormation client whose pages hold one event each, the newest first."""

    def __init__(self, *events: dict[str, Any]) -> None:
        self._events = events
        self.calls = 0

    def describe_stack_events(self, *, StackName: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 - the API's
        assert StackName == STACK
        self.calls += 1
        at = int(NextToken)
        more = {"NextToken": str(at + 1)} if at + 1 < len(self._events) else {}
        return {"StackEvents": [self._events[at]], **more}


def event(
    status: str, seconds: float, request: LabelsRequest | EvaluationRequest | None = None, **fields: str
) -> dict[str, Any]:
    return {
        "StackId": STACK,
        "LogicalResourceId": "Labels",
        "PhysicalResourceId": "tsk-0",
        "ResourceStatus": status,
        "Timestamp": datetime.fromtimestamp(MADE + seconds, timezone.utc),
        **({"ResourceProperties": json.dumps(request.to_properties())} if request else {}),
        **fields,
    }


def of_stack(status: str, seconds: float) -> dict[str, Any]:
    return event(status, seconds, LogicalResourceId="Stack", PhysicalResourceId=STACK)


def events(client: Pages, request: LabelsRequest | EvaluationRequest = NEW) -> StackEvents:
    ours = {"StackId": STACK, "LogicalResourceId": "Labels", "RequestType": "Update"}
    return StackEvents(lambda: client, ours, request, MADE)


def test_later_request_for_the_resource_is_the_newest() -> None:
    client = Pages(event("UPDATE_IN_PROGRESS", 9, OLD), event("UPDATE_IN_PROGRESS", 0, NEW))
    assert events(client).newest() == Newest(is_ours=False, wanted=OLD)


def test_end_of_an_earlier_request_with_the_same_properties_is_no_later_request() -> None:
    client = Pages(event("UPDATE_FAILED", -1, NEW), event("UPDATE_IN_PROGRESS", -3, NEW))
    assert events(client).newest() == Newest()
    assert (
        not events(Pages(event("UPDATE_FAILED", 8, NEW), event("UPDATE_IN_PROGRESS", 0, NEW)))
        .newest()
        .is_ours
    )


@pytest.mark.parametrize(
    ("status", "rolls_back"),
    [
        ("UPDATE_IN_PROGRESS", False),
        ("UPDATE_ROLLBACK_IN_PROGRESS", True),
        ("ROLLBACK_IN_PROGRESS", True),
    ],
)
def test_last_event_of_the_stack_before_ours_says_whether_it_rolls_back(
    status: str, rolls_back: bool
) -> None:
    others = [event("UPDATE_COMPLETE", -2, LogicalResourceId=f"Other{number}") for number in range(15)]
    client = Pages(event("UPDATE_IN_PROGRESS", 0, NEW), *others, of_stack(status, -9), of_stack("OTHER", -99))
    assert events(client).is_rolling_back() is rolls_back


def test_later_operation_of_the_stack_does_not_say_whether_ours_was_a_rollback() -> None:
    client = Pages(
        of_stack("DELETE_IN_PROGRESS", 30),
        event("UPDATE_IN_PROGRESS", 0, NEW),
        of_stack("UPDATE_ROLLBACK_IN_PROGRESS", -9),
    )
    assert events(client).is_rolling_back()


def test_events_that_do_not_show_our_request_yet_do_not_say_whether_the_stack_rolls_back() -> None:
    client = Pages(event("UPDATE_IN_PROGRESS", -60, OLD), of_stack("UPDATE_IN_PROGRESS", -90))
    assert events(client).is_rolling_back() is None


def test_evaluations_that_differ_in_the_minimum_alone_are_different_requests() -> None:
    forward, back = (EvaluationRequest("tfm-1", minimum={"F1": f1}) for f1 in (0.9, 0.8))
    client = Pages(event("UPDATE_IN_PROGRESS", 9, back), event("UPDATE_IN_PROGRESS", 0, forward))
    assert events(client, forward).newest() == Newest(is_ours=False, wanted=back)
    assert events(client, back).newest().is_ours
