"""Entry point of the function, ``glue_labels_handler.main.handler``: its clients, and Lambda's signature."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

import boto3

from glue_labels_handler.calls import EVENTS_CONFIG, GLUE_CONFIG
from glue_labels_handler.lifecycle import build

if TYPE_CHECKING:
    from collections.abc import Mapping


@functools.cache
def _events_client() -> Any:
    return boto3.client("events", config=EVENTS_CONFIG)


_resource = build(boto3.client("glue", config=GLUE_CONFIG), _events_client, time.time, time.sleep)


def handler(event: Mapping[str, Any], context: Any) -> None:
    """Serve one request of CloudFormation, or one invocation of the polling rule.

    Args:
        event: a custom resource's request
            (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requests.html).
        context: Lambda's context object.
    """
    _resource(event, context)
