"""What the function calls: AWS clients, a clock, a sleep, and the PUT of the response."""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from glue_labels_handler.response import put_response

if TYPE_CHECKING:
    from collections.abc import Callable

# One attempt: a retried start could be a second run. `errors` decides what to retry.
GLUE_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1})

# These calls are safe to retry, and no later poll would retry them.
RETRYING_CONFIG = Config(
    connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4}
)


# Nobody compares or prints it; without these methods a cold start is shorter.
@dataclass(frozen=True, eq=False, repr=False)
class Services:
    """What the function calls.

    Attributes:
        glue: a boto3 Glue client that does not retry.
        events: makes a boto3 EventBridge client; only called when one is needed.
        cloudformation: makes a boto3 CloudFormation client; only called when one is needed.
        clock: returns epoch seconds.
        sleep: waits that many seconds.
        put: sends a response, see `response.put_response`.
    """

    glue: Any
    events: Callable[[], Any]
    cloudformation: Callable[[], Any]
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    put: Callable[..., bool] = put_response


def connect() -> Services:
    """Return the services of the Lambda function's account and region."""

    @functools.cache
    def client(name: str) -> Any:
        return boto3.client(name, config=RETRYING_CONFIG)

    return Services(
        glue=boto3.client("glue", config=GLUE_CONFIG),
        events=lambda: client("events"),
        cloudformation=lambda: client("cloudformation"),
    )
