"""What one invocation of a Lambda function took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Invocation:
    """An invocation that has ended.

    Attributes:
        function_name: The function's name.
        memory_mb: What the function is given, as Lambda bills it.
        started_on: When the service had the request, in UTC.
        seconds: Until the function was done, its initialisation included, which Lambda bills too
            (https://aws.amazon.com/lambda/pricing/). What a process does faster or slower by its memory,
            in Lambda, it does not here.
    """

    function_name: str
    memory_mb: int
    started_on: datetime
    seconds: float
