"""Values of a template as text. Values that only the deployment knows are ``${...}``, as in ``Fn::Sub``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aws_cdk import aws_iam

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aws_cdk import Stack

_STACKS = "arn:${AWS::Partition}:cloudformation:${AWS::Region}:${AWS::AccountId}:stack"


def policy_json(stack: Stack, statements: Iterable[aws_iam.PolicyStatement]) -> str:
    """Return a policy document as JSON, to read and copy.

    Args:
        stack: the stack whose logical ids the text has.
        statements: the policy's statements.
    """
    document = aws_iam.PolicyDocument(minimize=True, statements=list(statements))
    return json.dumps(_as_text(stack.resolve(document)), indent=2)


def text_of(stack: Stack, value: str) -> str:
    """Return a literal or a token as text. Equal values give equal texts.

    Args:
        stack: the stack whose logical ids the text has.
        value: a literal, a token, or a literal with tokens in it.
    """
    return str(_as_text(stack.resolve(value)))


def _as_text(value: Any) -> Any:
    match value:
        case {"Ref": "AWS::StackId"}:
            # The stack's name is known at synth, its UUID is not.
            return f"{_STACKS}/${{AWS::StackName}}/*"
        case {"Ref": str(name)}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"${{{resource}.{attribute}}}"
        case {"Fn::Join": [str(separator), list(parts)]}:
            return separator.join(str(_as_text(part)) for part in parts)
        case {"Fn::Sub": str(text)}:
            return text
        case {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}:
            return "*"  # The UUID.
        case dict():
            return {key: _as_text(item) for key, item in value.items()}
        case list():
            return [_as_text(item) for item in value]
    return value
