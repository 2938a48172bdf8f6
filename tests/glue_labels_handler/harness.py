"""A harness for the function: Glue and S3 under moto, EventBridge as a model, Lambda and CloudFormation as a
small driver, all on one simulated clock."""

from __future__ import annotations

import json
import math
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from environment import cold_start
from model_eventbridge import EventBridge

from glue_labels_handler.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from glue_labels_sandbox.records import RunPlan
    from glue_labels_sandbox.simulation import Simulation


REGION = "eu-west-1"
STACK_ID = "arn:aws:cloudformation:eu-west-1:123456789012:stack/Labels/8f14e45f-ceea-467f-9b2d-000000000000"
LOGICAL_ID = "CustomerLabels"
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:Labels-GlueLabelsImport"
URL = "https://cloudformation-custom-resource-response-euwest1.s3.example/response?X-Amz-Signature=5ec7e7"
BUCKET = "labels-of-the-test"
LABELS = b"labeling_set_id,label,name\nA,1,Ann Lee\nA,1,Anne Lee\nA,2,Bo Diaz\n"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += seconds

    def utc(self) -> datetime:
        return datetime.fromtimestamp(self.now, timezone.utc)


@dataclass
class Context:
    """Lambda's context object, as much of it as the function and crhelper read."""

    clock: Clock
    ends: float
    aws_request_id: str = "invocation"
    invoked_function_arn: str = FUNCTION_ARN
    function_name: str = "Labels-GlueLabelsImport"

    def get_remaining_time_in_millis(self) -> int:
        return int((self.ends - self.clock()) * 1000)


@dataclass
class Response:
    """What reached CloudFormation, and when."""

    body: dict[str, Any]
    at: float

    @property
    def status(self) -> str:
        return str(self.body["Status"])

    @property
    def reason(self) -> str:
        return str(self.body["Reason"])

    @property
    def physical_id(self) -> str:
        return str(self.body["PhysicalResourceId"])

    @property
    def data(self) -> dict[str, str]:
        return dict(self.body["Data"])


@dataclass
class PlannedError:
    """An error of one call.

    Attributes:
        call: as the API names it; PUT for the response to CloudFormation.
        error: makes the error.
        not_before: the moment from which on it may strike, in epoch seconds.
        seconds: how long it lasts from its first strike on.
        takes_effect: whether the call does its work before the error, as when a response is lost.
        struck_at: when it first struck.
    """

    call: str
    error: Callable[[], Exception]
    not_before: float = 0.0
    seconds: float = math.inf
    takes_effect: bool = False
    struck_at: float | None = None

    def strikes(self, call: str, now: float) -> bool:
        """Return whether a call made now meets it."""
        if call != self.call or now < self.not_before:
            return False
        if self.struck_at is None:
            self.struck_at = now
        return now < self.struck_at + self.seconds


class Watched:
    """A boto3 client whose calls are counted, and fail while a planned error lasts."""

    def __init__(
        self, client: Any, clock: Clock, calls: dict[str, int], planned_errors: list[PlannedError]
    ) -> None:
        self._client, self._clock, self._calls, self._planned_errors = client, clock, calls, planned_errors

    def __getattr__(self, method: str) -> Any:
        name = self._client.meta.method_to_api_mapping[method]
        do = getattr(self._client, method)

        def call(**parameters: Any) -> Any:
            self._calls[name] += 1
            for planned in self._planned_errors:
                if planned.strikes(name, self._clock()):
                    if planned.takes_effect:
                        do(**parameters)
                    raise planned.error()
            return do(**parameters)

        return call


@dataclass
class StackEvents:
    """A CloudFormation client that knows the events of the one stack."""

    clock: Clock
    events: list[dict[str, Any]] = field(default_factory=list)
    """The oldest first."""
    meta: Any = field(
        default_factory=lambda: SimpleNamespace(
            method_to_api_mapping={"describe_stack_events": "DescribeStackEvents"}
        )
    )

    def add(self, status: str, properties: Mapping[str, Any]) -> None:
        """Add an event of the resource."""
        self._add(LOGICAL_ID, "tsk-0", status, ResourceProperties=json.dumps(properties))

    def add_of_stack(self, status: str) -> None:
        """Add an event of the stack itself."""
        self._add("Labels", STACK_ID, status)

    def _add(self, logical_id: str, physical_id: str, status: str, **more: Any) -> None:
        self.events.append(
            {
                "StackId": STACK_ID,
                "LogicalResourceId": logical_id,
                "PhysicalResourceId": physical_id,
                "ResourceStatus": status,
                "Timestamp": self.clock.utc(),
                **more,
            }
        )

    def describe_stack_events(self, *, StackName: str) -> dict[str, Any]:  # noqa: N803 - the API's
        assert StackName == STACK_ID
        return {"StackEvents": self.events[::-1]}


