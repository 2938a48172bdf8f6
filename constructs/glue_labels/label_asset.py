"""A label version that is in the app: reads, hashes and uploads it, and finds the key of its bucket."""

from __future__ import annotations

import functools
import hashlib
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from aws_cdk import aws_s3, aws_s3_assets

from glue_labels.generated_source import generated_source
from glue_labels.labeling_file import LabelFiles, NoLabelFilesError, check, counted, with_remedies
from glue_labels.template_text import text_of
from glue_labels_handler.request import InvalidPropertyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aws_cdk import Stack, aws_kms
    from constructs import Construct

    from glue_labels.labeling_file import Report

    _State: TypeAlias = tuple[str, int, int]
    """Absolute path, time of the last change, size."""

_JOINED = "labels.csv"

# The bucket of `cdk bootstrap`: no stack of the app creates it.
_BOOTSTRAP_BUCKET = re.compile(r"cdk-\w+-assets-")


@dataclass(frozen=True)
class Content:
    """The content of a label version when it was read.

    Attributes:
        digest: a hash of the bytes of all its files.
        report: the report of the check, without errors; None if it was not checked.
    """

    digest: str
    report: Report | None


@dataclass(frozen=True, eq=False)
class LabelAsset:
    """A file of the app, or a folder whose CSV files are uploaded as one. It is read once, until it changes.

    Attributes:
        path: the given path, which findings show.
        ignore_rules: names of the rules that are turned off.
        check: whether it is checked.
    """

    path: str
    ignore_rules: frozenset[str]
    check: bool

    def read(self, columns: tuple[str, ...] | None) -> Content:
        """Return its content, checked against the table's columns.

        Args:
            columns: names of the table's columns; None if they are not known.

        Raises:
            InvalidPropertyError: it cannot be read, is empty, or has errors.
        """
        paths = self._files.paths
        with self._failing_clearly():
            content = _read_once(self, columns, tuple(map(_state, paths)))
        report = content.report
        if report is not None and report.errors:
            # Raised here, not returned from a validation of the construct: jsii shows what a validation
            # returns twice, around its own traceback.
            found = "\n".join(with_remedies(report.errors, report.error_count))
            raise InvalidPropertyError(
                f"The label file has {counted(report.error_count, 'error', 'errors')}:\n{found}"
            )
        return content

    def upload(self, scope: Construct, content: Content) -> aws_s3_assets.Asset:
        """Return the file as an asset below `scope`.

        Args:
            scope: where the asset is created.
            content: what was read.

        Raises:
            InvalidPropertyError: it cannot be read, or is empty.
        """
        with self._one_file(scope, content) as (file, digest):
            return aws_s3_assets.Asset(
                scope,
                "Labels",
                # Absolute: jsii's process may have another working directory.
                path=str(file.absolute()),
                # The CDK's fingerprint decodes blocks as UTF-8 and unifies line ends. It misses some changes:
                # in a character across two blocks, or in a Latin-1 letter.
                asset_hash=digest,
            )

    @contextmanager
    def _one_file(self, scope: Construct, content: Content) -> Iterator[tuple[Path, str]]:
        """Yield the file to upload and the hash of its bytes, for use within the ``with`` block."""
        files = self._files
        if not files.folder:
            yield Path(self.path), content.digest
            return
        with generated_source(scope, lambda folder: files.join(folder / _JOINED)) as folder:
            joined = folder / _JOINED
            yield joined, _digest([joined])

    @property
    def _files(self) -> LabelFiles:
        with self._failing_clearly():
            files = LabelFiles.at(self.path)
            if files.size:
                return files
        raise InvalidPropertyError(
            f"The label file is empty: {self._found}. It needs a header row and the labeled rows."
        )

    @property
    def _found(self) -> str:
        return f"{self.path!r} (looked for at {Path(self.path).absolute()})"

    @contextmanager
    def _failing_clearly(self) -> Iterator[None]:
        try:
            yield
        except NoLabelFilesError as error:
            raise InvalidPropertyError(
                f"The folder of label files has no CSV files: {self._found}. "
                f"{error.instead or 'Put some directly into it.'}"
            ) from None
        except FileNotFoundError:
            raise InvalidPropertyError(
                f"The label file does not exist: {self._found}. "
                "A relative path starts at the working directory."
            ) from None
        except OSError as error:
            raise InvalidPropertyError(
                f"The label file cannot be read: {self._found}: {error.strerror}."
            ) from None


def _state(path: str) -> _State:
    found = os.stat(path)
    return os.path.abspath(path), found.st_mtime_ns, found.st_size


# One file may be used in each stage of an app, and may change before another app of the same process.
@functools.lru_cache(maxsize=32)
def _read_once(asset: LabelAsset, columns: tuple[str, ...] | None, states: tuple[_State, ...]) -> Content:
    if not asset.check:
        return Content(_digest(path for path, *_ in states), None)
    digest = hashlib.sha256()
    report = check(
        asset.path,
        columns=columns,
        ignore_rules=asset.ignore_rules,
        see=digest.update,
        as_version=True,
    )
    return Content(digest.hexdigest(), report)


def _digest(paths: Iterable[str | Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def asset_key(bucket: aws_s3.IBucket, stack: Stack) -> aws_kms.IKey | None:
    """Return the key of the bucket to which the CDK uploads an asset.

    It is the synthesizer's key (``kms_key_arn``), or the key of a bucket with this name in a stack that is
    deployed before, as with the AppStagingSynthesizer.

    Args:
        bucket: the bucket of the asset.
        stack: the stack of the asset.

    Returns:
        None for a bucket without a customer managed key, and for a bucket that the app does not create.
    """
    if bucket.encryption_key is not None:
        return bucket.encryption_key
    name = text_of(stack, bucket.bucket_name)
    if _BOOTSTRAP_BUCKET.match(name):
        return None
    for before in stack.dependencies:
        for found in before.node.find_all():
            if isinstance(found, aws_s3.Bucket) and _name_of(found, before) == name:
                return found.encryption_key
    return None


def _name_of(bucket: aws_s3.Bucket, stack: Stack) -> str | None:
    resource = bucket.node.default_child
    if not isinstance(resource, aws_s3.CfnBucket) or resource.bucket_name is None:
        return None
    return text_of(stack, resource.bucket_name)
