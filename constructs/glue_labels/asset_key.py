"""The key with which the bucket of an asset is encrypted, as far as the app knows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aws_cdk import aws_s3

from glue_labels.template_text import text_of

if TYPE_CHECKING:
    from aws_cdk import Stack, aws_kms

# The bucket of `cdk bootstrap`: no stack of the app makes it.
_BOOTSTRAP_BUCKET = re.compile(r"cdk-\w+-assets-")


def asset_key(bucket: aws_s3.IBucket, stack: Stack) -> aws_kms.IKey | None:
    """Return the key of the bucket that the synthesizer uploads an asset to.

    It is the key that the synthesizer names (``kms_key_arn``), or that of a bucket of this name in a stack
    which is deployed before, as with the AppStagingSynthesizer.

    Args:
        bucket: the bucket of the asset.
        stack: the stack of the asset.

    Returns:
        None for a bucket without a key of its own, and for one that the app does not make.
    """
    if bucket.encryption_key is not None:
        return bucket.encryption_key
    name = text_of(stack, bucket.bucket_name)
    if _BOOTSTRAP_BUCKET.match(name):
        return None
    for before in stack.dependencies:
        for found in before.node.find_all():
            if isinstance(found, aws_s3.Bucket) and _name_of(found, before) == name:
                return found.encryption_key
    return None


def _name_of(bucket: aws_s3.Bucket, stack: Stack) -> str | None:
    resource = bucket.node.default_child
    if not isinstance(resource, aws_s3.CfnBucket) or resource.bucket_name is None:
        return None
    return text_of(stack, resource.bucket_name)
