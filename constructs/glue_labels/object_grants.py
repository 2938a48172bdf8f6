"""Letting a role read one S3 object: the least that works, and what must be deployed before it does.

The action is ``s3:GetObject`` alone, where ``bucket.grant_read`` adds ``s3:GetBucket*`` and ``s3:List*`` on
the whole bucket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Stack, Token, aws_iam

from glue_labels.arns import exactly, object_arn

if TYPE_CHECKING:
    from aws_cdk import aws_s3
    from constructs import IDependable

_ACTIONS = ["s3:GetObject"]


def grant_object_at_path(grantee: aws_iam.IGrantable, s3_path: str, stack: Stack) -> list[IDependable]:
    """Let `grantee` read the object at a path, as far as its own policy decides that.

    Args:
        grantee: who reads.
        s3_path: ``s3://bucket/key``; may be or hold a token.
        stack: the stack that reads.

    Returns:
        What must be deployed before `grantee` can read; nothing for a role the app does not manage.
    """
    return [_grant(grantee, object_arn(stack, s3_path))]


def grant_object_in_bucket(
    grantee: aws_iam.IGrantable, bucket: aws_s3.IBucket, key: str, stack: Stack
) -> list[IDependable]:
    """Let `grantee` read one object of a bucket, in another account too, and decrypt with the bucket's key.

    Args:
        grantee: who reads.
        bucket: the bucket; its ``encryption_key`` is granted if it has one.
        key: the object's key; may be a token.
        stack: the stack that reads.

    Returns:
        What must be deployed before `grantee` can read; nothing for a role the app does not manage.
    """
    resource = f"{bucket.bucket_arn}/{exactly(key)}"
    # In two steps: a Grant that went into the policies of role and bucket waits for the bucket's only.
    needed: list[IDependable] = [_grant(grantee, resource)]
    if _known_to_differ(bucket.env.account, stack.account):
        added = bucket.add_to_resource_policy(
            aws_iam.PolicyStatement(
                actions=_ACTIONS, resources=[resource], principals=[grantee.grant_principal]
            )
        )
        needed += [] if added.policy_dependable is None else [added.policy_dependable]
    if bucket.encryption_key is not None:
        # Wait for the key, not for the key's Grant: where that went into the key's policy, waiting for it
        # breaks the synth (aws-cdk issue 15790); where it went to the role, so did the one above.
        bucket.encryption_key.grant_decrypt(grantee)
        needed.append(bucket.encryption_key)
    return needed


def _grant(grantee: aws_iam.IGrantable, resource: str) -> aws_iam.Grant:
    return aws_iam.Grant.add_to_principal(grantee=grantee, actions=_ACTIONS, resource_arns=[resource])


def _known_to_differ(one: str, other: str) -> bool:
    return not Token.is_unresolved(one) and not Token.is_unresolved(other) and one != other
