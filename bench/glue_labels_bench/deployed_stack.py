"""A contender's stack in the sandbox, read through AWS's APIs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .usage import state_transitions

if TYPE_CHECKING:
    from datetime import datetime

    from glue_labels_sandbox import Invocation, Sandbox, TaskRun

IMPORT_ID = "Import0"
"""The start of the import's logical id, for every contender."""


@dataclass(frozen=True)
class DeployedStack:
    """A stack.

    Attributes:
        sandbox: where it is.
        name: of the stack.
    """

    sandbox: Sandbox
    name: str

    @property
    def id(self) -> str:
        """Its id, an ARN that ends in a UUID."""
        (stack,) = self.sandbox.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        return str(stack["StackId"])

    def resources(self, resource_type: str) -> list[str]:
        """Return the physical ids of its resources of a type."""
        response = self.sandbox.client("cloudformation").describe_stack_resources(StackName=self.name)
        return [
            resource["PhysicalResourceId"]
            for resource in response["StackResources"]
            if resource["ResourceType"] == resource_type
        ]

    def responded_on(self) -> datetime | None:
        """Return the time of CloudFormation's event that the import is complete. None before."""
        for event in self._events():
            if (
                event["LogicalResourceId"].startswith(IMPORT_ID)
                and event["ResourceStatus"] == "CREATE_COMPLETE"
                and "IAM" not in event["ResourceType"]
            ):
                responded_on: datetime = event["Timestamp"]
                return responded_on
        return None

    def run(self) -> TaskRun | None:
        """Return the run of its transform. None before it starts."""
        transforms = self.resources("AWS::Glue::MLTransform")
        runs = self.sandbox.runs(transforms[0]) if transforms and transforms[0] else ()
        return runs[0] if runs else None

    def is_at_work(self) -> bool:
        """Return whether one of its functions is running."""
        return bool(set(self.resources("AWS::Lambda::Function")) & set(self.sandbox.functions_at_work()))

    def invocations(self) -> list[Invocation]:
        """Return the invocations of its functions."""
        functions = set(self.resources("AWS::Lambda::Function"))
        return [one for one in self.sandbox.invocations() if one.function_name in functions]

    def state_transitions(self) -> int:
        """Return how many transitions Step Functions bills for its state machines."""
        machines = self.sandbox.client("stepfunctions")
        return sum(
            state_transitions(page["events"])
            for machine in self.resources("AWS::StepFunctions::StateMachine")
            for execution in machines.list_executions(stateMachineArn=machine)["executions"]
            for page in machines.get_paginator("get_execution_history").paginate(
                executionArn=execution["executionArn"]
            )
        )

    def code_bytes(self) -> int:
        """Return the zipped size of its functions' packages. One that two functions share counts once."""
        functions = self.sandbox.client("lambda")
        codes = [
            functions.get_function_configuration(FunctionName=name)
            for name in self.resources("AWS::Lambda::Function")
        ]
        return sum({code["CodeSha256"]: int(code["CodeSize"]) for code in codes}.values())

    def _events(self) -> list[dict[str, Any]]:
        response = self.sandbox.client("cloudformation").describe_stack_events(StackName=self.name)
        events: list[dict[str, Any]] = response["StackEvents"]
        return events
