"""The page's requests and their responses, and who is refused.

The records are personal data, so every request must carry the token of the address. Only the page's own
files need none: they hold nothing of the label file. The token is in the address's fragment: browsers put no
fragment into requests, logs or Referer headers. The page moves it into its sessionStorage and sends it as a
header. A cookie would go to every server on 127.0.0.1, whatever its port; sessionStorage belongs to this
address and this tab alone.
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
"""More than any request of the page has."""

_FILES = {
    "/": ("page.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
    **{
        f"/{name}": (name, "text/javascript; charset=utf-8")
        for name in ("page.js", "requests.js", "keys.js", "view.js")
    },
}
"""The page's own files by path. No path is ever joined with a folder."""

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
class _Asked:
    """What the body of a request says."""

    body: Mapping[str, Any]

    @property
    def page(self) -> str:
        page = self.body.get("page")
        if not isinstance(page, str) or not 0 < len(page) <= 100:
            raise BadRequest("page is not a name of a page")
        return page

    @property
    def which(self) -> Filter:
        show, text = self.body.get("show", "all"), self.body.get("text", "")
        if show not in ("all", "unanswered", "labeled") or not isinstance(text, str):
            raise BadRequest("show is all, unanswered or labeled; text is a text")
        return Filter(show, text)

    @property
    def number(self) -> int:
        return self.whole("set")

    def whole(self, name: str) -> int:
        value = self.body.get(name)
        if type(value) is not int:
            raise BadRequest(f"{name} is not a whole number")
        return value

    @property
    def action(self) -> Action:
        kind = self.body.get("action")
        if kind == "put":
            return PutRow(self.whole("row"), str(self.body.get("key")))
        if kind == "clear":
            return ClearRow(self.whole("row"))
        if kind == "same":
            return AllSame()
        if kind == "different":
            return AllDifferent()
        raise BadRequest("action is put, clear, same or different")


class Application:
    """The labeling page of one session, as a WSGI application."""

    def __init__(self, session: Session, token: str, authority: str, end: Callable[[], None]) -> None:
        """Serve a session.

        Args:
            session: the file that is labeled.
            token: what each request must have, but for the page's own files.
            authority: host and port that the page is at, as in the Host header.
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
        self._responders: dict[str, Callable[[_Asked], Any]] = {
            "/enter": self._enter,
            "/leave": lambda asked: session.leave(asked.page),
            "/view": lambda asked: session.view(
                asked.page, None if asked.body.get("set") is None else asked.number, asked.which
            ),
            "/act": lambda asked: session.act(asked.page, asked.number, asked.action, asked.which),
            "/undo": lambda asked: session.undo(asked.page, asked.number, asked.which),
            "/redo": lambda asked: session.redo(asked.page, asked.number, asked.which),
            "/skip": lambda asked: session.skip(asked.page, asked.number, asked.which),
            "/read-again": lambda asked: session.read_again(asked.page),
            "/end": self._ended,
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
        self._refuse_others(request)
        if request.path in self._files:
            if request.method not in ("GET", "HEAD"):
                raise MethodNotAllowed(["GET", "HEAD"])
            content, kind = self._files[request.path]
            return Response(content, content_type=kind)
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(token.encode(), self._token.encode()):
            raise Forbidden("Open the page at the address that glue-labels printed: it holds the token.")
        respond = self._responders.get(request.path)
        if respond is None:
            raise NotFound("There is nothing at this path.")
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        try:
            return _json(respond(_asked(request)), 200)
        except RefusedError as error:
            return _json({"reason": error.reason, "text": str(error)}, Conflict.code)
        except (IndexError, ValueError) as error:
            raise BadRequest(str(error)) from error

    def _refuse_others(self, request: Request) -> None:
        """Refuse what another site's page makes the browser send, under its name or ours."""
        if request.headers.get("Host") != self._authority:
            raise MisdirectedRequest("This is not the address of the labeling page.")
        own = f"http://{self._authority}"
        origin = request.headers.get("Origin", "" if request.method == "POST" else own)
        site = request.headers.get("Sec-Fetch-Site", "same-origin")
        if origin != own or site not in ("same-origin", "none"):
            raise Forbidden("Requests from other pages are refused.")

    def _enter(self, asked: _Asked) -> dict[str, Any]:
        self._session.enter(asked.page, take_over=asked.body.get("take_over") is True)
        return {}

    def _ended(self, asked: _Asked) -> dict[str, Any]:
        del asked
        self._end()
        return {"text": self._session.progress_line}


def _asked(request: Request) -> _Asked:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("The body must be application/json.")
    if request.content_length is None:
        # The page always says it. Nobody else needs chunks whose end nobody knows.
        raise LengthRequired("The request must say how long its body is.")
    if request.content_length > MAX_BODY_BYTES:
        raise RequestEntityTooLarge(f"The body has more than {MAX_BODY_BYTES:,} bytes.")
    try:
        body = json.loads(request.get_data())
    except (ValueError, RecursionError) as error:
        raise BadRequest("The body is not JSON.") from error
    if not isinstance(body, dict):
        raise BadRequest("The body is not an object.")
    return _Asked(body)


def _json(value: object, status: int) -> Response:
    return Response(json.dumps(value), status, content_type="application/json")
