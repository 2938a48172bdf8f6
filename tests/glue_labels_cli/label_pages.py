"""Files to label, and a labeling page's requests without a browser."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from werkzeug.test import Client, TestResponse

from glue_labels_cli.labeling_page.application import Application
from glue_labels_cli.labeling_page.session import Session, open_session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUTHORITY = "127.0.0.1:8765"
TOKEN = "the-token-of-the-address"  # noqa: S105 (of no server that runs)

UNLABELED = """\
labeling_set_id,label,name,city
S1,,Ana Smith,Portland
S1,,Anna Smith,Portland
S1,,Zoë Müller,Salem
S2,,José Diaz,Bend
S2,,Jose Diaz,Bend
S3,A,Martin Holloway,Salem
S3,B,Marta Holloway,Eugene
"""


@contextmanager
def session_of(file: Path) -> Iterator[Session]:
    """A file that is being labeled by the page "page"."""
    session = open_session(file)
    try:
        session.enter("page", take_over=False)
        yield session
    finally:
        session.close()


class PageClient:
    """Sends the page's requests, with the headers that a browser sends for them."""

    def __init__(self, session: Session) -> None:
        self.ended = False
        self._client = Client(Application(session, TOKEN, AUTHORITY, self._end))

    def _end(self) -> None:
        self.ended = True

    def get(self, path: str, **headers: str) -> TestResponse:
        """Get a static file. Header names have _ for -."""
        return self._client.get(path, headers={"Host": AUTHORITY, **_named(headers)})

    def send(
        self, path: str, body: object = None, method: str = "POST", data: bytes | None = None, **headers: str
    ) -> TestResponse:
        """Send a request of the page. A header with the value "" is left out."""
        sent = {
            "Host": AUTHORITY,
            "Origin": f"http://{AUTHORITY}",
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
            **_named(headers),
        }
        content: dict[str, Any] = {"json": body if body is not None else {"page": "page"}}
        if data is not None:
            content = {"data": data}
        sent = {name: value for name, value in sent.items() if value}
        return self._client.open(path, method=method, headers=sent, **content)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
