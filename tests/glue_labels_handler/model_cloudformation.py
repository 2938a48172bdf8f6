"""CloudFormation as a model: one stack, one resource, its requests, and what it makes of the responses."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from harness import FUNCTION_ARN, LOGICAL_ID, STACK_ID, URL

from glue_labels_handler.request import RESPONSE_SECONDS
from glue_labels_handler.response import BODY_MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from model_failures import Failures
    from schedule import Schedule


@dataclass(frozen=True)
class Template:
    """What the template says of the resource."""

    path: str = "s3://labels/a.csv"
    replace: bool = True
    version: str = "1"
    timeout: int = 600
    transform_id: str = "tfm-1"

    def properties(self) -> dict[str, Any]:
        return {
            "ServiceToken": FUNCTION_ARN,
            "ServiceTimeout": str(self.service_timeout),
            "TransformId": self.transform_id,
            "InputS3Path": self.path,
            "ReplaceAllLabels": str(self.replace).lower(),
            "TimeoutSeconds": str(self.timeout),
            "Version": self.version,
        }

    @property
    def service_timeout(self) -> int:
        return self.timeout + RESPONSE_SECONDS

    @property
    def imported(self) -> tuple[str, str, bool]:
        return self.transform_id, self.path, self.replace

    @property
    def makes_it_due(self) -> tuple[object, ...]:
        """What a run has to be for; the rest changes nothing about it."""
        return *self.imported, self.version


@dataclass(frozen=True)
class EvaluationTemplate(Template):
    """What the template says of an evaluation."""

    after: str = "tsk-1"
    minimum: str = ""

    def properties(self) -> dict[str, Any]:
        return {
            "ServiceToken": FUNCTION_ARN,
            "ServiceTimeout": str(self.service_timeout),
            "TransformId": self.transform_id,
            "After": [self.after],
            "TimeoutSeconds": str(self.timeout),
            **({"Minimum": {"F1": self.minimum}} if self.minimum else {}),
        }

    @property
    def makes_it_due(self) -> tuple[object, ...]:
        return self.transform_id, self.after


class Phase(Enum):
    """Where the resource stands."""

    CREATING = "creating"
    COMPLETE = "complete"
    UPDATING = "updating"
    ROLLING_BACK = "rolling back"
    ROLLBACK_FAILED = "rollback failed"
    DELETING = "deleting"
    DELETED = "deleted"


@dataclass
class Request:
    """One request and what came of it."""

    id: str
    type: str
    wanted: Template
    former: Template | None
    physical_id: str | None
    made: float
    is_rollback: bool = False
    is_abandoned: bool = False
    response: dict[str, Any] | None = None

    @property
    def expires(self) -> float:
        return self.made + self.wanted.service_timeout

    @property
    def is_unchanged(self) -> bool:
        """Whether it is an Update that makes no run due."""
        return self.former is not None and self.former.makes_it_due == self.wanted.makes_it_due


@dataclass
class CloudFormation:
    """The service with the one stack.

    Attributes:
        template: what the resource is, or is becoming.
        live: the request whose response is waited for.
        requests: all of them, by id.
    """

    schedule: Schedule
    failures: Failures
    invoke: Callable[[str, float], None]
    """Has Lambda invoke the function with this request, so many seconds from now."""
    judge: Callable[[Request, dict[str, Any]], None]
    """Checks a response."""
    missed: Callable[[Request], None]
    """Called with a request whose ServiceTimeout passed."""
    violations: list[str]
    resource_type: str = "Custom::GlueLabelsImport"
    phase: Phase = Phase.DELETED
    template: Template = field(default_factory=Template)
    physical_id: str | None = None
    live: Request | None = None
    requests: dict[str, Request] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    """The oldest first."""
    events_late: float = 0.0
    """Seconds until an event is seen."""

    # The boto3 client.

    def describe_stack_events(self, **asked: Any) -> dict[str, Any]:
        """The newest events first, a page of them."""
        return self.failures.call("DescribeStackEvents", lambda: self._describe(**asked))

    def _describe(self, *, StackName: str, NextToken: str = "0") -> dict[str, Any]:  # noqa: N803 - the API's
        assert StackName == STACK_ID
        seen = self.schedule.now - self.events_late
        shown = [one for one in reversed(self.events) if one["Timestamp"].timestamp() <= seen]
        # Few, so that there are several pages; enough for what the function reads of them.
        begin, end = int(NextToken), int(NextToken) + 15
        more = {"NextToken": str(end)} if end < len(shown) else {}
        return {"StackEvents": shown[begin:end], **more}

    def _note(self, status: str, template: Template) -> None:
        """Add an event of the resource, and one of another resource."""
        other = self._event("Other", "other", "UPDATE_IN_PROGRESS")
        ours = self._event(LOGICAL_ID, str(self.physical_id), status)
        self.events += [other, {**ours, "ResourceProperties": json.dumps(template.properties())}, dict(other)]

    def _event(self, logical_id: str, physical_id: str, status: str) -> dict[str, Any]:
        return {
            "StackId": STACK_ID,
            "LogicalResourceId": logical_id,
            "PhysicalResourceId": physical_id,
            "ResourceStatus": status,
            "Timestamp": self.schedule.utc(),
        }

    # What the user does, and other resources of the stack.

    def create(self, template: Template, late: float) -> None:
        self.phase, self.template = Phase.CREATING, template
        self._send("Create", template, None, late)

    def update(self, template: Template, late: float) -> None:
        if template == self.template:
            # CloudFormation updates only resources that have changed.
            return
        self.phase, former, self.template = Phase.UPDATING, self.template, template
        self._send("Update", template, former, late)

    def delete(self, late: float) -> None:
        self.phase = Phase.DELETING
        self._send("Delete", self.template, None, late)

    def abandon(self, late: float) -> None:
        """Another resource failed, or the user cancelled: roll back, and wait no longer for the response."""
        assert self.live is not None
        self.live.is_abandoned = True
        self._roll_back(self.live, late)

    def roll_back_again(self, late: float) -> None:
        """Continue the rollback that failed."""
        back = next(request for request in reversed(self.requests.values()) if request.type == "Update")
        assert back.former is not None
        self.phase = Phase.ROLLING_BACK
        self._send("Update", back.wanted, back.former, late, "UPDATE_ROLLBACK_IN_PROGRESS")

    # What it does by itself.

    def take(self, body: bytes) -> None:
        """Take a response, as the ResponseURL does. Only the first response of a request counts."""
        response = json.loads(body)
        request = self.requests[response["RequestId"]]
        if len(body) > BODY_MAX_BYTES or "Signature" in body.decode():
            self.violations.append(f"rule 3: {body!r}")
        self.judge(request, response)
        if request.response is not None:
            return
        request.response = response
        if request is not self.live:
            return
        if response["Status"] == "SUCCESS":
            self._succeeded(request, response["PhysicalResourceId"])
        else:
            self._failed(request, response["PhysicalResourceId"])

    def _succeeded(self, request: Request, physical_id: str) -> None:
        self.live = None
        self._note(f"{request.type.upper()}_COMPLETE", request.wanted)
        if self.physical_id not in (None, physical_id) and request.type != "Create":
            self.violations.append(f"the physical id changed: {self.physical_id} to {physical_id}")
        self.physical_id = physical_id
        self.phase = Phase.DELETED if request.type == "Delete" else Phase.COMPLETE

    def _failed(self, request: Request, physical_id: str | None) -> None:
        self._note(f"{request.type.upper()}_FAILED", request.wanted)
        if request.type == "Create":
            self.physical_id = physical_id
        self._roll_back(request, late=0.5)

    def _roll_back(self, request: Request, late: float) -> None:
        self.live = None
        if request.type == "Create":
            # Without a response there is no id: CloudFormation makes one up.
            self.physical_id = self.physical_id or f"Labels-{LOGICAL_ID}-1ABCDEFGHIJKL"
            self.delete(late)
        elif self.phase is Phase.UPDATING:
            assert request.former is not None
            self.phase, self.template = Phase.ROLLING_BACK, request.former
            self._send("Update", request.former, request.wanted, late, "UPDATE_ROLLBACK_IN_PROGRESS")
        else:
            self.phase = Phase.ROLLBACK_FAILED

    def _send(
        self, request_type: str, wanted: Template, former: Template | None, late: float, stack: str = ""
    ) -> None:
        now = self.schedule.now
        physical_id = None if request_type == "Create" else self.physical_id
        date = f"&X-Amz-Date={self.schedule.utc():%Y%m%dT%H%M%SZ}"
        request = Request(
            str(uuid.UUID(int=len(self.requests) + 1)),
            request_type,
            wanted,
            former,
            physical_id,
            now,
            "ROLLBACK" in stack,
        )
        self.requests[request.id] = self.live = request
        self.events.append(self._event("Labels", STACK_ID, stack or f"{request_type.upper()}_IN_PROGRESS"))
        self._note(f"{request_type.upper()}_IN_PROGRESS", wanted)
        event: dict[str, Any] = {
            "RequestType": request_type,
            "RequestId": request.id,
            "StackId": STACK_ID,
            "LogicalResourceId": LOGICAL_ID,
            "ResourceType": self.resource_type,
            "ResponseURL": URL + date,
            "ResourceProperties": wanted.properties(),
        }
        if former is not None:
            event["OldResourceProperties"] = former.properties()
        if physical_id is not None:
            event["PhysicalResourceId"] = physical_id
        self.schedule.at(request.expires, lambda: self._give_up(request))
        self.invoke(json.dumps(event), late)

    def _give_up(self, request: Request) -> None:
        if request is not self.live:
            return
        self.missed(request)
        if request.type == "Delete":
            self.live, self.phase = None, Phase.DELETED  # the user deletes it again, retaining the resource
        else:
            self._failed(request, None)
