"""Accounts and regions, as far as they are known at synth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_labels.references import has_token

if TYPE_CHECKING:
    from aws_cdk import Stack
    from aws_cdk.interfaces import ResourceEnvironment


def known_to_differ(one: str, other: str) -> bool:
    """Return whether two accounts, or two regions, are both known and different."""
    return not has_token(one) and not has_token(other) and one != other


def is_elsewhere(env: ResourceEnvironment, stack: Stack) -> bool:
    """Return whether a resource is known to be in another account or region than a stack."""
    return known_to_differ(env.account, stack.account) or known_to_differ(env.region, stack.region)
