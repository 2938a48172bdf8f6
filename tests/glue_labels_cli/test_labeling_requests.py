"""Which requests the labeling page's server grants and refuses."""

from __future__ import annotations

import http.client
import io
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from label_pages import AUTHORITY, TOKEN, UNLABELED, PageClient, session_of

from glue_labels_cli.labeling_page.application import MAX_BODY_BYTES
from glue_labels_cli.labeling_page.server import PageServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from glue_labels_cli.labeling_page.session import Session

ACT = {"page": "page", "set": 0, "action": "same"}
OWN_FILES = ["/", "/page.css", "/icon.svg", "/page.js", "/requests.js", "/keys.js", "/view.js"]
REQUESTS = ["/enter", "/leave", "/view", "/act", "/undo", "/redo", "/skip", "/read-again", "/end"]


@pytest.fixture
def session(file: Path) -> Iterator[Session]:
    """The file, being labeled."""
    with session_of(file) as opened:
        yield opened


@pytest.fixture
def client(session: Session) -> PageClient:
    """A browser on the page."""
    return PageClient(session)


def test_a_request_of_the_page_itself_is_granted(client: PageClient, file: Path) -> None:
    assert client.send("/act", ACT).status_code == 200
    assert file.read_text().startswith("labeling_set_id,label,name,city\nS1,A,Ana Smith")


@pytest.mark.parametrize("path", REQUESTS)
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 403),
        ({"Authorization": "Bearer "}, 403),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 403),
        ({"Authorization": "Bearer tokén"}, 403),
        ({"Origin": ""}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": f"https://{AUTHORITY}"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
        ({"Host": "evil.example"}, 421),
        ({"Host": "localhost:8765"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Type": ""}, 415),
    ],
)
def test_a_request_that_is_not_the_pages_is_refused_and_does_nothing(
    client: PageClient, file: Path, path: str, headers: dict[str, str], status: int
) -> None:
    response = client.send(path, data=b'{"page":"page","set":0,"action":"same"}', **headers)
    assert response.status_code == status
    assert "Ana" not in response.text
    assert file.read_text() == UNLABELED
    assert not client.ended


@pytest.mark.parametrize("path", OWN_FILES)
@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example"}, {"Host": ""}, {"Origin": "http://evil.example"}]
)
def test_the_pages_own_files_are_refused_to_other_sites(
    client: PageClient, path: str, headers: dict[str, str]
) -> None:
    assert client.get(path, **headers).status_code in (403, 421)


@pytest.mark.parametrize("path", OWN_FILES)
def test_the_pages_own_files_hold_nothing_of_the_label_file(client: PageClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert "Ana" not in response.text
    assert "labels.csv" not in response.text


@pytest.mark.parametrize("path", OWN_FILES)
def test_the_pages_own_files_name_no_other_host(client: PageClient, path: str) -> None:
    text = client.get(path).text.replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "//" not in "".join(line for line in text.splitlines() if not line.lstrip().startswith("//"))
    assert "style=" not in text
    assert "<script>" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/page.html",
        "/labels.csv",
        "/../page.py",
        "/%2e%2e/session.py",
        "/..%5capplication.py",
        "/static/page.html",
        "//etc/passwd",
        "/page.css/..",
        "/view/../act",
        "/%00",
    ],
)
def test_there_is_nothing_at_any_other_path(client: PageClient, path: str) -> None:
    assert client.get(path).status_code == 403, "without the token"
    assert client.send(path).status_code == 404, "with it"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("path", REQUESTS)
def test_a_request_by_any_method_but_post_is_refused(client: PageClient, path: str, method: str) -> None:
    response = client.send(path, method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    assert not client.ended


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_the_pages_own_files_can_only_be_read(client: PageClient, method: str) -> None:
    response = client.send("/", method=method)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("path", REQUESTS)
def test_a_body_that_is_too_large_is_refused(client: PageClient, path: str) -> None:
    body = b'{"page":"page","text":"%b"}' % (b"x" * MAX_BODY_BYTES)
    assert client.send(path, data=body).status_code == 413


def test_a_body_of_unknown_length_is_refused(file: Path) -> None:
    with session_of(file) as session:
        server = PageServer(session, 0)
        with server.serving():
            address = urlsplit(server.address)
            connection = http.client.HTTPConnection(address.netloc, timeout=10)
            connection.request(
                "POST",
                "/view",
                io.BytesIO(b"x" * (MAX_BODY_BYTES + 1)),
                {
                    "Authorization": f"Bearer {address.fragment}",
                    "Origin": f"http://{address.netloc}",
                    "Content-Type": "application/json",
                    "Transfer-Encoding": "chunked",
                },
                encode_chunked=True,
            )
            assert connection.getresponse().status == 411
            connection.close()


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"[]",
        b'"x"',
        b"{}",
        b"[" * 10_000,
        b'{"page": 1}',
        b'{"page": "page", "set": "0", "action": "same"}',
        b'{"page": "page", "set": true, "action": "same"}',
        b'{"page": "page", "set": 99, "action": "same"}',
        b'{"page": "page", "set": -1, "action": "same"}',
        b'{"page": "page", "set": 0, "action": "remove"}',
        b'{"page": "page", "set": 0, "action": "put", "row": 0, "key": "AB"}',
        b'{"page": "page", "set": 0, "action": "put", "row": 9, "key": "A"}',
        b'{"page": "page", "set": 0, "action": "put", "row": 0}',
        b'{"page": "page", "set": 0, "action": "same", "show": "other"}',
        b'{"page": "page", "set": 0, "action": "same", "text": 1}',
        b'{"page": "page", "set": 0, "action": "same", "text": "\\ud800\xff"}',
    ],
)
def test_an_invalid_body_is_refused_and_does_nothing(client: PageClient, file: Path, body: bytes) -> None:
    assert client.send("/act", data=body).status_code == 400
    assert file.read_text() == UNLABELED


