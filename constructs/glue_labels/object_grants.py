"""Grants a role to read label files in S3, and returns what must be deployed before it can.

Only ``s3:GetObject`` is granted. ``bucket.grant_read`` would add ``s3:GetBucket*`` and ``s3:List*`` on the
whole bucket.

By default the grant names the folder and the ending, not the object. So a new label version changes nothing
in IAM, and a rollback can still read the former file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import Names, Stack, aws_iam, aws_kms

from glue_labels.arns import exactly, object_arn, versions_arn, versions_of_key
from glue_labels.policy_report import is_customized, reported
from glue_labels.references import UUID_LENGTH, is_elsewhere, known_to_differ, stack_uuid, value_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_cdk import aws_s3
    from constructs import Construct, IDependable

_ACTIONS = ["s3:GetObject"]

_POLICY_NAME_MAX_LENGTH = 128


def grant_read_at_path(
    role: aws_iam.IRole, s3_path: str, scope: Construct, *, exact: bool
) -> list[IDependable]:
    """Let `role` read the label file at a path. Changes only the role's policies.

    Args:
        role: the role that reads.
        s3_path: ``s3://bucket/key``; may be or have a token.
        scope: the import.
        exact: grant this object only, not all objects of its folder with its ending.

    Returns:
        What must be deployed before `role` can read; nothing for a role that the app does not manage.
    """
    stack = Stack.of(scope)
    resource = object_arn(stack, s3_path) if exact else versions_arn(stack, s3_path)
    grantee = _grantee(role, scope, resource)
    grant = _grant(grantee, _granted_to(role, stack, resource))
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
    """Let `role` read a label file of a bucket, and decrypt with the bucket's key. Works across accounts.

    Args:
        role: the role that reads.
        bucket: the bucket.
        key: the object's key; may be or have a token.
        scope: the import.
        exact: grant this object only, not all objects of its folder with its ending.
        encryption_key: the bucket's key, if it is known to have one.

    Returns:
        What must be deployed before `role` can read; nothing for a role that the app does not manage.
    """
    stack = Stack.of(scope)
    resource = f"{bucket.bucket_arn}/{exactly(key) if exact else versions_of_key(key)}"
    granted = [resource] if encryption_key is None else [resource, encryption_key.key_arn]
    grantee = _grantee(role, scope, *granted)
    # Two grants: a single Grant to the policies of role and bucket would wait for the bucket's policy only.
    grant = _grant(grantee, _granted_to(role, stack, resource))
    needed: list[IDependable] = [grant, *own_policies(role, stack)]
    if known_to_differ(bucket.env.account, stack.account):
        added = bucket.add_to_resource_policy(
            aws_iam.PolicyStatement(actions=_ACTIONS, resources=[resource], principals=[role.grant_principal])
        )
        needed += [] if added.policy_dependable is None else [added.policy_dependable]
    if encryption_key is not None:
        if is_elsewhere(encryption_key.env, stack):
            # The key's own policy must name the role.
            encryption_key.grant_decrypt(role)
        elif isinstance(encryption_key, aws_kms.Key):
            encryption_key.grant_decrypt(grantee)
        else:
            # The app cannot change the key's policy. grant_decrypt would try to add the grantee to it (up to
            # aws-cdk-lib 2.220 at least), but a policy is no principal.
            _grant(grantee, _granted_to(role, stack, encryption_key.key_arn), ["kms:Decrypt"])
        # Wait for the key, not for its Grant. A Grant in the key's policy breaks the synth (aws-cdk issue
        # 15790), and a Grant to the role is in the same policy as the one above.
        needed.append(encryption_key)
    _attach(grantee, role)
    return needed


def _grantee(role: aws_iam.IRole, scope: Construct, *granted: str) -> aws_iam.IGrantable:
    """Return the grantee: a new policy below `scope`, or the role if it is in another account or region.

    `_attach` attaches the policy to the role.

    Other statements, or another role, give the policy another logical id. So when labels move to another
    bucket or folder, or the transform gets another role, CloudFormation creates the new policy before the
    import, and removes the old one in its cleanup, when no rollback needs it any more. A statement in the
    role's default policy would be removed earlier.

    The policy's name is unique across stacks. AWS::IAM::Policy fails if another stack has a policy of the
    same name on the role, and the CDK would use the same name in each stack with the same construct ids.

    Args:
        role: the role.
        scope: the import.
        granted: the ARNs of the granted resources.
    """
    if is_elsewhere(role.env, Stack.of(scope)):
        return role
    key = value_hash(Stack.of(scope), role.role_arn, *granted)
    return aws_iam.Policy(scope, f"ReadLabels{key}", policy_name=_unique_name(scope, key))


def _attach(grantee: aws_iam.IGrantable, role: aws_iam.IRole) -> None:
    # Call this last: a precreated role (Role.customize_roles) reports only the statements added so far. If a
    # role is immutable, or of another account, the policy stays unattached and is not synthesized.
    if isinstance(grantee, aws_iam.Policy):
        role.attach_inline_policy(grantee)


def _granted_to(role: aws_iam.IRole, stack: Stack, resource: str) -> str:
    return reported(stack, resource) if is_customized(role) else resource


def own_policies(role: aws_iam.IRole, stack: Stack) -> list[IDependable]:
    """Return what must be deployed before a role has its grants: nothing for a role of another stack."""
    # Glue also reads the table's records with this role: wait for those grants, too.
    is_of_the_stack = isinstance(role, aws_iam.Role) and Stack.of(role).node.addr == stack.node.addr
    return [role] if is_of_the_stack else []


def _unique_name(scope: Construct, key: str) -> str:
    room = _POLICY_NAME_MAX_LENGTH - UUID_LENGTH - len(key) - 2
    name = Names.unique_resource_name(scope, max_length=room, separator="-")
    return f"{name}-{key}-{stack_uuid(Stack.of(scope))}"


def _grant(grantee: aws_iam.IGrantable, resource: str, actions: Sequence[str] = _ACTIONS) -> aws_iam.Grant:
    return aws_iam.Grant.add_to_principal(grantee=grantee, actions=list(actions), resource_arns=[resource])
