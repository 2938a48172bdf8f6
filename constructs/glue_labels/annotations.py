"""Warnings of this library, as annotations of the CDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Annotations

if TYPE_CHECKING:
    from constructs import Construct

WARNING_ID_PREFIX = "cdk-glue-labels:"
"""The prefix of the ids of all warnings."""


def warn(scope: Construct, name: str, text: str) -> None:
    """Add a warning. ``Annotations.of(scope).acknowledge_warning("cdk-glue-labels:NAME")`` hides it.

    Args:
        scope: the construct that the warning is about.
        name: the part of its id after the prefix, in kebab case.
        text: the cause, the rule and the remedy.
    """
    Annotations.of(scope).add_warning_v2(f"{WARNING_ID_PREFIX}{name}", text)
