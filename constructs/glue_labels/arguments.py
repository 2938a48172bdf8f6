"""Checks of the arguments that imports and evaluations have in common."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

from aws_cdk import Duration

from glue_labels.provider import LabelsProvider
from glue_labels_handler.request import (
    CLOUDFORMATION_MAX_SECONDS,
    RESPONSE_SECONDS,
    TIMEOUT_MAX_SECONDS,
    InvalidPropertyError,
    check_timeout_seconds,
)

if TYPE_CHECKING:
    from constructs import Construct


def expect(scope: Construct, name: str, value: object, holds: bool, expected: str) -> None:
    """Check the type of an argument.

    Args:
        scope: the construct with the argument.
        name: the argument's name.
        value: the argument's value.
        holds: whether the value has the right type.
        expected: the right type, for the message.

    Raises:
        TypeError: `holds` is false.
    """
    if not holds:
        raise TypeError(f"{scope.node.path}: {name} must be {expected}, not {value!r}.")


def expect_common(
    scope: Construct, *, transform: object, timeout: object, transform_role: object, provider: object
) -> None:
    """Check the types of the arguments that imports and evaluations have in common.

    Raises:
        TypeError: an argument has the wrong type.
    """
    expect(
        scope,
        "transform",
        transform,
        hasattr(transform, "ml_transform_ref") or isinstance(transform, str),
        "a CfnMLTransform, another IMLTransformRef, or a transform's id",
    )
    expect(
        scope,
        "timeout",
        timeout,
        timeout is None or isinstance(timeout, Duration),
        "a Duration, such as Duration.minutes(10)",
    )
    expect(
        scope,
        "transform_role",
        transform_role,
        transform_role is None or hasattr(transform_role, "role_arn"),
        "an IRole, such as the Role the transform was given",
    )
    expect(
        scope,
        "provider",
        provider,
        provider is None or isinstance(provider, LabelsProvider),
        "a LabelsProvider",
    )


def timeouts(timeout: Duration | None) -> tuple[int, Duration]:
    """Return how long a run may take, in seconds, and how long CloudFormation waits.

    Args:
        timeout: the app's timeout; None for the longest.

    Raises:
        InvalidPropertyError: not a whole number of seconds, or outside 1-3,300.
    """
    if timeout is None:
        timeout = Duration.seconds(TIMEOUT_MAX_SECONDS)
    if timeout.is_unresolved():
        # jsii encodes a number that is not known yet as a float. Pass it on unchanged.
        return cast("int", timeout.to_seconds()), Duration.seconds(CLOUDFORMATION_MAX_SECONDS)
    seconds = timeout.to_seconds(integral=False)
    whole = check_timeout_seconds(math.ceil(seconds))
    if whole != seconds:
        raise InvalidPropertyError(f"TimeoutSeconds must be a whole number of seconds: {seconds}.")
    return whole, Duration.seconds(whole + RESPONSE_SECONDS)
