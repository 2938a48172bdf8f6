"""Whether a request is still the newest for its resource: CloudFormation's events know.

DescribeStackEvents gives the newest event first, each with the resource's resolved properties. It works with
a stack's id also after the stack is deleted.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_labels_handler.errors import fault_of
from glue_labels_handler.request import InvalidPropertyError, LabelsRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_log = logging.getLogger(__name__)

BEFORE_SECONDS = 5.0
"""How long before the request's date its event may be dated."""

PAGES = 5
"""Pages of 100 events that are read, at most."""


@dataclass(frozen=True)
class Newest:
    """What CloudFormation waits for.

    Attributes:
        is_ours: whether that is our request; True also where it cannot be told.
        wanted: if it is not ours: the labels it asks for, None if it asks for none.
    """

    is_ours: bool = True
    wanted: LabelsRequest | None = None


def newest_request(
    cloudformation: Callable[[], Any], event: Mapping[str, Any], request: LabelsRequest, made_at: float
) -> Newest:
    """Ask CloudFormation what it waits for.

    Args:
        cloudformation: makes a boto3 CloudFormation client.
        event: our request.
        request: the labels that it asks for.
        made_at: when it was made, epoch seconds.

    Returns:
        That ours is the newest, unless CloudFormation shows both ours and a later event of the resource: the
        events come late now and then, and then the newest request is the one that is not seen yet.
    """
    try:
        events = [
            one
            for one in _events_since(cloudformation(), str(event["StackId"]), made_at - BEFORE_SECONDS)
            if one.get("LogicalResourceId") == event["LogicalResourceId"]
        ]
    except (ClientError, BotoCoreError) as error:
        _log.warning({"event": "stack events not read", "error": str(fault_of(error))})
        return Newest()
    begins = f"{event['RequestType'].upper()}_IN_PROGRESS"
    ours = [one for one in events if one["ResourceStatus"] == begins and _same(one, request)]
    if not ours or ours[0] is events[0]:
        return Newest()
    last = events[0]
    waits = last["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
    return Newest(is_ours=False, wanted=_wanted(last) if waits else None)


def _events_since(client: Any, stack_id: str, since: float) -> Iterator[dict[str, Any]]:
    page: dict[str, str] = {}
    for _ in range(PAGES):
        answer = client.describe_stack_events(StackName=stack_id, **page)
        for one in answer["StackEvents"]:
            if one["Timestamp"].timestamp() < since:
                return
            yield one
        if not answer.get("NextToken"):
            return
        page = {"NextToken": answer["NextToken"]}


def _same(event: Mapping[str, Any], request: LabelsRequest) -> bool:
    wanted = _wanted(event)
    return wanted is not None and wanted.imports_the_same(request)


def _wanted(event: Mapping[str, Any]) -> LabelsRequest | None:
    try:
        return LabelsRequest.from_properties(json.loads(event.get("ResourceProperties") or "{}"))
    except (ValueError, InvalidPropertyError):
        return None
