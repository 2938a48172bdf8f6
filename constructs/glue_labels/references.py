"""Tokens in texts: what they refer to, whether texts differ, and hashes and UUIDs for unique names."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from typing import TYPE_CHECKING, cast

from aws_cdk import Fn, Reference, Stack, Token, Tokenization

if TYPE_CHECKING:
    from aws_cdk import IResolvable
    from aws_cdk.interfaces import ResourceEnvironment
    from constructs import IConstruct

UUID_LENGTH = 36
"""Characters of a UUID."""

TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")
"""A token of the CDK in a text."""

_HASH_LENGTH = 8
_TO_BE_LOOKED_UP = "dummy-value-for-"


@functools.lru_cache(maxsize=4096)
def has_token(text: str) -> bool:
    """Return whether `text` has a token in it.

    Cached: a call of the CDK takes a fifth of a millisecond, and a stack asks about the same few texts.
    """
    return Token.is_unresolved(text)


def referenced(text: str | None) -> IConstruct | None:
    """Return the construct that `text` refers to.

    Args:
        text: a literal or a token.

    Returns:
        None for a literal, for text around a token, and for a token that is no reference.
    """
    if not text or not has_token(text):
        return None
    fragments = Tokenization.reverse_string(text)
    token = fragments.first_token if fragments.length == 1 else None
    return None if token is None else _target(token)


def all_referenced(text: str | None) -> list[IConstruct]:
    """Return the constructs that the tokens in `text` refer to."""
    if not text or not has_token(text):
        return []
    targets = map(_target, Tokenization.reverse_string(text).tokens)
    return [target for target in targets if target is not None]


def is_known(text: str) -> bool:
    """Return whether `text` is its final value: no token, and no dummy value of a lookup by the CDK's CLI."""
    return not has_token(text) and not text.startswith(_TO_BE_LOOKED_UP)


def known_to_differ(one: str, other: str) -> bool:
    """Return whether two accounts, or two regions, are both known at synth and different."""
    return not has_token(one) and not has_token(other) and one != other


def is_elsewhere(env: ResourceEnvironment | Stack, stack: Stack) -> bool:
    """Return whether a resource or stack is known to be in another account or region than `stack`."""
    return known_to_differ(env.account, stack.account) or known_to_differ(env.region, stack.region)


def is_known_in(stack: Stack, text: str) -> bool:
    """Return whether `text` needs no other stack: it is a literal, or all its tokens are of `stack`."""
    if not has_token(text):
        return True
    return all(_is_of(stack, token) for token in Tokenization.reverse_string(text).tokens)


def _is_of(stack: Stack, token: IResolvable) -> bool:
    target = _target(token)
    if target is not None:
        return Stack.of(target).node.addr == stack.node.addr
    resolved = stack.resolve(token)
    return isinstance(resolved, dict) and str(resolved.get("Ref", "")).startswith("AWS::")


def value_hash(stack: Stack, *values: str) -> str:
    """Return a hash of values, 8 hexadecimal digits.

    Args:
        stack: the stack that uses the values.
        values: literals or tokens. The same attribute of another stack's resource is another value.
    """
    owners = [
        owner.node.addr
        for value in values
        for owner in map(Stack.of, all_referenced(value))
        if owner.node.addr != stack.node.addr
    ]
    text = json.dumps([stack.resolve(list(values)), *owners], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]


def stack_uuid(stack: Stack) -> str:
    """Return the last part of the stack's id, which is unique (36 characters, a token)."""
    return Fn.select(2, Fn.split("/", stack.stack_id))  # arn:...:stack/NAME/UUID


def _target(token: IResolvable) -> IConstruct | None:
    return cast("Reference", token).target if Reference.is_reference(token) else None
