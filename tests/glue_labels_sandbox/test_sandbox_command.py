"""`glue-labels sandbox -- COMMAND`: what the command reaches, what is printed, how it ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from import_script import IMPORT_LABELS

PRINT_ACCOUNT = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
DEPLOY_WHAT_FAILS_AND_WHAT_IS_UNKNOWN = """
import boto3, json, sys
cloudformation = boto3.client("cloudformation")
def template(path, **resource):
    return json.dumps({"Resources": {"One": {**resource, "Metadata": {"aws:cdk:path": path}}}})
policy = dict(PolicyName="p", PolicyDocument={}, Roles=["no-such-role"])
failing = template("App/Policy/Resource", Type="AWS::IAM::Policy", Properties=policy)
cloudformation.create_stack(StackName="Failing", TemplateBody=failing, Capabilities=["CAPABILITY_IAM"])
try:
    cloudformation.get_waiter("stack_create_complete").wait(StackName="Failing", WaiterConfig=dict(Delay=1))
except Exception:
    unknown = template("App/Pipeline/Resource", Type="AWS::CodePipeline::Pipeline")
    try:
        cloudformation.create_change_set(StackName="Unknown", ChangeSetName="c", ChangeSetType="CREATE",
                                         TemplateBody=unknown)
    except Exception:
        sys.exit(3)
