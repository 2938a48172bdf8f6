"""Two environments: moto with a clock that tests set, and one sandbox for all tests that need a server."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from glue_labels_sandbox import Sandbox, glue_ml
from glue_labels_sandbox.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TWO_LABELS = b"labeling_set_id,label,name\nset-1,A,Ada\nset-1,B,Bob\n"
ONE_LABEL = b"labeling_set_id,label,name\nset-2,A,Cyd\n"
BUCKET = "labels-bucket"


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = field(default=datetime(2030, 1, 1, tzinfo=timezone.utc))

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class World:
    """Glue and S3 under moto, one transform, two label files."""

    clock: Clock
    simulation: Simulation
    glue: Any
    s3: Any
    transform_id: str

    def start(self, key: str = "two.csv", **parameters: Any) -> str:
        run = self.glue.start_import_labels_task_run(
            TransformId=self.transform_id, InputS3Path=f"s3://{BUCKET}/{key}", **parameters
        )
        return str(run["TaskRunId"])

    def run(self, task_run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.glue.get_ml_task_run(
            TransformId=self.transform_id, TaskRunId=task_run_id
        )
        return found

    def status(self, task_run_id: str) -> str:
        return str(self.run(task_run_id)["Status"])

    def import_file(self, content: bytes, **parameters: Any) -> dict[str, Any]:
        """Import a file of this content, wait, return the run."""
        self.s3.put_object(Bucket=BUCKET, Key="content.csv", Body=content)
        task_run_id = self.start("content.csv", **parameters)
        self.clock.pass_seconds(60)
        return self.run(task_run_id)


@dataclass(frozen=True)
class Stacks:
    """Stacks in the sandbox, without the CDK."""

    sandbox: Sandbox

    def deploy(self, stack: str, resources: dict[str, Any], **settings: Any) -> dict[str, str]:
        """Create or update a stack; return what Ref gives for each resource.

        Raises:
            WaiterError: it did not come to its end without an error.
        """
        cloudformation = self.sandbox.client("cloudformation")
        outputs = {name: {"Value": {"Ref": name}} for name in resources}
        template = json.dumps({"Resources": resources, "Outputs": outputs})
        stacks = {found["StackName"] for found in cloudformation.describe_stacks()["Stacks"]}
        verb = "update" if stack in stacks else "create"
        settings = {"Capabilities": ["CAPABILITY_NAMED_IAM"], **settings}
        getattr(cloudformation, f"{verb}_stack")(StackName=stack, TemplateBody=template, **settings)
        self.wait(f"stack_{verb}_complete", stack)
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def deploy_one(self, stack: str, resource: dict[str, Any]) -> str:
        """Create or update a stack of this one resource; return what Ref gives."""
        return self.deploy(stack, {"Resource": resource})["Resource"]

    def delete(self, stack: str) -> None:
        """Delete a stack."""
        self.sandbox.client("cloudformation").delete_stack(StackName=stack)
        self.wait("stack_delete_complete", stack)

    def status(self, stack: str) -> str:
        """Return the stack's status."""
        (found,) = self.sandbox.client("cloudformation").describe_stacks(StackName=stack)["Stacks"]
        return str(found["StackStatus"])

    def wait(self, waiter: str, stack: str) -> None:
        """Wait for what one of botocore's waiters waits for."""
        found = self.sandbox.client("cloudformation").get_waiter(waiter)
        found.wait(StackName=stack, WaiterConfig={"Delay": 0.2, "MaxAttempts": 300})


@pytest.fixture(scope="session")
def mocked_clients() -> dict[str, Any]:
    """Clients that moto serves within `mock_aws`, made once, because that takes longer than a test."""
    # One attempt each, so that a test sees each response.
    once = Config(retries={"total_max_attempts": 1})
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return {
        service: boto3.client(service, region_name="us-east-1", config=once, **keys)
        for service in ("glue", "s3")
    }


@pytest.fixture
def world(mocked_clients: dict[str, Any]) -> Iterator[World]:
    clock = Clock()
    with mock_aws(), glue_ml.simulated(Simulation(clock=clock)) as simulation:
        s3, glue = mocked_clients["s3"], mocked_clients["glue"]
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="two.csv", Body=TWO_LABELS)
        s3.put_object(Bucket=BUCKET, Key="one.csv", Body=ONE_LABEL)
        _create_table(glue, "customers", "name")
        yield World(clock, simulation, glue, s3, _create_transform(glue, "role", "customers"))


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture(scope="session")
def stacks(sandbox: Sandbox) -> Stacks:
    return Stacks(sandbox)


