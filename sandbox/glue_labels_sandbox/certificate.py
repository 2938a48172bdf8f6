"""The certificate of the server, signed by an authority made for it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from pathlib import Path


def write_certificates(directory: Path) -> Path:
    """Write ``ca.pem``, ``server.pem`` and ``server.key`` into `directory`; return the first one's path.

    The authority's key is written nowhere, so nobody can sign a second certificate that its clients trust.
    """
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost", "127.0.0.1")
    authority.cert_pem.write_to_path(str(directory / "ca.pem"))
    certificate.private_key_pem.write_to_path(str(directory / "server.key"))
    chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
    (directory / "server.pem").write_bytes(chain)
    return directory / "ca.pem"
