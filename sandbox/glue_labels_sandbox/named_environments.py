"""The accounts and regions that the stacks of a CDK app name, read from its cloud assembly.

Source: https://docs.aws.amazon.com/cdk/api/v2/docs/@aws-cdk_cloud-assembly-schema.ArtifactManifest.html
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_DEFAULT_OUTPUT: Final = "cdk.out"
_NAMED: Final = re.compile(r"aws://([0-9]{12}|unknown-account)/([a-z0-9-]+)")
_UNKNOWN_ACCOUNT: Final = "unknown-account"
_UNKNOWN_REGION: Final = "unknown-region"


@dataclass(frozen=True, order=True)
class NamedEnvironment:
    """The account and region that a stack names.

    Attributes:
        stack: The stack's display name.
        account: 12 digits; None without one.
        region: None without one.
    """

    stack: str
    account: str | None
    region: str | None


def assembly(command: Sequence[str], folder: Path, since: float) -> Path | None:
    """Return the folder of the cloud assembly that a command of the CDK CLI wrote or read, if any.

    Args:
        command: The program and its arguments.
        folder: Where it ran.
        since: When it began, in epoch seconds. An older assembly belongs to another command.
    """
    if (given := _option(command, "--app", "-a")) and (folder / given / "manifest.json").is_file():
        return folder / given
    output = _option(command, "--output", "-o") or _configured_output(folder) or _DEFAULT_OUTPUT
    manifest = folder / output / "manifest.json"
    if manifest.is_file() and manifest.stat().st_mtime >= since:
        return manifest.parent
    return None


def named_environments(folder: Path) -> list[NamedEnvironment]:
    """Return the environments of the stacks of an assembly and its stages.

    Args:
        folder: Of the assembly.
    """
    found = []
    for manifest in folder.rglob("manifest.json"):
        for name, artifact in (_json(manifest).get("artifacts") or {}).items():
            environment = _NAMED.fullmatch(str(artifact.get("environment", "")))
            if artifact.get("type") != "aws:cloudformation:stack" or environment is None:
                continue
            account, region = environment.groups()
            found.append(
                NamedEnvironment(
                    artifact.get("displayName") or name,
                    None if account == _UNKNOWN_ACCOUNT else account,
                    None if region == _UNKNOWN_REGION else region,
                )
            )
    return sorted(found, key=lambda one: one.stack)


def elsewhere(
    environments: Iterable[NamedEnvironment], account: str, regions: Sequence[str]
) -> list[NamedEnvironment]:
    """Return the environments with another account, or with a region that is not one of `regions`."""
    return [
        one
        for one in environments
        if one.account not in (None, account) or one.region not in (None, *regions)
    ]


def _option(command: Sequence[str], *names: str) -> str | None:
    for word, following in zip(command, [*command[1:], None], strict=False):
        name, equals, value = word.partition("=")
        if name in names:
            return value if equals else following
    return None


def _configured_output(folder: Path) -> str | None:
    configured = _json(folder / "cdk.json").get("output")
    return configured if isinstance(configured, str) else None


def _json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
