"""One call of Glue's ML actions, as the service saw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class GlueCall:
    """A call that reached Glue; each HTTP request is one, the SDK's own retries too.

    Attributes:
        action: As the API names it, for example ``GetMLTaskRun``.
        transform_id: The transform it names; empty without one.
        called_on: In UTC.
        ordered_fault: The error it was answered with because a test or throttle said so; None for any other
            answer, errors among them.
    """

    action: str
    transform_id: str
    called_on: datetime
    ordered_fault: str | None = None
