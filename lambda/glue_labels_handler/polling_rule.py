"""The EventBridge rule that invokes the function again, one for a resource, while a request outlives an
invocation.

The rule's name depends on StackId and LogicalResourceId only, so a newer request, or the Delete, finds what
an older one left; and it begins with what the template can compute of the StackId, so that the function's
permissions end at its own stack's rules. A target's id tells when its request was made, so that a request
knows a newer one's target from an older one's: an old request that Lambda repeats must not take a newer one's
away.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
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

_STAMP_LENGTH = 10  # digits of epoch seconds, until the year 2286


def rule_name(stack_id: str, logical_id: str) -> str:
    """Return the name of the one rule that may poll for this resource.

    Args:
        stack_id: `StackId`, ``arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID``; the UUID is in
            the name as it is.
        logical_id: `LogicalResourceId`; the first 15 digits of its hash are in the name.
    """
    prefix = rule_name_prefix(stack_id.rpartition("/")[2])
    digest = hashlib.sha256(logical_id.encode()).hexdigest()
    return prefix + digest[: NAME_MAX_LENGTH - len(prefix)]


def target_id(request_id: str, made_at: float | None) -> str:
    """Return the id of a request's target; of two, the newer request's is the greater in its first digits.

    Args:
        request_id: `RequestId`, a UUID.
        made_at: when the request was made, in epoch seconds; None where that cannot be told.
    """
    return f"{int(made_at or 0):0{_STAMP_LENGTH}d}.{request_id}"


@dataclass(frozen=True)
class TakeOver:
    """What became of taking the rule over from older requests.

    Attributes:
        fault: why they may poll on; None if they do not.
        newer: whether a newer request has taken it over already.
    """

    fault: Fault | None = None
    newer: bool = False


class PollingRule:
    """The rule of one resource, as one request sees it.

    Args:
        events: makes a boto3 EventBridge client; only called when one is needed.
        name: of the rule, see `rule_name`.
        target: the request's, see `target_id`.

    Attributes:
        name: of the rule.
    """

    def __init__(self, events: Callable[[], Any], name: str, target: str) -> None:
        self._events = events
        self.name = name
        self._target = target

    def put(self, function_arn: str, event: Mapping[str, Any]) -> bool:
        """Have the function invoked with `event` every minute; return whether that is arranged."""
        try:
            self._events().put_rule(
                Name=self.name,
                ScheduleExpression="rate(1 minute)",
                State="ENABLED",
                Description="Waits for an AWS Glue import of labels; removed when it ends.",
            )
        except (ClientError, BotoCoreError) as error:
            self._log_fault("put", error)
        else:
            refusals = self._put_target(function_arn, event)
            if not refusals:
                return True
            _log.error({"event": "rule not put", "rule": self.name, "errors": refusals})
        # Half a rule: without a target it invokes nobody who would remove it.
        self._drop(set())
        return False

    def _put_target(self, function_arn: str, event: Mapping[str, Any]) -> list[str]:
        """Let the rule invoke the function with `event`; return the codes of what is refused."""
        # Compact: EventBridge takes at most 8,192 characters.
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        target = {"Id": self._target, "Arn": function_arn, "Input": text}
        try:
            answer = self._events().put_targets(Rule=self.name, Targets=[target])
        except (ClientError, BotoCoreError) as error:
            # Not its message, which may quote the input, and that has the address of the answer.
            return [fault_of(error).code]
        if not answer.get("FailedEntryCount"):
            return []
        return [str(entry.get("ErrorCode")) for entry in answer.get("FailedEntries", ())] or ["Unknown"]

    def serves(self) -> bool:
        """Return whether the rule polls for this request and no newer one; True where it cannot be told."""
        try:
            present = self._targets() or set()
        except (ClientError, BotoCoreError) as error:
            self._log_fault("read", error)
            return True
        return self._target in present and not self._newer(present)

    def remove(self) -> Fault | None:
        """Remove the request's target, and the rule if it was the last; return why that failed.

        What is gone already is fine. A failure is logged: the answer to CloudFormation does not depend on it.
        """
        try:
            present = self._targets()
        except (ClientError, BotoCoreError) as error:
            return self._log_fault("removed", error)
        return None if present is None else self._drop(present & {self._target})

    def _drop(self, targets: set[str]) -> Fault | None:
        try:
            self._remove(targets)
        except (ClientError, BotoCoreError) as error:
            return self._log_fault("removed", error)
        return None

    def take_over(self) -> TakeOver:
        """Remove the targets of older requests, and the rule if nothing is left."""
        newer: set[str] = set()
        try:
            present = self._targets()
            if present is not None:
                newer = self._newer(present)
                older = present - newer - {self._target}
                if older or not present:
                    self._remove(older)
        except (ClientError, BotoCoreError) as error:
            return TakeOver(self._log_fault("taken over", error), bool(newer))
        return TakeOver(newer=bool(newer))

    def _newer(self, targets: set[str]) -> set[str]:
        return {one for one in targets if one[:_STAMP_LENGTH] > self._target[:_STAMP_LENGTH]}

    def _targets(self) -> set[str] | None:
        """Return the ids of the rule's targets, None if there is no rule."""
        try:
            answer = self._events().list_targets_by_rule(Rule=self.name)
        except ClientError as error:
            if fault_of(error).kind is Kind.GONE:
                return None
            raise
        return {str(target["Id"]) for target in answer.get("Targets", ())}

    def _remove(self, targets: set[str]) -> None:
        try:
            if targets:
                self._events().remove_targets(Rule=self.name, Ids=sorted(targets))
            # Always tried: of two requests that clear up at once, each may have seen the other's target.
            self._events().delete_rule(Name=self.name)
        except ClientError as error:
            fault = fault_of(error)
            # EventBridge deletes no rule that has targets: those of others, then.
            if fault.kind is not Kind.GONE and fault.code != "ValidationException":
                raise

    def _log_fault(self, what: str, error: Exception) -> Fault:
        fault = fault_of(error)
        _log.warning({"event": f"rule not {what}", "rule": self.name, "error": str(fault)})
        return fault
