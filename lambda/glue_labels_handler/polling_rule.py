"""The EventBridge rule that invokes the function again, one for a resource, while a request outlives an
invocation.

The rule's name depends on StackId and LogicalResourceId only, so a newer request, or the Delete, finds what
an older one left. A target's id is its RequestId, so neither takes the other's away.
"""

from __future__ import annotations

import hashlib
import json
import logging
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_labels_handler.errors import Kind, fault_of
from glue_labels_handler.request import RULE_NAME_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)

NAME_HASH_LENGTH = 32
"""Hexadecimal digits; with the prefix well under the 64 characters that EventBridge allows a rule's name
(crhelper's own name for it can exceed them: https://github.com/aws-cloudformation/custom-resource-helper/issues/61)."""


def rule_name(stack_id: str, logical_id: str) -> str:
    """Return the name of the one rule that may poll for this resource."""
    digest = hashlib.sha256(f"{stack_id}\n{logical_id}".encode()).hexdigest()
    return RULE_NAME_PREFIX + digest[:NAME_HASH_LENGTH]


class PollingRule:
    """The rule of one resource.

    Args:
        events: makes a boto3 EventBridge client; only called when one is needed.
        name: of the rule, see `rule_name`.

    Attributes:
        name: of the rule.
    """

    def __init__(self, events: Callable[[], Any], name: str) -> None:
        self._events = events
        self.name = name

    def put(self, function_arn: str, request_id: str, event: Mapping[str, Any]) -> bool:
        """Have the function invoked with `event` every minute; return whether that is arranged."""
        try:
            self._events().put_rule(
                Name=self.name,
                ScheduleExpression="rate(1 minute)",
                State="ENABLED",
                Description="Waits for an AWS Glue import of labels; removed when it ends.",
            )
            # Compact: EventBridge takes at most 8,192 characters.
            text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
            answer = self._events().put_targets(
                Rule=self.name, Targets=[{"Id": request_id, "Arn": function_arn, "Input": text}]
            )
        except (ClientError, BotoCoreError) as error:
            self._log_fault("put", error)
            return False
        if answer.get("FailedEntryCount"):
            codes = [entry.get("ErrorCode") for entry in answer.get("FailedEntries", ())]
            _log.error({"event": "rule not put", "rule": self.name, "errors": codes})
            return False
        return True

    def serves(self, request_id: str) -> bool:
        """Return whether the rule still polls for this request; True where that cannot be told."""
        try:
            return request_id in (self._target_ids() or ())
        except (ClientError, BotoCoreError) as error:
            self._log_fault("read", error)
            return True

    def remove(self, request_id: str | None = None, *, but: str | None = None) -> bool:
        """Remove a request's target, or all targets but one, and the rule when none is left.

        What is gone already is fine, and what cannot be removed is logged: the answer to CloudFormation does
        not depend on it.

        Returns:
            Whether it is gone now.
        """
        try:
            present = self._target_ids()
            if present is None:
                return True
            leaving = present & {request_id} if request_id is not None else present - {but}
            if leaving:
                self._events().remove_targets(Rule=self.name, Ids=sorted(leaving))
            if not present - leaving:
                self._events().delete_rule(Name=self.name)
        except (ClientError, BotoCoreError) as error:
            if fault_of(error).kind is not Kind.GONE:
                self._log_fault("removed", error)
                return False
        return True

    def _target_ids(self) -> set[str] | None:
        """Return the ids of the rule's targets, None if there is no rule."""
        try:
            answer = self._events().list_targets_by_rule(Rule=self.name)
        except ClientError as error:
            if fault_of(error).kind is Kind.GONE:
                return None
            raise
        return {str(target["Id"]) for target in answer.get("Targets", ())}

    def _log_fault(self, what: str, error: Exception) -> None:
        _log.warning({"event": f"rule not {what}", "rule": self.name, "error": str(fault_of(error))})
