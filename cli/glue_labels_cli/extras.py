"""Commands that need an extra of the wheel say how to install it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterable


def need_extra(extra: str, subject: str, packages: Iterable[str]) -> None:
    """Check that the packages of an extra are installed.

    Args:
        extra: its name, as in ``pip install "…[sandbox]"``.
        subject: what needs the extra: the first words of the message.
        packages: import names of the packages that the extra installs.

    Raises:
        click.ClickException: packages are missing. The message has the command that installs them.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        wheel = f"cdk_glue_labels-{importlib.metadata.version('cdk-glue-labels')}-py3-none-any.whl"
        raise click.ClickException(
            f"{subject} needs packages that are not installed: {', '.join(missing)}. "
            f'Install the wheel with its extra: pip install "{wheel}[{extra}]"'
        )
