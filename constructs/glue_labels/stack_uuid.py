"""The UUID of a stack, for unique names."""

from __future__ import annotations

from aws_cdk import Fn, Stack

UUID_LENGTH = 36
"""Characters of a UUID."""


def stack_uuid(stack: Stack) -> str:
    """Return the last part of the stack's id, which is unique (36 characters, a token)."""
    return Fn.select(2, Fn.split("/", stack.stack_id))  # arn:...:stack/NAME/UUID
