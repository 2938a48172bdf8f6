"""The file that `generate` or `export` writes."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from glue_labels_cli.terminal import CommandError


def check_target(path: str, *, force: bool) -> None:
    """Check that `path` can be written. Call it before a task run is started.

    Raises:
        CommandError: it exists and `force` is not set, or its folder does not exist or is not writable.
    """
    if os.path.isdir(path):
        raise CommandError(f"{path} is a folder. Give the path of a file.")
    if os.path.lexists(path) and not force:
        raise CommandError(f"{path} exists. Give another FILE, or --force to overwrite it.")
    folder = os.path.dirname(path) or "."
    if not os.path.isdir(folder):
        raise CommandError(f"There is no folder {folder}. Create it first: mkdir -p {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CommandError(f"You may not write to the folder {folder}. Give another FILE.")


def write_target(path: str, content: bytes, *, force: bool) -> None:
    """Write the file atomically: it is never there in part.

    Raises:
        CommandError: it exists by now and `force` is not set, or it cannot be written.
    """
    # Of a symbolic link, replace the file that it points to.
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
