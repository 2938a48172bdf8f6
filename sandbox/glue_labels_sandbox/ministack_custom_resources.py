"""CloudFormation's side of custom resources in MiniStack, where it differs from AWS.

Source: CloudFormation user guide, "Custom resource request objects" and "Custom resource response objects".
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from ministack import app
from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource, provisioners

from .control import RESPONSE_FAULT
from .ministack_stack_events import note_request
from .simulation import utc_now

if TYPE_CHECKING:
    from pathlib import Path

    from .simulation import Simulation

_log = logging.getLogger(__name__)

_RESPONSE_PATH = "/_ministack/cfn-response/"
_RESPONSE_MAX_BYTES = 4096
_RESOURCE_TYPE = "AWS::CloudFormation::CustomResource"

# What MiniStack says of a package that it cannot find.
_NO_PACKAGE = re.compile(r"has no stub for \\?'(@aws-sdk/[\w-]+)")

_answers: dict[str, dict[str, Any]] = {}
_asking = threading.local()


def install(simulation: Simulation, folder: Path) -> None:
    """Have functions be asked, responses be judged and failed creations be deleted as CloudFormation does.

    Args:
        simulation: Decides which responses are refused.
        folder: Of the CDK app, where npm installs what functions of Node.js lack.
    """
    _ask_asynchronously()
    _answer_for_functions_that_cannot_start(folder)
    _sign_addresses()
    _judge_uploads(simulation)
    _keep_answers()
    create = provisioners._custom_resource_create

    def create_or_delete(
        logical_id: str, properties: dict[str, Any], stack_name: str, resource_type: str = _RESOURCE_TYPE
    ) -> Any:
        try:
            return create(logical_id, properties, stack_name, resource_type)
        except RuntimeError:
            # CloudFormation rolls back by deleting what the failed Create named; MiniStack forgets the name.
            physical_id = _answers.get(_asking.token, {}).get("PhysicalResourceId")
            if physical_id:
                _delete(physical_id, properties, stack_name, logical_id, resource_type)
            raise

    provisioners._custom_resource_create = create_or_delete
    provisioners._RESOURCE_HANDLERS[_RESOURCE_TYPE]["create"] = create_or_delete


def _ask_asynchronously() -> None:
    execute = lambda_svc._execute_function_with_config_scope

    def execute_or_ask(function: dict[str, Any], event: Any) -> Any:
        token = getattr(_asking, "unasked", None)
        # A function may hand the event on to another, whose answer it waits for: that is not CloudFormation.
        if token is not None and isinstance(event, dict) and token in str(event.get("ResponseURL")):
            _asking.unasked = None
            note_request(event)
            # MiniStack asks once and waits; an invocation of CloudFormation's that crashes, Lambda repeats.
            return lambda_svc.invoke_async_with_retry(function, event)
        return execute(function, event)

    lambda_svc._execute_function_with_config_scope = execute_or_ask


def _answer_for_functions_that_cannot_start(folder: Path) -> None:
    """Fail a request whose function needs a package that only the sandbox lacks: nobody else would answer."""
    execute = lambda_svc._execute_function

    def execute_or_fail(function: dict[str, Any], event: Any, *arguments: Any, **named: Any) -> Any:
        result = execute(function, event, *arguments, **named)
        lacking = _NO_PACKAGE.search(str(result.get("body"))) if result.get("error") else None
        address = str(event.get("ResponseURL", "")) if isinstance(event, dict) else ""
        if lacking and _RESPONSE_PATH in address:
            reason = (
                f"The sandbox lacks the npm package {lacking[1]}, which this function needs and Lambda's "
                f"Node.js has. Install it: npm install --prefix {folder} {lacking[1]}"
            )
            token = urlsplit(address).path.rpartition("/")[2]
            custom_resource.deliver_response(token, {"Status": "FAILED", "Reason": reason})
        return result

    lambda_svc._execute_function = execute_or_fail


def _sign_addresses() -> None:
    """Give response URLs the query of a presigned upload to S3, as AWS's have; nobody checks it here."""
    address = custom_resource._response_url

    def signed_address(token: str) -> str:
        query = {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Date": utc_now().strftime("%Y%m%dT%H%M%SZ"),
            "X-Amz-SignedHeaders": "host",
            "X-Amz-Expires": "7200",
            "X-Amz-Credential": f"{secrets.token_hex(8)}/s3/aws4_request",
            "X-Amz-Signature": secrets.token_hex(32),
        }
        return f"{address(token)}?{urlencode(query)}"

    custom_resource._response_url = signed_address


def _judge_uploads(simulation: Simulation) -> None:
    handle = app._handle_post_body_shortcuts

    async def handle_judged(method: str, path: str, headers: dict[str, str], body: bytes, *rest: Any) -> Any:
        if method == "PUT" and path.startswith(_RESPONSE_PATH):
            if simulation.take_fault(RESPONSE_FAULT):
                return 503, {"Content-Type": "application/xml"}, b"<Error><Code>SlowDown</Code></Error>"
            if headers.get("content-type"):
                # The URL is signed for an upload without a content type.
                code = b"<Error><Code>SignatureDoesNotMatch</Code></Error>"
                return 403, {"Content-Type": "application/xml"}, code
            if len(body) > _RESPONSE_MAX_BYTES:
                body = b'{"Status": "FAILED", "Reason": "Response object is too long."}'
        return await handle(method, path, headers, body, *rest)

    app._handle_post_body_shortcuts = handle_judged


def _keep_answers() -> None:
    register, deliver = custom_resource.register_token, custom_resource.deliver_response

    def register_and_note(token: str) -> Any:
        _asking.token = _asking.unasked = token
        return register(token)

    def deliver_and_keep(token: str, answer: dict[str, Any]) -> Any:
        if answer.get("Status") == "SUCCESS" and not answer.get("PhysicalResourceId"):
            answer = {**answer, "Status": "FAILED", "Reason": "Invalid PhysicalResourceId"}
        _answers[token] = answer
        return deliver(token, answer)

    custom_resource.register_token = register_and_note
    custom_resource.deliver_response = deliver_and_keep


def _delete(
    physical_id: str, properties: dict[str, Any], stack_name: str, logical_id: str, resource_type: str
) -> None:
    try:
        provisioners._custom_resource_delete(physical_id, properties, stack_name, logical_id, resource_type)
    except (RuntimeError, TimeoutError, ValueError) as error:
        _log.warning("Rollback could not delete %s (%s): %s", logical_id, physical_id, error)
