"""crhelper, hardened.

crhelper 2.0.12 keeps the protocol with CloudFormation: which function serves which request type, the polling
events and their data, the fields of the answer. What it gets wrong for a wait of up to an hour is replaced
here, each place with the defect it mends.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Any

from crhelper import FAILED, CfnResource

from glue_labels_handler.errors import ImportFailedError
from glue_labels_handler.job import NO_RUN
from glue_labels_handler.polling_rule import PollingRule, TakeOver, rule_name, target_id
from glue_labels_handler.request import InvalidPropertyError
from glue_labels_handler.response import ResponseUrl, response_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glue_labels_handler.progress import Progress

_log = logging.getLogger(__name__)

_REQUIRED = ("RequestType", "RequestId", "StackId", "LogicalResourceId", "ResponseURL")

ANSWERED_SECONDS = 3600.0
"""How long the rule of an answered request, if it cannot be removed, is kept alive to be removed later."""

REPEATED_SECONDS = 30.0
"""From what age on a request may be one that Lambda repeats; it does so after a minute at the earliest."""

CLEARING_UP_SECONDS = 120.0
CLEARING_UP_PAUSE_SECONDS = 5.0
"""How long, how often an invocation tries to remove a rule that it can neither remove nor keep alive."""

SEND_RESERVE_SECONDS = 15.0
"""Kept of an invocation after the last try to answer begins: the try itself, and clearing up."""


class AnswerNotTakenError(Exception):
    """CloudFormation's address took no answer and no later invocation could be arranged: Lambda repeats."""


class RuleNotRemovedError(Exception):
    """EventBridge took neither the removal of a rule nor a later invocation for it: Lambda repeats."""


