"""Lets a role read label files in S3: what is granted, and what must be deployed before it works.

The action is ``s3:GetObject`` alone, where ``bucket.grant_read`` adds ``s3:GetBucket*`` and ``s3:List*`` on
the whole bucket.

By default the grant is the same for all versions of a label file: it names the folder and the ending, not
the object. So a new label version changes nothing in IAM, and a rollback can still read the former file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Names, Stack, aws_iam, aws_kms

from glue_labels.arns import exactly, object_arn, versions_arn, versions_of_key
from glue_labels.environment import is_elsewhere, known_to_differ
from glue_labels.references import value_hash
from glue_labels.stack_uuid import UUID_LENGTH, stack_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_s3
    from constructs import Construct, IDependable

_ACTIONS = ["s3:GetObject"]

_POLICY_NAME_MAX_LENGTH = 128


def grant_read_at_path(
    role: aws_iam.IRole, s3_path: str, scope: Construct, *, exact: bool
) -> list[IDependable]:
    """Let `role` read the label file at a path, as far as its own policy decides that.

    Args:
        role: who reads.
        s3_path: ``s3://bucket/key``; may be or hold a token.
        scope: what it is read for.
        exact: grant the one object, not all of its folder with its ending.

    Returns:
        What must be deployed before `role` can read; nothing for a role the app does not manage.
    """
    stack = Stack.of(scope)
    resource = object_arn(stack, s3_path) if exact else versions_arn(stack, s3_path)
    grantee = _grantee(role, scope, value_hash(stack, resource))
    grant = _grant(grantee, resource)
    _attach(grantee, role)
    return [grant, *own_policies(role, stack)]


def grant_read_in_bucket(
    role: aws_iam.IRole,
    bucket: aws_s3.IBucket,
    key: str,
    scope: Construct,
    *,
    exact: bool,
    encryption_key: aws_kms.IKey | None,
) -> list[IDependable]:
    """Let `role` read a label file of a bucket, in another account too, and decrypt with the bucket's key.

    Args:
        role: who reads.
        bucket: the bucket.
        key: the object's key; may be or hold a token.
        scope: what it is read for.
        exact: grant the one object, not all of its folder with its ending.
        encryption_key: the bucket's key, if it is known to have one.

    Returns:
        What must be deployed before `role` can read; nothing for a role the app does not manage.
    """
    stack = Stack.of(scope)
    resource = f"{bucket.bucket_arn}/{exactly(key) if exact else versions_of_key(key)}"
    granted = [resource] if encryption_key is None else [resource, encryption_key.key_arn]
    grantee = _grantee(role, scope, value_hash(stack, *granted))
    # In two steps: a Grant that went into the policies of role and bucket waits for the bucket's only.
    needed: list[IDependable] = [_grant(grantee, resource), *own_policies(role, stack)]
    if known_to_differ(bucket.env.account, stack.account):
        added = bucket.add_to_resource_policy(
            aws_iam.PolicyStatement(actions=_ACTIONS, resources=[resource], principals=[role.grant_principal])
        )
        needed += [] if added.policy_dependable is None else [added.policy_dependable]
    if encryption_key is not None:
        if is_elsewhere(encryption_key.env, stack):
            # It names who reads in its own policy, and that must be the role.
            encryption_key.grant_decrypt(role)
        elif isinstance(encryption_key, aws_kms.Key):
            encryption_key.grant_decrypt(grantee)
        else:
            # Its policy is not the app's. Up to aws-cdk-lib 2.220 at least, grant_decrypt would name the
            # grantee there all the same, and a policy is no principal.
            _grant(grantee, encryption_key.key_arn, ["kms:Decrypt"])
        # Wait for the key, not for the key's Grant: where that went into the key's policy, waiting for it
        # breaks the synth (aws-cdk issue 15790); where it went to the role, so did the one above.
        needed.append(encryption_key)
    _attach(grantee, role)
    return needed


def _grantee(role: aws_iam.IRole, scope: Construct, granted: str) -> aws_iam.IGrantable:
    """Return what the statements go to: a policy of its own, below `scope`; a role elsewhere itself.

    `_attach` gives the policy to the role.

    The policy has another logical id for other statements. So when labels move to another bucket or folder,
    CloudFormation creates the new policy before the import, and removes the old one in its cleanup, when no
    rollback can need it any more. A statement in the role's default policy would be gone earlier.

    It has a name that no other stack uses: AWS::IAM::Policy fails where another stack has a policy of the
    same name on the role, and the CDK's policies for roles that it looks up have the same name in each stack
    with the same construct ids.

    Args:
        role: the role.
        scope: the import.
        granted: a hash of what is granted.
    """
    if is_elsewhere(role.env, Stack.of(scope)):
        return role
    return aws_iam.Policy(scope, f"ReadLabels{granted}", policy_name=_unique_name(scope, granted))


def _attach(grantee: aws_iam.IGrantable, role: aws_iam.IRole) -> None:
    # With its statements in it: a precreated role (Role.customize_roles) reports those that are there now.
    # A role that must not be changed, or is of another account, does not take it: then it is not synthesized.
    if isinstance(grantee, aws_iam.Policy):
        role.attach_inline_policy(grantee)


def own_policies(role: aws_iam.IRole, stack: Stack) -> list[IDependable]:
    """Return what must be deployed before a role can do what the app grants it.

    That is nothing if the role is of another stack, or imported.
    """
    # Glue also reads the table's records as this role: wait for what the app grants to it for that.
    is_of_the_stack = isinstance(role, aws_iam.Role) and Stack.of(role).node.addr == stack.node.addr
    return [role] if is_of_the_stack else []


def _unique_name(scope: Construct, granted: str) -> str:
    room = _POLICY_NAME_MAX_LENGTH - UUID_LENGTH - len(granted) - 2
    name = Names.unique_resource_name(scope, max_length=room, separator="-")
    return f"{name}-{granted}-{stack_uuid(Stack.of(scope))}"


def _grant(grantee: aws_iam.IGrantable, resource: str, actions: Sequence[str] = _ACTIONS) -> aws_iam.Grant:
    return aws_iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[resource])
