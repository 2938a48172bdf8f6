"""Warns if two imports into one transform, or an import and an evaluation, have no order.

The app may declare the order after both are created, so the check runs at synth. By then the CDK has turned
dependencies of constructs into dependencies of resources, and references between stacks into dependencies of
stacks. Only these two have to be followed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import jsii
from aws_cdk import CfnResource, Stack, Stage
from constructs import IValidation

from glue_labels.annotations import warn
from glue_labels.references import all_referenced, has_token, is_elsewhere, referenced, value_hash

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from constructs import Construct, IConstruct


@dataclass(frozen=True, eq=False)
class DeclaredRun:
    """An import or an evaluation, and what decides its order.

    Attributes:
        scope: the construct.
        resource: its custom resource, which gets the warning.
        values: its properties that may refer to other resources.
        is_evaluation: whether it is an evaluation, not an import.
    """

    scope: Construct
    resource: CfnResource
    values: Sequence[str]
    is_evaluation: bool = False

    @cached_property
    def path(self) -> str:
        """The construct's path."""
        return str(self.scope.node.path)


@dataclass(frozen=True)
class _RunsOfApp:
    """All imports and evaluations of an app.

    Attributes:
        by_transform: the imports and evaluations of each transform, in the order of their creation.
        values: `DeclaredRun.values`, by the path of the custom resource.
    """

    by_transform: dict[str, list[DeclaredRun]] = field(default_factory=lambda: defaultdict(list))
    values: dict[str, Sequence[str]] = field(default_factory=dict)


_apps: WeakKeyDictionary[IConstruct, _RunsOfApp] = WeakKeyDictionary()


def expect_order(declared: DeclaredRun, transform_id: str) -> None:
    """Let the synthesis warn if another import or evaluation of the transform has no order to this one.

    Args:
        declared: the import or evaluation.
        transform_id: the id of its transform, a literal or a token.
    """
    of_app = _apps.setdefault(declared.scope.node.root, _RunsOfApp())
    of_app.values[declared.resource.node.path] = declared.values
    of_transform = of_app.by_transform[_key(declared, transform_id)]
    of_transform.append(declared)
    if len(of_transform) == 2:  # One check for all of the transform, including later ones.
        declared.scope.node.add_validation(_OrderCheck(of_transform, of_app.values))


def _key(declared: DeclaredRun, transform_id: str) -> str:
    # By stage: stages are deployed separately, and no construct can depend on another stage's.
    stage, stack = Stage.of(declared.scope), Stack.of(declared.scope)
    target = referenced(transform_id)
    if target is not None:
        transform = target.node.path
    elif has_token(transform_id):
        transform = f"{stack.node.path} {value_hash(stack, transform_id)}"
    else:
        transform = f"{transform_id!r}"
    return f"{stage.node.path if stage else ''} {transform}"


@jsii.implements(IValidation)
class _OrderCheck:
    def __init__(self, runs: list[DeclaredRun], values: dict[str, Sequence[str]]) -> None:
        self._runs = runs
        self._values = values

    def validate(self) -> list[str]:
        places = list(map(_Place.of, self._runs))
        imports = [place for place in places if not place.declared.is_evaluation]
        dependencies = _Dependencies(self._values)
        for later, earlier in _unordered(imports, dependencies):
            # Warn on the resource, not on the construct: an earlier acknowledgement on the construct hides
            # only warnings below it (up to aws-cdk-lib 2.220 at least).
            warn(
                later.resource,
                "no-order",
                f"{earlier.path} and {later.path} import labels into the same transform, and the app "
                "declares no order between them. They may run at the same time, and the transform may then "
                "miss the labels of one of them. Declare the order: second.node.add_dependency(first), with "
                f"{earlier.path} as first and {later.path} as second.",
            )
        for evaluation in (place for place in places if place.declared.is_evaluation):
            beside = [place for place in imports if dependencies.are_missing_between(evaluation, place)]
            if beside:
                paths = ", ".join(place.declared.path for place in beside)
                warn(
                    evaluation.declared.resource,
                    "no-order",
                    f"{evaluation.declared.path} evaluates the transform that {paths} "
                    f"{'imports' if len(beside) == 1 else 'import'} labels into, and the app declares no "
                    "order between them. They may run at the same time, and then it is unknown which labels "
                    "the metrics are of. Name the import in after, or declare the order: "
                    "evaluation.node.add_dependency(labels_import).",
                )
        return []


