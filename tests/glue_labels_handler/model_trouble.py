"""What goes wrong with a call: planned ahead, so that a short plan describes a long course."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError, ReadTimeoutError
from turns import KilledError

if TYPE_CHECKING:
    from collections.abc import Callable

    from turns import Schedule

Answer = TypeVar("Answer")

CALL_SECONDS = 0.05
"""Before a call takes effect, and again until its answer is there."""

SLOW_SECONDS = 8.0
"""The same where it is slow, just under the client's read timeout."""

READ_TIMEOUT_SECONDS = 10.0

GLUE = ("StartImportLabelsTaskRun", "GetMLTaskRun", "GetMLTaskRuns", "CancelMLTaskRun")
GLUE_OF_EVALUATIONS = ("StartMLEvaluationTaskRun", "GetMLTransform", *GLUE[1:])
EVENTS = ("PutRule", "PutTargets", "ListTargetsByRule", "RemoveTargets", "DeleteRule")
CLOUDFORMATION = ("DescribeStackEvents",)
PUT = "PUT"
SLEEP = "sleep"

PASSING = ("ThrottlingException", "InternalServiceException", "OperationTimeoutException")


def client_error(code: str, action: str, message: str = "") -> ClientError:
    status = 500 if code.startswith("Internal") else 400
    answer = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, action)


@dataclass(frozen=True)
class Trouble:
    """How one call goes wrong.

    Attributes:
        kind: "error" (refused with `code`), "timeout" (no answer in time), "crash" (the process ends),
            "slow" (it works, late).
        happens: whether the call takes effect first.
        code: of an "error".
    """

    kind: str
    happens: bool = False
    code: str = "ThrottlingException"


class Troubles:
    """The troubles to come, by action, and the calls that suffer them."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._planned: defaultdict[str, deque[Trouble]] = defaultdict(deque)
        self._outage_until: dict[str, float] = {}
        self.last_at: dict[str, float] = {}
        """When a call of each service last went wrong."""
        self.out_of_reach: set[str] = set()
        """The actions whose last call an outage refused."""

    def plan(self, action: str, trouble: Trouble, times: int = 1) -> None:
        self._planned[action].extend([trouble] * times)

    def plan_outage(self, actions: tuple[str, ...], seconds: float) -> None:
        for action in actions:
            self._outage_until[action] = self._schedule.now + seconds

    def clear(self) -> None:
        self._planned.clear()
        self._outage_until.clear()

    def call(self, action: str, effect: Callable[[], Answer]) -> Answer:
        """Make a call as the function's client does: it takes its time, and may go wrong."""
        if self._is_down(action):
            self.out_of_reach.add(action)
        else:
            self.out_of_reach.discard(action)
        trouble = self._take(action)
        if trouble is None:
            self._schedule.sleep(CALL_SECONDS)
            answer = effect()
            self._schedule.sleep(CALL_SECONDS)
            return answer
        self.last_at[action] = self._schedule.now
        if trouble.happens:
            self._schedule.sleep(CALL_SECONDS)
            answer = effect()
            self._suffer(action, trouble)
        else:
            self._suffer(action, trouble)
            answer = effect()
            self._schedule.sleep(CALL_SECONDS)
        return answer

    def client(self, client: Any) -> Any:
        """Return a client whose calls are made so, and which else is `client`."""
        actions = client.meta.method_to_api_mapping.items()
        return SimpleNamespace(
            **{method: self._calling(action, getattr(client, method)) for method, action in actions}
        )

    def _calling(self, action: str, do: Callable[..., Answer]) -> Callable[..., Answer]:
        return lambda **asked: self.call(action, lambda: do(**asked))

    def sleep(self, seconds: float) -> None:
        """The function's own sleep, in which it may crash."""
        trouble = self._take(SLEEP)
        self._schedule.sleep(seconds)
        if trouble is not None:
            raise KilledError

    def _is_down(self, action: str) -> bool:
        return self._schedule.now < self._outage_until.get(action, 0.0)

    def _take(self, action: str) -> Trouble | None:
        if self._is_down(action):
            return Trouble("error", code="ServiceUnavailable")
        planned = self._planned.get(action)
        return planned.popleft() if planned else None

    def _suffer(self, action: str, trouble: Trouble) -> None:
        if trouble.kind == "crash":
            raise KilledError
        if trouble.kind == "slow":
            self._schedule.sleep(SLOW_SECONDS)
        elif trouble.kind == "timeout":
            self._schedule.sleep(READ_TIMEOUT_SECONDS)
            raise ReadTimeoutError(endpoint_url="https://service.example")
        else:
            self._schedule.sleep(CALL_SECONDS)
            raise client_error(trouble.code, action, "The model was told to refuse this call.")
