"""crhelper, hardened for a wait of up to an hour.

crhelper 2.0.12 implements CloudFormation's protocol: which function serves which request type, the polling
events and their data, the fields of the response. Each override names the defect that it replaces.
"""

from __future__ import annotations

import functools
import logging
import os
from typing import TYPE_CHECKING, Any

from crhelper import FAILED, CfnResource

from glue_labels_handler import polling_rule
from glue_labels_handler.phases import NO_RUN, Failed, Queued, State
from glue_labels_handler.request import CLOUDFORMATION_MAX_SECONDS, InvalidPropertyError, shortened
from glue_labels_handler.response import ResponseUrl, response_body
from glue_labels_handler.waiting import DELAYED_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glue_labels_handler.errors import AwsError
    from glue_labels_handler.polling_rule import PollingRule
    from glue_labels_handler.services import Services

_log = logging.getLogger(__name__)

_REQUIRED = ("RequestType", "RequestId", "StackId", "LogicalResourceId", "ResponseURL")

CLEARING_UP_SECONDS = 120.0
CLEARING_UP_PAUSE_SECONDS = 5.0
"""How long, and with which pauses, an invocation retries to remove a rule."""

TARGETS_LAG_SECONDS = 10.0
"""How long EventBridge may show removed targets."""

RESERVE_SECONDS = 15.0
"""The part of an invocation from its last attempt to respond on: the attempt, and clearing up."""

REASON_MAX_LENGTH = 1000
"""Characters of a reason in a handover: with the request, it must fit into a rule's target."""


class ResponseNotDeliveredError(Exception):
    """CloudFormation accepted no response, and there is no later invocation. Makes Lambda retry this one."""


class RuleNotRemovedError(Exception):
    """EventBridge did not remove a rule in time. Makes Lambda retry the invocation."""


