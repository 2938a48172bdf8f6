"""The EventBridge rule that invokes the function again while a request outlives an invocation.

There is one rule a resource, named by StackId and LogicalResourceId, so that the Delete finds it. The name
begins with what the template can compute of the StackId, so that the function's permissions end at its own
stack's rules. In the rule each request has a target of its own, which it removes when it has ended.

EventBridge is eventually consistent: a list does not prove that a target is absent, and a rule may resist its
deletion for a target that was removed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_labels_handler.causes import Kind
from glue_labels_handler.errors import Fault, fault_of
from glue_labels_handler.request import rule_name_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)

NAME_MAX_LENGTH = 64
"""Characters that EventBridge allows a rule's name (crhelper's own name for it can exceed them:
https://github.com/aws-cloudformation/custom-resource-helper/issues/61)."""


def rule_name(stack_id: str, logical_id: str) -> str:
    """Return the name of the one rule that may poll for this resource.

    Args:
        stack_id: `StackId`, ``arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID``; the UUID is in
            the name as it is.
        logical_id: `LogicalResourceId`; the first 15 digits of its hash are in the name.
    """
    prefix = rule_name_prefix(stack_id.rpartition("/")[2])
    return prefix + hashlib.sha256(logical_id.encode()).hexdigest()[: NAME_MAX_LENGTH - len(prefix)]


def target_id(request_id: str, made_at: float) -> str:
    """Return the id of a request's target, as earlier versions gave it, whose rules may outlive an upgrade.

    Args:
        request_id: `RequestId`, a UUID.
        made_at: when the request was made, in epoch seconds.
    """
    return f"{int(made_at):010d}.{request_id}"


class PollingRule:
    """The rule of one resource, as one request sees it.

    Args:
        events: makes a boto3 EventBridge client; only called when one is needed.
        name: of the rule, see `rule_name`.
        target: the id of the request's target, see `target_id`.

    Attributes:
        name: of the rule.
        is_removed: whether EventBridge has accepted the removal of the request's target.
        still_invokes: whether the rule surely has the request's target yet, though it was to be removed.
    """

    is_removed = False
    still_invokes = True

    def __init__(self, events: Callable[[], Any], name: str, target: str) -> None:
        self._events = events
        self.name = name
        self._target = target

    def put(self, function_arn: str, event: Mapping[str, Any]) -> bool:
        """Have the function invoked with `event` every minute; return whether that is arranged."""
        # Compact: EventBridge takes at most 8,192 characters.
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        try:
            self._events().put_rule(
                Name=self.name,
                ScheduleExpression="rate(1 minute)",
                State="ENABLED",
                Description="Waits for an AWS Glue import of labels; removed when it ends.",
            )
            answer = self._events().put_targets(
                Rule=self.name, Targets=[{"Id": self._target, "Arn": function_arn, "Input": text}]
            )
        except (ClientError, BotoCoreError) as error:
            # Not its message, which may quote the input, and that has the address of the response.
            codes = [fault_of(error).code]
        else:
            codes = _failed(answer)
        if codes:
            _log.warning({"event": "rule not put", "rule": self.name, "errors": codes})
            # Half a rule invokes nobody who would remove it. One that has a target is not deleted.
            self._try(lambda: self._events().delete_rule(Name=self.name))
        return not codes

    def remove(self) -> Fault | None:
        """Remove the request's target, listed or not, and the rule; return why the rule is still there.

        A rule that has targets is not deleted: those of other requests, or such as are seen for a while yet.
        """
        fault = self._log(self._try(lambda: self._remove({self._target})))
        # Tried all the same: the target may be gone although the response says otherwise.
        left = self._log(self._try(lambda: self._events().delete_rule(Name=self.name)))
        # A call that met trouble may have worked all the same.
        self.is_removed |= fault is None
        self.still_invokes &= fault is not None and fault.kind is not Kind.PASSING
        return left

    def serves_others(self) -> bool:
        """Return whether other requests have targets, as far as EventBridge shows."""
        return bool(self._listed() - {self._target})

    def remove_all(self) -> Fault | None:
        """Remove the rule with the targets of all requests; return why that failed."""
        targets = self._listed()
        fault = self._log(self._try(lambda: self._remove(targets))) if targets else None
        return fault or self._log(self._try(lambda: self._events().delete_rule(Name=self.name)))

    def _remove(self, targets: set[str]) -> None:
        codes = _failed(self._events().remove_targets(Rule=self.name, Ids=sorted(targets)))
        if codes:
            raise ClientError({"Error": {"Code": codes[0], "Message": "not removed"}}, "RemoveTargets")

    def _listed(self) -> set[str]:
        """Return the ids of the targets that EventBridge shows; none where it shows nothing."""
        try:
            answer = self._events().list_targets_by_rule(Rule=self.name)
        except (ClientError, BotoCoreError):
            return set()
        return {str(target["Id"]) for target in answer.get("Targets", ())}

    @staticmethod
    def _try(call: Callable[[], object]) -> Fault | None:
        try:
            call()
        except (ClientError, BotoCoreError) as error:
            fault = fault_of(error)
            return None if fault.kind is Kind.GONE else fault
        return None

    def _log(self, fault: Fault | None) -> Fault | None:
        if fault is not None:
            _log.warning({"event": "rule not removed", "rule": self.name, "error": str(fault)})
        return fault


def _failed(answer: Mapping[str, Any]) -> list[str]:
    """Return the codes of the entries that PutTargets or RemoveTargets refused."""
    if not answer.get("FailedEntryCount"):
        return []
    return [str(entry.get("ErrorCode")) for entry in answer.get("FailedEntries", ())] or ["Unknown"]
