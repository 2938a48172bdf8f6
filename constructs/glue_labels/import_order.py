"""Warns of two imports into one transform that nothing puts into an order.

The order may be declared after both imports are made, so it is looked for when the app is synthesized.
Then the CDK has turned dependencies of constructs into dependencies of resources, and references between
stacks into dependencies of stacks, so that only those two have to be followed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import CfnResource, Stack, Stage, Token
from constructs import IValidation

from glue_labels.annotations import warn
from glue_labels.environment import known_to_differ
from glue_labels.references import all_referenced, referenced, value_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from constructs import Construct, IConstruct


@dataclass(frozen=True, eq=False)
class DeclaredImport:
    """An import as far as its order matters.

    Attributes:
        scope: the construct, on which a warning is shown.
        resource: its custom resource.
        values: its properties that may refer to other resources.
    """

    scope: Construct
    resource: CfnResource
    values: Sequence[str]

    @property
    def path(self) -> str:
        """The construct's path."""
        return str(self.scope.node.path)


# Of each app the imports into each transform. Weak, so that an app that is given up takes its imports along.
_imports: WeakKeyDictionary[IConstruct, dict[str, list[DeclaredImport]]] = WeakKeyDictionary()


def expect_order(declared: DeclaredImport, transform_id: str) -> None:
    """Let the synthesis warn, if an earlier import has the same transform and no order to this one.

    Args:
        declared: the import.
        transform_id: the id of its transform, a literal or a token.
    """
    of_app = _imports.setdefault(declared.scope.node.root, defaultdict(list))
    of_transform = of_app[_key(declared, transform_id)]
    of_transform.append(declared)
    if len(of_transform) == 2:  # One check for all imports into the transform, those to come included.
        declared.scope.node.add_validation(_OrderCheck(of_transform))


def _key(declared: DeclaredImport, transform_id: str) -> str:
    # By stage, because stages are deployed apart, and no construct can depend on one of another stage.
    stage, stack = Stage.of(declared.scope), Stack.of(declared.scope)
    target = referenced(transform_id)
    if target is not None:
        transform = target.node.path
    elif Token.is_unresolved(transform_id):
        transform = f"{stack.node.path} {value_hash(stack, transform_id)}"
    else:
        transform = f"{transform_id!r}"
    return f"{stage.node.path if stage else ''} {transform}"


@jsii.implements(IValidation)
class _OrderCheck:
    def __init__(self, imports: list[DeclaredImport]) -> None:
        self._imports = imports

    def validate(self) -> list[str]:
        for later, earlier in unordered(self._imports):
            warn(
                later.scope,
                "no-order",
                f"{earlier.path} and {later.path} import labels into the same transform, and the app "
                "declares no order between them. They may run at the same time, and the transform may then "
                "miss the labels of one of them. Declare the order: second.node.add_dependency(first), with "
                f"{earlier.path} as first and {later.path} as second.",
            )
        return []


def unordered(imports: Sequence[DeclaredImport]) -> Iterator[tuple[DeclaredImport, DeclaredImport]]:
    """Yield each import that has no order to one declared before it, with the last such one.

    Args:
        imports: imports into one transform, in the order of their declaration.
    """
    deployed_before = _DeployedBefore(imports)
    for number, later in enumerate(imports):
        for earlier in reversed(imports[:number]):
            if not _may_be_one_transform(later, earlier):
                continue
            if not (deployed_before.of(later, earlier) or deployed_before.of(earlier, later)):
                yield later, earlier
                break


def _may_be_one_transform(one: DeclaredImport, other: DeclaredImport) -> bool:
    # The same id in another account or region is not the same transform.
    ours, theirs = Stack.of(one.scope), Stack.of(other.scope)
    return not (known_to_differ(ours.account, theirs.account) or known_to_differ(ours.region, theirs.region))


class _DeployedBefore:
    """Follows dependencies from imports to what is deployed before them; asks the CDK once a resource."""

    def __init__(self, imports: Iterable[DeclaredImport]) -> None:
        self._values = {one.resource.node.path: one.values for one in imports}
        self._needed: dict[str, list[CfnResource]] = {}
        self._before: dict[str, frozenset[str]] = {}

    def of(self, later: DeclaredImport, earlier: DeclaredImport) -> bool:
        """Return whether `earlier` has ended before `later` begins."""
        ours, theirs = _stacks(later), _stacks(earlier)
        if ours[-1].node.path != theirs[-1].node.path:
            return theirs[-1].node.path in _all_needed(ours[-1])
        begins = [later.resource, *_nested_resources(ours)]
        ends = {earlier.resource.node.path, *(each.node.path for each in _nested_resources(theirs))}
        ends -= {each.node.path for each in begins}
        return not ends.isdisjoint(self._all_before(later.path, begins))

    def _all_before(self, path: str, begins: Sequence[CfnResource]) -> frozenset[str]:
        if path not in self._before:
            found: set[str] = set()
            to_follow = list(begins)
            while to_follow:
                for needed in self._directly_before(to_follow.pop()):
                    if needed.node.path not in found:
                        found.add(needed.node.path)
                        to_follow.append(needed)
            self._before[path] = frozenset(found)
        return self._before[path]

    def _directly_before(self, resource: CfnResource) -> list[CfnResource]:
        path = resource.node.path
        if path not in self._needed:
            declared = resource.obtain_dependencies()
            referred = [target for value in self._values.get(path, ()) for target in all_referenced(value)]
            self._needed[path] = [each for each in [*declared, *referred] if isinstance(each, CfnResource)]
        return self._needed[path]


def _stacks(declared: DeclaredImport) -> list[Stack]:
    """Return the import's stack and, if that is nested, the stacks around it, from the inside out."""
    stacks = [Stack.of(declared.scope)]
    while (parent := stacks[-1].nested_stack_parent) is not None:
        stacks.append(parent)
    return stacks


def _nested_resources(stacks: Iterable[Stack]) -> list[CfnResource]:
    resources = (stack.nested_stack_resource for stack in stacks)
    return [resource for resource in resources if resource is not None]


def _all_needed(stack: Stack) -> set[str]:
    found: set[str] = set()
    to_follow = [stack]
    while to_follow:
        for needed in to_follow.pop().dependencies:
            if needed.node.path not in found:
                found.add(needed.node.path)
                to_follow.append(needed)
    return found
