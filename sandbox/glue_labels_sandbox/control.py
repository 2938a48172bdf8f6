"""How the process that started a sandbox calls functions of its server: over a path beside AWS's own.

A function has the same name and parameters on both sides.
"""

from __future__ import annotations

import asyncio
import hmac
import ssl
import urllib.request
from typing import TYPE_CHECKING, Any, Final

from .records import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .connection import Connection

RESPONSE_ACTION: Final = "PUT ResponseURL"
"""The name under which `GlueCalls` keeps errors for the upload of a custom resource's response."""

_PREFIX: Final = "/_sandbox/"
_TOKEN_HEADER: Final = "x-sandbox-token"  # noqa: S105 - the header's name
_CONTROL_SECONDS: Final = 60


class ControlClient:
    """Calls functions of a sandbox's server."""

    def __init__(self, connection: Connection, token: str) -> None:
        """Reach the server by `connection`, with its token."""
        self._url = f"{connection.url}{_PREFIX}"
        self._token = token
        # This endpoint only, and never through the user's proxy.
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(connection.ca))),
        )

    def call(self, function: str, *arguments: object, **named: object) -> Any:
        """Call a function of the server by its name; return what it returns."""
        # S310: the URL is our own server's, https always
        request = urllib.request.Request(  # noqa: S310
            f"{self._url}{function}",
            data=to_json([arguments, named]),
            headers={_TOKEN_HEADER: self._token, "Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=_CONTROL_SECONDS) as response:
            return from_json(response.read())


class Control:
    """An ASGI application: the control path for callers with the token, MiniStack for all other paths."""

    def __init__(
        self, app: Any, token: str, functions: Iterable[Callable[..., object]], on_ready: Callable[[], None]
    ) -> None:
        """Wrap `app`.

        Args:
            app: MiniStack.
            token: What a request must show.
            functions: What can be called, by their names.
            on_ready: Called once, when `app` has started up.
        """
        self._app = app
        self._token = token
        self._functions = {function.__name__: function for function in functions}
        self._on_ready = on_ready

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one ASGI scope."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, self._announcing(send))
        elif scope["type"] == "http" and scope["path"].startswith(_PREFIX):
            await self._respond(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _announcing(self, send: Any) -> Any:
        async def announce(message: dict[str, Any]) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                self._on_ready()

        return announce

    async def _respond(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        token = dict(scope["headers"]).get(_TOKEN_HEADER.encode(), b"")
        if not hmac.compare_digest(token, self._token.encode()):
            status, response = 403, b"{}"
        else:
            # In a thread, because a run that ends reads its label file from this server.
            name = scope["path"].removeprefix(_PREFIX)
            status, response = 200, await asyncio.to_thread(self._call, name, *from_json(body))
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(response)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": response})

    def _call(self, name: str, arguments: list[Any], named: dict[str, Any]) -> bytes:
        return to_json(self._functions[name](*arguments, **named))