class CustomResource(CfnResource):
    """A `CfnResource` that responds to each request once, as soon as there is an outcome.

    A registered function returns the PhysicalResourceId when the request has ended, and None when later
    invocations go on with it. It raises `InvalidPropertyError` for invalid properties.

    Attributes:
        made_at: when CloudFormation made the request, epoch seconds; the present if its address has no date.
        is_over: set by a function whose request nobody waits for: then there is no response.
        is_delayed: whether the request waited in Lambda's queue, or is a Lambda retry.
        succeeded: set by a function that returns a physical id: the state from which a later invocation finds
            the same outcome.
    """

    def __init__(self, services: Services) -> None:
        # Keeps crhelper from opening three clients that the function neither needs nor may use.
        os.environ["AWS_SAM_LOCAL"] = "true"
        try:
            super().__init__(
                json_logging=True, log_level=os.environ.get("LOG_LEVEL", "INFO"), sleep_on_delete=0
            )
        finally:
            del os.environ["AWS_SAM_LOCAL"]
        self._sam_local = None
        self._services = services
        self._clock = services.clock

    def __call__(self, event: Mapping[str, Any], context: Any) -> None:
        """Serve one request of CloudFormation, or one invocation by the rule."""
        missing = [name for name in _REQUIRED if not isinstance(event.get(name), str)]
        if missing:
            # Not from CloudFormation: a response is impossible.
            _log.error({"event": "invocation ignored", "missing": missing})
            return
        url, now = ResponseUrl(event["ResponseURL"]), self._clock()
        is_tick, data = "CrHelperPoll" in event, event.get("CrHelperData", {})
        self.made_at = data.get("MadeAt") or min(url.signed_at() or now, now)
        self.is_over, self.succeeded = False, State(Queued())
        self._response: dict[str, Any] | None = None
        is_late = now >= self.made_at + DELAYED_SECONDS
        self.is_delayed = data.get("IsDelayed", False) if is_tick else is_late
        # The first attempt of a Lambda retry may have left a rule.
        self._has_rule = is_tick or self.is_delayed
        # An earlier invocation's.
        self.__dict__.pop("_rule", None)
        # crhelper logs the event at DEBUG; a `ResponseUrl` does not show the address.
        super().__call__({**event, "ResponseURL": url}, context)
        if self.is_over:
            self._remove_rule()
        elif self._response is not None:
            self._deliver(self._response)

    @functools.cached_property
    def _rule(self) -> PollingRule:
        """The resource's rule; most requests end without it."""
        name = polling_rule.rule_name(self._event["StackId"], self._event["LogicalResourceId"])
        target = polling_rule.target_id(self._event["RequestId"], self.made_at)
        return polling_rule.PollingRule(self._services.events, name, target)

    # For the registered functions.

    def seconds_left(self) -> float:
        """Return how long until Lambda ends the invocation."""
        return float(self._context.get_remaining_time_in_millis()) / 1000

    @property
    def is_lost(self) -> bool:
        """Whether the rule is gone, although this request was handed over before."""
        return self._rule.is_gone

    def hand_over(self, state: State, poll_from: float) -> bool:
        """Have the function invoked every minute with `state`; return whether EventBridge accepts it.

        Args:
            state: the state to go on from.
            poll_from: when to go on, epoch seconds; earlier invocations do nothing.
        """
        # Even if the put fails: it may leave a rule without a target.
        self._has_rule = True
        times = {"MadeAt": self.made_at, "PollFrom": poll_from, "IsDelayed": self.is_delayed}
        data = {**times, **state.to_data()}
        event = {**shortened(self._event), "CrHelperPoll": True, "CrHelperData": data}
        is_put = self._rule.put(
            self._context.invoked_function_arn, {**event, "ResponseURL": self._response_url.value}
        )
        if is_put:
            _log.info({"event": "handed over", "rule": self._rule.name, **data})
        return is_put

    def remove_rules(self, seconds: float) -> None:
        """Remove the resource's rule with all targets, within so many seconds, else after the response."""
        self._has_rule = not self._is_cleared(self._rule.remove_all, seconds)

    def fail(self, outcome: Failed) -> None:
        """Respond FAILED."""
        self._fail(outcome.reason, self._event.get("PhysicalResourceId") or outcome.run_id)

    # Overrides of crhelper.

    def _log_setup(self, event: Mapping[str, Any], context: Any) -> None:
        super()._log_setup(event, context)
        logging.getLogger("crhelper").setLevel(logging.WARNING)

    def _set_timeout(self) -> None:
        """Set no timer: crhelper's responds FAILED from a second thread, even if the request goes on."""

    def _wrap_function(self, func: Callable[[Mapping[str, Any], Any], str | None]) -> None:
        """Run the registered function. crhelper would respond to an exception with old data."""
        self.Data: dict[str, Any] = {}
        former = self._event.get("PhysicalResourceId")
        try:
            physical_id = func(self._event, self._context)
        except InvalidPropertyError as error:
            self._fail(str(error), former)
        except Exception as error:
            _log.exception({"event": "unexpected error"})
            self._fail(
                f"{type(error).__name__}: {error} (a defect of the import function; its log has the trace)",
                former,
            )
        else:
            if self.Status != FAILED:
                self.PhysicalResourceId = physical_id

    def _fail(self, reason: str, physical_id: str | None) -> None:
        self.Status, self.Reason, self.Data = FAILED, reason, {}
        # A failed Update keeps the id: another one would replace the resource. Without an id, crhelper would
        # respond with a random one, and CloudFormation would delete what never existed (its issue 7).
        self.PhysicalResourceId = physical_id or NO_RUN

    def _polling_init(self, event: Mapping[str, Any]) -> None:  # noqa: ARG002 - crhelper's signature
        """Respond if the request has ended. crhelper would create a rule first, for every request."""
        self._send_response = self.Status == FAILED or self.PhysicalResourceId is not None

    # ARG002: crhelper's signature
    def _send(self, status: str | None = None, reason: str = "", send_response: Any = None) -> None:  # noqa: ARG002
        """Keep the response until crhelper is done, because crhelper responds again after an error."""
        self._response = {
            "Status": status or self.Status,
            "Reason": reason if status else self.Reason,
            "PhysicalResourceId": self.PhysicalResourceId or NO_RUN,
            "StackId": self.StackId,
            "RequestId": self.RequestId,
            "LogicalResourceId": self.LogicalResourceId,
            "NoEcho": self.NoEcho,
            "Data": self.Data,
        }

    # How a request ends.

    def _deliver(self, response: Mapping[str, Any]) -> None:
        """Respond to CloudFormation, then clear up. crhelper treats any HTTP status as success."""
        services = self._services
        until = self._clock() + self.seconds_left() - min(RESERVE_SECONDS, self.seconds_left() / 4)
        if services.put(self._response_url, response_body(response), until, self._clock, services.sleep):
            _log.info({"event": "responded", "status": response["Status"], "reason": response["Reason"]})
            if self._has_rule and self.RequestType == "Delete":
                self._is_cleared(self._rule.remove_all, self._clearing_up_seconds())
            elif self._has_rule:
                self._remove_rule()
        elif self._clock() >= self.made_at + CLOUDFORMATION_MAX_SECONDS:
            # CloudFormation accepts none any more.
            self._remove_rule()
        elif self.RequestType == "Delete" or not self._hand_over_response(response):
            raise ResponseNotDeliveredError(f"{self.RequestType} of {self.LogicalResourceId}")

    def _hand_over_response(self, response: Mapping[str, Any]) -> bool:
        """Have a later invocation respond: with this reason, or with the success, which it finds again."""
        if response["Status"] == FAILED:
            reason = response["Reason"][:REASON_MAX_LENGTH]
            return self.hand_over(State(Failed(reason, response["PhysicalResourceId"])), self._clock())
        return "CrHelperPoll" in self._event or self.hand_over(self.succeeded, self._clock())

    def _remove_rule(self) -> None:
        """Remove the request's target, and the rule unless other requests use it.

        Raises:
            RuleNotRemovedError: EventBridge failed for too long.
        """
        is_cleared = self._is_cleared(self._rule.remove, self._clearing_up_seconds())
        if not is_cleared and not self._rule.still_invokes:
            raise RuleNotRemovedError(self._rule.name)

    def _clearing_up_seconds(self) -> float:
        return min(CLEARING_UP_SECONDS, self.seconds_left() - RESERVE_SECONDS)

    def _is_cleared(self, clear: Callable[[], AwsError | None], seconds: float) -> bool:
        begun, removed_at = self._clock(), None
        while clear() is not None:
            now = self._clock()
            if removed_at is None and self._rule.is_removed:
                removed_at = now
            # By now, listed targets exist. They are of other requests, which will delete the rule.
            is_settled = removed_at is not None and now >= removed_at + TARGETS_LAG_SECONDS
            if is_settled and self._rule.serves_others():
                return True
            if now >= begun + seconds:
                return False
            self._services.sleep(CLEARING_UP_PAUSE_SECONDS)
        return True
