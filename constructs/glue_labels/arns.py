"""ARNs, for policies, of what a user names by text: a transform by its id, an object by its S3 path."""

from __future__ import annotations

import re

from aws_cdk import Fn, Stack, Token

_S3_SCHEME = "s3://"

# What IAM reads as a wildcard or a variable where it stands in a Resource; beside it a token of the CDK,
# whose text has such a character and is to stay as it is.
_TOKEN_OR_SPECIAL = re.compile(r"(?P<token>\$\{Token\[[^\]]*\]\})|[*?$]")


def transform_arn(stack: Stack, transform_id: str) -> str:
    """Return the ARN of one transform of the stack's account and region.

    Args:
        stack: whose partition, region and account.
        transform_id: the id, a literal or a token.
    """
    return stack.format_arn(service="glue", resource="mlTransform", resource_name=exactly(transform_id))


def object_arn(stack: Stack, s3_path: str) -> str:
    """Return the ARN of the one object at an S3 path.

    Args:
        stack: whose partition.
        s3_path: ``s3://bucket/key``, a literal, a token, or a literal with tokens in it.
    """
    if s3_path.startswith(_S3_SCHEME):
        bucket, slash, key = s3_path.removeprefix(_S3_SCHEME).partition("/")
        bucket_and_key = f"{bucket}{slash}{exactly(key)}"
    elif not Token.is_unresolved(s3_path):  # No path yet: the CDK's CLI has still to look it up.
        bucket_and_key = s3_path
    else:  # It begins with a token: its text is known to CloudFormation only.
        bucket_and_key = Fn.select(1, Fn.split(_S3_SCHEME, s3_path))
    return stack.format_arn(service="s3", region="", account="", resource=bucket_and_key)


def exactly(text: str) -> str:
    """Return `text` so that IAM takes each character for itself.

    A transform id or an object key may hold ``*`` or ``?``; as written, a grant on it would be one on all
    that fit. Source: IAM user guide, "IAM policy elements: Variables and tags", special characters.
    """
    return _TOKEN_OR_SPECIAL.sub(lambda found: found["token"] or f"${{{found[0]}}}", text)
