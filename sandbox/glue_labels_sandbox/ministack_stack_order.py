"""When CloudFormation restores and deletes policies, beside a stack's other resources: first or last.

No source says in which order a rollback restores a policy and a custom resource that do not depend on each
other, nor in which order they are deleted. MiniStack restores by dependencies and logical ids, and last the
resource whose update failed. It deletes in the reverse order, replaced resources before removed ones. Here
policies can be first or last, except in nested stacks.

Source: CloudFormation user guide, "DependsOn attribute": a deletion honours dependencies.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Literal

from ministack.core.concurrency import run_reentrant
from ministack.services.cloudformation import stacks

from .ministack_registry import current, replace, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

When = Literal["first", "last"]

_POLICY_TYPES: Final = frozenset({"AWS::IAM::Policy", "AWS::IAM::RolePolicy", "AWS::IAM::Role"})

_when: When | None = None


@dataclass(frozen=True)
class _Deletion:
    """A deletion in an update's cleanup, put off until all its deletions are known."""

    logical_id: str
    resource_type: str
    physical_id: str
    properties: dict[str, Any]


_put_off: ContextVar[list[_Deletion] | None] = ContextVar("put_off", default=None)
_cleaning: ContextVar[tuple[dict[str, Any], dict[str, Any]] | None] = ContextVar("cleaning", default=None)
_deleting_stack: ContextVar[bool] = ContextVar("deleting_stack", default=False)


def revert_policies(when: When | None) -> None:
    """Restore and delete policies and roles before or after all else; None keeps MiniStack's order."""
    global _when  # as MiniStack's CloudFormation, one for the process
    _when = when


def deletion_order(
    logical_ids: Sequence[str],
    needs: Mapping[str, Collection[str]],
    policies: Collection[str],
    when: When,
) -> list[str]:
    """Return the order in which resources are deleted, each after all that depend on it.

    Args:
        logical_ids: In the order in which MiniStack would delete them.
        needs: What each resource depends on.
        policies: The resources that are policies or roles.
        when: Whether these go first or last, as far as dependencies allow.
    """
    preferred = _preferred(logical_ids, policies, when)
    dependents: defaultdict[str, list[str]] = defaultdict(list)
    for logical_id in preferred:
        for needed in needs.get(logical_id, ()):
            dependents[needed].append(logical_id)
    order: dict[str, None] = {}

    def delete(logical_id: str) -> None:
        for dependent in dependents[logical_id]:
            if dependent not in order:
                delete(dependent)
        order[logical_id] = None

    for logical_id in preferred:
        if logical_id not in order:
            delete(logical_id)
    return list(order)


def install() -> None:
    """Have stacks restore and delete their resources in the order that is set."""
    for module in ("stacks", "handlers"):
        wrap(f"services.cloudformation.{module}._roll_back_operation", _roll_back_in_order)
        wrap(f"services.cloudformation.{module}._delete_stack_async", _delete_in_order)
    for module in ("stacks", "handlers", "changesets"):
        wrap(f"services.cloudformation.{module}._deploy_stack_async", _deploy_in_order)
    wrap("services.cloudformation.stacks._topological_sort", _sort_for_deletion)
    # The first thing that MiniStack does after a cleanup is asyncio.sleep(0).
    sleep = partial(_clean_up_and_sleep, current("services.cloudformation.stacks._delete_resource"))
    loop = SimpleNamespace(sleep=sleep, get_event_loop=asyncio.get_event_loop)
    replace("services.cloudformation.stacks.asyncio", loop)
    wrap("services.cloudformation.stacks._delete_resource", _delete_or_put_off)


async def _roll_back_in_order(
    roll_back: Callable[..., Any],
    stack_name: str,
    stack_id: str,
    stack: dict[str, Any],
    operation: dict[str, Any],
    reason_override: str = "",
) -> None:
    if _when is not None:
        operation, reason_override = _in_order(stack, operation, reason_override, _when)
    await roll_back(stack_name, stack_id, stack, operation, reason_override)


async def _deploy_in_order(
    deploy: Callable[..., Any], stack_name: str, stack_id: str, *arguments: Any, **named: Any
) -> None:
    previous = named.get("previous_stack")
    if _when is not None and previous:
        from ministack.services.cloudformation import _stacks  # replaced when MiniStack is reset

        _put_off.set([])
        _cleaning.set((_stacks[stack_name], previous))
    await deploy(stack_name, stack_id, *arguments, **named)


async def _delete_in_order(delete_stack: Callable[..., Any], *arguments: Any, **named: Any) -> None:
    token = _deleting_stack.set(True)
    try:
        await delete_stack(*arguments, **named)
    finally:
        _deleting_stack.reset(token)


