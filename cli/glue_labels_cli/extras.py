"""What a command needs beyond the package itself: an extra of the wheel."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable


def need_extra(extra: str, subject: str, packages: Iterable[str]) -> None:
    """Fail with what to install unless the packages of an extra are there.

    Args:
        extra: its name, as in ``pip install "…[sandbox]"``.
        subject: what needs it, as the first words of a sentence.
        packages: what it installs, by import name.

    Raises:
        click.ClickException: which are missing, and the command that installs them.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        wheel = f"cdk_glue_labels-{importlib.metadata.version('cdk-glue-labels')}-py3-none-any.whl"
        raise click.ClickException(
            f"{subject} needs packages that are not installed: {', '.join(missing)}. "
            f'Install the wheel with its extra: pip install "{wheel}[{extra}]"'
        )


def need_aws(command: str) -> None:
    """Fail with what to install unless a command can talk to AWS.

    Raises:
        click.ClickException: boto3 is missing, and the command that installs it.
    """
    need_extra("aws", command, ("boto3",))
