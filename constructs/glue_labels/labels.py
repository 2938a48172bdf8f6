"""Where a label version is: a file of the app, an object in a bucket, or an S3 path."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aws_cdk import Stack, Token, aws_s3_assets

from glue_labels.object_grants import grant_object_at_path, grant_object_in_bucket
from glue_labels_handler.request import (
    InvalidPropertyError,
    check_bucket_name,
    check_object_key,
    check_s3_path,
)

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Sequence

    from aws_cdk import aws_iam, aws_s3
    from constructs import Construct, IDependable


@dataclass(frozen=True)
class LabelsConfig:
    """A label version as one construct uses it.

    Attributes:
        s3_path: ``s3://bucket/key`` of the labeling file; may be or hold a token.
        version: opaque; a changed one imports again although the path is the same.
        grant_read: lets a principal read this one object (``s3:GetObject``, and ``kms:Decrypt`` where the
            bucket is known to have a key); returns what must be deployed before the principal can.
    """

    s3_path: str
    version: str | None
    grant_read: Callable[[aws_iam.IGrantable], Sequence[IDependable]]


class Labels(ABC):
    """A label version: a labeling file and where it is.

    One may be used by any number of imports, in any number of stacks.
    Source: https://docs.aws.amazon.com/glue/latest/dg/machine-learning-teaching.html
    """

    @staticmethod
    def from_asset(path: str | os.PathLike[str]) -> Labels:
        """Take a file of the app; the CDK uploads it to its assets bucket.

        The hash of its bytes is in the S3 path, so new content is a new version. The role that reads it needs
        no key as long as the bootstrap bucket has none of its own, as is the bootstrap template's default;
        one bootstrapped with a customer managed key needs ``kms:Decrypt`` on that key from you.

        Args:
            path: the labeling file; a relative one starts at the working directory, as for any CDK asset.

        Raises:
            InvalidPropertyError: when bound, if the file is missing, a folder or empty.
        """
        return _FileOfTheApp(Path(path))

    @staticmethod
    def from_bucket(bucket: aws_s3.IBucket, key: str, version: str | None = None) -> Labels:
        """Take an object of a bucket that the app knows.

        Args:
            bucket: the bucket; its ``encryption_key``, if it has one, is granted too.
            key: the object's key, 1-1,024 bytes of UTF-8, not ending in "/".
            version: any text (default: none). CloudFormation sees a new label version when the path or this
                changes, never when only the object does: change it with each new content.

        Raises:
            InvalidPropertyError: when bound, if the key is outside its bounds.
            TypeError: an argument of another type.
        """
        _expect("bucket", bucket, hasattr(bucket, "bucket_name"), "an IBucket")
        _expect("key", key, isinstance(key, str), "a string")
        _expect("version", version, version is None or isinstance(version, str), "a string")
        return _ObjectInBucket(bucket, key, version)

    @staticmethod
    def from_s3_path(path: str, version: str | None = None) -> Labels:
        """Take an object by its path.

        What a path does not tell stays with you: the key of an encrypted bucket, the policy of a bucket in
        another account.

        Args:
            path: ``s3://bucket/key`` of the labeling file; may be a token.
            version: as for `from_bucket`.

        Raises:
            InvalidPropertyError: when bound, if the path is not of that form or outside S3's naming rules.
            TypeError: an argument of another type.
        """
        _expect("path", path, isinstance(path, str), "a string, s3://bucket/key")
        _expect("version", version, version is None or isinstance(version, str), "a string")
        return _ObjectAtPath(path, version)

    @abstractmethod
    def bind(self, scope: Construct) -> LabelsConfig:
        """Return the label version as `scope` uses it, with what it needs created below `scope`.

        Called once a scope, by `LabelsImport`.

        Raises:
            InvalidPropertyError: the labels cannot be what an import reads; the text says why.
        """


@dataclass(frozen=True)
class _FileOfTheApp(Labels):
    path: Path

    def bind(self, scope: Construct) -> LabelsConfig:
        content = self._content()
        asset = aws_s3_assets.Asset(
            scope,
            "Labels",
            # Absolute, for jsii's process may have another working directory than this one has by now.
            path=str(self.path.absolute()),
            # CDK's own fingerprint decodes the file as UTF-8 block by block and unifies line endings, so some
            # changes (in a character astride two blocks, in a Latin-1 letter) would not be a new version.
            asset_hash=hashlib.sha256(content).hexdigest(),
        )
        return _ObjectInBucket(asset.bucket, asset.s3_object_key, None).bind(scope)

    def _content(self) -> bytes:
        found = f"{str(self.path)!r} (looked for at {self.path.absolute()})"
        try:
            content = self.path.read_bytes()
        except FileNotFoundError as error:
            raise InvalidPropertyError(
                f"The label file does not exist: {found}. A relative path starts at the working directory."
            ) from error
        except IsADirectoryError as error:
            raise InvalidPropertyError(
                f"The label file is a folder: {found}. Give the path of the labeling file itself."
            ) from error
        except OSError as error:
            raise InvalidPropertyError(
                f"The label file cannot be read: {found}: {error.strerror}."
            ) from error
        if not content:
            raise InvalidPropertyError(
                f"The label file is empty: {found}. It needs a header row and the labeled rows."
            )
        return content


@dataclass(frozen=True)
class _ObjectInBucket(Labels):
    bucket: aws_s3.IBucket
    key: str
    version: str | None

    def bind(self, scope: Construct) -> LabelsConfig:
        if not Token.is_unresolved(self.bucket.bucket_name):
            check_bucket_name(self.bucket.bucket_name)
        if not Token.is_unresolved(self.key):
            check_object_key(self.key)
        return LabelsConfig(
            self.bucket.s3_url_for_object(self.key),
            self.version,
            lambda grantee: grant_object_in_bucket(grantee, self.bucket, self.key, Stack.of(scope)),
        )


@dataclass(frozen=True)
class _ObjectAtPath(Labels):
    path: str
    version: str | None

    def bind(self, scope: Construct) -> LabelsConfig:
        if not Token.is_unresolved(self.path):
            check_s3_path(self.path)
        return LabelsConfig(
            self.path,
            self.version,
            lambda grantee: grant_object_at_path(grantee, self.path, Stack.of(scope)),
        )


def _expect(name: str, value: object, holds: bool, expected: str) -> None:
    if not holds:
        raise TypeError(f"{name} must be {expected}, not {value!r}.")
