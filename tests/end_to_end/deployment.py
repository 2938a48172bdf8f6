"""A stack of `app.py`, deployed by the real CDK CLI, and requests as CloudFormation sends them."""

from __future__ import annotations

import contextlib
import json
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from cloudformation_request import Request

from glue_labels_bench import cdk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from glue_labels_sandbox import LabeledRow, Sandbox

LABEL_FILES = "label-files-of-tests"
"""A bucket that `app.py` lets the transform read, for label files that are not deployed."""


@dataclass
class Deployment:
    """One stack in the sandbox."""

    sandbox: Sandbox
    stack: str
    folder: Path
    context: dict[str, str] = field(default_factory=dict)
    app: str = "app.py"

    def write_labels(self, *set_ids: str) -> None:
        """Write the label file that is deployed next, a file of these sets."""
        (self.folder / "labels.csv").write_text(_label_file(set_ids))

    def deploy(self, *options: str, **context: str) -> cdk.Output:
        """Run `cdk deploy`."""
        self.context |= context
        outputs = ["--outputs-file", str(self.folder / "outputs.json")]
        return self._cdk("deploy", "--require-approval", "never", "--progress", "events", *outputs, *options)

    def roll_back(self) -> cdk.Output:
        """Run `cdk rollback`, for a stack whose update failed under `--no-rollback`."""
        return self._cdk("rollback")

    def diff(self) -> cdk.Output:
        """Run `cdk diff`, with a change set as is its default."""
        return self._cdk("diff")

    def destroy(self) -> cdk.Output:
        """Run `cdk destroy`."""
        return self._cdk("destroy", "--force")

    def _cdk(self, command: str, *options: str) -> cdk.Output:
        context = {"labels": str(self.folder / "labels.csv"), "stack": self.stack, **self.context}
        app = f"{sys.executable} {Path(__file__).with_name(self.app)}"
        everywhere = ["--app", app, "--output", str(self.folder / "cdk.out")]
        arguments = [*everywhere, command, self.stack, *options, *cdk.context_options(context)]
        done = cdk.run(self.sandbox, self.folder, *arguments)
        print(done.text)
        return done

    @property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs, as the CLI wrote them."""
        return dict(json.loads((self.folder / "outputs.json").read_text())[self.stack])

    @property
    def status(self) -> str:
        """The stack's status; GONE without one."""
        try:
            stacks = self.sandbox.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        except ClientError:
            return "GONE"
        return str(stacks[0]["StackStatus"])

    @property
    def failures(self) -> str:
        """The reasons in the stack's events."""
        events = self.sandbox.client("cloudformation").describe_stack_events(StackName=self.stack)
        return "\n".join(event.get("ResourceStatusReason", "") for event in events["StackEvents"])

    def resources(self, resource_type: str) -> list[Any]:
        """The stack's resources of a type, as CloudFormation lists them."""
        found = self.sandbox.client("cloudformation").describe_stack_resources(StackName=self.stack)
        return [resource for resource in found["StackResources"] if resource["ResourceType"] == resource_type]

    @property
    def stack_id(self) -> str:
        """The stack's id, an ARN that ends in a UUID."""
        (stack,) = self.sandbox.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        return str(stack["StackId"])

    @property
    def function(self) -> str:
        """The name of the import function."""
        return str(self.resources("AWS::Lambda::Function")[0]["PhysicalResourceId"])

    @property
    def function_role(self) -> str:
        """The name of the import function's role."""
        functions = self.sandbox.client("lambda")
        configuration = functions.get_function_configuration(FunctionName=self.function)
        return str(configuration["Role"].rpartition("/")[2])

    @property
    def transform(self) -> str:
        """The id of the transform."""
        return str(self.resources("AWS::Glue::MLTransform")[0]["PhysicalResourceId"])

    def known_sets(self) -> set[str]:
        """The labeling sets that the transform knows."""
        labels: tuple[LabeledRow, ...] = self.sandbox.labels(self.transform)
        return {row.labeling_set_id for row in labels}

    def run_statuses(self) -> list[str]:
        """The statuses of the transform's imports, in the order of their start."""
        return [run.status for run in self.sandbox.runs(self.transform)]

    def rules(self) -> list[str]:
        """The names of all EventBridge rules."""
        return [rule["Name"] for rule in self.sandbox.client("events").list_rules()["Rules"]]

    def function_log(self) -> str:
        """The function's log."""
        logs = self.sandbox.client("logs")
        group = self.resources("AWS::Logs::LogGroup")[0]["PhysicalResourceId"]
        events = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        return "\n".join(event["message"] for page in events for event in page["events"])

    def request(self, request_type: str, **fields: Any) -> Request:
        """Make a request to the function; `fields` are added to the event."""
        return Request.made(self.sandbox, self.function, self.stack_id, request_type, **fields)

    def send(self, request_type: str, **fields: Any) -> Callable[[], dict[str, Any] | None]:
        """Send a request to the function, without waiting.

        Returns:
            A function that returns the response. None before it came.
        """
        request = self.request(request_type, **fields)
        request.send()
        return request.response

    def label_file(self, *set_ids: str) -> str:
        """Put a label file of these sets where the transform may read it; return its path in S3."""
        s3 = self.sandbox.client("s3")
        s3.create_bucket(Bucket=LABEL_FILES)
        key = f"{uuid.uuid4()}.csv"
        s3.put_object(Bucket=LABEL_FILES, Key=key, Body=_label_file(set_ids).encode())
        return f"s3://{LABEL_FILES}/{key}"

    def fire_rules_until(self, condition: Callable[[], Any]) -> Any:
        """Return the value of `condition` once that is truthy. Until then, fire the rules.

        A rule fires every minute. Here it fires whenever no invocation is in progress.
        """

        def fire_and_poll() -> Any:
            if not self.sandbox.functions_at_work():
                for name in self.rules():
                    # It may have been removed by now.
                    with contextlib.suppress(LookupError):
                        self.sandbox.fire_rule(name)
            return condition()

        return eventually(fire_and_poll, pause=1)

    def is_idle(self) -> bool:
        """Whether there is no run in flight, no rule and no invocation."""
        runs = [run for run in self.sandbox.runs() if not run.ended]
        return not (runs or self.rules() or self.sandbox.functions_at_work())

    def end_everything(self) -> None:
        """Remove all rules and cancel all runs that a test left."""
        events, glue = self.sandbox.client("events"), self.sandbox.client("glue")
        for rule in self.rules():
            targets = events.list_targets_by_rule(Rule=rule)["Targets"]
            if targets:
                events.remove_targets(Rule=rule, Ids=[target["Id"] for target in targets])
            events.delete_rule(Name=rule)
        for run in self.sandbox.runs():
            if not run.ended:
                # It may have ended by now.
                with contextlib.suppress(ClientError):
                    glue.cancel_ml_task_run(TransformId=run.transform_id, TaskRunId=run.task_run_id)
        eventually(self.is_idle)

    def properties(self, **changes: str) -> Mapping[str, str]:
        """Properties of a request for the labels that were deployed last."""
        run = self.sandbox.runs(self.transform)[-1]
        return {
            "TransformId": self.transform,
            "InputS3Path": run.input_s3_path,
            "ReplaceAllLabels": "true",
            "TimeoutSeconds": "600",
            **changes,
        }


