"""A user at a shell, with an account that has a transform."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from glue_labels_cli.aws_options import Timing
from glue_labels_cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.testing import Result

    from glue_labels_sandbox.simulation import Simulation

REGION = "eu-west-1"
BUCKET = "steward-bucket"
ROLE = "arn:aws:iam::123456789012:role/transform"
LABELS = (
    b"labeling_set_id,label,name,city\n"
    b"S1,A,Ann Lee,Ulm\nS1,A,Anne Lee,Ulm\nS1,B,Bo Diaz,Bern\n"
    b"S2,A,Cy Roth,Graz\nS2,A,Cyrus Roth,Graz\nS2,B,Di May,Kiel\n"
)
RECORDS = b"name,city\nAnn Lee,Ulm\nAnne Lee,Ulm\nBo Diaz,Bern\nCy Roth,Graz\nCyrus Roth,Graz\nDi May,Kiel\n"


@dataclass
class Steward:
    """A user at a shell, with an account that has one transform.

    Attributes:
        simulation: what Glue knows and does.
        glue, s3: clients of the account.
        transform: id of the transform ``customers``.
        now: epoch seconds.
        at_sleep: called at each pause of a command.
    """

    simulation: Simulation
    glue: Any
    s3: Any
    transform: str
    now: list[float]
    at_sleep: Callable[[], object] = field(default=lambda: None)

    def run(self, *arguments: str, charset: str = "utf-8", typed: str = "") -> Result:
        """Run ``glue-labels`` with the clock of the simulation; `typed` is its input."""
        timing = Timing(clock=lambda: self.now[0], sleep=self.sleep)
        return CliRunner(charset=charset).invoke(main, arguments, obj=timing, input=typed)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.at_sleep()
        self.now[0] += seconds

    def teach(self, labels: bytes = LABELS) -> None:
        """Import labels in place of all others."""
        self.s3.put_object(Bucket=BUCKET, Key="taught.csv", Body=labels)
        self.glue.start_import_labels_task_run(
            TransformId=self.transform, InputS3Path=f"s3://{BUCKET}/taught.csv", ReplaceAllLabels=True
        )
        self.now[0] += 60
        assert self.simulation.labels(self.transform)

    def started(self) -> list[str]:
        """The API's names of the calls that started task runs, without imports."""
        calls = [call.action for call in self.simulation.glue_calls()]
        return [action for action in calls if action.startswith("Start") and "Import" not in action]


def new_transform(glue: Any, name: str) -> str:
    """Create a transform of the table and return its id."""
    return str(
        glue.create_ml_transform(
            Name=name,
            InputRecordTables=[{"DatabaseName": "crm", "TableName": "customers"}],
            Parameters={
                "TransformType": "FIND_MATCHES",
                "FindMatchesParameters": {"PrimaryKeyColumnName": "name"},
            },
            Role=ROLE,
        )["TransformId"]
    )
