"""The FILE that a command writes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from glue_labels_cli.terminal import CommandError


def check_target(path: str, *, force: bool) -> None:
    """Fail if `path` cannot be written, before anything is done for it.

    Raises:
        CommandError: it exists and `force` is not set, or its folder does not, or may not be written to.
    """
    if os.path.isdir(path):
        raise CommandError(f"{path} is a folder. Give the path of a file.")
    if os.path.lexists(path) and not force:
        raise CommandError(f"{path} exists. Give another FILE, or --force to overwrite it.")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise CommandError(f"There is no folder {folder}. Make it first: mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CommandError(f"The folder {folder} may not be written to. Give another FILE.")


def write_target(path: str, content: bytes, *, force: bool) -> None:
    """Write the file at once: at no moment is there a part of it.

    Raises:
        CommandError: it exists meanwhile and `force` is not set, or it cannot be written.
    """
    # Through a link: the file that it points to is replaced, not the link.
    target = Path(os.path.realpath(path))
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")
    try:
        try:
            with open(temporary, "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if target.exists():
                temporary.chmod(target.stat().st_mode)
            check_target(path, force=force)
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
