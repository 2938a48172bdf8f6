"""Count what a template creates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .app import COUNTS, counted_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from glue_labels_sandbox import Sandbox

    Template = Mapping[str, Any]
    Actions = Callable[[str], Iterable[str]]


@dataclass(frozen=True)
class Footprint:
    """What a contender adds to a stack.

    Attributes:
        first: resources that the first import adds.
        further: resources that a second import adds, into another transform.
        same_transform: resources that a second import adds, into the same transform.
        actions: IAM actions granted to its roles for one import. The same action granted to two roles counts
            twice. Permissions to invoke a function are not counted: stock crhelper adds them at run time, and
            no template shows them.
        on_everything: how many of these actions are granted on the resource ``*``.
    """

    first: int
    further: int
    same_transform: int
    actions: int
    on_everything: int


def footprint(assembly: Path, contender: str, managed_actions: Actions) -> Footprint:
    """Count a contender's templates.

    Args:
        assembly: the folder of the cloud assembly.
        contender: its name.
        managed_actions: returns the actions of a managed policy. Its argument is the end of the policy's ARN.
    """
    templates = [_read(assembly, counted_stack(contender, *count)) for count in COUNTS]
    none, one, two, same = (len(template["Resources"]) for template in templates)
    granted = list(_granted(templates[1], managed_actions))
    for grant in _granted(templates[0], managed_actions):
        granted.remove(grant)
    return Footprint(
        first=one - none,
        further=two - one,
        same_transform=same - one,
        actions=len(granted),
        on_everything=sum(resource == "*" for _, _, resource in granted),
    )


def managed_actions_of(sandbox: Sandbox) -> Actions:
    """Return a function that gets the actions of a managed policy from the sandbox's IAM."""
    iam = sandbox.client("iam")

    def actions(path: str) -> Iterable[str]:
        arn = f"arn:aws:iam::aws:policy/{path}"
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        return [action for statement in document["Statement"] for action in _as_list(statement["Action"])]

    return actions


def _granted(template: Template, managed_actions: Actions) -> Iterator[tuple[str, str, str]]:
    """Yield each granted role and action, and ``*`` if it is granted on every resource."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            for policy in properties.get("Policies", ()):
                yield from _allowed(name, policy["PolicyDocument"])
            for arn in properties.get("ManagedPolicyArns", ()):
                path = json.dumps(arn).rpartition(":policy/")[2].strip('"]} ')
                yield from ((name, action, "*") for action in managed_actions(path))
        elif resource["Type"] == "AWS::IAM::Policy":
            for role in properties["Roles"]:
                yield from _allowed(role["Ref"], properties["PolicyDocument"])
        elif resource["Type"] == "AWS::IAM::RolePolicy":
            yield from _allowed(properties["RoleName"]["Ref"], properties["PolicyDocument"])


def _allowed(role: str, document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for statement in document["Statement"]:
        resources = _as_list(statement["Resource"])
        everything = "*" if "*" in resources else "some"
        for action in _as_list(statement["Action"]):
            yield role, action, everything


def _read(assembly: Path, stack: str) -> Template:
    template: Template = json.loads((assembly / f"{stack}.template.json").read_text())
    return template


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
