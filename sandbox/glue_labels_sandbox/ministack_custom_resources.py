"""CloudFormation's side of custom resources in MiniStack, where it differs from AWS.

Its stack events show a custom resource's properties, as JSON text; MiniStack leaves them out.

Source: CloudFormation user guide, "Custom resource request objects" and "Custom resource response objects";
CloudFormation API reference, StackEvent, ResourceProperties.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from xml.sax.saxutils import escape

from ministack.services import cloudformation, lambda_svc
from ministack.services.cloudformation import custom_resource, provisioners

from .control import RESPONSE_ACTION
from .glue_calls import utc_now
from .ministack_registry import wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .simulation import Simulation

_log = logging.getLogger(__name__)

_RESPONSE_PATH = "/_ministack/cfn-response/"
_RESPONSE_MAX_BYTES = 4096
_PROPERTIES = "ResourceProperties"
_EVENT_ID = re.compile(rb"<EventId>([^<]*)</EventId>")
_RESOURCE_TYPE = "AWS::CloudFormation::CustomResource"

# MiniStack's error for a package that it cannot find.
_NO_PACKAGE = re.compile(r"has no stub for \\?'(@aws-sdk/[\w-]+)")

_responses: dict[str, dict[str, Any]] = {}
_request = threading.local()


def install(simulation: Simulation, folder: Path) -> None:
    """Invoke functions, check responses, delete failed creations and show events as CloudFormation does.

    Args:
        simulation: Says which responses are refused.
        folder: Of the CDK app, where npm installs packages that functions of Node.js lack.
    """
    wrap("services.lambda_svc._execute_function_with_config_scope", _invoke_asynchronously)
    wrap("services.lambda_svc._execute_function", partial(_execute_or_fail, folder))
    wrap("services.cloudformation.custom_resource._response_url", _signed_url)
    wrap("app._handle_post_body_shortcuts", partial(_judge_upload, simulation))
    wrap("services.cloudformation.custom_resource.register_token", _register_and_note)
    wrap("services.cloudformation.custom_resource.deliver_response", _deliver_and_keep)
    wrap("services.cloudformation.handlers._ACTION_HANDLERS.DescribeStackEvents", _describe_with_properties)
    parent = "services.cloudformation.provisioners"
    wrap(f"{parent}._custom_resource_create", _create_or_delete)
    wrap(f"{parent}._RESOURCE_HANDLERS.{_RESOURCE_TYPE}.create", _create_or_delete)


def _invoke_asynchronously(execute: Callable[..., Any], function: dict[str, Any], event: Any) -> Any:
    token = getattr(_request, "new_token", None)
    # A function may pass the event on to another and wait for it. Only the first comes from CloudFormation.
    if token is not None and isinstance(event, dict) and token in str(event.get("ResponseURL")):
        _request.new_token = None
        _note_request(event)
        # MiniStack invokes once and waits. Lambda retries an asynchronous invocation that crashes.
        return lambda_svc.invoke_async_with_retry(function, event)
    return execute(function, event)


def _execute_or_fail(folder: Path, execute: Callable[..., Any], function: dict[str, Any], event: Any) -> Any:
    """Execute; respond for a function that cannot start because only the sandbox lacks a package."""
    result = execute(function, event)
    lacking = _NO_PACKAGE.search(str(result.get("body"))) if result.get("error") else None
    url = str(event.get("ResponseURL", "")) if isinstance(event, dict) else ""
    if lacking and _RESPONSE_PATH in url:
        reason = (
            f"The sandbox lacks the npm package {lacking[1]}, which this function needs and Lambda's "
            f"Node.js has. Install it: npm install --prefix {folder} {lacking[1]}"
        )
        token = urlsplit(url).path.rpartition("/")[2]
        custom_resource.deliver_response(token, {"Status": "FAILED", "Reason": reason})
    return result


def _signed_url(url: Callable[[str], str], token: str) -> str:
    """Return a response URL with the query of a presigned upload to S3, as in AWS; nobody checks it here."""
    query = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Date": utc_now().strftime("%Y%m%dT%H%M%SZ"),
        "X-Amz-SignedHeaders": "host",
        "X-Amz-Expires": "7200",
        "X-Amz-Credential": f"{secrets.token_hex(8)}/s3/aws4_request",
        "X-Amz-Signature": secrets.token_hex(32),
    }
    return f"{url(token)}?{urlencode(query)}"


async def _judge_upload(
    simulation: Simulation,
    handle: Callable[..., Any],
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    *rest: Any,
) -> Any:
    if method == "PUT" and path.startswith(_RESPONSE_PATH):
        if simulation.take_error(RESPONSE_ACTION):
            return 503, {"Content-Type": "application/xml"}, b"<Error><Code>SlowDown</Code></Error>"
        if headers.get("content-type"):
            # The URL is signed for an upload without a content type.
            code = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
            return 403, {"Content-Type": "application/xml"}, code
        if len(body) > _RESPONSE_MAX_BYTES:
            body = b'{"Status": "FAILED", "Reason": "Response object is too long."}'
    return await handle(method, path, headers, body, *rest)


def _register_and_note(register: Callable[[str], Any], token: str) -> Any:
    _request.token = _request.new_token = token
    return register(token)


def _deliver_and_keep(deliver: Callable[..., Any], token: str, response: dict[str, Any]) -> Any:
    if response.get("Status") == "SUCCESS" and not response.get("PhysicalResourceId"):
        response = {**response, "Status": "FAILED", "Reason": "Invalid PhysicalResourceId"}
    _responses[token] = response
    return deliver(token, response)


def _create_or_delete(
    create: Callable[..., Any],
    logical_id: str,
    properties: dict[str, Any],
    stack_name: str,
    resource_type: str = _RESOURCE_TYPE,
) -> Any:
    try:
        return create(logical_id, properties, stack_name, resource_type)
    except RuntimeError:
        # CloudFormation rolls back by deleting what the failed Create named; MiniStack forgets the name.
        physical_id = _responses.get(_request.token, {}).get("PhysicalResourceId")
        if physical_id:
            _delete(physical_id, properties, stack_name, logical_id, resource_type)
        raise


def _delete(
    physical_id: str, properties: dict[str, Any], stack_name: str, logical_id: str, resource_type: str
) -> None:
    try:
        provisioners._custom_resource_delete(physical_id, properties, stack_name, logical_id, resource_type)
    except (RuntimeError, TimeoutError, ValueError) as error:
        _log.warning("Rollback could not delete %s (%s): %s", logical_id, physical_id, error)


def _describe_with_properties(describe: Callable[..., Any], parameters: Any) -> Any:
    status, headers, body = describe(parameters)
    texts = {
        event["EventId"].encode(): event[_PROPERTIES]
        for events in cloudformation._stack_events.values()
        for event in events
        if _PROPERTIES in event
    }

    def with_properties(found: re.Match[bytes]) -> bytes:
        text = texts.get(found[1])
        if text is None:
            return found[0]
        return found[0] + f"<{_PROPERTIES}>{escape(text)}</{_PROPERTIES}>".encode()

    return status, headers, _EVENT_ID.sub(with_properties, body)


def _note_request(request: Mapping[str, Any]) -> None:
    """Keep a custom resource's properties with the newest event of the resource: its request's."""
    for event in reversed(cloudformation._stack_events.get(request["StackId"], [])):
        if event["LogicalResourceId"] == request["LogicalResourceId"]:
            event[_PROPERTIES] = json.dumps(request[_PROPERTIES])
            return
