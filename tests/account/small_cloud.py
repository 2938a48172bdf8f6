"""A CloudFormation with one stack, for what needs no sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from glue_labels_account.account import Account, CdkRun, Patience
from glue_labels_account.desired import Desired
from glue_labels_account.stack import ScenarioStack

if TYPE_CHECKING:
    from collections.abc import Sequence

ACCOUNT, REGION = "123456789012", "eu-central-1"


class SmallCloud:
    """One stack and no transform.

    Args:
        statuses: of the stack, one for each time it is described. The last one stays. GONE: there is none.
        bootstrapped: whether the account is bootstrapped for the CDK.
        refuses: whether the deletion of the stack is refused.
    """

    def __init__(self, *statuses: str, bootstrapped: bool = True, refuses: bool = False) -> None:
        self.calls: list[str] = []
        self.deployments: list[tuple[str, ...]] = []
        self._statuses = list(statuses)
        self._bootstrapped = bootstrapped
        self._refuses = refuses

    def account(self, **fields: Any) -> Account:
        """Return an account of this cloud, in which the CDK CLI fails."""
        return Account(
            ACCOUNT,
            REGION,
            caller="arn:aws:iam::123456789012:user/ann",
            options=f"--region {REGION}",
            client=lambda _service: self,
            cdk=self._cdk,
            patience=Patience(deployment=1, task_run=1, pause=0),
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
            raise _error("ParameterNotFound", "no parameter")

    def describe_stacks(self, **_: str) -> dict[str, Any]:
        status = self._statuses.pop(0) if len(self._statuses) > 1 else self._statuses[0]
        if status == "GONE":
            raise _error("ValidationError", "Stack with id Checked does not exist")
        return {"Stacks": [{"StackStatus": status, "StackId": "id"}]}

    def describe_stack_resources(self, **_: str) -> dict[str, Any]:
        return {"StackResources": []}

    def get_ml_transforms(self, **_: Any) -> dict[str, Any]:
        return {"Transforms": []}

    def cancel_update_stack(self, **_: str) -> None:
        self.calls.append("cancel")

    def delete_stack(self, **_: str) -> None:
        self.calls.append("delete")
        if self._refuses:
            raise _error("AccessDenied", "may not delete")


def _error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "Call")