"""
MANIFEST = {
    "artifacts": {
        "Far": {"type": "aws:cloudformation:stack", "environment": "aws://444455556666/eu-west-1"},
        "Any": {"type": "aws:cloudformation:stack", "environment": "aws://unknown-account/unknown-region"},
    }
}


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
    env = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    return subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, check=False)


def test_command_reaches_the_sandbox_s_account_and_alone_writes_to_standard_output(tmp_path: Path) -> None:
    account = "--account=444455556666"
    done = _sandbox(tmp_path, account, "--no-bootstrap", "--", sys.executable, "-c", PRINT_ACCOUNT)
    assert (done.stdout, done.returncode) == ("444455556666\n", 0), done.stderr


def test_command_s_exit_code_is_the_sandbox_s(tmp_path: Path) -> None:
    assert _sandbox(tmp_path, "--no-bootstrap", "--", "sh", "-c", "exit 7").returncode == 7


def test_failed_command_is_named_last_with_its_exit_code_and_without_a_hint_about_accounts(
    tmp_path: Path,
) -> None:
    done = _sandbox(tmp_path, "--no-bootstrap", "--", "sh", "-c", "exit 7")
    assert done.stderr == "\nExit code 7 of: sh -c 'exit 7'\n"


def test_causes_of_a_failure_are_named_before_the_command(tmp_path: Path) -> None:
    script = tmp_path / "deploy.py"
    script.write_text(DEPLOY_WHAT_FAILS_AND_WHAT_IS_UNKNOWN)
    done = _sandbox(tmp_path, "--no-bootstrap", "--", sys.executable, "deploy.py")
    assert done.returncode == 3, done.stderr
    failed, unknown, command = done.stderr.strip("\n").split("\n\n")
    assert failed.splitlines()[:3] == [
        "Stack      Failing, ROLLBACK_COMPLETE",
        "Resource   App/Policy/Resource",
        "Type       AWS::IAM::Policy, CREATE_FAILED",
    ]
    assert "no-such-role" in failed
    assert unknown.splitlines()[:2] == [
        "The sandbox does not know the types of these resources:",
        "Resource   App/Pipeline/Resource, AWS::CodePipeline::Pipeline",
    ]
    assert command.startswith("Exit code 3 of: ")


def test_stacks_that_name_another_account_or_region_are_named_after_a_failure(tmp_path: Path) -> None:
    write = f"mkdir cdk.out; echo '{json.dumps(MANIFEST)}' > cdk.out/manifest.json; exit 1"
    done = _sandbox(tmp_path, "--no-bootstrap", "--", "sh", "-c", write)
    assert "Stack      Far: 444455556666, eu-west-1" in done.stderr.splitlines()
    assert "--account 444455556666 --region us-east-1 --region eu-west-1." in " ".join(done.stderr.split())
    given = ["--account", "444455556666", "--region", "us-east-1", "--region", "eu-west-1"]
    done = _sandbox(tmp_path, *given, "--no-bootstrap", "--", "sh", "-c", write)
    assert "Stack " not in done.stderr


def test_first_region_is_the_command_s(tmp_path: Path) -> None:
    regions = ["--region", "eu-west-1", "--region", "us-east-1"]
    done = _sandbox(tmp_path, *regions, "--no-bootstrap", "--", "sh", "-c", "echo $AWS_REGION")
    assert done.stdout == "eu-west-1\n"


def test_command_line_is_a_module_too(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "glue_labels_cli", "sandbox", "--help"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: glue-labels sandbox [OPTIONS] -- COMMAND...")


def test_run_that_failed_is_shown_though_its_transform_is_gone(tmp_path: Path) -> None:
    script = f"{IMPORT_LABELS}\nglue.delete_ml_transform(TransformId=transform)"
    done = _sandbox(tmp_path, "--no-bootstrap", "--", sys.executable, "-c", script)
    lines = done.stderr.splitlines()
    assert "File       s3://bucket/key" in lines
    assert any(re.fullmatch(r"Transform  tfm-\w+, deleted since", line) for line in lines)


def test_command_ended_by_a_signal_ends_as_in_a_shell(tmp_path: Path) -> None:
    assert _sandbox(tmp_path, "--no-bootstrap", "--", "sh", "-c", "kill -KILL $$").returncode == 137


@pytest.mark.usefixtures("cdk")
def test_sandbox_is_bootstrapped_by_the_app_s_own_cli_before_the_command(tmp_path: Path) -> None:
    regions = ["--region", "eu-central-1", "--region", "us-east-1"]
    done = _sandbox(tmp_path, "--verbose", *regions, "--", "cdk", "deploy", "--all")
    bootstrap = "cdk bootstrap aws://111122223333/eu-central-1 aws://111122223333/us-east-1"
    assert done.stderr.splitlines()[0] == bootstrap
    assert done.stdout == "cdk deploy --all\n"


@pytest.mark.usefixtures("cdk")
def test_bootstrapping_is_one_line_with_the_time_it_took(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--", "cdk", "deploy", "--all")
    assert re.fullmatch(r"Bootstrapping the sandbox for the CDK: done, \d+ s\n", done.stderr)
    assert done.stdout == "cdk deploy --all\n"


def test_command_is_not_run_where_bootstrapping_fails(tmp_path: Path) -> None:
    _write_cdk(tmp_path, code=3)
    done = _sandbox(tmp_path, "--", "cdk", "deploy")
    assert (done.stdout, done.returncode) == ("", 3)
    # What the CLI said is shown then.
    assert "cdk bootstrap aws://111122223333/us-east-1\n" in done.stderr


def test_imports_that_the_command_started_are_shown(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--no-bootstrap", "--", sys.executable, "-c", IMPORT_LABELS)
    assert "File       s3://bucket/key" in done.stderr.splitlines()


def test_missing_cdk_cli_is_reported_with_both_remedies(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--", "true")
    assert done.returncode == 1
    assert "npm install aws-cdk" in done.stderr
    assert "--no-bootstrap" in done.stderr


@pytest.mark.usefixtures("cdk")
def test_unknown_command_is_reported_before_the_sandbox_is_bootstrapped(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--", "cdkk", "deploy")
    assert (done.stdout, done.returncode) == ("", 127)
    assert done.stderr == "There is no command 'cdkk', neither in node_modules/.bin nor on the PATH.\n"


def test_account_of_other_than_12_digits_is_refused(tmp_path: Path) -> None:
    done = _sandbox(tmp_path, "--account", "prod", "--", "true")
    assert done.returncode == 2
    assert "'prod' is not an account ID. Give 12 digits." in done.stderr
