"""The key that encrypts the bucket of an asset, as far as the app knows it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from aws_cdk import aws_s3

from glue_labels.template_text import text_of

if TYPE_CHECKING:
    from aws_cdk import Stack, aws_kms

# The bucket of `cdk bootstrap`: no stack of the app creates it.
_BOOTSTRAP_BUCKET = re.compile(r"cdk-\w+-assets-")


def asset_key(bucket: aws_s3.IBucket, stack: Stack) -> aws_kms.IKey | None:
    """Return the key of the bucket to which the CDK uploads an asset.

    It is the synthesizer's key (``kms_key_arn``), or the key of a bucket with this name in a stack that is
    deployed before, as with the AppStagingSynthesizer.

    Args:
        bucket: the bucket of the asset.
        stack: the stack of the asset.

    Returns:
        None for a bucket without a customer managed key, and for a bucket that the app does not create.
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
