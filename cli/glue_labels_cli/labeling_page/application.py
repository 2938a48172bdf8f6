"""The HTTP requests of the page, their responses, and which requests are refused.

The records are personal data, so each request needs the token of the address. Only the static files of the
page need none: they contain nothing of the label file. The token is in the fragment of the address, because
browsers put no fragment into requests, logs or Referer headers. The page moves it to sessionStorage and sends
it as a header. A cookie would be sent to every server on 127.0.0.1, on any port. sessionStorage belongs to
this address and this tab only.
"""

from __future__ import annotations

import hmac
import json
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

from werkzeug.exceptions import (
    BadRequest,
    Conflict,
    Forbidden,
    HTTPException,
    LengthRequired,
    MethodNotAllowed,
    MisdirectedRequest,
    NotFound,
    RequestEntityTooLarge,
    UnsupportedMediaType,
)
from werkzeug.wrappers import Request, Response

from glue_labels_cli.labeling_page.labeling import AllDifferent, AllSame, ClearRow, PutRow
from glue_labels_cli.labeling_page.session import Filter, RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from wsgiref.types import StartResponse, WSGIEnvironment

    from glue_labels_cli.labeling_page.labeling import Action
    from glue_labels_cli.labeling_page.session import Session

MAX_BODY_BYTES = 16_384
"""No request of the page is larger."""

_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    **{
        f"/{name}": (name, "text/javascript; charset=utf-8")
        for name in ("page.js", "requests.js", "keys.js", "view.js")
    },
}
"""The static files by path. A requested path is never joined with a folder."""

_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True)
class _Body:
    """The JSON body of a request."""

    values: Mapping[str, Any]

    @property
    def page(self) -> str:
        page = self.values.get("page")
        if not isinstance(page, str) or not 0 < len(page) <= 100:
            raise BadRequest("page must be a name of 1 to 100 characters")
        return page

    @property
    def which(self) -> Filter:
        show, text = self.values.get("show", "all"), self.values.get("text", "")
        if show not in ("all", "unlabeled", "labeled") or not isinstance(text, str):
            raise BadRequest("show must be all, unlabeled or labeled, and text a string")
        return Filter(show, text)

    @property
    def number(self) -> int:
        return self.whole("set")

    def whole(self, name: str) -> int:
        value = self.values.get(name)
        if type(value) is not int:
            raise BadRequest(f"{name} must be a whole number")
        return value

    @property
    def action(self) -> Action:
        kind = self.values.get("action")
        if kind == "put":
            return PutRow(self.whole("row"), str(self.values.get("key")))
        if kind == "clear":
            return ClearRow(self.whole("row"))
        if kind == "same":
            return AllSame()
        if kind == "different":
            return AllDifferent()
        raise BadRequest("action must be put, clear, same or different")


class Application:
    """The labeling page of one session, as a WSGI application."""

    def __init__(self, session: Session, token: str, authority: str, end: Callable[[], None]) -> None:
        """Serve a session.

        Args:
            session: the file that is labeled.
            token: needed by each request except those for static files.
            authority: host and port of the page, as in the Host header.
            end: called when the page asks to end.
        """
        self._session = session
        self._token = token
        self._authority = authority
        self._end = end
        self._files = {
            path: (resources.files(__package__).joinpath("static", name).read_bytes(), kind)
            for path, (name, kind) in _FILES.items()
        }
        self._responders: dict[str, Callable[[_Body], Any]] = {
            "/enter": self._enter,
            "/leave": lambda body: session.leave(body.page),
            "/view": lambda body: session.view(
                body.page, None if body.values.get("set") is None else body.number, body.which
            ),
            "/act": lambda body: session.act(body.page, body.number, body.action, body.which),
            "/undo": lambda body: session.undo(body.page, body.number, body.which),
            "/redo": lambda body: session.redo(body.page, body.number, body.which),
            "/skip": lambda body: session.skip(body.page, body.number, body.which),
            "/read-again": lambda body: session.read_again(body.page),
            "/end": self._end_page,
        }

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Respond to a request."""
        request = Request(environ, populate_request=False)
        try:
            response = self._respond(request)
        except HTTPException as error:
            response = _json({"reason": "refused", "text": error.description}, error.code or 500)
            response.headers.extend((name, value) for name, value in error.get_headers() if name == "Allow")
        response.headers.update(_HEADERS)
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        self._refuse_other_sites(request)
        if request.path in self._files:
            if request.method not in ("GET", "HEAD"):
                raise MethodNotAllowed(["GET", "HEAD"])
            content, kind = self._files[request.path]
            return Response(content, content_type=kind)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Forbidden("Open the page with the address that glue-labels printed. It contains the token.")
        respond = self._responders.get(request.path)
        if respond is None:
            raise NotFound("There is nothing at this path.")
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        try:
            return _json(respond(_body(request)), 200)
        except RefusedError as error:
            return _json({"reason": error.reason, "text": str(error)}, Conflict.code)
        except (IndexError, ValueError) as error:
            raise BadRequest(str(error)) from error

    def _refuse_other_sites(self, request: Request) -> None:
        """Refuse requests that a page of another site makes the browser send."""
        if request.headers.get("Host") != self._authority:
            raise MisdirectedRequest("This is not the address of the labeling page.")
        own = f"http://{self._authority}"
        origin = request.headers.get("Origin", "" if request.method == "POST" else own)
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if origin != own or site not in ("same-origin", "none"):
            raise Forbidden("Requests from other pages are refused.")

    def _enter(self, body: _Body) -> dict[str, Any]:
        self._session.enter(body.page, take_over=body.values.get("take_over") is True)
        return {}

    def _end_page(self, body: _Body) -> dict[str, Any]:
        del body
        self._end()
        return {"text": self._session.progress_line}


def _body(request: Request) -> _Body:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("The body must be application/json.")
    if request.content_length is None:
        # The page always sends Content-Length. A chunked body has no known length.
        raise LengthRequired("The request needs a Content-Length.")
    if request.content_length > MAX_BODY_BYTES:
        raise RequestEntityTooLarge(f"The body has more than {MAX_BODY_BYTES:,} bytes.")
    try:
        values = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(values, dict):
        raise BadRequest("The body is not a JSON object.")
    return _Body(values)


def _json(value: object, status: int) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
