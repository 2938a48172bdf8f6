"""The Lambda asset: the function's code and crhelper, staged from the installed packages.

Nothing is downloaded or built. The same packages give the same bytes and the same asset hash on any machine:
the asset has only source files and licences, with fixed modes.
"""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import aws_lambda

from glue_labels.generated_source import generated_source, hash_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from constructs import IConstruct

HANDLER = "glue_labels_handler.main.handler"
"""The function's entry point."""

CRHELPER_VERSION = "2.0.12"
"""The only version of crhelper that works: the function subclasses private parts of it."""

_LICENCES = ("LICENSE", "NOTICE")


class FunctionCodeError(ValueError):
    """The packages that the function needs are not installed; the text says what to install."""


@contextmanager
def staged_code(scope: IConstruct) -> Iterator[aws_lambda.AssetCode]:
    """Yield the function's code, for use within the ``with`` block, in which the CDK copies it.

    Args:
        scope: a construct of the app.

    Raises:
        FunctionCodeError: crhelper is missing, has another version, or lacks its licence.
    """
    files = function_files()
    with generated_source(scope, functools.partial(_write, files)) as folder:
        # A hash of the bytes: the CDK's own hash ignores line ends, and is cached by file time.
        yield aws_lambda.AssetCode.from_asset(str(folder), asset_hash=hash_of(files))


def function_files() -> dict[str, bytes]:
    """Return the asset's files: contents by path, sorted by path.

    Raises:
        FunctionCodeError: crhelper is missing, has another version, or lacks its licence.
    """
    files = {f"crhelper/{name}": text for name, text in _crhelper_licences().items()}
    for package in ("glue_labels_handler", "crhelper"):
        files.update(_source_files(_installed(package), package))
    return dict(sorted(files.items()))


def _installed(package: str) -> Path:
    """Return a package's folder without importing it: crhelper would import boto3."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise FunctionCodeError(f"{package} is not installed; the function contains it.")
    return Path(spec.submodule_search_locations[0])


def _source_files(folder: Path, path: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _source_files(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".py"):
            yield f"{path}/{entry.name}", entry.read_bytes()


def _crhelper_licences() -> dict[str, bytes]:
    remedy = f"Install it: pip install crhelper=={CRHELPER_VERSION}"
    try:
        crhelper = importlib.metadata.distribution("crhelper")
    except importlib.metadata.PackageNotFoundError as error:
        raise FunctionCodeError(f"crhelper is not installed; the function contains it. {remedy}") from error
    if crhelper.version != CRHELPER_VERSION:
        raise FunctionCodeError(
            f"crhelper {crhelper.version} is installed, the function needs {CRHELPER_VERSION}. {remedy}"
        )
    licences = {}
    for name in _LICENCES:
        # In the metadata folder of the published wheel, or in licenses/ if a newer setuptools built it.
        text = crhelper.read_text(name) or crhelper.read_text(f"licenses/{name}")
        if not text:
            raise FunctionCodeError(f"crhelper {crhelper.version} is installed without its {name}. {remedy}")
        licences[name] = text.encode()
    return licences


def _write(files: dict[str, bytes], folder: Path) -> None:
    for path, content in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    # Set the modes, which the CDK's zip file keeps: they must not depend on the user's umask.
    for entry in folder.rglob("*"):
        entry.chmod(0o755 if entry.is_dir() else 0o644)
