"""A custom resource's properties in MiniStack's stack events, as CloudFormation shows them.

Source: CloudFormation API reference, StackEvent, ResourceProperties: the properties as JSON text. MiniStack
leaves them out.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from ministack.services import cloudformation

from .ministack_registry import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PROPERTIES = "ResourceProperties"
_EVENT_ID = re.compile(rb"<EventId>([^<]*)</EventId>")


def install() -> None:
    """Have DescribeStackEvents show the properties that `note_request` was told."""
    wrap("services.cloudformation.handlers._ACTION_HANDLERS.DescribeStackEvents", _describe_with_properties)


def _describe_with_properties(describe: Callable[..., Any], parameters: Any) -> Any:
    status, headers, body = describe(parameters)
    texts = {
        event["EventId"].encode(): event[_PROPERTIES]
        for events in cloudformation._stack_events.values()
        for event in events
        if _PROPERTIES in event
    }

    def with_properties(found: re.Match[bytes]) -> bytes:
        text = texts.get(found[1])
        if text is None:
            return found[0]
        return found[0] + f"<{_PROPERTIES}>{escape(text)}</{_PROPERTIES}>".encode()

    return status, headers, _EVENT_ID.sub(with_properties, body)


def note_request(request: Mapping[str, Any]) -> None:
    """Keep a custom resource's properties with the newest event of the resource: its request's."""
    for event in reversed(cloudformation._stack_events.get(request["StackId"], [])):
        if event["LogicalResourceId"] == request["LogicalResourceId"]:
            event[_PROPERTIES] = json.dumps(request[_PROPERTIES])
            return
