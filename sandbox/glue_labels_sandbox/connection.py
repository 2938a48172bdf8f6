"""How a process reaches the sandbox: addresses, credentials and trust."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SECRET = "sandbox"  # noqa: S105 - a local server, which does not check the secret of its root user
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Connection:
    """A running sandbox as its clients see it.

    Attributes:
        port: On 127.0.0.1, speaking TLS.
        ca: PEM file of the authority that signed the server's certificate.
        directory: Of the sandbox's files; profiles and CDK's home are kept there.
        account: 12 digits; as an access key it is the account's root user.
        region: For example ``us-east-1``.
    """

    port: int
    ca: Path
    directory: Path
    account: str
    region: str

    @property
    def url(self) -> str:
        """The endpoint of every service."""
        return f"https://{LOOPBACK}:{self.port}"

    def client_arguments(self, region: str | None = None, **settings: Any) -> dict[str, Any]:
        """Return what a boto3 client needs to reach the sandbox, credentials apart.

        Args:
            region: The sandbox's own by default.
            settings: More of botocore's `Config`, or others.
        """
        usual = {"proxies": {}, "s3": {"addressing_style": "path"}, "retries": {"mode": "standard"}}
        return {
            "region_name": region or self.region,
            "endpoint_url": self.url,
            "verify": str(self.ca),
            # Explicit, so that no proxy or profile of the user applies.
            "config": Config(**{**usual, **settings}),
        }

    def trust(self) -> dict[str, str]:
        """Return the variables by which Python, the SDKs and Node.js trust the sandbox's CA and no other."""
        names = (
            "AWS_CA_BUNDLE",
            "CURL_CA_BUNDLE",
            "NODE_EXTRA_CA_CERTS",
            "REQUESTS_CA_BUNDLE",
            "SSL_CERT_FILE",
        )
        return dict.fromkeys(names, str(self.ca))

    def environment(self, outer: Mapping[str, str] = os.environ) -> dict[str, str]:
        """Return the variables that a CLI or SDK process needs in addition to `outer`, its environment."""
        profile = self.directory / "profile"
        profile.write_text(
            f"[default]\nregion = {self.region}\naws_access_key_id = {self.account}\n"
            f"aws_secret_access_key = {SECRET}\n"
        )
        # An endpoint or profile of the user overrides the plain variables, so these name the sandbox, too.
        endpoints = {name for name in outer if name.startswith("AWS_ENDPOINT_URL_")} | {"AWS_ENDPOINT_URL"}
        return {
            **dict.fromkeys(endpoints, self.url),
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": "",
            "AWS_PROFILE": "default",
            "AWS_CONFIG_FILE": str(profile),
            "AWS_SHARED_CREDENTIALS_FILE": str(profile),
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_S3_FORCE_PATH_STYLE": "1",
            "NO_PROXY": f"{LOOPBACK},localhost",
            "no_proxy": f"{LOOPBACK},localhost",
            "CDK_HOME": str(self.directory / "cdk"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DISABLE_VERSION_CHECK": "1",
            "CDK_NOTICES": "false",
            **self.trust(),
        }
