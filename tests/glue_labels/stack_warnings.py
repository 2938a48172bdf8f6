"""The warnings of a stack, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk.assertions import Annotations, Match

if TYPE_CHECKING:
    from aws_cdk import Stack


def warnings_of(stack: Stack, path: str = "*") -> list[str]:
    """The warnings of the constructs at a path, all of them by default."""
    found = Annotations.from_stack(stack).find_warning(path, Match.any_value())
    return [str(one.entry.data) for one in found]


def warnings_of_import(stack: Stack) -> list[str]:
    """The warnings of the construct `Import` in the stack `Test`."""
    return warnings_of(stack, "/Test/Import")
