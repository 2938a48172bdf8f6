"""How long a call may take and how often the SDK tries it."""

from __future__ import annotations

from botocore.config import Config

# One attempt: what to do after an error is `errors`' decision, and a start must not be repeated blindly.
GLUE_CONFIG = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 1})

# Each of EventBridge's calls may be repeated; there is no later look that would do it.
EVENTS_CONFIG = Config(
    connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 4}
)
