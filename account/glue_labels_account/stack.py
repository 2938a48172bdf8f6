"""The one stack of the scenarios, as boto3 and the CDK CLI show it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from .assumptions import ENDED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .account import Account, CdkRun
    from .desired import Desired

GONE = "GONE"
"""The status of a stack that does not exist."""


class RunDidNotEndError(Exception):
    """A task run went on for longer than the account's wait times allow."""


@dataclass(frozen=True)
class Started:
    """A run that Glue started.

    Attributes:
        run_id: its TaskRunId.
    """

    run_id: str


@dataclass
class ScenarioStack:
    """A stack in an account, and the label file that it is deployed from.

    Attributes:
        account: where it is.
        desired: what the last deployment was to create.
        folder: for label files and the CDK's output.
        log: the output of the CDK CLI.
    """

    account: Account
    desired: Desired
    folder: Path
    log: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The stack's name."""
        return self.desired.stack

    def write_labels(self, content: str) -> str:
        """Write the label file of the app. Return its path."""
        path = self.folder / "customers.csv"
        path.write_text(content, encoding="utf-8")
        return str(path)

    def deploy(self, desired: Desired) -> CdkRun:
        """Run `cdk deploy` for what is desired."""
        self.desired = desired
        return self._cdk("deploy", "--require-approval", "never", "--progress", "events")

    def destroy(self) -> CdkRun:
        """Run `cdk destroy`."""
        return self._cdk("destroy", "--force")

    def _cdk(self, command: str, *options: str) -> CdkRun:
        app = f"{sys.executable} -m glue_labels_account.app"
        arguments = ["--app", app, "--output", str(self.folder / "cdk.out"), command, self.name]
        run = self.account.cdk(
            self.folder, [*arguments, "--no-notices", *options, "--context", self.desired.to_context()]
        )
        self.log.append(run.text)
        return run

    @property
    def status(self) -> str:
        """The stack's status. `GONE` if there is no such stack."""
        stack = self._described()
        return str(stack["StackStatus"]) if stack else GONE

    @property
    def stack_id(self) -> str:
        """The stack's id, which is valid after its deletion, too."""
        stack = self._described()
        return str(stack["StackId"]) if stack else self.name

    def output(self, key: str) -> str:
        """Return an output of the stack.

        Raises:
            KeyError: the stack has no such output.
        """
        stack = self._described() or {}
        return {one["OutputKey"]: str(one["OutputValue"]) for one in stack.get("Outputs", ())}[key]

    def _described(self) -> dict[str, Any] | None:
        try:
            response = self.account.client("cloudformation").describe_stacks(StackName=self.name)
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            return None
        return dict(response["Stacks"][0])

    def events(self) -> list[dict[str, Any]]:
        """Return the stack's events, newest first."""
        cloudformation = self.account.client("cloudformation")
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=self.name)
        return [event for page in pages for event in page["StackEvents"]]

    def failure(self) -> str:
        """Return the reason of the newest failure of a resource in the stack's events."""
        for event in self.events():
            status, reason = event.get("ResourceStatus", ""), event.get("ResourceStatusReason", "")
            of_stack = event["ResourceType"] == "AWS::CloudFormation::Stack"
            if status.endswith("_FAILED") and not of_stack and reason and "cancelled" not in reason.lower():
                return f"{event['LogicalResourceId']}: {reason}"
        return "no failure in the stack's events"

    def resources(self, resource_type: str) -> list[dict[str, Any]]:
        """Return the stack's resources of a type that exist. One whose creation failed may have no id."""
        response = self.account.client("cloudformation").describe_stack_resources(StackName=self.name)
        return [
            resource
            for resource in response["StackResources"]
            if resource["ResourceType"] == resource_type
            and resource["ResourceStatus"] != "DELETE_COMPLETE"
            and resource.get("PhysicalResourceId")
        ]

    def logical_id(self, resource_type: str, prefix: str) -> str:
        """Return the logical id of the resource of a type whose id begins with `prefix`."""
        ids = [str(resource["LogicalResourceId"]) for resource in self.resources(resource_type)]
        return next(name for name in sorted(ids, key=len) if name.startswith(prefix))

    def put(self, key: str, content: str) -> str:
        """Put an object into the stack's bucket. Return its path in S3."""
        bucket = self.output("Bucket")
        self.account.client("s3").put_object(Bucket=bucket, Key=key, Body=content.encode())
        return f"s3://{bucket}/{key}"

    def objects(self, path: str) -> dict[str, bytes]:
        """Return the objects of the stack's bucket at a path and in the folder below it, without empty ones.

        Args:
            path: ``s3://bucket/key``, with or without a slash at the end.
        """
        s3, bucket = self.account.client("s3"), self.output("Bucket")
        key = path.removeprefix(f"s3://{bucket}/").rstrip("/")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
        found = [one for page in pages for one in page.get("Contents", ())]
        return {
            one["Key"]: s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
            for one in found
            if one["Size"] and (one["Key"] == key or one["Key"].startswith(f"{key}/"))
        }

    def transform(self, transform_id: str) -> dict[str, Any]:
        """Return the response of GetMLTransform."""
        return dict(self.account.client("glue").get_ml_transform(TransformId=transform_id))

    def metrics(self, transform_id: str) -> dict[str, Any]:
        """Return the FindMatchesMetrics of a transform; empty if there are none."""
        metrics = self.transform(transform_id).get("EvaluationMetrics") or {}
        return dict(metrics.get("FindMatchesMetrics") or {})

    def runs(self, transform_id: str) -> list[dict[str, Any]]:
        """Return the imports of a transform in the order of their start."""
        glue = self.account.client("glue")
        runs: list[dict[str, Any]] = []
        token: dict[str, str] = {}
        while True:
            response = glue.get_ml_task_runs(
                TransformId=transform_id, Filter={"TaskRunType": "IMPORT_LABELS"}, MaxResults=100, **token
            )
            runs.extend(response["TaskRuns"])
            if not response.get("NextToken"):
                # A run without StartedOn is the newest: "started-on-at-once" may not hold.
                return sorted(
                    runs, key=lambda run: run["StartedOn"].timestamp() if "StartedOn" in run else inf
                )
            token = {"NextToken": response["NextToken"]}

    def known_path(self, transform_id: str) -> str:
        """Return the path of the labels that a transform knows, which its last successful import replaced."""
        paths = [import_path(run) for run in self.runs(transform_id) if run["Status"] == "SUCCEEDED"]
        return paths[-1] if paths else "no successful import"

    def start(self, transform_id: str, path: str, *, replace: bool = True) -> Started | str:
        """Start an import without the construct. Return the run, or Glue's refusal."""
        return self._start(
            "start_import_labels_task_run",
            TransformId=transform_id,
            InputS3Path=path,
            ReplaceAllLabels=replace,
        )

    def start_evaluation(self, transform_id: str) -> Started | str:
        """Start an evaluation without the construct. Return the run, or Glue's refusal."""
        return self._start("start_ml_evaluation_task_run", TransformId=transform_id)

    def start_export(self, transform_id: str, folder: str) -> Started | str:
        """Start an export of the labels to a folder in S3. Return the run, or Glue's refusal."""
        return self._start("start_export_labels_task_run", TransformId=transform_id, OutputS3Path=folder)

    def _start(self, method: str, **parameters: str | bool) -> Started | str:
        try:
            response = getattr(self.account.client("glue"), method)(**parameters)
        except ClientError as error:
            return refusal(error)
        return Started(str(response["TaskRunId"]))

    def run(self, transform_id: str, run_id: str) -> dict[str, Any]:
        """Return the response of GetMLTaskRun."""
        return dict(self.account.client("glue").get_ml_task_run(TransformId=transform_id, TaskRunId=run_id))

    def ended_run(self, transform_id: str, run_id: str, pause: float | None = None) -> dict[str, Any]:
        """Wait for the end of a run, and return it.

        Args:
            transform_id: its transform.
            run_id: its TaskRunId.
            pause: between two polls, in seconds, by default the account's.

        Raises:
            RunDidNotEndError: it goes on.
        """
        if not self.account.wait_until(
            lambda: self.run(transform_id, run_id)["Status"] in ENDED,
            self.account.wait_times.task_run,
            pause,
        ):
            raise RunDidNotEndError(
                f"Task run {run_id} did not end within {self.account.wait_times.task_run:.0f} seconds."
            )
        return self.run(transform_id, run_id)

    def cancel(self, transform_id: str, run_id: str) -> str:
        """Cancel a run. Return Glue's response: a status, or the refusal."""
        try:
            response = self.account.client("glue").cancel_ml_task_run(
                TransformId=transform_id, TaskRunId=run_id
            )
        except ClientError as error:
            return refusal(error)
        return str(response["Status"])