@pytest.mark.parametrize(
    ("path", "headers"), [("/", {}), ("/view", {}), ("/nothing", {}), ("/", {"Host": "evil.example"})]
)
def test_every_response_keeps_the_browser_from_storing_it_or_loading_from_elsewhere(
    client: PageClient, path: str, headers: dict[str, str]
) -> None:
    got = (client.send if path == "/view" else client.get)(path, **headers).headers
    policy = dict(directive.split(" ", 1) for directive in got["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert {policy[name] for name in ("script-src", "style-src", "connect-src", "img-src")} == {"'self'"}
    assert policy["frame-ancestors"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert got["Cache-Control"] == "no-store"
    assert got["Referrer-Policy"] == "no-referrer"
    assert got["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in got
    assert not [name for name, _ in got if name.startswith("Access-Control-")]


def test_the_server_listens_on_loopback_only_with_a_new_token_each_time(session: Session) -> None:
    tokens = set()
    for _ in range(2):
        server = PageServer(session, 0)
        with server.serving():
            address = urlsplit(server.address)
            assert address.hostname == "127.0.0.1"
            assert len(address.fragment) >= 43, "256 bits"
            tokens.add(address.fragment)
            with pytest.raises(OSError, match="refused"):
                socket.create_connection(("127.0.0.2", address.port or 0), timeout=5)
    assert len(tokens) == 2


def test_the_server_ends_when_the_page_asks_for_it_or_after_idle_time(session: Session) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 1
        return now[0]

    server = PageServer(session, 0, clock)
    with server.serving():
        assert server.wait(idle_seconds=3) is False
        address = urlsplit(server.address)
        connection = http.client.HTTPConnection(address.netloc, timeout=10)
        headers = {
            "Authorization": f"Bearer {address.fragment}",
            "Origin": f"http://{address.netloc}",
            "Content-Type": "application/json",
        }
        connection.request("POST", "/end", b'{"page": "page"}', headers)
        response = connection.getresponse()
        assert (response.status, response.headers["Server"]) == (200, "glue-labels")
        connection.close()
        assert server.wait(idle_seconds=1_000) is True
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((address.hostname or "", address.port or 0), timeout=5)


def test_a_second_tab_can_take_over_and_the_first_is_refused(client: PageClient) -> None:
    other = client.send("/enter", {"page": "other"})
    assert (other.status_code, other.json) == (
        409,
        {"reason": "other-page", "text": "labels.csv is open in another tab."},
    )
    assert client.send("/act", {**ACT, "page": "other"}).status_code == 409
    assert client.send("/enter", {"page": "other", "take_over": True}).status_code == 200
    assert client.send("/act", {**ACT, "page": "other"}).status_code == 200
    assert client.send("/undo", {"page": "page", "set": 0}).json == {
        "reason": "other-page",
        "text": "labels.csv is being labeled in another tab.",
    }
    client.send("/leave", {"page": "other"})
    assert client.send("/enter", {"page": "page"}).status_code == 200


def test_a_file_that_was_changed_on_disk_is_a_conflict(client: PageClient, file: Path) -> None:
    file.write_text(UNLABELED + "S4,,x,y\n")
    response = client.send("/act", ACT)
    assert response.status_code == 409
    assert response.json == {
        "reason": "changed-on-disk",
        "text": "labels.csv was changed on disk by another program. Nothing was overwritten.",
    }
    file.write_text("name\nAna\n")
    response = client.send("/read-again")
    assert (response.status_code, response.json and response.json["reason"]) == (409, "cannot-label")
    file.write_text(UNLABELED)
    assert client.send("/read-again").status_code == 200
    assert client.send("/view").status_code == 200
