"""The server's process, as its parent starts and ends it."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

import trustme

from .connection import Connection

if TYPE_CHECKING:
    from collections.abc import Mapping

_START_SECONDS = 60.0
# Variables that the server and its functions must not inherit from the caller.
_KEPT_OUT = ("AWS_", "BOTO_", "MINISTACK_", "LOCALSTACK_", "LAMBDA_", "CDK_", "PYTHON", "DOCKER_")
_KEPT_OUT_NAMES = frozenset(
    {"http_proxy", "https_proxy", "all_proxy", "services", "edge_port", "persist_state"}
)


class SandboxStartError(RuntimeError):
    """The server did not start; the text has the end of its log."""


class ServerProcess:
    """One server, in a process group and a temporary directory of its own."""

    def __init__(self, account: str, region: str, token: str) -> None:
        """Start a server and wait until it is ready.

        Raises:
            SandboxStartError: it ended, or was not ready within a minute.
        """
        self._directory = Path(tempfile.mkdtemp(prefix="glue-labels-sandbox-"))
        try:
            ca = _write_certificates(self._directory)
            (self._directory / "tmp").mkdir()
            self.log = self._directory / "server.log"
            with self.log.open("wb") as log:
                # S603: a command of constants; the process outlives this method, stop() ends it
                self._process = subprocess.Popen(  # noqa: S603
                    [sys.executable, "-m", f"{__package__}.server"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    cwd=self._directory,
                    env=_environment(os.environ),
                    start_new_session=True,
                )
        except BaseException:
            shutil.rmtree(self._directory, ignore_errors=True)
            raise
        try:
            settings = {
                "account": account,
                "region": region,
                "token": token,
                "directory": str(self._directory),
                "folder": str(Path.cwd()),
            }
            port = self._port(json.dumps(settings))
        except BaseException:
            self.stop()
            raise
        self.connection = Connection(port, ca, self._directory, account, region)

    @property
    def pid(self) -> int:
        """The server's process id, which is its process group's too."""
        return self._process.pid

    def stop(self) -> None:
        """End the server and its functions, remove its directory; a second call does nothing."""
        if self._process.returncode is not None:
            return
        # At once, because it keeps nothing. Before the wait, after which others may get the process id.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _port(self, settings: str) -> int:
        stdin, stdout = _pipe(self._process.stdin), _pipe(self._process.stdout)
        with contextlib.suppress(BrokenPipeError):  # it has ended already; see below
            stdin.write(f"{settings}\n".encode())
            stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            line = stdout.readline() if selector.select(_START_SECONDS) else b""
        if not line:
            tail = self.log.read_text(errors="replace")[-4000:]
            raise SandboxStartError(f"The sandbox did not start. The end of its log:\n{tail}")
        return int(line)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("opened with PIPE")
    return stream


def _environment(outer: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in outer.items()
        if not name.startswith(_KEPT_OUT) and name.lower() not in _KEPT_OUT_NAMES
    }
    # The server runs the same code as its parent; its functions get a path of their own.
    paths = [str(Path(__file__).parents[1]), *outer.get("PYTHONPATH", "").split(os.pathsep)]
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _write_certificates(directory: Path) -> Path:
    """Write ``ca.pem``, ``server.pem`` and ``server.key`` into `directory`; return the first one's path.

    The CA's key is not written, so nobody can sign another certificate that clients of the server trust.
    """
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(directory / "server.key"))
    chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
    (directory / "server.pem").write_bytes(chain)
    return directory / "ca.pem"
