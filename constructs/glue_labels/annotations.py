"""Warnings of this library, as annotations of the CDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations

if TYPE_CHECKING:
    from constructs import Construct

WARNING_ID_PREFIX = "cdk-glue-labels:"
"""What the ids of all warnings begin with."""


def warn(scope: Construct, name: str, text: str) -> None:
    """Add a warning, which ``Annotations.of(scope).acknowledge_warning("cdk-glue-labels:NAME")`` takes away.

    Args:
        scope: the construct that it is about.
        name: what its id has after the prefix, in kebab case.
        text: the cause, the rule and the remedy.
    """
    Annotations.of(scope).add_warning_v2(f"{WARNING_ID_PREFIX}{name}", text)
