"""The example's GitHub Actions workflow: valid, safe, and with commands that work."""

from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

FOLDER = Path(__file__).parents[2] / "examples" / "github_actions"
WORKFLOW = FOLDER / ".github" / "workflows" / "deploy-labels.yml"


def output_of(*command: str) -> str:
    """The output of a command that fails. Empty if it succeeds."""
    done = subprocess.run(command, cwd=FOLDER, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout if done.returncode else ""


def steps(job: str) -> list[str]:
    """The commands of a job."""
    workflow = yaml.safe_load(WORKFLOW.read_text())
    return [step["run"] for step in workflow["jobs"][job]["steps"] if "run" in step]


def test_workflow_is_valid_by_github_s_schema() -> None:
    schema = ("--builtin-schema", "vendor.github-workflows")
    assert output_of("check-jsonschema", *schema, str(WORKFLOW)) == ""


def test_workflow_has_nothing_unsafe() -> None:
    assert output_of("zizmor", "--offline", "--no-progress", str(WORKFLOW)) == ""


def test_workflow_s_check_finds_no_errors_in_the_label_file() -> None:
    (command,) = (step for step in steps("check") if step.startswith("glue-labels"))
    assert output_of(*command.split()) == ""


def test_workflow_shows_the_difference_before_it_deploys() -> None:
    cdk = [step.split()[3] for step in steps("deploy") if "aws-cdk" in step]
    assert cdk == ["diff", "deploy"]
