"""Glue's ML actions in MiniStack: handed to moto, with the caller's account and region.

MiniStack 1.5 has no ML transforms. Its Glue dispatcher is one function, which is replaced by one that looks
at the action first.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import ministack.services.glue as glue
from ministack.core.responses import get_account_id, get_region
from moto.core.request import Request
from moto.glue.responses import GlueResponse

from .catalog import TableCatalog
from .glue_ml import ACTIONS
from .ministack_registry import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Answer = tuple[int, dict[str, str], bytes]

_CONTENT_TYPE = "application/x-amz-json-1.1"


class GlueActionError(Exception):
    """A Glue action answered with an error; the text is its code and message."""


class MiniStackCatalog(TableCatalog):
    """Reads MiniStack's Data Catalog."""

    def find(self, account: str, region: str, database: str, table: str) -> Mapping[str, Any] | None:
        """Return a table; None if the catalog does not have it."""
        found: Mapping[str, Any] | None = glue._tables.get_scoped(account, region, f"{database}/{table}")
        return found


def install() -> None:
    """Have MiniStack's Glue answer the ML actions."""
    wrap("services.glue._handle_request_sync", _handle)


def _handle(
    otherwise: Callable[..., Any],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
) -> Any:
    action = headers.get("x-amz-target", "").rpartition(".")[2]
    if action in ACTIONS:
        return _answer(action, body)
    return otherwise(method, path, headers, body, query)


def call(action: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Call an ML action as the account and region of the request in progress; returns its result.

    Raises:
        GlueActionError: it answered with an error.
    """
    status, _, body = _answer(action, json.dumps(parameters).encode())
    answer: dict[str, Any] = json.loads(body or b"{}")
    if status >= 400:
        raise GlueActionError(f"{answer.get('__type')}: {answer.get('message')}")
    return answer


def _answer(action: str, body: bytes) -> Answer:
    url = f"https://glue.{get_region()}.amazonaws.com/"
    headers = {
        "Content-Type": _CONTENT_TYPE,
        "X-Amz-Target": f"AWSGlue.{action}",
        "x-moto-account-id": get_account_id(),
    }
    request = Request.from_primitives("POST", url, headers, body or b"{}")
    status, answer_headers, answer = GlueResponse.dispatch(request, url, request.headers)
    kept = {"Content-Type": _CONTENT_TYPE}
    if error_type := {name.lower(): value for name, value in answer_headers.items()}.get("x-amzn-errortype"):
        kept["x-amzn-errortype"] = error_type
    return status, kept, answer.encode() if isinstance(answer, str) else answer
