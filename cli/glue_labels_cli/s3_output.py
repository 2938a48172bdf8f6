"""The folder in S3 that a task run writes to, and the label file that its objects make up."""

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
    """Return a new folder in S3: no source says how Glue names what it writes, so each run gets its own.

    Args:
        output: the folder that it is in, ``s3://bucket/folder``.
        name: what its name begins with.
        now: epoch seconds.
    """
    moment = datetime.fromtimestamp(now, timezone.utc)
    return f"{output}/{name}-{moment:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}/"


def check_folder(account: Account, folder: str) -> None:
    """Fail if what a run writes to the folder could not be fetched, or the bucket is of another region.

    Raises:
        CommandError: it says what is wrong, and which grant is missing.
    """
    bucket, _ = _bucket_and_key(folder)
    region = _region_of(account, bucket)
    if region and region != account.region:
        raise CommandError(
            f"The bucket {bucket} is in {region}, the transform in {account.region}. Glue writes to buckets "
            f"of its own region only: give an --output in a bucket of {account.region}."
        )
    _objects(account, folder)


def fetch_labels(account: Account, folder: str) -> bytes:
    """Return the label file that a run wrote to a folder: its objects joined, in the order of their keys.

    Raises:
        CommandError: there are none, they cannot be read, or their columns differ.
    """
    bucket, _ = _bucket_and_key(folder)
    parts = []
    for key in _objects(account, folder):
        resource = f"arn:{account.partition}:s3:::{bucket}/{key}"
        answer = call("GetObject", account.s3.get_object, resource, Bucket=bucket, Key=key)
        try:
            parts.append(answer["Body"].read())
        except (BotoCoreError, ClientError) as error:
            raise CallError("GetObject", classify(error), resource) from error
    if not parts:
        raise CommandError(
            f"The task run succeeded, but there is nothing at {folder}. See the log of the run."
        )
    try:
        return join_parts(parts)
    except (ValueError, csv.Error) as error:
        raise CommandError(f"What Glue wrote to {folder} is no label file: {error}.") from error


def join_parts(parts: Sequence[bytes]) -> bytes:
    """Return parts of a CSV file as one, with one header and without byte order marks.

    Rows stay as they are, byte for byte: what Glue wrote is what Glue reads. A part without the header is
    taken for rows, in case a writer gives it to the first part only.

    Raises:
        ValueError: a part has another header; the text names both.
        csv.Error: a part does not begin as CSV does.
    """
    joined = bytearray()
    header: list[str] = []
    for part in parts:
        # As Latin-1 every byte is a character, so that what is no UTF-8 comes out as it was, too.
        text = io.StringIO(part.removeprefix(codecs.BOM_UTF8).decode("latin-1"), newline="")
        first = next((row for row in csv.reader(text) if row), None)
        if first is None:
            continue
        if not header:
            header = first
            text.seek(0)
        elif first != header:
            if _is_header(first):
                raise ValueError(
                    f"its parts have different columns, {','.join(header)} and {','.join(first)}"
                )
            text.seek(0)
        rest = text.read().encode("latin-1")
        if joined and rest and not joined.endswith((b"\n", b"\r")):
            joined += b"\n"
        joined += rest
    return bytes(joined)


def _is_header(row: Sequence[str]) -> bool:
    return bool({"labeling_set_id", "label"} & set(row))


def _objects(account: Account, folder: str) -> list[str]:
    """Return the keys of the objects with something in them, in their order."""
    bucket, prefix = _bucket_and_key(folder)
    found: list[tuple[str, int]] = []
    page: dict[str, str] = {}
    while True:
        answer = call(
            "ListObjectsV2",
            account.s3.list_objects_v2,
            f"arn:{account.partition}:s3:::{bucket}",
            Bucket=bucket,
            Prefix=prefix.rstrip("/"),
            **page,
        )
        found += [(str(one["Key"]), int(one["Size"])) for one in answer.get("Contents", ())]
        if not answer.get("IsTruncated"):
            break
        page = {"ContinuationToken": str(answer["NextContinuationToken"])}
    # The path may be that of a folder or that of the one object, whichever Glue makes of it.
    path = prefix.rstrip("/")
    own = [(key, size) for key, size in found if key == path or key.startswith(f"{path}/")]
    return sorted(key for key, size in own if size and not key.rpartition("/")[2].startswith(("_", ".")))


def _region_of(account: Account, bucket: str) -> str | None:
    """Return a bucket's region, None if S3 does not say.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html
    """
    try:
        answer = account.s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        metadata = error.response.get("ResponseMetadata", {})
        if metadata.get("HTTPStatusCode") == 404:
            raise CommandError(f"There is no bucket {bucket}. Check --output.") from error
        # Also where it is denied or elsewhere, S3 names the region. Whether it may be read, the listing
        # tells.
        named: str | None = metadata.get("HTTPHeaders", {}).get("x-amz-bucket-region")
        return named
    except BotoCoreError as error:
        raise CallError("HeadBucket", classify(error)) from error
    region: str | None = answer.get("BucketRegion")
    return region or answer["ResponseMetadata"]["HTTPHeaders"].get("x-amz-bucket-region")


def _bucket_and_key(path: str) -> tuple[str, str]:
    bucket, _, key = path.removeprefix("s3://").partition("/")
    return bucket, key