@dataclass
class Harness:
    """Everything around the function."""

    clock: Clock
    glue_ml: Simulation
    glue: Any
    s3: Any
    transform_id: str
    invocation_seconds: float = 900.0
    responses: list[Response] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    planned_errors: list[PlannedError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.eventbridge = EventBridge(self.clock)
        self.glue = Watched(self.glue, self.clock, self.calls, self.planned_errors)
        self.events: Any = Watched(self.eventbridge, self.clock, self.calls, self.planned_errors)
        self.stack_events = StackEvents(self.clock)
        self.cloudformation = Watched(self.stack_events, self.clock, self.calls, self.planned_errors)
        self.resource = cold_start(
            Services(
                self.glue,
                lambda: self.events,
                lambda: self.cloudformation,
                self.clock,
                self.clock.sleep,
                self._put,
            )
        )

    def _put(self, url: Any, body: bytes, until: float, clock: Any, sleep: Any) -> bool:
        assert url.value.startswith(URL)
        for planned in self.planned_errors:
            while planned.strikes("PUT", clock()):
                if clock() >= until:
                    return False
                sleep(min(5.0, until - clock()))
        self.responses.append(Response(json.loads(body), self.clock()))
        return True

    @property
    def response(self) -> Response:
        """The one outcome there must be. It may come again, which CloudFormation ignores."""
        return self._outcome(self.responses)

    @staticmethod
    def _outcome(responses: list[Response]) -> Response:
        assert responses
        bodies = [response.body for response in responses]
        assert all(body == bodies[0] for body in bodies), [body["Reason"] for body in bodies]
        return responses[0]

    def _served(self, request: dict[str, Any]) -> Response:
        """Serve a request; return its outcome, whatever ticks of others brought meanwhile."""
        self.serve(request)
        return self._outcome([one for one in self.responses if one.body["RequestId"] == request["RequestId"]])

    def upload(self, key: str, body: bytes = LABELS) -> str:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def properties(self, **changes: Any) -> dict[str, Any]:
        properties = {
            "ServiceToken": FUNCTION_ARN,
            "ServiceTimeout": "3600",
            "TransformId": self.transform_id,
            "InputS3Path": f"s3://{BUCKET}/labels.csv",
            "ReplaceAllLabels": "true",
            "TimeoutSeconds": "3300",
        }
        return {name: value for name, value in {**properties, **changes}.items() if value is not None}

    def evaluation_properties(self, **changes: Any) -> dict[str, Any]:
        properties = {
            "ServiceToken": FUNCTION_ARN,
            "ServiceTimeout": "3600",
            "TransformId": self.transform_id,
            "TimeoutSeconds": "3300",
        }
        return {**properties, **changes}

    def request(self, request_type: str, **fields: Any) -> dict[str, Any]:
        """Make a request as the forward part of a stack operation."""
        self.stack_events.add_of_stack(f"{request_type.upper()}_IN_PROGRESS")
        return self.next_request(request_type, **fields)

    def next_request(self, request_type: str, **fields: Any) -> dict[str, Any]:
        """Make a request of the stack operation that is in progress."""
        properties = fields.get("ResourceProperties", self.properties())
        self.stack_events.add(f"{request_type.upper()}_IN_PROGRESS", properties)
        return {
            "RequestType": request_type,
            "RequestId": str(uuid.uuid4()),
            "StackId": STACK_ID,
            "LogicalResourceId": LOGICAL_ID,
            "ResourceType": "Custom::GlueLabelsImport",
            "ResponseURL": f"{URL}&X-Amz-Date={self.clock.utc():%Y%m%dT%H%M%SZ}",
            "ResourceProperties": self.properties(),
            **fields,
        }

    def invoke(self, event: Mapping[str, Any]) -> None:
        """One invocation, as Lambda makes it."""
        context = Context(self.clock, self.clock() + self.invocation_seconds)
        self.resource(json.loads(json.dumps(event)), context)
        assert self.clock() <= context.ends, "Lambda would have killed the invocation"

    def rules(self) -> list[str]:
        return list(self.eventbridge.rules)

    def polling_events(self) -> list[dict[str, Any]]:
        return [json.loads(text) for rule in self.eventbridge.rules.values() for text in rule.values()]

    def tick(self) -> None:
        """What EventBridge does once a minute."""
        begun = self.clock()
        for event in self.polling_events():
            self.invoke(event)
        self.clock.now = max(self.clock.now, begun + 60)

    def serve(self, event: Mapping[str, Any], minutes: int = 70) -> None:
        """A request and all the ticks it leads to."""
        self.invoke(event)
        while self.rules() and minutes:
            minutes -= 1
            self.tick()

    def create(self, **properties: Any) -> Response:
        return self._served(self.request("Create", ResourceProperties=self.properties(**properties)))

    def update(self, physical_id: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Response:
        self.responses.clear()
        return self._served(
            self.request(
                "Update",
                PhysicalResourceId=physical_id,
                OldResourceProperties=self.properties(**old),
                ResourceProperties=self.properties(**new),
            )
        )

    def delete(self, physical_id: str, **properties: Any) -> Response:
        self.responses.clear()
        return self._served(
            self.request(
                "Delete", PhysicalResourceId=physical_id, ResourceProperties=self.properties(**properties)
            )
        )

    def plan(self, *plans: RunPlan) -> None:
        self.glue_ml.plan_runs(*plans)

    def statuses(self) -> list[str]:
        return [run.status for run in self.glue_ml.runs()]

    def in_flight(self) -> list[str]:
        return [run.task_run_id for run in self.glue_ml.runs() if not run.ended]
