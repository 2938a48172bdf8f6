"""What goes wrong with a call: planned ahead, so that a short plan describes a long course."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError, ReadTimeoutError
from schedule import KilledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from schedule import Schedule

Result = TypeVar("Result")

CALL_SECONDS = 0.05
"""Before a call takes effect, and again until its response is there."""

SLOW_SECONDS = 8.0
"""The same where it is slow, just under the client's read timeout."""

READ_TIMEOUT_SECONDS = 10.0

GLUE = ("StartImportLabelsTaskRun", "GetMLTaskRun", "GetMLTaskRuns", "CancelMLTaskRun")
GLUE_OF_EVALUATIONS = ("StartMLEvaluationTaskRun", "GetMLTransform", *GLUE[1:])
EVENTS = ("PutRule", "PutTargets", "ListTargetsByRule", "RemoveTargets", "DeleteRule")
CLOUDFORMATION = ("DescribeStackEvents",)
PUT = "PUT"
SLEEP = "sleep"

TRANSIENT = ("ThrottlingException", "InternalServiceException", "OperationTimeoutException")


def client_error(code: str, action: str, message: str = "") -> ClientError:
    status = 500 if code.startswith("Internal") else 400
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, action)


@dataclass(frozen=True)
class Failure:
    """How one call goes wrong.

    Attributes:
        kind: "error" (refused with `code`), "timeout" (no response in time), "crash" (the process ends),
            "slow" (it works, late).
        happens: whether the call takes effect first.
        code: of an "error".
    """

    kind: str
    happens: bool = False
    code: str = "ThrottlingException"


class Failures:
    """The failures to come, by action, and the calls that suffer them."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._planned: defaultdict[str, deque[Failure]] = defaultdict(deque)
        self._outage_until: dict[str, float] = {}
        self.last_at: dict[str, float] = {}
        """When a call of each service last went wrong."""
        self.out_of_reach: set[str] = set()
        """The actions whose last call an outage refused."""

    def plan(self, action: str, failure: Failure, times: int = 1) -> None:
        self._planned[action].extend([failure] * times)

    def plan_outage(self, actions: tuple[str, ...], seconds: float) -> None:
        for action in actions:
            self._outage_until[action] = self._schedule.now + seconds

    def clear(self) -> None:
        self._planned.clear()
        self._outage_until.clear()

    def call(self, action: str, effect: Callable[[], Result]) -> Result:
        """Make a call as the function's client does: it takes its time, and may go wrong."""
        if self._is_down(action):
            self.out_of_reach.add(action)
        else:
            self.out_of_reach.discard(action)
        failure = self._take(action)
        if failure is None:
            self._schedule.sleep(CALL_SECONDS)
            response = effect()
            self._schedule.sleep(CALL_SECONDS)
            return response
        self.last_at[action] = self._schedule.now
        if failure.happens:
            self._schedule.sleep(CALL_SECONDS)
            response = effect()
            self._fail(action, failure)
        else:
            self._fail(action, failure)
            response = effect()
            self._schedule.sleep(CALL_SECONDS)
        return response

    def client(self, client: Any) -> Any:
        """Return a client whose calls are made so, and which else is `client`."""
        actions = client.meta.method_to_api_mapping.items()
        return SimpleNamespace(
            **{method: self._calling(action, getattr(client, method)) for method, action in actions}
        )

    def _calling(self, action: str, do: Callable[..., Result]) -> Callable[..., Result]:
        return lambda **asked: self.call(action, lambda: do(**asked))

    def sleep(self, seconds: float) -> None:
        """The function's own sleep, in which it may crash."""
        failure = self._take(SLEEP)
        self._schedule.sleep(seconds)
        if failure is not None:
            raise KilledError

    def _is_down(self, action: str) -> bool:
        return self._schedule.now < self._outage_until.get(action, 0.0)

    def _take(self, action: str) -> Failure | None:
        if self._is_down(action):
            return Failure("error", code="ServiceUnavailable")
        planned = self._planned.get(action)
        return planned.popleft() if planned else None

    def _fail(self, action: str, failure: Failure) -> None:
        if failure.kind == "crash":
            raise KilledError
        if failure.kind == "slow":
            self._schedule.sleep(SLOW_SECONDS)
        elif failure.kind == "timeout":
            self._schedule.sleep(READ_TIMEOUT_SECONDS)
            raise ReadTimeoutError(endpoint_url="https://service.example")
        else:
            self._schedule.sleep(CALL_SECONDS)
            raise client_error(failure.code, action, "The model refuses this call.")
