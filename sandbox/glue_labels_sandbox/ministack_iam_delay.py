"""IAM is eventually consistent: what a role is allowed, and whom it trusts, as it was some seconds ago.

MiniStack's IAM is consistent at once. Here each change of a role is kept with its moment, whoever makes it,
so that calls can be checked against the past.

Source: IAM user guide, "Troubleshoot IAM", "Changes that I make are not always immediately visible"; it gives
no figure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ministack.core import iam_evaluator
from ministack.services import iam
from ministack.services.cloudformation import provisioners

from .history import History
from .ministack_registry import current, replace, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

# How the names of the API's actions begin that change something.
_CHANGES = ("Add", "Attach", "Create", "Delete", "Detach", "Put", "Remove", "Set", "Update")

Document = str | dict[str, Any]
Role = tuple[str, str]
"""Account and name."""


@dataclass(frozen=True)
class RoleState:
    """What IAM checks a call of a role against.

    Attributes:
        trust: The trust policy.
        policies: The documents of the inline and attached policies.
    """

    trust: Document
    policies: tuple[Document, ...]


_history: History[Role, RoleState] = History()
_delay_seconds = 0.0


def install() -> None:
    """Note each change of a role, and check the calls of roles against the past."""
    changes = [
        f"services.iam._IAM_HANDLERS.{name}" for name in iam._IAM_HANDLERS if name.startswith(_CHANGES)
    ]
    changes += [
        f"services.cloudformation.provisioners._RESOURCE_HANDLERS.{resource_type}.{name}"
        for resource_type, actions in provisioners._RESOURCE_HANDLERS.items()
        if resource_type.startswith("AWS::IAM::")
        for name in actions.keys() & {"create", "update", "delete"}
    ]
    for change in changes:
        replace(change, _history.noting(current(change), _present))
    wrap("core.iam_evaluator._gather_role_policies", _gather_late)


def delay(seconds: float) -> None:
    """Have changes of roles take effect so many seconds later."""
    global _delay_seconds  # MiniStack's IAM is one for the process, too
    _delay_seconds = seconds


def trust_policy(account: str, name: str) -> Document | None:
    """Return the trust policy that counts for a role now; None if the role is none yet, or no more."""
    state = _history.before(_delay_seconds, (account, name))
    return state.trust if state else None


def _gather_late(gather: Callable[..., Any], role_name: str, account: str) -> list[Any]:
    if not _delay_seconds:
        return list(gather(role_name, account))
    state = _history.before(_delay_seconds, (account, role_name))
    parsed = map(iam_evaluator.parse_policy_document, state.policies if state else ())
    return [statements for statements in parsed if statements]


def _present() -> dict[Role, RoleState]:
    return {role: _state(role[0], record) for role, record in list(iam._roles._data.items())}


def _state(account: str, record: dict[str, Any]) -> RoleState:
    attached = (
        iam_evaluator._resolve_managed_policy_document(arn, account)
        for arn in record.get("AttachedPolicies") or ()
    )
    inline = (record.get("InlinePolicies") or {}).values()
    return RoleState(
        record.get("AssumeRolePolicyDocument") or {},
        tuple(document for document in (*inline, *attached) if document),
    )
