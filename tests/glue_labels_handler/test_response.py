"""The response's body, and its PUT to a real HTTPS server on loopback."""

from __future__ import annotations

import json
import select
import socket
import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from glue_labels_handler.response import BODY_MAX_BYTES, ResponseUrl, put_response, response_body

if TYPE_CHECKING:
    from collections.abc import Iterator


@given(st.text(max_size=6000), st.text(max_size=300))
def test_body_never_exceeds_cloudformations_limit_and_stays_json(reason: str, path: str) -> None:
    body = response_body({"Reason": reason, "Data": {"InputS3Path": path}})
    assert len(body) <= BODY_MAX_BYTES
    shown = json.loads(body)["Reason"]
    assert shown == reason or (shown.endswith(" ...") and reason.startswith(shown[:-4]))


def test_long_reason_keeps_its_beginning_and_nearly_all_there_is_room_for() -> None:
    body = response_body({"Reason": "The cause. " + "x" * 9000})
    assert json.loads(body)["Reason"].startswith("The cause. xxx")
    assert len(body) > BODY_MAX_BYTES - 100


@dataclass
class Endpoint:
    """Responds with the planned statuses, then 200; keeps what it was sent."""

    url: ResponseUrl
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Iterator[Endpoint]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            end.received.append((self.path, dict(self.headers), body))
            self.send_response(end.statuses.pop(0) if end.statuses else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    end = Endpoint(
        ResponseUrl(f"https://localhost:{server.server_port}/response%7Cto?X-Amz-Signature=5ec7e7&a=b")
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield end
    server.shutdown()
    server.server_close()
    thread.join()


class Clock:
    def __init__(self) -> None:
        self.now, self.pauses = 0.0, []  # type: float, list[float]

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


def test_response_is_put_to_the_whole_address_without_a_content_type(endpoint: Endpoint) -> None:
    clock = Clock()
    assert put_response(endpoint.url, b"{}", 60, clock, clock.sleep)
    ((path, headers, body),) = endpoint.received
    assert path == "/response%7Cto?X-Amz-Signature=5ec7e7&a=b"
    assert headers["Content-Type"] == ""
    assert body == b"{}"


def test_refused_response_is_put_again_with_growing_pauses(endpoint: Endpoint) -> None:
    endpoint.statuses = [503, 500, 403, 503]
    clock = Clock()
    assert put_response(endpoint.url, b"{}", 60, clock, clock.sleep)
    assert len(endpoint.received) == 5
    assert clock.pauses == [0.5, 1, 2, 4]


def test_response_that_is_never_accepted_is_given_up_in_time(endpoint: Endpoint) -> None:
    endpoint.statuses = [503] * 99
    clock = Clock()
    assert not put_response(endpoint.url, b"{}", 60, clock, clock.sleep)
    assert clock.now < 60
    assert len(endpoint.received) >= 8


def test_unreachable_server_counts_as_not_delivered(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    url = ResponseUrl("https://127.0.0.1:9/response?X-Amz-Signature=5ec7e7")
    assert not put_response(url, b"{}", 3, clock, clock.sleep)
    assert "EndpointConnectionError" in caplog.text
    assert "5ec7e7" not in caplog.text


def test_server_with_an_unknown_certificate_gets_no_response(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("AWS_CA_BUNDLE")
    clock = Clock()
    assert not put_response(endpoint.url, b"{}", 1, clock, clock.sleep)
    assert "SSLError" in caplog.text
    assert endpoint.received == []


class Proxy(BaseHTTPRequestHandler):
    """A proxy that lets TLS through, as a company's network has one; it notes where to."""

    reached: list[str]

    def do_CONNECT(self) -> None:
        self.reached.append(self.path)
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=5) as there:
            self.send_response(200)
            self.end_headers()
            ends = {self.connection: there, there: self.connection}
            while True:
                ready, _, _ = select.select(list(ends), [], [], 5)
                data = [(end, end.recv(65536)) for end in ready]
                if not data or not all(block for _, block in data):
                    return
                for end, block in data:
                    ends[end].sendall(block)

    def log_message(self, *_: object) -> None:
        pass


def test_response_goes_through_the_proxy_that_boto3_would_use(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []
    proxy = HTTPServer(("127.0.0.1", 0), type("ThisProxy", (Proxy,), {"reached": reached}))
    thread = threading.Thread(target=proxy.serve_forever, daemon=True)
    thread.start()
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.server_port}")
    clock = Clock()
    try:
        assert put_response(endpoint.url, b"{}", 10, clock, clock.sleep)
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
    assert len(endpoint.received) == 1
    assert reached == [urlsplit(endpoint.url.value).netloc]
