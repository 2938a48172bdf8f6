"""Delete all that the scenarios created, in any state."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from .assumptions import ENDED
from .probes import delete_version_transforms
from .scenarios import empty_buckets
from .stack import GONE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .stack import ScenarioStack


def clean_up(stack: ScenarioStack) -> tuple[str, ...]:
    """Delete the stack, and the transforms that are not in it.

    After an error the rest is still deleted. The error is in the result.

    Returns:
        What is left and how to remove it, one line each.
    """
    left: list[str] = []
    errors: list[str] = []
    with _noted(errors):
        delete_version_transforms(stack)
    if errors:
        left.append(
            f"Transforms whose names begin with {stack.name}-glue- may be left ({errors[0]}). "
            f"List them: aws glue get-ml-transforms {stack.account.options}. "
            "Delete each with aws glue delete-ml-transform."
        )
    status = _delete_stack(stack)
    if status != GONE:
        left.append(how_to_remove(stack, status))
    return tuple(left)


def how_to_remove(stack: ScenarioStack, status: str) -> str:
    """Return how to delete a stack that is left.

    Args:
        stack: the stack.
        status: its status, or why it could not be deleted.
    """
    options = stack.account.options
    return (
        f"Stack {stack.name} is left ({status}). Empty its bucket, then delete the stack: "
        f"aws cloudformation describe-stack-resources --stack-name {stack.name} {options} names the bucket; "
        f"aws s3 rm s3://BUCKET --recursive {options}; "
        f"aws cloudformation delete-stack --stack-name {stack.name} {options}."
    )


def _delete_stack(stack: ScenarioStack) -> str:
    """Delete the stack, after an error too. Return `GONE`, or its status with the errors."""
    errors: list[str] = []
    with _noted(errors):
        if stack.status == GONE:
            return GONE
        if stack.status == "UPDATE_IN_PROGRESS":
            # CloudFormation refuses to delete a stack that it is updating. The update may have ended by now.
            with contextlib.suppress(ClientError):
                stack.account.client("cloudformation").cancel_update_stack(StackName=stack.name)
        if not _wait_for_rest(stack):
            return stack.status
        if stack.status == GONE:
            return GONE
    with _noted(errors):
        _cancel_runs(stack, errors)
    with _noted(errors):
        empty_buckets(stack)
    with _noted(errors):
        stack.account.client("cloudformation").delete_stack(StackName=stack.name)
        # The deletion begins shortly after the call.
        stack.account.wait_until(
            lambda: stack.status in (GONE, "DELETE_FAILED"), stack.account.wait_times.deployment
        )
    with _noted(errors):
        if (status := stack.status) == GONE:
            return GONE
        errors.insert(0, status)
    return "; ".join(errors)


@contextlib.contextmanager
def _noted(errors: list[str]) -> Iterator[None]:
    """Add an error to `errors`, so that what follows still happens."""
    try:
        yield
    except Exception as error:
        errors.append(f"{type(error).__name__}: {error}")


def _wait_for_rest(stack: ScenarioStack) -> bool:
    def rests() -> bool:
        # A stack that has only a change set stays in review.
        status = stack.status
        return status == "REVIEW_IN_PROGRESS" or not status.endswith("_IN_PROGRESS")

    return stack.account.wait_until(rests, stack.account.wait_times.deployment)


def _cancel_runs(stack: ScenarioStack, errors: list[str]) -> None:
    for transform in stack.resources("AWS::Glue::MLTransform"):
        # The transform may be gone already.
        with _noted(errors):
            for run in stack.runs(transform["PhysicalResourceId"]):
                if run["Status"] not in ENDED:
                    stack.cancel(run["TransformId"], run["TaskRunId"])
