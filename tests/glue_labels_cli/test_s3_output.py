"""The objects that Glue wrote to S3 become one label file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest

from glue_labels_cli.aws_account import Account
from glue_labels_cli.s3_output import check_folder, fetch_labels, folder_of_a_run, join_parts
from glue_labels_cli.terminal import CommandError

if TYPE_CHECKING:
    from steward import Steward

HEADER = b"labeling_set_id,label,name\n"


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        ([HEADER + b"S1,,Ann\n"], HEADER + b"S1,,Ann\n"),
        ([HEADER + b"S1,,Ann\n", HEADER + b"S2,,Bo\n"], HEADER + b"S1,,Ann\nS2,,Bo\n"),
        ([HEADER + b"S1,,Ann", HEADER + b"S2,,Bo"], HEADER + b"S1,,Ann\nS2,,Bo"),
        ([HEADER + b"S1,,Ann\n", b"S2,,Bo\n"], HEADER + b"S1,,Ann\nS2,,Bo\n"),
        ([b"", HEADER, HEADER + b"S1,,Ann\n"], HEADER + b"S1,,Ann\n"),
        ([b"\xef\xbb\xbf" + HEADER + b"S1,,Ann\n"] * 2, HEADER + b"S1,,Ann\nS1,,Ann\n"),
        (
            [HEADER + b'S1,,"Ann\nLee ""A"""\r\n', HEADER + b"S2,,\xc3\xa9\xff\n"],
            HEADER + b'S1,,"Ann\nLee ""A"""\r\nS2,,\xc3\xa9\xff\n',
        ),
        ([], b""),
    ],
    ids=["one", "two", "no line end", "header once", "empty ones", "byte order marks", "as they are", "none"],
)
def test_parts_become_one_file_with_one_header(parts: list[bytes], joined: bytes) -> None:
    assert join_parts(parts) == joined


def test_parts_with_different_columns_are_refused() -> None:
    with pytest.raises(ValueError, match="labeling_set_id,label,name and labeling_set_id,label,city"):
        join_parts([HEADER, b"labeling_set_id,label,city\nS1,,Ulm\n"])


def written(steward: Steward, **objects: bytes) -> Account:
    for name, body in objects.items():
        steward.s3.put_object(Bucket="steward-bucket", Key=name.replace("__", "/"), Body=body)
    return Account.open(None, "eu-west-1")


def test_objects_of_a_folder_are_joined_in_the_order_of_their_keys(steward: Steward) -> None:
    account = written(
        steward,
        run__part2=HEADER + b"S2,,Bo\n",
        run__part1=HEADER + b"S1,,Ann\n",
        run__=b"",
        run__deep__p=HEADER,
    )
    assert fetch_labels(account, "s3://steward-bucket/run/") == HEADER + b"S1,,Ann\nS2,,Bo\n"


def test_path_can_be_the_key_of_a_single_object(steward: Steward) -> None:
    account = written(steward, run=HEADER + b"S1,,Ann\n", runs__other=HEADER + b"S2,,Bo\n")
    assert fetch_labels(account, "s3://steward-bucket/run/") == HEADER + b"S1,,Ann\n"


def test_markers_and_the_objects_of_other_folders_are_left_out(steward: Steward) -> None:
    account = written(
        steward,
        run___SUCCESS=b"done",
        **{"run__.part1.crc": b"crc"},
        run__part1=HEADER + b"S1,,Ann\n",
        run2__part1=HEADER + b"S2,,Bo\n",
    )
    assert fetch_labels(account, "s3://steward-bucket/run/") == HEADER + b"S1,,Ann\n"


def test_folder_without_objects_is_an_error(steward: Steward) -> None:
    account = written(steward)
    with pytest.raises(CommandError, match="there are no objects at s3://steward-bucket/run/"):
        fetch_labels(account, "s3://steward-bucket/run/")


def test_many_objects_are_listed_page_by_page(steward: Steward) -> None:
    account = written(steward, **{f"run__{n:04}": HEADER + b"S1,,%d\n" % n for n in range(1001)})
    assert fetch_labels(account, "s3://steward-bucket/run").count(b"\n") == 1002


def test_bucket_of_another_region_is_named_with_both_regions(steward: Steward) -> None:
    del steward
    elsewhere = boto3.client("s3", "eu-central-1")
    elsewhere.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    with pytest.raises(CommandError, match="far is in eu-central-1, the transform in eu-west-1"):
        check_folder(Account.open(None, "eu-west-1"), "s3://far/run/")


def test_bucket_that_does_not_exist_is_named(steward: Steward) -> None:
    del steward
    with pytest.raises(CommandError, match="There is no bucket nobodys-bucket"):
        check_folder(Account.open(None, "eu-west-1"), "s3://nobodys-bucket/run/")


def test_each_run_has_a_folder_of_its_own() -> None:
    folders = {folder_of_a_run("s3://b/x", "tfm-1-export", 1_800_000_000) for _ in range(20)}
    assert len(folders) == 20
    assert all(folder.startswith("s3://b/x/tfm-1-export-20270115T080000Z-") for folder in folders)
    assert all(folder.endswith("/") for folder in folders)
