"""The page's server: on loopback, until it is asked to end or nobody has asked it anything for long."""

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
    """Logs nothing, and does not say what it runs on."""

    # Seconds that a client may keep a connection without sending anything.
    timeout = 60

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 (werkzeug's name)
        """Write nothing: the terminal is the user's."""

    def version_string(self) -> str:
        """Return a name without versions."""
        return "glue-labels"


class PageServer:
    """A server that is running.

    Attributes:
        address: of the page, with its token.
    """

    def __init__(self, session: Session, port: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Listen on a port of 127.0.0.1.

        Args:
            session: the file that is labeled.
            port: the port; 0 for any that is free.
            clock: seconds that only go forward.

        Raises:
            OSError: the port is taken.
        """
        self._clock = clock
        self._ended = threading.Event()
        self._last_request = clock()
        token = secrets.token_urlsafe(32)
        # werkzeug exits the process where a port is taken; a socket of ours says so.
        with socket.create_server((LOOPBACK, port)) as listening:
            port = listening.getsockname()[1]
            self._application = Application(session, token, f"{LOOPBACK}:{port}", self._ended.set)
            self._server = make_server(
                LOOPBACK,
                port,
                self._noting,
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
        """Wait until the page asks to end.

        Args:
            idle_seconds: without any request for so long, it ends too.

        Returns:
            whether the page asked.
        """
        while (left := self._last_request + idle_seconds - self._clock()) > 0:
            if self._ended.wait(min(left, 1)):
                # The response is on its way.
                time.sleep(0.2)
                return True
        return False

    def _noting(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._last_request = self._clock()
        return self._application(environ, start_response)
