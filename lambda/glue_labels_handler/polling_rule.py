"""The EventBridge rule that invokes the function again while a request outlives an invocation.

There is one rule a resource, named by StackId and LogicalResourceId, so that the Delete finds it. The name
begins with the UUID of the stack, so that a function's policy allows only the rules of its own stack. In the
rule, each request has its own target, and removes it when it has ended.

EventBridge is eventually consistent: a list may lack a target that exists, and DeleteRule may fail because of
a target that was removed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from glue_labels_handler.causes import Kind
from glue_labels_handler.errors import AwsError, classify
from glue_labels_handler.request import rule_name_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)

NAME_MAX_LENGTH = 64
"""Characters in a rule's name. The name that crhelper would give it can be longer
(https://github.com/aws-cloudformation/custom-resource-helper/issues/61)."""


def rule_name(stack_id: str, logical_id: str) -> str:
    """Return the name of a resource's rule.

    Args:
        stack_id: `StackId`, ``arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID``; the name has the
            UUID.
        logical_id: `LogicalResourceId`; the name has the first 15 digits of its hash.
    """
    prefix = rule_name_prefix(stack_id.rpartition("/")[2])
    return prefix + hashlib.sha256(logical_id.encode()).hexdigest()[: NAME_MAX_LENGTH - len(prefix)]


def target_id(request_id: str, made_at: float) -> str:
    """Return the id of a request's target. Do not change it: rules outlive an upgrade of the function.

    Args:
        request_id: `RequestId`, a UUID.
        made_at: when the request was made, in epoch seconds.
    """
    return f"{int(made_at):010d}.{request_id}"


@dataclass
class PollingRule:
    """The rule of one resource, as one request sees it.

    Attributes:
        events: makes a boto3 EventBridge client; only called when one is needed.
        name: of the rule, see `rule_name`.
        target: the id of the request's target, see `target_id`.
        is_removed: whether EventBridge has accepted the removal of the request's target.
        still_invokes: whether the rule certainly still has the request's target after `remove`.
        is_gone: whether the rule does not exist after `put`.
    """

    events: Callable[[], Any]
    name: str
    target: str
    is_removed: bool = False
    still_invokes: bool = True
    is_gone: bool = False

    def put(self, function_arn: str, event: Mapping[str, Any]) -> bool:
        """Have the function invoked with `event` every minute; return whether EventBridge accepts it."""
        # Compact: EventBridge takes at most 8,192 characters.
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        try:
            self.events().put_rule(
                Name=self.name,
                ScheduleExpression="rate(1 minute)",
                State="ENABLED",
                Description="Waits for an AWS Glue import of labels; removed when it ends.",
            )
            response = self.events().put_targets(
                Rule=self.name, Targets=[{"Id": self.target, "Arn": function_arn, "Input": text}]
            )
        except (ClientError, BotoCoreError) as error:
            # Only the code: the message may quote the input, which has the ResponseURL.
            codes = [classify(error).code]
        else:
            codes = _failed(response)
        self.is_gone = False
        if codes:
            _log.warning({"event": "rule not created", "rule": self.name, "errors": codes})
            # A rule without a target invokes nobody who would remove it. One that has targets is not deleted.
            self.is_gone = self._try(self._delete) is None
        return not codes

    def remove(self) -> AwsError | None:
        """Remove the request's target, listed or not, and the rule; return why the rule is still there.

        EventBridge does not delete a rule while it has targets: those of other requests, or removed ones that
        it still sees.
        """
        error = self._try(lambda: self._remove({self.target}), is_logged=True)
        # Even after an error: the target may be gone.
        left = self._try(self._delete, is_logged=True)
        self.is_removed |= error is None
        # A call with a transient error may have worked.
        self.still_invokes &= error is not None and error.kind is not Kind.TRANSIENT
        return left

    def serves_others(self) -> bool:
        """Return whether other requests have targets, as far as EventBridge shows."""
        return bool(self._listed() - {self.target})

    def remove_all(self) -> AwsError | None:
        """Remove the rule with the targets of all requests; return why that failed."""
        targets = self._listed()
        error = self._try(lambda: self._remove(targets), is_logged=True) if targets else None
        return error or self._try(self._delete, is_logged=True)

    def _remove(self, targets: set[str]) -> None:
        codes = _failed(self.events().remove_targets(Rule=self.name, Ids=sorted(targets)))
        if codes:
            raise ClientError({"Error": {"Code": codes[0], "Message": "not removed"}}, "RemoveTargets")

    def _delete(self) -> None:
        self.events().delete_rule(Name=self.name)

    def _listed(self) -> set[str]:
        """Return the ids of the targets that EventBridge shows; none if the call fails."""
        try:
            response = self.events().list_targets_by_rule(Rule=self.name)
        except (ClientError, BotoCoreError):
            return set()
        return {str(target["Id"]) for target in response.get("Targets", ())}

    def _try(self, call: Callable[[], None], *, is_logged: bool = False) -> AwsError | None:
        try:
            call()
        except (ClientError, BotoCoreError) as raised:
            error = classify(raised)
            if error.kind is Kind.GONE:
                return None
            if is_logged:
                _log.warning({"event": "rule not removed", "rule": self.name, "error": str(error)})
            return error
        return None


def _failed(response: Mapping[str, Any]) -> list[str]:
    """Return the codes of the entries that PutTargets or RemoveTargets refused."""
    if not response.get("FailedEntryCount"):
        return []
    return [str(entry.get("ErrorCode")) for entry in response.get("FailedEntries", ())] or ["Unknown"]