def import_path(run: dict[str, Any]) -> str:
    """Return the InputS3Path of a run."""
    return str(run.get("Properties", {}).get("ImportLabelsTaskRunProperties", {}).get("InputS3Path"))


def refusal(error: ClientError) -> str:
    """Return the code and the message of an error."""
    details = error.response.get("Error", {})
    return f"{details.get('Code')}: {details.get('Message')}"


def transforms_named(account: Account, prefix: str) -> Sequence[str]:
    """Return the ids of the account's transforms whose names begin with `prefix`."""
    return [one["TransformId"] for one in _transforms(account) if one.get("Name", "").startswith(prefix)]


def names_found(account: Account, name: str) -> list[str] | str:
    """Return the names that GetMLTransforms finds with a filter for `name`, or Glue's refusal."""
    try:
        return [str(one.get("Name", "")) for one in _transforms(account, Filter={"Name": name})]
    except ClientError as error:
        return refusal(error)


def _transforms(account: Account, **parameters: Any) -> list[dict[str, Any]]:
    glue = account.client("glue")
    found: list[dict[str, Any]] = []
    while True:
        response = glue.get_ml_transforms(MaxResults=100, **parameters)
        found.extend(response.get("Transforms", ()))
        if not response.get("NextToken"):
            return found
        parameters["NextToken"] = response["NextToken"]
