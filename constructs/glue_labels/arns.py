"""ARNs, for policies, of what a user names by text: a transform by its id, an object by its S3 path."""

from __future__ import annotations

import re

from aws_cdk import Fn, Stack, Token

_S3_SCHEME = "s3://"

# What IAM reads as a wildcard or a variable where it stands in a Resource.
_SPECIAL_TO_IAM = re.compile(r"[*?$]")


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
        bucket, _, key = s3_path.removeprefix(_S3_SCHEME).partition("/")
        bucket_and_key = f"{bucket}/{exactly(key)}"
    else:  # A token as a whole: its text is known to CloudFormation only.
        bucket_and_key = Fn.select(1, Fn.split(_S3_SCHEME, s3_path))
    return stack.format_arn(service="s3", region="", account="", resource=bucket_and_key)


def exactly(text: str) -> str:
    """Return `text` so that IAM takes each character for itself.

    A transform id or an object key may hold ``*`` or ``?``; as written, a grant on it would be one on all
    that fit. Source: IAM user guide, "IAM policy elements: Variables and tags", special characters.
    """
    return text if Token.is_unresolved(text) else _SPECIAL_TO_IAM.sub(r"${\g<0>}", text)
