"""An account with the transforms that are probed: moto with the sandbox's task runs, on a simulated clock."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from moto import mock_aws
from small_cloud import ACCOUNT, REGION, SmallCloud

from glue_labels_account import label_files
from glue_labels_account.desired import Desired
from glue_labels_account.stack import ScenarioStack
from glue_labels_sandbox import glue_ml
from glue_labels_sandbox.records import RunPlan
from glue_labels_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BUCKET = "probed-bucket"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/probe"
TABLE = {"DatabaseName": "crm", "TableName": "customers"}


class GlueAccount:
    """What the probes need of an account.

    Attributes:
        simulation: Glue's task runs.
        glue: the client. Its methods can be replaced, by others that behave otherwise.
        stack: the stack with the outputs that the probes read.
    """

    def __init__(self, simulation: Simulation, sleep: Callable[[float], None]) -> None:
        self.simulation = simulation
        self.glue, s3 = boto3.client("glue", REGION), boto3.client("s3", REGION)
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        self.glue.create_database(DatabaseInput={"Name": TABLE["DatabaseName"]})
        columns = [{"Name": name, "Type": "string"} for name in label_files.COLUMNS]
        table = {"Name": TABLE["TableName"], "StorageDescriptor": {"Columns": columns}}
        self.glue.create_table(DatabaseName=TABLE["DatabaseName"], TableInput=table)
        outputs = {"Bucket": BUCKET, **TABLE, "ProbeRoleArn": ROLE}
        outputs |= {name: self._transform(name) for name in ("ProbeTransform", "DeniedTransform")}
        cloud = SmallCloud("UPDATE_COMPLETE", outputs=outputs)
        clients = {"glue": self.glue, "s3": s3, "cloudformation": cloud}
        account = cloud.account(clock=lambda: simulation.clock().timestamp(), sleep=sleep)
        wait_times = replace(account.wait_times, task_run=600, pause=10, second_look=60)
        account = replace(account, client=clients.__getitem__, wait_times=wait_times)
        self.stack = ScenarioStack(account, Desired("Checked"), Path())

    def _transform(self, name: str) -> str:
        response = self.glue.create_ml_transform(
            Name=name,
            InputRecordTables=[TABLE],
            Parameters={
                "TransformType": "FIND_MATCHES",
                "FindMatchesParameters": {"PrimaryKeyColumnName": label_files.PRIMARY_KEY},
            },
            Role=ROLE,
        )
        return str(response["TransformId"])


@contextlib.contextmanager
def glue_account() -> Iterator[GlueAccount]:
    """Yield an account in which a task run takes half a minute."""
    now = [1_800_000_000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    clock = lambda: datetime.fromtimestamp(now[0], timezone.utc)  # noqa: E731 - the clock that `sleep` moves
    simulation = Simulation(clock=clock, default_plan=RunPlan(seconds=30))
    with mock_aws(), glue_ml.simulated(simulation):
        yield GlueAccount(simulation, sleep)


def changed(method: Callable[..., dict[str, Any]], change: Callable[[dict[str, Any]], None]) -> Any:
    """Return a client's method whose responses are changed in place."""

    def call(**parameters: Any) -> dict[str, Any]:
        response = method(**parameters)
        change(response)
        return response

    return call