@dataclass(frozen=True)
class _Place:
    """Where an import or evaluation is in the app.

    Read once, because calls to the CDK are slow.

    Attributes:
        declared: the import or evaluation.
        stack: its stack.
        outer: the path of its outermost stack.
        parts: its resource, and the resource of each nested stack around it, by path.
        needs: the paths of the stacks that are deployed before `outer`.
    """

    declared: DeclaredRun
    stack: Stack
    outer: str
    parts: dict[str, CfnResource]
    needs: frozenset[str]

    @classmethod
    def of(cls, declared: DeclaredRun) -> _Place:
        """Return the place of an import or evaluation."""
        stack = outer = Stack.of(declared.scope)
        parts = [declared.resource]
        while (parent := outer.nested_stack_parent) is not None:
            parts += [] if outer.nested_stack_resource is None else [outer.nested_stack_resource]
            outer = parent
        by_path = {part.node.path: part for part in parts}
        return cls(declared, stack, outer.node.path, by_path, _stacks_before(outer))

    def may_have_the_transform_of(self, other: _Place) -> bool:
        """Return whether the same transform id can mean the same transform."""
        return not is_elsewhere(self.stack, other.stack)


class _Dependencies:
    """The resources that are deployed before a resource."""

    def __init__(self, values: dict[str, Sequence[str]]) -> None:
        """Start without results.

        Args:
            values: `DeclaredRun.values`, by the path of the custom resource.
        """
        self._values = values
        self._needed: dict[str, dict[str, CfnResource]] = {}
        self._before: dict[str, frozenset[str]] = {}

    def are_from(self, later: _Place, earlier: _Place) -> bool:
        """Return whether `later` begins after `earlier` has ended."""
        if later.outer != earlier.outer:
            return earlier.outer in later.needs
        return not self._all_before(later).isdisjoint(earlier.parts)

    def are_missing_between(self, one: _Place, other: _Place) -> bool:
        """Return whether the two may run at the same time, on the same transform."""
        return (
            not self.are_from(one, other)
            and not self.are_from(other, one)
            and one.may_have_the_transform_of(other)
        )

    def _all_before(self, place: _Place) -> frozenset[str]:
        path = place.declared.path
        if path not in self._before:
            found: set[str] = set()
            to_follow = list(place.parts.items())
            while to_follow:
                new = {
                    path: needed
                    for path, needed in self._directly_before(*to_follow.pop()).items()
                    if path not in found
                }
                found |= new.keys()
                to_follow += new.items()
            self._before[path] = frozenset(found)
        return self._before[path]

    def _directly_before(self, path: str, resource: CfnResource) -> dict[str, CfnResource]:
        if path not in self._needed:
            declared = resource.obtain_dependencies()
            referred = [target for value in self._values.get(path, ()) for target in all_referenced(value)]
            self._needed[path] = {
                each.node.path: each for each in [*declared, *referred] if isinstance(each, CfnResource)
            }
        return self._needed[path]


def _unordered(
    places: Sequence[_Place], dependencies: _Dependencies
) -> Iterator[tuple[DeclaredRun, DeclaredRun]]:
    """Yield each import that has no order to an earlier one, and the last such earlier import."""
    for number, later in enumerate(places):
        for earlier in reversed(places[:number]):
            if dependencies.are_missing_between(later, earlier):
                yield later.declared, earlier.declared
                break


def _stacks_before(stack: Stack) -> frozenset[str]:
    found: set[str] = set()
    to_follow = [stack]
    while to_follow:
        for needed in to_follow.pop().dependencies:
            if needed.node.path not in found:
                found.add(needed.node.path)
                to_follow.append(needed)
    return frozenset(found)
