"""Resources of statements in the CDK's report of customized roles (``Role.customize_roles``).

The report shows references and pseudo parameters, such as ``(Stack/Queue.Arn)`` and ``(REGION)``. Any other
function of CloudFormation would be in it as the CDK's internal token, ``${Token[TOKEN.94]}``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from glue_labels.references import TOKEN, referenced
from glue_labels.template_text import text_of

if TYPE_CHECKING:
    from aws_cdk import Stack, aws_iam
    from constructs import IConstruct

_CUSTOMIZED = "@aws-cdk/iam:customizeRoles"

_SHOWN = [{"Ref": f"AWS::{name}"} for name in ("AccountId", "Partition", "Region")]


def is_customized(construct: IConstruct) -> bool:
    """Return whether a role, or the roles below a construct, are precreated and only in the CDK's report."""
    return construct.node.try_get_context(_CUSTOMIZED) is not None


def reported(stack: Stack, resource: str) -> str:
    """Return the resource of a statement so that the report shows all of it.

    Args:
        stack: the stack that uses the resource.
        resource: a literal, a token, or a literal with tokens in it.

    Returns:
        `resource`, with text in place of the tokens that the report cannot show. The UUID of the stack is
        ``*``.
    """
    return TOKEN.sub(lambda found: _reported(stack, found[0]), resource)


def reported_statement(stack: Stack, statement: aws_iam.PolicyStatement) -> aws_iam.PolicyStatement:
    """Return a copy of a statement for the report, see `reported`."""
    return statement.copy(resources=[reported(stack, resource) for resource in statement.resources])


def _reported(stack: Stack, token: str) -> str:
    is_shown = referenced(token) is not None or stack.resolve(token) in _SHOWN
    return token if is_shown else text_of(stack, token)
