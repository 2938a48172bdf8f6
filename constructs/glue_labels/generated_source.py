"""The sources of assets that this library writes itself."""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from constructs import IConstruct

# Set by `cdk synth --no-staging`, and by SAM: then the manifest has the sources, not copies of them.
_STAGING_IS_OFF = "aws:cdk:disable-asset-staging"
_PREFIX = "glue-labels"


@contextmanager
def generated_source(scope: IConstruct, write: Callable[[Path], None]) -> Iterator[Path]:
    """Yield a folder with the files that `write` creates, for use within the ``with`` block.

    The CDK copies the folder, and then it is removed. If asset staging is off, the CDK copies nothing. Then
    the folder stays in the assembly, at a path with a hash of its files.

    Args:
        scope: a construct of the app.
        write: creates the files in an empty folder.
    """
    if not scope.node.try_get_context(_STAGING_IS_OFF):
        with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}-") as folder:
            write(Path(folder))
            yield Path(folder)
        return
    stage = Stage.of(scope)
    assert stage is not None  # noqa: S101 (every stack has an app around it)
    # Rename the folder when it is complete: if the program ends before, no incomplete folder is at that path.
    with tempfile.TemporaryDirectory(prefix=f"{_PREFIX}-", dir=stage.asset_outdir) as folder:
        whole = Path(folder, "whole")
        whole.mkdir()
        write(whole)
        kept = Path(stage.asset_outdir, f"{_PREFIX}.{hash_of(_files_in(whole))}")
        if not kept.exists():
            whole.rename(kept)
    yield kept


def hash_of(files: Mapping[str, bytes]) -> str:
    """Return a hash of the paths and bytes of files, 64 hexadecimal digits."""
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(f"{path}:{len(content)}:".encode())
        digest.update(content)
    return digest.hexdigest()


def _files_in(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
