"""Letting a role read one S3 object: the least that works, and what must be deployed before it does.

The action is ``s3:GetObject`` alone, where ``bucket.grant_read`` adds ``s3:GetBucket*`` and ``s3:List*`` on
the whole bucket.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Names, Stack, aws_iam

from glue_labels.arns import exactly, object_arn
from glue_labels.environment import is_elsewhere, known_to_differ
from glue_labels.stack_uuid import stack_uuid

if TYPE_CHECKING:
    from aws_cdk import aws_s3
    from constructs import Construct, IDependable

_ACTIONS = ["s3:GetObject"]

_POLICY_NAME_MAX_LENGTH = 128
_UUID_LENGTH = 36


def grant_object_at_path(role: aws_iam.IRole, s3_path: str, scope: Construct) -> list[IDependable]:
    """Let `role` read the object at a path, as far as its own policy decides that.

    Args:
        role: who reads.
        s3_path: ``s3://bucket/key``; may be or hold a token.
        scope: what it is read for.

    Returns:
        What must be deployed before `role` can read; nothing for a role the app does not manage.
    """
    return [_grant(_grantee(role, scope), object_arn(Stack.of(scope), s3_path))]


def grant_object_in_bucket(
    role: aws_iam.IRole, bucket: aws_s3.IBucket, key: str, scope: Construct
) -> list[IDependable]:
    """Let `role` read one object of a bucket, in another account too, and decrypt with the bucket's key.

    Args:
        role: who reads.
        bucket: the bucket; its ``encryption_key`` is granted if it has one.
        key: the object's key; may be or hold a token.
        scope: what it is read for.

    Returns:
        What must be deployed before `role` can read; nothing for a role the app does not manage.
    """
    stack, grantee = Stack.of(scope), _grantee(role, scope)
    resource = f"{bucket.bucket_arn}/{exactly(key)}"
    # In two steps: a Grant that went into the policies of role and bucket waits for the bucket's only.
    needed: list[IDependable] = [_grant(grantee, resource)]
    if known_to_differ(bucket.env.account, stack.account):
        added = bucket.add_to_resource_policy(
            aws_iam.PolicyStatement(actions=_ACTIONS, resources=[resource], principals=[role.grant_principal])
        )
        needed += [] if added.policy_dependable is None else [added.policy_dependable]
    if bucket.encryption_key is not None:
        # A key elsewhere names who reads in its own policy, and that must be the role.
        key_grantee = role if is_elsewhere(bucket.encryption_key.env, stack) else grantee
        bucket.encryption_key.grant_decrypt(key_grantee)
        # Wait for the key, not for the key's Grant: where that went into the key's policy, waiting for it
        # breaks the synth (aws-cdk issue 15790); where it went to the role, so did the one above.
        needed.append(bucket.encryption_key)
    return needed


def _grantee(role: aws_iam.IRole, scope: Construct) -> aws_iam.IGrantable:
    """Return what the statements go to: a role of the same stack; for another a policy of its own there.

    A statement beside a role of another stack would make that stack need the bucket of this one, while the
    import waits for that statement: a cycle. The policies that the CDK gives to roles it only looks up have
    the same name in each stack with the same construct ids, and would replace each other.
    """
    stack = Stack.of(scope)
    is_of_the_stack = isinstance(role, aws_iam.Role) and Stack.of(role).node.addr == stack.node.addr
    if is_of_the_stack or is_elsewhere(role.env, stack):
        return role
    policy = aws_iam.Policy(scope, "ReadLabels", policy_name=_unique_name(scope))
    # A role that must not be changed, or is of another account, does not take it: then it is not synthesized.
    role.attach_inline_policy(policy)
    return policy


def _unique_name(scope: Construct) -> str:
    room = _POLICY_NAME_MAX_LENGTH - _UUID_LENGTH - 1
    name = Names.unique_resource_name(scope, max_length=room, separator="-")
    return f"{name}-{stack_uuid(Stack.of(scope))}"


def _grant(grantee: aws_iam.IGrantable, resource: str) -> aws_iam.Grant:
    return aws_iam.Grant.add_to_principal(grantee=grantee, actions=_ACTIONS, resource_arns=[resource])
