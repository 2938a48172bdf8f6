"""The HTTP server of the page, on 127.0.0.1, until the user ends it or does not use it for a while."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

from glue_labels_cli.labeling_page.application import Application

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from wsgiref.types import StartResponse, WSGIEnvironment

    from glue_labels_cli.labeling_page.session import Session

LOOPBACK = "127.0.0.1"


class _QuietHandler(WSGIRequestHandler):
    """Logs nothing, and does not reveal versions."""

    # Seconds until a silent connection is closed.
    timeout = 60

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (werkzeug's name)
        """Write nothing to the terminal."""

    def version_string(self) -> str:
        """Return a name without versions."""
        return "glue-labels"


class PageServer:
    """The server of one session.

    Attributes:
        address: URL of the page, with its token.
    """

    def __init__(self, session: Session, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Listen on a port of 127.0.0.1.

        Args:
            session: the file that is labeled.
            port: the port; 0 for any free port.
            clock: returns the seconds of a monotonic clock.

        Raises:
            OSError: the port is taken.
        """
        self._clock = clock
        self._ended = threading.Event()
        self._last_request = clock()
        token = secrets.token_urlsafe(32)
        # werkzeug would end the process if the port is taken. A socket of our own raises an error instead.
        with socket.create_server((LOOPBACK, port)) as listening:
            port = listening.getsockname()[1]
            self._application = Application(session, token, f"{LOOPBACK}:{port}", self._ended.set)
            self._server = make_server(
                LOOPBACK,
                port,
                self._note_and_respond,
                threaded=True,
                request_handler=_QuietHandler,
                fd=listening.fileno(),
            )
        self.address = f"http://{LOOPBACK}:{port}/#{token}"

    @contextmanager
    def serving(self) -> Iterator[PageServer]:
        """Serve while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def wait(self, idle_seconds: float) -> bool:
        """Wait until the page asks to end, or is not used.

        Args:
            idle_seconds: how long to wait for the next request.

        Returns:
            whether the page asked to end.
        """
        while (left := self._last_request + idle_seconds - self._clock()) > 0:
            if self._ended.wait(min(left, 1)):
                # Let the response be sent.
                time.sleep(0.2)
                return True
        return False

    def _note_and_respond(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._last_request = self._clock()
        return self._application(environ, start_response)