def _sort_for_deletion(
    sort: Callable[..., list[str]], definitions: dict[str, Any], conditions: dict[str, Any]
) -> list[str]:
    order = sort(definitions, conditions)
    if _when is None or not _deleting_stack.get():
        return order
    types = {logical_id: definitions[logical_id].get("Type", "") for logical_id in order}
    # The caller deletes from the end.
    return _deleted(order[::-1], definitions, types, _when)[::-1]


def _delete_or_put_off(
    delete: Callable[..., None],
    resource_type: str,
    physical_id: str,
    properties: dict[str, Any],
    stack_name: str,
    logical_id: str,
) -> None:
    """Delete; in a cleanup, which MiniStack does in two loops, put the deletion off until all are known."""
    put_off = _put_off.get()
    if put_off is None:
        delete(resource_type, physical_id, properties, stack_name, logical_id)
    else:
        put_off.append(_Deletion(logical_id, resource_type, physical_id, properties))


async def _clean_up_and_sleep(delete: Callable[..., None], seconds: float) -> None:
    put_off, cleaning = _put_off.get(), _cleaning.get()
    _put_off.set(None)
    if put_off and cleaning and _when is not None:
        await _clean_up(put_off, *cleaning, _when, delete)
    await asyncio.sleep(seconds)


async def _clean_up(
    put_off: Sequence[_Deletion], stack: dict[str, Any], previous: dict[str, Any], when: When, delete: Any
) -> None:
    deletions = {deletion.logical_id: deletion for deletion in put_off}
    definitions = (previous.get("_template") or {}).get("Resources") or {}
    types = {logical_id: deletion.resource_type for logical_id, deletion in deletions.items()}
    for logical_id in _deleted(list(deletions), definitions, types, when):
        deletion = deletions[logical_id]
        try:
            await run_reentrant(
                delete,
                deletion.resource_type,
                deletion.physical_id,
                deletion.properties,
                stack["StackName"],
                logical_id,
            )
        except Exception as error:  # as in MiniStack's own cleanup, no error fails the update
            event = (logical_id, deletion.resource_type, "DELETE_FAILED", str(error), deletion.physical_id)
            stacks._add_event(stack["StackId"], stack["StackName"], *event)
            # A removed resource stays in the stack. Of a replaced one, the stack has the successor.
            record = {**previous["_resources"][logical_id], "ResourceStatus": "DELETE_FAILED"}
            stack["_resources"].setdefault(logical_id, {**record, "ResourceStatusReason": str(error)})


def _in_order(
    stack: dict[str, Any], operation: dict[str, Any], reason: str, when: When
) -> tuple[dict[str, Any], str]:
    """Return an operation to roll back, its resources in the order that is set, and the reason."""
    present = stack.setdefault("_resources", {})
    former = (operation.get("previous_stack") or {}).get("_resources", {})
    created = [logical_id for logical_id in operation["created"] if logical_id in present]
    replaced = set(operation.get("replaced_ids", ()))
    restored = [
        logical_id
        for logical_id in created
        if logical_id in former
        and logical_id not in replaced
        and former[logical_id]["PhysicalResourceId"] == present[logical_id]["PhysicalResourceId"]
    ]
    deleted = [logical_id for logical_id in created if logical_id not in restored]
    failed = operation.get("failed_update")
    # MiniStack restores the failed resource last. Listed with the others, it comes before the policies.
    if when == "last" and failed and stacks._sends_back_failed_update(failed[1]) and failed[3] != failed[4]:
        logical_id, _, physical_id, applied, _, _ = failed
        if applied is not None:
            present[logical_id] = {
                **former[logical_id],
                "PhysicalResourceId": physical_id,
                "Properties": applied,
            }
            restored.append(logical_id)
            failed = None
            if not operation.get("cancelled"):
                reason = reason or f"The following resource(s) failed to update: [{logical_id}]. "
    types = {logical_id: present[logical_id]["ResourceType"] for logical_id in (*restored, *deleted)}
    definitions = (operation.get("template") or {}).get("Resources") or {}
    order = _preferred(restored, _policies(types), when)
    order += _deleted(deleted[::-1], definitions, types, when)[::-1]
    return {**operation, "created": order, "failed_update": failed}, reason


def _deleted(
    logical_ids: Sequence[str], definitions: Mapping[str, Any], types: Mapping[str, str], when: When
) -> list[str]:
    needs = {
        logical_id: stacks._extract_deps(definitions[logical_id], set(logical_ids))
        for logical_id in logical_ids
        if logical_id in definitions
    }
    return deletion_order(logical_ids, needs, _policies(types), when)


def _preferred(logical_ids: Sequence[str], policies: Collection[str], when: When) -> list[str]:
    return sorted(logical_ids, key=lambda logical_id: (logical_id in policies) != (when == "first"))


def _policies(types: Mapping[str, str]) -> set[str]:
    return {logical_id for logical_id, resource_type in types.items() if resource_type in _POLICY_TYPES}