_PEOPLE = (("1", "Ann Lee"), ("1", "Anne Lee"), ("2", "Bo Diaz"))


def deploy_example(sandbox: Sandbox, folder: Path, **context: str) -> cdk.Output:
    """Run `cdk deploy` in the folder of an example, as a user would."""
    arguments = ["--app", f"{sys.executable} app.py", "deploy", "--require-approval", "never"]
    return cdk.run(sandbox, folder, *arguments, *cdk.context_options(context))


def transform_of(sandbox: Sandbox, stack: str) -> str:
    """The id of a stack's only transform."""
    resources = sandbox.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    (transform,) = (
        str(resource["PhysicalResourceId"])
        for resource in resources
        if resource["ResourceType"] == "AWS::Glue::MLTransform"
    )
    return transform


def _label_file(set_ids: Iterable[str]) -> str:
    """Return a label file with a match and a non-match in each set."""
    rows = [f"{set_id},{label},{name}" for set_id in set_ids for label, name in _PEOPLE]
    return "\n".join(["labeling_set_id,label,name", *rows, ""])


def eventually(condition: Callable[[], Any], seconds: float = 120, pause: float = 0.2) -> Any:
    """Return the value of `condition`, as soon as that is truthy.

    Raises:
        TimeoutError: it was not truthy within `seconds`.
    """
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(pause)
    raise TimeoutError(f"nothing after {seconds} s")
