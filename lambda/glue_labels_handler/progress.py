"""How far a request has come, as it is carried from one invocation to the next."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

CLOCK_SKEW_SECONDS = 5.0
"""How far Glue's StartedOn may lie before our clock's moment of the call that started the run."""


@dataclass(frozen=True)
class Progress:
    """What one invocation leaves to the next; moments are epoch seconds.

    Attributes:
        begun: when the request was made, or first seen where that is not known.
        deadline: when its run is cancelled, if it is still in flight.
        run_id: the run it waits for; None as long as there is none.
        done_by: the resource's physical id, if exactly this may have been imported before; looked into first.
        made_at: when CloudFormation made the request, to the second; None where that cannot be told.
        maybe_started: there may be a run nobody has seen: a start was sent and its answer lost.
        status: the run's, when it was last seen.
        cancelled_at: when the run was cancelled because of the deadline.
        blocked_by: the run of somebody else that is waited for before ours is started.
        disowned: a run of ours that was cancelled in favour of another start, see `Looks`.
        trouble: the last fault that was put down to passing trouble, in words; None after a good look.
        troubled_since: when the first of an unbroken row of such faults came.
    """

    begun: float
    deadline: float
    run_id: str | None = None
    done_by: str | None = None
    made_at: float | None = None
    maybe_started: bool = False
    status: str | None = None
    cancelled_at: float | None = None
    blocked_by: str | None = None
    disowned: str | None = None
    trouble: str | None = None
    troubled_since: float | None = None

    @property
    def ours_since(self) -> float | None:
        """From when on a run of this very import is this request's own though its id was never noted.

        That is so when Lambda repeats a request, or a start's answer was lost. None: it cannot be told.
        """
        if self.made_at is not None:
            return self.made_at
        return self.begun - CLOCK_SKEW_SECONDS if self.maybe_started else None

    def calm(self, **changes: Any) -> Progress:
        """Return the progress after a good look."""
        return replace(self, **changes, trouble=None, troubled_since=None)

    def troubled(self, trouble: str, now: float) -> Progress:
        """Return the progress after a look that a passing fault spoilt."""
        since = now if self.troubled_since is None else self.troubled_since
        return replace(self, trouble=trouble, troubled_since=since)

    def to_data(self) -> dict[str, Any]:
        """Return it as JSON values; what is not set is left out."""
        return {name: value for name, value in asdict(self).items() if value not in (None, False)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Progress:
        """Return what `to_data` made `data` of."""
        return cls(**data)
