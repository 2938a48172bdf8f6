"""An account for the commands that call AWS: moto with the sandbox's task runs, on a simulated clock."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

import boto3
import pytest
from label_pages import UNLABELED
from moto import mock_aws
from steward import BUCKET, RECORDS, REGION, Steward, new_transform

from glue_labels_sandbox import glue_ml
from glue_labels_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with missing labels, see `label_pages.UNLABELED`."""
    path = tmp_path / "labels.csv"
    path.write_text(UNLABELED)
    return path


@pytest.fixture
def steward(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Steward]:
    """A user in an empty folder, with credentials and a region in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "GLUE_LABELS_OUTPUT", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    now = [1_800_000_000.0]
    simulation = Simulation(clock=lambda: datetime.fromtimestamp(now[0], timezone.utc))
    with mock_aws(config={"core": {"mock_credentials": False}}), glue_ml.simulated(simulation):
        session = boto3.Session(region_name=REGION)
        glue, s3 = session.client("glue"), session.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=BUCKET, Key="customers/part-1.csv", Body=RECORDS)
        glue.create_database(DatabaseInput={"Name": "crm"})
        columns = [{"Name": "name", "Type": "string"}, {"Name": "city", "Type": "string"}]
        glue.create_table(
            DatabaseName="crm",
            TableInput={
                "Name": "customers",
                "Parameters": {"skip.header.line.count": "1"},
                "StorageDescriptor": {"Columns": columns, "Location": f"s3://{BUCKET}/customers/"},
            },
        )
        yield Steward(simulation, glue, s3, new_transform(glue, "customers"), now)