@pytest.fixture
def glue_role(sandbox: Sandbox, unique: str) -> str:
    """A role for Glue that may do nothing yet: its name."""
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    sandbox.client("iam").create_role(RoleName=unique, AssumeRolePolicyDocument=_document(trust))
    return unique


@pytest.fixture
def bucket(sandbox: Sandbox, unique: str) -> str:
    """A bucket with a label file of two labels, ``two.csv``."""
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket=unique)
    s3.put_object(Bucket=unique, Key="two.csv", Body=TWO_LABELS)
    return unique


@pytest.fixture(scope="session")
def create_table() -> Callable[..., None]:
    """Make a table in database crm: of a Glue client, a name, and columns' names."""
    return _create_table


@pytest.fixture(scope="session")
def create_transform() -> Callable[[Any, str, str], str]:
    """Make a transform: of a Glue client, a role, and a table of database crm; return its id."""
    return _create_transform


@pytest.fixture
def transform_id(sandbox: Sandbox, glue_role: str, unique: str) -> str:
    _create_table(sandbox.client("glue"), unique, "name")
    return _create_transform(sandbox.client("glue"), glue_role, unique)


@pytest.fixture
def allow(sandbox: Sandbox) -> Callable[[str, str, str], None]:
    """Give a role permission for an action on a resource."""

    def put(role: str, action: str, resource: str) -> None:
        sandbox.client("iam").put_role_policy(
            RoleName=role,
            PolicyName=action.replace(":", "-"),
            PolicyDocument=_document({"Effect": "Allow", "Action": action, "Resource": resource}),
        )

    return put


@pytest.fixture
def function_role(sandbox: Sandbox, unique: str) -> str:
    """A role for a Lambda function that may do nothing yet: its name."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = f"{unique}-function"
    sandbox.client("iam").create_role(RoleName=role, AssumeRolePolicyDocument=_document(trust))
    return role


@pytest.fixture
def create_function(sandbox: Sandbox, unique: str, function_role: str) -> Callable[..., str]:
    """Make a Lambda function of a module's text; return its ARN."""

    def create(text: str, **settings: Any) -> str:
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", text)
        created = sandbox.client("lambda").create_function(
            FunctionName=unique,
            Role=f"arn:aws:iam::{sandbox.account}:role/{function_role}",
            Runtime="python3.13",
            Handler="index.handler",
            Code={"ZipFile": archive.getvalue()},
            **{"Timeout": 30, **settings},
        )
        return str(created["FunctionArn"])

    return create


@pytest.fixture
def invoke(sandbox: Sandbox, create_function: Callable[..., str]) -> Callable[..., Any]:
    """Make a Lambda function of a module's text and invoke it; return what it returns, or its error."""

    def run(text: str, **settings: Any) -> Any:
        arn = create_function(text, **settings)
        answer = sandbox.client("lambda").invoke(FunctionName=arn, Payload=b"{}")
        return json.loads(answer["Payload"].read())

    return run


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    """A name no other test uses, fit for a bucket, a role and a function."""
    return f"test-{abs(hash(request.node.nodeid)) % 10**10}"


def _create_table(glue: Any, name: str, *columns: str, **settings: Any) -> None:
    """Make a table in database crm, which is made if need be."""
    if "crm" not in {database["Name"] for database in glue.get_databases()["DatabaseList"]}:
        glue.create_database(DatabaseInput={"Name": "crm"})
    described = [{"Name": column, "Type": "string"} for column in columns]
    table = {"Name": name, "StorageDescriptor": {"Columns": described}, **settings}
    glue.create_table(DatabaseName="crm", TableInput=table)


def _create_transform(glue: Any, role: str, table: str) -> str:
    """Make a transform of a table in database crm; return its id."""
    created = glue.create_ml_transform(
        Name="customers",
        InputRecordTables=[{"DatabaseName": "crm", "TableName": table}],
        Parameters={
            "TransformType": "FIND_MATCHES",
            "FindMatchesParameters": {"PrimaryKeyColumnName": "name"},
        },
        Role=role,
    )
    return str(created["TransformId"])


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
