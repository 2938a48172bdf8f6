"""Where a label version is: a file of the app, an object in a bucket, or an S3 path."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from aws_cdk import Stack

from glue_labels.annotations import warn_of_findings
from glue_labels.label_asset import LabelAsset, asset_key
from glue_labels.labeling_file import known_rules
from glue_labels.object_grants import grant_read_at_path, grant_read_in_bucket
from glue_labels.references import is_known, known_to_differ
from glue_labels.table_columns import column_names, columns_of_transform
from glue_labels_handler.request import (
    InvalidPropertyError,
    check_bucket_name,
    check_object_key,
    check_s3_path,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from aws_cdk import aws_glue, aws_iam, aws_kms, aws_s3
    from constructs import Construct, IDependable

    from glue_labels.labeling_file import Summary
    from glue_labels.table_columns import Columns


@dataclass(frozen=True)
class LabelsConfig:
    """A label version as one construct uses it.

    Attributes:
        s3_path: ``s3://bucket/key`` of the label file; may be or have a token.
        version: any text; a change imports the same path again.
        grant_read: lets a role read the file (``s3:GetObject``, and ``kms:Decrypt`` if the bucket is known to
            have a key). With True as second argument it grants exactly this object, with False all objects of
            its folder with its ending. Returns what must be deployed before the role can read.
        summary: what the labels teach, in numbers; None if the app does not know the file's content.
    """

    s3_path: str
    version: str | None
    grant_read: Callable[[aws_iam.IRole, bool], Sequence[IDependable]]
    summary: Summary | None = None


class Labels(ABC):
    """A label version: a label file, and where it is.

    Any number of imports, in any number of stacks, may use the same object.

    Source: https://docs.aws.amazon.com/glue/latest/dg/machine-learning-teaching.html
    """

    @staticmethod
    def from_asset(
        path: str | os.PathLike[str],
        *,
        version: str | None = None,
        columns: Columns | None = None,
        ignore_rules: Iterable[str] = (),
        check: bool = True,
        encryption_key: aws_kms.IKey | None = None,
    ) -> Labels:
        """Use a file of the app, or the CSV files of a folder. The CDK uploads it to its assets bucket.

        A hash of the bytes is in the S3 path, so new content is a new version.

        An import checks the file when it is created. The errors of the file are raised as one exception.
        Warnings are annotations with the ids ``cdk-glue-labels:`` and the rule's name. The page
        [Label files](label-files.md) has the rules.

        Args:
            path: the label file, or a folder. A relative path starts at the working directory, as for any CDK
                asset. The CSV files directly in a folder become one file: in the order of their names, with
                the header of the first.
            version: as for `from_bucket`, in addition to the content (default: none). Give the
                ``task_run_id`` of an import of the same stack that replaces all labels, to import these again
                after each run of that import.
            columns: the table's columns, which the file must have: their names in order, a ``CfnTable``, or a
                construct whose default child is a ``CfnTable``, such as an ``S3Table`` (default: the columns
                of the transform's table, if transform and table are part of the app). Case is ignored. Names
                that are known only at deployment are not compared.
            ignore_rules: names of rules to turn off, such as ``["rows-in-set-over-50"]`` (default: none).
                ``["table-columns"]`` compares no columns.
            check: whether to check the file (default: True).
            encryption_key: the customer managed key of the assets bucket, on which the transform's role is
                granted ``kms:Decrypt`` (default: the synthesizer's key, or the key of a staging bucket of the
                app, as with the AppStagingSynthesizer). The bucket of ``cdk bootstrap`` needs it only if it
                was bootstrapped with a key of yours, ``--bootstrap-kms-key-id``.

        Raises:
            UnknownRuleError: `ignore_rules` has a name that no rule has.
            TypeError: an argument of the wrong type.
            InvalidPropertyError: when an import is created, if the file is missing, is empty or has errors,
                or the folder has no CSV files.
        """
        _expect("version", version, version is None or isinstance(version, str), "a string")
        _expect("check", check, isinstance(check, bool), "a bool")
        _expect(
            "encryption_key",
            encryption_key,
            encryption_key is None or hasattr(encryption_key, "key_arn"),
            "an IKey, such as Key.from_key_arn(...)",
        )
        asset = LabelAsset(os.fspath(path), known_rules(ignore_rules), check)
        return _FileOfTheApp(asset, column_names(columns), version, encryption_key)

    @staticmethod
    def from_bucket(bucket: aws_s3.IBucket, key: str, version: str | None = None) -> Labels:
        """Use an object of a bucket that the app knows.

        Args:
            bucket: the bucket; if it has an ``encryption_key``, that is granted, too.
            key: the object's key, 1-1,024 bytes of UTF-8, not ending in "/".
            version: any text of at most 256 characters (default: none). CloudFormation does not see new
                content at the same path: change `version` with it. It is logged, so give no secret. It must
                not be a value of another stack, which could never change.

        Raises:
            InvalidPropertyError: when an import is created, if the key is outside its bounds, or the bucket
                is known to be in another region than the import.
            TypeError: an argument of the wrong type.
        """
        _expect(
            "bucket",
            bucket,
            hasattr(bucket, "bucket_name") and hasattr(bucket, "encryption_key"),
            "an IBucket",
        )
        _expect("key", key, isinstance(key, str), "a string")
        _expect("version", version, version is None or isinstance(version, str), "a string")
        return _ObjectInBucket(bucket, key, version, bucket.encryption_key)

    @staticmethod
    def from_s3_path(path: str, version: str | None = None) -> Labels:
        """Use an object by its S3 path.

        A path shows neither the key of an encrypted bucket nor the policy of a bucket in another account. You
        must grant these yourself.

        Args:
            path: ``s3://bucket/key`` of the label file; may be a token.
            version: as for `from_bucket`.

        Raises:
            InvalidPropertyError: when an import is created, if the path does not have this form, or breaks
                S3's naming rules.
            TypeError: an argument of the wrong type.
        """
        _expect("path", path, isinstance(path, str), "a string, s3://bucket/key")
        _expect("version", version, version is None or isinstance(version, str), "a string")
        return _ObjectAtPath(path, version)

    @abstractmethod
    def bind(self, scope: Construct, transform: aws_glue.CfnMLTransform | None = None) -> LabelsConfig:
        """Return the label version as `scope` uses it. Creates the constructs that it needs below `scope`.

        `LabelsImport` calls this once.

        Args:
            scope: the import.
            transform: the transform, if it is part of the app (default: it is not).

        Raises:
            InvalidPropertyError: an import cannot read the labels; the text says why.
        """


@dataclass(frozen=True)
class _FileOfTheApp(Labels):
    asset: LabelAsset
    columns: tuple[str, ...] | None
    version: str | None
    encryption_key: aws_kms.IKey | None

    def bind(self, scope: Construct, transform: aws_glue.CfnMLTransform | None = None) -> LabelsConfig:
        content = self.asset.read(self._table_columns(transform) if self.asset.check else None)
        if content.report:
            warn_of_findings(scope, content.report)
        asset = self.asset.upload(scope, content)
        key = self.encryption_key or asset_key(asset.bucket, Stack.of(scope))
        config = _ObjectInBucket(asset.bucket, asset.s3_object_key, self.version, key).bind(scope)
        return replace(config, summary=content.report.summary if content.report else None)

    def _table_columns(self, transform: aws_glue.CfnMLTransform | None) -> tuple[str, ...] | None:
        if self.columns is not None or transform is None:
            return self.columns
        return columns_of_transform(transform)


@dataclass(frozen=True)
class _ObjectInBucket(Labels):
    bucket: aws_s3.IBucket
    key: str
    version: str | None
    encryption_key: aws_kms.IKey | None

    def bind(self, scope: Construct, transform: aws_glue.CfnMLTransform | None = None) -> LabelsConfig:
        del transform  # The app does not know the content of the object.
        bucket_name = self.bucket.bucket_name
        if is_known(bucket_name):
            check_bucket_name(bucket_name)
        if is_known(self.key):
            check_object_key(self.key)
        theirs, ours = self.bucket.env.region, Stack.of(scope).region
        if known_to_differ(theirs, ours):
            raise InvalidPropertyError(
                f"InputS3Path must be in the region of the import's stack, {ours}: the bucket "
                f"{self.bucket.node.path} is in {theirs}. AWS Glue reads label files only in the region of "
                "the transform. Put the label file into a bucket there."
            )
        return LabelsConfig(
            # Not bucket.s3_url_for_object: it removes a slash at the start of the key.
            f"s3://{bucket_name}/{self.key}",
            self.version,
            lambda role, exact: grant_read_in_bucket(
                role, self.bucket, self.key, scope, exact=exact, encryption_key=self.encryption_key
            ),
        )


@dataclass(frozen=True)
class _ObjectAtPath(Labels):
    path: str
    version: str | None

    def bind(self, scope: Construct, transform: aws_glue.CfnMLTransform | None = None) -> LabelsConfig:
        del transform  # The app does not know the content of the object.
        if is_known(self.path):
            check_s3_path(self.path)
        return LabelsConfig(
            self.path,
            self.version,
            lambda role, exact: grant_read_at_path(role, self.path, scope, exact=exact),
        )


def _expect(name: str, value: object, holds: bool, expected: str) -> None:
    if not holds:
        raise TypeError(f"{name} must be {expected}, not {value!r}.")
