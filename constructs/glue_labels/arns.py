"""ARNs for policies: of transforms and of S3 objects."""

from __future__ import annotations

import re

from aws_cdk import Fn, Stack

from glue_labels.references import TOKEN, has_token

_S3_SCHEME = "s3://"

# Tokens, which must not change, and the characters that IAM reads as wildcards or variables.
_TOKEN_OR_SPECIAL = re.compile(rf"(?P<token>{TOKEN.pattern})|[*?$]")

# Letters only: in "customers.v2" and "labels-1.2" the last part changes with the version.
_ENDING = re.compile(r"\.[A-Za-z]+\Z")


def transform_arn(stack: Stack, transform_id: str) -> str:
    """Return the ARN of one transform of the stack's account and region.

    Args:
        stack: the stack with the partition, region and account.
        transform_id: the id, a literal or a token.
    """
    return stack.format_arn(service="glue", resource="mlTransform", resource_name=exactly(transform_id))


def object_arn(stack: Stack, s3_path: str) -> str:
    """Return the ARN of the one object at an S3 path.

    Args:
        stack: the stack with the partition.
        s3_path: ``s3://bucket/key``, a literal, a token, or a literal with tokens in it.
    """
    if s3_path.startswith(_S3_SCHEME):
        bucket, slash, key = s3_path.removeprefix(_S3_SCHEME).partition("/")
        bucket_and_key = f"{bucket}{slash}{exactly(key)}"
    elif not has_token(s3_path):  # No path yet: the CDK's CLI will look it up.
        bucket_and_key = s3_path
    else:  # It begins with a token: only CloudFormation knows its text.
        bucket_and_key = Fn.select(1, Fn.split(_S3_SCHEME, s3_path))
    return _s3_arn(stack, bucket_and_key)


def versions_arn(stack: Stack, s3_path: str) -> str:
    """Return the ARN pattern of the object at an S3 path and of its other versions, see `versions_of_key`.

    If the app does not know where the key begins, the pattern has all objects of the bucket.

    Args:
        stack: the stack with the partition.
        s3_path: as for `object_arn`.
    """
    if s3_path.startswith(_S3_SCHEME):
        bucket, slash, key = s3_path.removeprefix(_S3_SCHEME).partition("/")
        if not slash:  # One token has both bucket and key.
            bucket = Fn.select(0, Fn.split("/", bucket))
        return _s3_arn(stack, f"{bucket}/{versions_of_key(key)}")
    if not has_token(s3_path):  # No path yet: the CDK's CLI will look it up.
        return _s3_arn(stack, s3_path)
    bucket = Fn.select(2, Fn.split("/", s3_path))  # s3: / (nothing) / bucket
    return _s3_arn(stack, f"{bucket}/{versions_of_key(s3_path)}")


def versions_of_key(key: str) -> str:
    """Return IAM's pattern for all keys in the folder of `key` with its ending.

    All label versions in a folder have the same pattern: ``labels/v1.csv`` gives ``labels/*.csv``. Without a
    folder it is ``*.csv``, without an ending ``labels/*``.

    Args:
        key: an object's key. The folder ends before the first token, so the pattern never changes with a
            token's value. A key that ends in a token has no ending.
    """
    before_tokens = TOKEN.split(key, maxsplit=1)[0]
    folder = before_tokens[: before_tokens.rfind("/") + 1]
    ending = _ENDING.search(key)
    return f"{exactly(folder)}*{ending[0] if ending else ''}"


def exactly(text: str) -> str:
    """Return `text` with escapes, so that IAM reads no character as a wildcard.

    A transform id or an object key may have ``*`` or ``?``; unescaped, the grant would be on everything that
    matches. Source: IAM user guide, "IAM policy elements: Variables and tags", special characters.
    """
    return _TOKEN_OR_SPECIAL.sub(lambda found: found["token"] or f"${{{found[0]}}}", text)


def _s3_arn(stack: Stack, bucket_and_key: str) -> str:
    return stack.format_arn(service="s3", region="", account="", resource=bucket_and_key)
