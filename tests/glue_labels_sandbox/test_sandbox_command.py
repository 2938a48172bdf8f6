"""`glue-labels sandbox -- COMMAND`: what the command reaches, what is printed, how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PRINT_ACCOUNT = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
IMPORT_LABELS = """
import boto3, json
iam, s3, glue = boto3.client("iam"), boto3.client("s3"), boto3.client("glue")
trust = dict(Effect="Allow", Principal=dict(Service="glue.amazonaws.com"), Action="sts:AssumeRole")
grant = dict(Effect="Allow", Action="s3:GetObject", Resource="*")
trust, grant = (json.dumps(dict(Version="2012-10-17", Statement=[part])) for part in (trust, grant))
iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust)
iam.put_role_policy(RoleName="r", PolicyName="read", PolicyDocument=grant)
s3.create_bucket(Bucket="bucket")
s3.put_object(Bucket="bucket", Key="key", Body="labeling_set_id,label,name")
transform = glue.create_ml_transform(Name="t", InputRecordTables=[], Role="r",
                                     Parameters=dict(TransformType="FIND_MATCHES"))["TransformId"]
glue.start_import_labels_task_run(TransformId=transform, InputS3Path="s3://bucket/key")
"""


@pytest.fixture
def cdk(tmp_path: Path) -> Path:
    """A stand-in for the CDK CLI, where npm puts it: prints how it is called, ends with 0."""
    return _write_cdk(tmp_path)


def _write_cdk(root: Path, code: int = 0) -> Path:
    cli = root / "node_modules" / ".bin" / "cdk"
    cli.parent.mkdir(parents=True)
    cli.write_text(f'#!/bin/sh\necho "cdk $*"\nexit {code}\n')
    cli.chmod(0o755)
    return cli


def _sandbox(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("glue-labels")), "sandbox", *arguments]
    # The system's directories alone: a CDK CLI of this machine's has no part in this.
    return subprocess.run(
        command, cwd=root, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )


def test_command_reaches_the_sandbox_s_account_and_alone_writes_to_standard_output(tmp_path: Path) -> None:
    account = "--account=444455556666"
    done = _sandbox(tmp_path, account, "--no-bootstrap", "--", sys.executable, "-c", PRINT_ACCOUNT)
    assert (done.stdout, done.returncode) == ("444455556666\n", 0), done.stderr


def test_command_s_exit_code_is_the_sandbox_s(tmp_path: Path) -> None:
    assert _sandbox(tmp_path, "--no-bootstrap", "--", "sh", "-c", "exit 7").returncode == 7


def test_after_a_failure_one_is_told_which_account_and_region_the_sandbox_is(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--region", "eu-central-1", "--no-bootstrap", "--", "false")
    assert "Glue has no imports of labels" in done.stderr
    assert "The sandbox is account 111122223333, region eu-central-1." in done.stderr


def test_command_ended_by_a_signal_ends_as_in_a_shell(tmp_path: Path) -> None:
    assert _sandbox(tmp_path, "--no-bootstrap", "--", "sh", "-c", "kill -KILL $$").returncode == 137


@pytest.mark.usefixtures("cdk")
def test_sandbox_is_bootstrapped_by_the_app_s_own_cli_before_the_command(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--region", "eu-central-1", "--", "cdk", "deploy", "--all")
    assert done.stderr == "cdk bootstrap aws://111122223333/eu-central-1\n"
    assert done.stdout == "cdk deploy --all\n"


def test_command_is_not_run_where_bootstrapping_fails(tmp_path: Path) -> None:
    _write_cdk(tmp_path, code=3)
    done = _sandbox(tmp_path, "--", "cdk", "deploy")
    assert (done.stdout, done.returncode) == ("", 3)


def test_imports_that_the_command_started_are_shown(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--no-bootstrap", "--", sys.executable, "-c", IMPORT_LABELS)
    assert "File       s3://bucket/key" in done.stderr.splitlines()


def test_missing_cdk_cli_is_told_with_both_remedies(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--", "true")
    assert done.returncode == 1
    assert "npm install aws-cdk" in done.stderr
    assert "--no-bootstrap" in done.stderr


@pytest.mark.usefixtures("cdk")
def test_unknown_command_is_told_before_the_sandbox_is_bootstrapped(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--", "cdkk", "deploy")
    assert (done.stdout, done.returncode) == ("", 127)
    assert done.stderr == "There is no command 'cdkk', neither in node_modules/.bin nor on the PATH.\n"


def test_account_of_other_than_12_digits_is_refused(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--account", "prod", "--", "true")
    assert done.returncode == 2
    assert "'prod' is no account; one has 12 digits." in done.stderr
