"""A CloudFormation with one stack, for tests that need no sandbox."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

from botocore.exceptions import ClientError

from glue_labels_account.account import Account, CdkRun, WaitTimes
from glue_labels_account.desired import Desired
from glue_labels_account.stack import ScenarioStack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ACCOUNT, REGION = "123456789012", "eu-central-1"
BUCKET, TRANSFORM = "AWS::S3::Bucket", "AWS::Glue::MLTransform"
RESOURCES = MappingProxyType({"records": BUCKET, "tfm-1": TRANSFORM})
NO_ID = "no id"
"""A resource of this id has no PhysicalResourceId: its creation has failed."""
GONE_TRANSFORM = "tfm-gone"
"""A transform of the stack that somebody has deleted."""


class SmallCloud:
    """One stack and no transform.

    Args:
        statuses: of the stack, one for each time it is described. The last one stays. GONE: there is none.
        bootstrapped: whether the account is bootstrapped for the CDK.
        refuses: whether the deletion of the stack is refused.
        transforms: the names of transforms that are no part of the stack.
        runs: the statuses of the runs of each transform of the stack.
        resources: the types of the stack's resources, by id.
        outputs: of the stack.
        broken: the methods that raise an error, by name.
    """

    def __init__(
        self,
        *statuses: str,
        bootstrapped: bool = True,
        refuses: bool = False,
        transforms: tuple[str, ...] = (),
        runs: tuple[str, ...] = (),
        resources: Mapping[str, str] = RESOURCES,
        outputs: Mapping[str, str] = MappingProxyType({}),
        broken: Mapping[str, Exception] = MappingProxyType({}),
    ) -> None:
        self.calls: list[str] = []
        self.deployments: list[tuple[str, ...]] = []
        self._statuses = list(statuses)
        self._bootstrapped = bootstrapped
        self._refuses = refuses
        self._transforms = transforms
        self._runs = runs
        self._resources = resources
        self._outputs = [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()]
        for method, error in broken.items():
            setattr(self, method, Mock(side_effect=error))

    def account(self, **fields: Any) -> Account:
        """Return an account of this cloud, in which the CDK CLI fails."""
        return Account(
            ACCOUNT,
            REGION,
            caller="arn:aws:iam::123456789012:user/ann",
            options=f"--region {REGION}",
            client=lambda _service: self,
            cdk=self._cdk,
            wait_times=WaitTimes(deployment=1, task_run=1, pause=0, second_look=0),
            **fields,
        )

    def stack(self, **fields: Any) -> ScenarioStack:
        """Return the stack of this cloud."""
        return ScenarioStack(self.account(**fields), Desired("Checked"), Path())

    def _cdk(self, _folder: Path, arguments: Sequence[str]) -> CdkRun:
        self.deployments.append(tuple(arguments))
        return CdkRun(1, "no such CLI")

    def get_parameter(self, **_: str) -> None:
        if not self._bootstrapped:
            raise client_error("ParameterNotFound", "no parameter")

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        if status == "GONE":
            raise client_error("ValidationError", "Stack with id Checked does not exist")
        return {"Stacks": [{"StackStatus": status, "StackId": "id", "Outputs": self._outputs}]}

    def describe_stack_resources(self, **_: str) -> dict[str, Any]:
        return {
            "StackResources": [
                {"ResourceType": kind, "ResourceStatus": "CREATE_COMPLETE"}
                | ({} if name == NO_ID else {"PhysicalResourceId": name})
                for name, kind in self._resources.items()
            ]
        }

    def get_paginator(self, _operation: str) -> SmallCloud:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": "customers/records.csv"}]}, {}]

    def delete_object(self, **names: str) -> None:
        self.calls.append(f"delete {names['Bucket']}/{names['Key']}")

    def get_ml_transforms(self, **_: Any) -> dict[str, Any]:
        return {"Transforms": [{"TransformId": f"id of {name}", "Name": name} for name in self._transforms]}

    def delete_ml_transform(self, **names: str) -> None:
        self.calls.append(f"delete {names['TransformId']}")

    def get_ml_task_runs(self, TransformId: str, **_: Any) -> dict[str, Any]:  # noqa: N803 - boto3's name
        if TransformId == GONE_TRANSFORM:
            raise client_error("EntityNotFoundException", "Cannot find MLTransform")
        return {
            "TaskRuns": [
                {"TransformId": TransformId, "TaskRunId": f"tsk-{status}", "Status": status}
                for status in self._runs
            ]
        }

    def cancel_ml_task_run(self, **names: str) -> dict[str, str]:
        self.calls.append(f"cancel {names['TaskRunId']}")
        return {"Status": "STOPPING"}

    def cancel_update_stack(self, **_: str) -> None:
        self.calls.append("cancel update")

    def delete_stack(self, **_: str) -> None:
        self.calls.append("delete stack")
        if self._refuses:
            raise client_error("AccessDenied", "may not delete")


def client_error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")
