"""The harness of the function's tests, see `harness`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import boto3
import pytest
from harness import BUCKET, Clock, Harness
from moto import mock_aws

from glue_labels_handler.services import GLUE_CONFIG
from glue_labels_sandbox import glue_ml
from glue_labels_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def aws() -> boto3.Session:
    """One session for all tests: it keeps the services' models, which take long to read."""
    return boto3.Session("testing", "testing", region_name="eu-west-1")


@pytest.fixture
def harness(aws: boto3.Session) -> Iterator[Harness]:
    """An account with one transform that knows nothing and one labeling file, labels.csv."""
    clock = Clock()
    with mock_aws(), glue_ml.simulated(Simulation(clock=clock.utc)) as simulation:
        glue = aws.client("glue", config=GLUE_CONFIG)
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        glue.create_database(DatabaseInput={"Name": "crm"})
        columns = [{"Name": "name", "Type": "string"}]
        glue.create_table(
            DatabaseName="crm",
            TableInput={"Name": "customers", "StorageDescriptor": {"Columns": columns}},
        )
        transform_id = glue.create_ml_transform(
            Name="customers",
            InputRecordTables=[{"DatabaseName": "crm", "TableName": "customers"}],
            Parameters={
                "TransformType": "FIND_MATCHES",
                "FindMatchesParameters": {"PrimaryKeyColumnName": "name"},
            },
            Role="arn:aws:iam::123456789012:role/transform",
        )["TransformId"]
        harness = Harness(clock, simulation, glue, s3, transform_id)
        harness.upload("labels.csv")
        harness.calls.clear()
        yield harness
