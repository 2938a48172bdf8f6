"""Glue in MiniStack: its ML actions, which moto serves, and what task runs need of the catalog and of S3.

MiniStack 1.5 has no ML transforms. Its Glue dispatcher is one function; here the ML actions go to moto first,
with the caller's account and region.
"""

from __future__ import annotations

import contextlib
import json
import secrets
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import get_account_id, get_region
from ministack.services import glue, sts
from ministack.services import s3 as ministack_s3
from moto.core.request import Request
from moto.glue.responses import GlueResponse

from .catalog import Catalog
from .glue_ml import ACTIONS
from .ministack_iam import role_name, trusts
from .ministack_registry import wrap
from .s3_files import OtherRegionError, UnreadableLabelFileError, UnusableRoleError, s3_message

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .connection import Connection

    Response = tuple[int, dict[str, str], bytes]

_CONTENT_TYPE = "application/x-amz-json-1.1"
_GLUE = "glue.amazonaws.com"
# S3's error codes for a permission that the role, the bucket or the key does not give.
_DENIED = frozenset({"AccessDenied", "AllAccessDisabled", "KMS.AccessDeniedException"})


class GlueActionError(Exception):
    """A Glue action failed; the text is the error's code and message."""


class MiniStackCatalog(Catalog):
    """Reads MiniStack's Data Catalog."""

    def find(self, account: str, region: str, database: str, table: str) -> Mapping[str, Any] | None:
        """Return a table; None if the catalog does not have it."""
        found: Mapping[str, Any] | None = glue._tables.get_scoped(account, region, f"{database}/{table}")
        return found


class RoleFiles:
    """Uses credentials of the transform's role, so S3 applies the policies of the role and of the bucket."""

    def __init__(self, connection: Connection) -> None:
        """Use `connection`, but not its credentials."""
        self._connection = connection

    def region(self, account: str, region: str, bucket: str) -> str | None:  # noqa: ARG002 - one name, one bucket
        """Return the region of a bucket, whoever owns it; None if there is no such bucket."""
        return _region_of(bucket)

    def read(self, account: str, region: str, role: str, bucket: str, key: str) -> bytes:
        """Return the object's content; see `S3Files`."""
        with self._as_role(account, region, role, bucket, key) as s3:
            content: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    def keys(self, account: str, region: str, role: str, bucket: str, prefix: str) -> list[str]:
        """Return the sorted keys that begin with a prefix; see `S3Files`."""
        with self._as_role(account, region, role, bucket, prefix) as s3:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            return sorted(found["Key"] for page in pages for found in page.get("Contents", ()))

    def write(self, account: str, region: str, role: str, bucket: str, key: str, content: bytes) -> None:
        """Write an object; see `S3Files`."""
        with self._as_role(account, region, role, bucket, key) as s3:
            s3.put_object(Bucket=bucket, Key=key, Body=content)

    @contextlib.contextmanager
    def _as_role(self, account: str, region: str, role: str, bucket: str, key: str) -> Iterator[Any]:
        """Yield a client of S3 with the role's credentials; its errors become Glue's."""
        if not trusts(role, account, _GLUE):
            raise UnusableRoleError(role, f"It does not exist or does not let {_GLUE} assume it.")
        if (actual := _region_of(bucket)) not in (None, region):
            raise OtherRegionError(region, str(actual))
        access_key, secret, token = (
            f"ASIA{secrets.token_hex(8).upper()}",
            *(secrets.token_hex(20) for _ in range(2)),
        )
        sts.register_session(
            access_key,
            {
                "Arn": f"arn:aws:sts::{account}:assumed-role/{role_name(role)}/GlueMLTaskRun",
                "UserId": f"{role_name(role)}:GlueMLTaskRun",
                "SecretAccessKey": secret,
                "SessionToken": token,
            },
        )
        path = f"s3://{bucket}/{key}"
        try:
            yield boto3.client(
                "s3",
                **self._connection.client_arguments(region),
                aws_access_key_id=access_key,
                aws_secret_access_key=secret,
                aws_session_token=token,
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            message = s3_message(error.response["Error"].get("Message", ""), status, code)
            raise UnreadableLabelFileError(path, message, denied=code in _DENIED) from error
        except BotoCoreError as error:
            raise UnreadableLabelFileError(path, f"{error}.") from error
        finally:
            sts._sessions.pop(access_key, None)


def install() -> None:
    """Have MiniStack's Glue serve the ML actions."""
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
        return _respond(action, body)
    return otherwise(method, path, headers, body, query)


def call(action: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Call an ML action as the account and region of the request in progress; returns its result.

    Raises:
        GlueActionError: it failed.
    """
    status, _, body = _respond(action, json.dumps(parameters).encode())
    result: dict[str, Any] = json.loads(body or b"{}")
    if status >= 400:
        raise GlueActionError(f"{result.get('__type')}: {result.get('message')}")
    return result


def _respond(action: str, body: bytes) -> Response:
    url = f"https://glue.{get_region()}.amazonaws.com/"
    headers = {
        "Content-Type": _CONTENT_TYPE,
        "X-Amz-Target": f"AWSGlue.{action}",
        "x-moto-account-id": get_account_id(),
    }
    request = Request.from_primitives("POST", url, headers, body or b"{}")
    status, from_moto, text = GlueResponse.dispatch(request, url, request.headers)
    kept = {"Content-Type": _CONTENT_TYPE}
    if error_type := {name.lower(): value for name, value in from_moto.items()}.get("x-amzn-errortype"):
        kept["x-amzn-errortype"] = error_type
    return status, kept, text.encode() if isinstance(text, str) else text


def _region_of(bucket: str) -> str | None:
    """Return a bucket's region, whichever account it is of; None if it is not known."""
    for (_, name), record in list(ministack_s3._buckets._data.items()):
        if name == bucket:
            return str(record["region"]) if record.get("region") else None
    return None
