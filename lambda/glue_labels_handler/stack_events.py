"""CloudFormation's events, which show whether a request is the newest, and whether it is part of a rollback.

DescribeStackEvents gives the newest event first, each with the resource's resolved properties. With a stack's
id it works even after the stack is deleted.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_labels_handler.errors import classify
from glue_labels_handler.request import InvalidPropertyError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from glue_labels_handler.evaluation_request import TaskRequest

_log = logging.getLogger(__name__)

BEFORE_SECONDS = 5.0
"""How far an event's date may be before that of its request."""

PAGES = 25
"""The most pages of 100 events to read: one operation on a stack of 500 resources has fewer."""


@dataclass(frozen=True)
class Newest:
    """The newest request for the resource, which CloudFormation waits for.

    Attributes:
        is_ours: whether it is our request; True also if the events do not say.
        wanted: what it asks for if it is not ours; None if nothing.
    """

    is_ours: bool = True
    wanted: TaskRequest | None = None

    def shares_run_with(self, request: TaskRequest) -> bool:
        """Return whether it waits for the same run as a superseded `request`."""
        return self.wanted is not None and self.wanted.shares_run_with(request)


@dataclass(frozen=True)
class StackEvents:
    """The events of the request's stack.

    Attributes:
        cloudformation: makes a boto3 CloudFormation client; only called when one is needed.
        event: our request.
        request: what it asks for.
        made_at: when it was made, epoch seconds.
    """

    cloudformation: Callable[[], Any]
    event: Mapping[str, Any]
    request: TaskRequest
    made_at: float

    def newest(self) -> Newest:
        """Return the newest request.

        It is ours, unless CloudFormation shows our event and a later one of the resource. If it does not show
        ours, the events are late, and ours is the newest. A later event that is dated before our request is
        the end of an earlier request with the same properties.
        """
        try:
            events = [one for one in self._since(self.made_at - BEFORE_SECONDS) if self._is_of_resource(one)]
        except (ClientError, BotoCoreError) as error:
            self._note(error)
            return Newest()
        ours = [one for one in events if self._is_ours(one)]
        if not ours or ours[0] is events[0] or events[0]["Timestamp"].timestamp() < self.made_at:
            return Newest()
        last = events[0]
        waits = last["ResourceStatus"] in ("CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS")
        return Newest(is_ours=False, wanted=self._wanted(last) if waits else None)

    def is_rolling_back(self) -> bool | None:
        """Return whether our request is part of a rollback; None if the events do not say so (yet)."""
        is_seen = False
        try:
            for one in self._since(0.0):
                is_seen = is_seen or (self._is_of_resource(one) and self._is_ours(one))
                if not is_seen and one["Timestamp"].timestamp() < self.made_at - BEFORE_SECONDS:
                    return None
                if is_seen and one.get("PhysicalResourceId") == one.get("StackId"):
                    return "ROLLBACK" in one["ResourceStatus"]
        except (ClientError, BotoCoreError) as error:
            self._note(error)
        return None

    def _since(self, since: float) -> Iterator[dict[str, Any]]:
        client = self.cloudformation()
        page: dict[str, str] = {}
        for _ in range(PAGES):
            response = client.describe_stack_events(StackName=str(self.event["StackId"]), **page)
            for one in response["StackEvents"]:
                if one["Timestamp"].timestamp() < since:
                    return
                yield one
            if not response.get("NextToken"):
                return
            page = {"NextToken": response["NextToken"]}

    def _is_of_resource(self, one: Mapping[str, Any]) -> bool:
        return bool(one.get("LogicalResourceId") == self.event["LogicalResourceId"])

    def _is_ours(self, one: Mapping[str, Any]) -> bool:
        begins = f"{self.event['RequestType'].upper()}_IN_PROGRESS"
        return one["ResourceStatus"] == begins and self._wanted(one) == self.request

    def _wanted(self, one: Mapping[str, Any]) -> TaskRequest | None:
        try:
            return type(self.request).from_properties(json.loads(one.get("ResourceProperties") or "{}"))
        except (ValueError, InvalidPropertyError):
            return None

    @staticmethod
    def _note(error: Exception) -> None:
        _log.warning({"event": "stack events not read", "error": str(classify(error))})
