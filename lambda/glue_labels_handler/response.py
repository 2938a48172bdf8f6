"""The response to CloudFormation: its body, and the PUT to the presigned address.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html
"""

from __future__ import annotations

import json
import logging
import os
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_log = logging.getLogger(__name__)

BODY_MAX_BYTES = 4096
"""CloudFormation's limit of a response body."""

PUT_TIMEOUT_SECONDS = 10.0
RETRY_FIRST_SECONDS = 0.5
RETRY_MAX_SECONDS = 10.0


class ResponseUrl:
    """The presigned address of the response. Whoever knows it can forge the response, so no log shows it.

    It is no `str`, because crhelper logs the event at DEBUG, and its JSON would show a string.

    Attributes:
        value: the address itself.
    """

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "<ResponseURL>"

    def signed_at(self) -> float | None:
        """Return when the address was signed, and so the request made, in epoch seconds; None if unknown.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html, X-Amz-Date.
        """
        try:
            date = parse_qs(urlsplit(self.value).query)["X-Amz-Date"][0]
            return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc).timestamp()
        except (KeyError, ValueError):
            return None


def response_body(response: Mapping[str, Any]) -> bytes:
    """Return `response` as JSON of at most 4,096 bytes, with a shortened `Reason` if necessary."""
    body = json.dumps(response).encode()
    reason = str(response.get("Reason", ""))
    while len(body) > BODY_MAX_BYTES and reason:
        # Cut a little at a time: a character is 1 to 12 bytes of JSON.
        excess = len(body) - BODY_MAX_BYTES
        reason = reason[: max(0, len(reason) - max(excess // 6, 1) - 4)]
        body = json.dumps({**response, "Reason": f"{reason} ..."}).encode()
    return body


def put_response(
    url: ResponseUrl, body: bytes, until: float, clock: Callable[[], float], sleep: Callable[[float], None]
) -> bool:
    """PUT `body`, and retry with growing pauses, until CloudFormation accepts it or `until` has come.

    Args:
        url: the request's ResponseURL.
        body: see `response_body`.
        until: epoch seconds; the last attempt begins before it.
        clock: returns epoch seconds.
        sleep: waits that many seconds.

    Returns:
        Whether it was accepted.
    """
    pause = RETRY_FIRST_SECONDS
    while True:
        error = _put_once(url, body)
        if error is None:
            return True
        _log.warning({"event": "response not delivered", "error": error})
        if clock() + pause >= until:
            return False
        sleep(pause)
        pause = min(2 * pause, RETRY_MAX_SECONDS)


def _put_once(url: ResponseUrl, body: bytes) -> str | None:
    """Return None if CloudFormation accepts the response, else why not, without the address."""
    # Like boto3: with the proxy and the certificate authorities that the environment variables name.
    session = URLLib3Session(
        proxies=get_environ_proxies(url.value),
        verify=os.environ.get("AWS_CA_BUNDLE") or os.environ.get("REQUESTS_CA_BUNDLE") or True,
        timeout=PUT_TIMEOUT_SECONDS,
    )
    # The address was signed with an empty Content-Type.
    request = AWSRequest("PUT", url.value, headers={"Content-Type": ""}, data=body)
    try:
        status = session.send(request.prepare()).status_code
    except (BotoCoreError, OSError) as error:
        return type(error).__name__
    finally:
        session.close()
    return None if 200 <= status < 300 else f"HTTP {status}"
