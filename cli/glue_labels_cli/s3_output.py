"""The folder in S3 that a task run writes to: check it, and fetch the label file from it."""

from __future__ import annotations

import codecs
import csv
import io
import secrets
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from glue_labels_cli.aws_errors import CallError, call
from glue_labels_cli.terminal import CommandError
from glue_labels_handler.errors import classify

if TYPE_CHECKING:
    from collections.abc import Sequence

    from glue_labels_cli.aws_account import Account


def folder_of_a_run(output: str, name: str, now: float) -> str:
    """Return the path of a new folder. Each run gets its own: no source says how Glue names its objects.

    Args:
        output: the folder around it, ``s3://bucket/folder``.
        name: the beginning of its name.
        now: epoch seconds.
    """
    moment = datetime.fromtimestamp(now, timezone.utc)
    return f"{output}/{name}-{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}/"


def check_folder(account: Account, folder: str) -> None:
    """Check that the bucket is in the transform's region, and that its objects can be listed.

    Raises:
        CommandError: the check failed. The message names a missing grant.
    """
    bucket, _ = _bucket_and_key(folder)
    region = _region_of(account, bucket)
    if region and region != account.region:
        raise CommandError(
            f"The bucket {bucket} is in {region}, the transform in {account.region}. Glue writes only to "
            f"buckets of its own region. Give an --output in a bucket of {account.region}."
        )
    _objects(account, folder)


def fetch_labels(account: Account, folder: str) -> bytes:
    """Return the label file that a run wrote to a folder. Its objects are joined in the order of their keys.

    Raises:
        CommandError: there are no objects, they cannot be read, or their columns differ.
    """
    bucket, _ = _bucket_and_key(folder)
    parts = []
    for key in _objects(account, folder):
        resource = f"arn:{account.partition}:s3:::{bucket}/{key}"
        response = call("GetObject", account.s3.get_object, resource, Bucket=bucket, Key=key)
        try:
            parts.append(response["Body"].read())
        except (BotoCoreError, ClientError) as error:
            raise CallError("GetObject", classify(error), resource) from error
    if not parts:
        raise CommandError(
            f"The task run succeeded, but there are no objects at {folder}. See the log of the run."
        )
    try:
        return join_parts(parts)
    except (ValueError, csv.Error) as error:
        raise CommandError(f"What Glue wrote to {folder} is not a label file: {error}.") from error


def join_parts(parts: Sequence[bytes]) -> bytes:
    """Join the parts of a CSV file, with one header and without byte order marks.

    The bytes of the rows do not change. A part may have no header, in case only the first part gets one.

    Raises:
        ValueError: a part has another header. The message names both.
        csv.Error: a part does not begin with a line of CSV.
    """
    joined = bytearray()
    header: list[str] = []
    for part in parts:
        # Latin-1 maps each byte to a character and back, so bytes that are not UTF-8 do not change either.
        text = io.StringIO(part.removeprefix(codecs.BOM_UTF8).decode("latin-1"), newline="")
        first = next((row for row in csv.reader(text) if row), None)
        if first is None:
            continue
        if not header:
            header = first
            text.seek(0)
        elif first != header:
            if {"labeling_set_id", "label"} & set(first):
                raise ValueError(
                    f"its parts have different columns, {','.join(header)} and {','.join(first)}"
                )
            text.seek(0)
        rest = text.read().encode("latin-1")
        if joined and rest and not joined.endswith((b"\n", b"\r")):
            joined += b"\n"
        joined += rest
    return bytes(joined)


def _objects(account: Account, folder: str) -> list[str]:
    """Return the keys of the objects that are not empty, sorted."""
    bucket, prefix = _bucket_and_key(folder)
    found: list[tuple[str, int]] = []
    page: dict[str, str] = {}
    while True:
        response = call(
            "ListObjectsV2",
            account.s3.list_objects_v2,
            f"arn:{account.partition}:s3:::{bucket}",
            Bucket=bucket,
            Prefix=prefix.rstrip("/"),
            **page,
        )
        found += [(str(one["Key"]), int(one["Size"])) for one in response.get("Contents", ())]
        if not response.get("IsTruncated"):
            break
        page = {"ContinuationToken": str(response["NextContinuationToken"])}
    # Glue may take the path for a folder or for the key of a single object.
    path = prefix.rstrip("/")
    own = [(key, size) for key, size in found if key == path or key.startswith(f"{path}/")]
    return sorted(key for key, size in own if size and not key.rpartition("/")[2].startswith(("_", ".")))


def _region_of(account: Account, bucket: str) -> str | None:
    """Return the region of a bucket; None if S3 does not name it.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    try:
        response = account.s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        metadata = error.response.get("ResponseMetadata", {})
        if metadata.get("HTTPStatusCode") == 404:
            raise CommandError(f"There is no bucket {bucket}. Check --output.") from error
        # S3 names the region even if it denies the call. If so, listing the objects reports the denial.
        named: str | None = metadata.get("HTTPHeaders", {}).get("x-amz-bucket-region")
        return named
    except BotoCoreError as error:
        raise CallError("HeadBucket", classify(error)) from error
    region: str | None = response.get("BucketRegion")
    return region or response["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")


def _bucket_and_key(path: str) -> tuple[str, str]:
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key