class CustomResource(CfnResource):
    """A `CfnResource` that ends each request once, and as soon as its function knows how.

    A registered function returns the PhysicalResourceId when the request is done and None when it has been
    handed over; it raises `ImportFailedError` or `InvalidPropertyError` to fail the request.

    Args:
        events: makes a boto3 EventBridge client; only called when one is needed.
        clock: returns epoch seconds.
        sleep: waits that many seconds.
        put: sends an answer, see `response.put_response`.
    """

    def __init__(
        self,
        events: Callable[[], Any],
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        put: Callable[..., bool],
    ) -> None:
        # CfnResource's own constructor is not called: it opens clients for Lambda and CloudWatch Logs, which
        # this function neither uses nor may use, and each costs a cold start dearly.
        self._create_func = self._update_func = self._delete_func = None
        self._poll_create_func = self._poll_update_func = self._poll_delete_func = None
        self._timer = self._init_failed = self._sam_local = None
        self._json_logging = True
        self._log_level = os.environ.get("LOG_LEVEL", "INFO")
        self._boto_level = "ERROR"
        self._sleep_on_delete = 0
        self.NoEcho = False
        self._events = events
        self._clock = clock
        self._sleep = sleep
        self._put = put
        # Of the request at hand; `__call__` sets them anew.
        self._rule: PollingRule
        self._answer: dict[str, Any] | None = None
        self._progress: Progress | None = None
        self._is_over = False
        self._answered_at: float | None = None
        self._look_from = 0.0
        self._has_rule = self._is_carried = False

    # What the registered functions use.

    def seconds_left(self) -> float:
        """Return how long until Lambda ends the invocation."""
        return float(self._context.get_remaining_time_in_millis()) / 1000

    def made_at(self) -> float | None:
        """Return when CloudFormation made the request, in epoch seconds; None where that cannot be told."""
        url: ResponseUrl = self._response_url
        return url.signed_at()

    def remember(self, progress: Progress) -> None:
        """Note how far the request has come, for a later invocation."""
        self._progress = progress

    def look_from(self, moment: float) -> None:
        """Note until when, in epoch seconds, this invocation looks, so that another begins there."""
        self._look_from = moment

    def hand_over(self) -> bool:
        """Have the function invoked every minute with what is noted; return whether that is arranged."""
        if self.is_superseded():
            # Nobody waits for it any more; what took the rule over must not find it there again.
            return True
        data: dict[str, Any] = {"LookFrom": self._look_from}
        if self._progress is not None:
            data["Progress"] = self._progress.to_data()
        # Noted before it is known whether it worked: half a rule has to be removed, too.
        self._has_rule = True
        self._is_carried = self._put_rule(data)
        if self._is_carried:
            _log.info({"event": "handed over", "rule": self._rule.name, **data})
        return self._is_carried

    def _put_rule(self, data: Mapping[str, Any]) -> bool:
        url = self._response_url.value
        event = {**self._event, "ResponseURL": url, "CrHelperPoll": True, "CrHelperData": data}
        return self._rule.put(self._context.invoked_function_arn, event)

    def is_superseded(self) -> bool:
        """Return whether what was handed over has been answered, or taken over by a newer request."""
        return self._is_carried and not self._rule.serves()

    def take_over(self) -> TakeOver:
        """Take the resource over from older requests: nobody polls for them any more."""
        found = self._rule.take_over()
        # What is in its way now may pass until the request is answered. A Delete insists before it answers.
        self._has_rule |= found.fault is not None and self.RequestType != "Delete"
        return found

    def end_polling(self, answered_at: float | None = None) -> None:
        """Stop polling for this request, once the function that is called for it has returned.

        Not at once: what is raised within that function is an answer to CloudFormation.

        Args:
            answered_at: when it was answered, in epoch seconds; None if CloudFormation has given it up.
        """
        self._is_over, self._answered_at = True, answered_at

    def _clear_up(self, answered_at: float | None) -> None:
        """Stop polling for this request, see `end_polling`.

        Raises:
            RuleNotRemovedError: EventBridge is in trouble for longer than the invocation lasts.
        """
        until = self._clock() + min(CLEARING_UP_SECONDS, self.seconds_left() - SEND_RESERVE_SECONDS)
        while self._rule.remove() is not None:
            # A later invocation tries again, and must know that there is nothing left to answer. Where there
            # may be none, for a rule without a target, it is up to this one.
            is_recent = answered_at is not None and self._clock() < answered_at + ANSWERED_SECONDS
            if is_recent and self._put_rule({"AnsweredAt": answered_at}):
                return
            if self._clock() >= until:
                raise RuleNotRemovedError(self._rule.name)
            self._sleep(CLEARING_UP_PAUSE_SECONDS)

    # What is mended.

    def __call__(self, event: Mapping[str, Any], context: Any) -> None:
        """Serve one request of CloudFormation, or one invocation of the polling rule."""
        missing = [name for name in _REQUIRED if not isinstance(event.get(name), str)]
        if missing:
            # Nobody to answer to, or nothing that CloudFormation would recognise as an answer.
            _log.error({"event": "not a custom resource's request", "missing": missing})
            return
        self._answer = self._progress = None
        self._is_over, self._answered_at = False, None
        self._look_from = self._clock()
        url = ResponseUrl(event["ResponseURL"])
        self._is_carried = "CrHelperPoll" in event
        # An attempt of Lambda's that crashed before this one may have left a rule. A Delete takes it over.
        is_repeated = self._look_from >= (url.signed_at() or 0.0) + REPEATED_SECONDS
        self._has_rule = self._is_carried or (is_repeated and event["RequestType"] != "Delete")
        self._rule = PollingRule(
            self._events,
            rule_name(event["StackId"], event["LogicalResourceId"]),
            target_id(event["RequestId"], url.signed_at()),
        )
        # crhelper logs the event at DEBUG; an address that does not show itself is safe at any level.
        super().__call__({**event, "ResponseURL": url}, context)
        if self._answer is not None:
            self._deliver(self._answer)
        elif self._is_over:
            self._clear_up(self._answered_at)

    def _log_setup(self, event: Mapping[str, Any], context: Any) -> None:
        super()._log_setup(event, context)
        logging.getLogger("crhelper").setLevel(logging.WARNING)

    def _set_timeout(self) -> None:
        """Arm no timer: crhelper's answers FAILED from a second thread, also when the request goes on."""

    def _wrap_function(self, func: Callable[[Mapping[str, Any], Any], str | None]) -> None:
        """Run the registered function; turn its failure into a reason and the right physical id."""
        former = self._event.get("PhysicalResourceId")
        # crhelper would send the polling state back to CloudFormation as the resource's attributes.
        self.Data: dict[str, Any] = {}
        try:
            self.PhysicalResourceId = func(self._event, self._context)
        except (ImportFailedError, InvalidPropertyError) as error:
            self._fail(str(error), former or getattr(error, "run_id", None))
        except Exception as error:
            _log.exception({"event": "unexpected error"})
            self._fail(
                f"{type(error).__name__}: {error} (a defect of the import function; its log has the trace)",
                former,
            )

    def _fail(self, reason: str, physical_id: str | None) -> None:
        self.Status, self.Reason, self.Data = FAILED, reason, {}
        # An Update that fails keeps its id: the former import is still what the resource stands for.
        self.PhysicalResourceId = physical_id or NO_RUN

    def _polling_init(self, event: Mapping[str, Any]) -> None:  # noqa: ARG002 - crhelper's signature
        """Answer if the request is done. crhelper sets up a rule first, for every request."""
        self._send_response = self.Status == FAILED or self.PhysicalResourceId is not None

    def generate_physical_id(self, event: Mapping[str, Any]) -> str:  # noqa: ARG002 - crhelper's signature
        """Return a constant: a random id makes CloudFormation delete what never was (crhelper's issue 7)."""
        return NO_RUN

    # ARG002: crhelper's signature
    def _send(self, status: str | None = None, reason: str = "", send_response: Any = None) -> None:  # noqa: ARG002
        """Note the answer. It is delivered when crhelper, which answers again after an error, is done."""
        self._answer = {
            "Status": status or self.Status,
            "Reason": reason if status else self.Reason,
            "PhysicalResourceId": self.PhysicalResourceId or NO_RUN,
            "StackId": self.StackId,
            "RequestId": self.RequestId,
            "LogicalResourceId": self.LogicalResourceId,
            "NoEcho": self.NoEcho,
            "Data": self.Data,
        }

    def _deliver(self, answer: Mapping[str, Any]) -> None:
        """Answer CloudFormation, then clear up; crhelper takes any HTTP status for success."""
        if "CrHelperPoll" in self._event and self.is_superseded():
            _log.info({"event": "answered by another invocation"})
            return
        until = self._clock() + self.seconds_left() - min(SEND_RESERVE_SECONDS, self.seconds_left() / 4)
        if self._put(self._response_url, response_body(answer), until, self._clock, self._sleep):
            _log.info({"event": "answered", "status": answer["Status"], "reason": answer["Reason"]})
            if self._has_rule:
                self._clear_up(self._clock())
        elif self.RequestType == "Delete" or not (self._is_carried or self.hand_over()):
            raise AnswerNotTakenError(f"{self.RequestType} of {self.LogicalResourceId}")
