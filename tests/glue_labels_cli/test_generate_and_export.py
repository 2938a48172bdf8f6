"""`glue-labels generate` and `glue-labels export`: what Glue writes, as a label file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from steward import BUCKET, LABELS, ROLE

from glue_labels.labeling_file import check
from glue_labels_cli.label_comparison import LabeledSets, compare
from glue_labels_sandbox import RunPlan

if TYPE_CHECKING:
    from steward import Steward

OUTPUT = f"s3://{BUCKET}/labeling"
GENERATE = ("generate", "--transform", "customers", "--output", OUTPUT)
EXPORT = ("export", "--transform", "customers", "--output", OUTPUT)


def test_generated_sets_are_a_label_file_that_nobody_has_labeled(steward: Steward) -> None:
    result = steward.run(*GENERATE, "round-1.csv")
    assert result.exit_code == 0, result.stderr
    report = check("round-1.csv")
    assert {finding.rule.name for finding in report.errors} <= {"unlabeled-file", "no-pairs"}
    assert report.summary.columns == ("name", "city")
    assert report.summary.labeling_sets > 0
    assert steward.started() == ["StartMLLabelingSetGenerationTaskRun"]


def test_generate_says_how_many_sets_and_what_to_do_next(steward: Steward) -> None:
    result = steward.run(*GENERATE, "my labels.csv")
    summary = check("my labels.csv").summary
    assert result.stdout == (
        f"{summary.labeling_sets} labeling sets, {summary.rows} rows to label: my labels.csv\n"
        "Next: glue-labels label 'my labels.csv'\n"
    )
    # An empty label column is what was asked for.
    assert "error" not in result.stderr


def test_export_is_what_the_transform_was_taught(steward: Steward) -> None:
    steward.teach()
    result = steward.run(*EXPORT, "known.csv")
    assert (result.exit_code, result.stdout) == (0, "2 labeling sets, 6 rows: known.csv\n")
    assert compare(LabeledSets.read(LABELS), LabeledSets.read(Path("known.csv").read_bytes())).same
    assert steward.started() == ["StartExportLabelsTaskRun"]


def test_export_of_a_transform_without_labels_is_refused(steward: Steward) -> None:
    result = steward.run(*EXPORT, "known.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    no_labels = f"customers ({steward.transform}) has no labels yet. Import labels first."
    assert result.stderr == f"Error: {no_labels}\n"
    assert not Path("known.csv").exists()


def test_findings_of_an_export_are_shown(steward: Steward) -> None:
    steward.teach(LABELS + b"S3,A,Ed May,Rom\n")
    result = steward.run(*EXPORT, "known.csv")
    assert result.exit_code == 0
    assert "warning[single-row-set]: labeling set 'S3'" in result.stderr


@pytest.mark.parametrize("command", [GENERATE, EXPORT], ids=["generate", "export"])
def test_existing_file_is_not_overwritten_and_no_run_is_started(
    steward: Steward, command: tuple[str, ...]
) -> None:
    Path("labels.csv").write_text("mine")
    result = steward.run(*command, "labels.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "labels.csv exists. Give another FILE, or --force to overwrite it." in result.stderr
    assert Path("labels.csv").read_text() == "mine"
    assert steward.started() == []


def test_force_overwrites_and_keeps_the_permissions(steward: Steward) -> None:
    steward.teach()
    Path("labels.csv").write_text("mine")
    Path("labels.csv").chmod(0o640)
    assert steward.run(*EXPORT, "--force", "labels.csv").exit_code == 0
    assert Path("labels.csv").read_bytes().startswith(b"labeling_set_id,label,name,city\n")
    assert Path("labels.csv").stat().st_mode & 0o777 == 0o640
    assert os.listdir() == ["labels.csv"]


def test_file_that_appears_while_the_run_goes_on_stays(steward: Steward) -> None:
    steward.teach()
    steward.at_sleep = lambda: Path("labels.csv").write_text("somebody's")
    result = steward.run(*EXPORT, "labels.csv")
    assert result.exit_code == 1
    assert "labels.csv exists." in result.stderr
    command = f"glue-labels export --transform {steward.transform} labels.csv"
    assert f"The task run has ended.\nFetch its file: {command}" in result.stderr
    assert Path("labels.csv").read_text() == "somebody's"


def test_folder_that_does_not_exist_is_reported_before_a_run_is_started(steward: Steward) -> None:
    result = steward.run(*GENERATE, "no/round-1.csv")
    assert result.exit_code == 1
    assert "There is no folder no. Create it first: mkdir -p no" in result.stderr
    assert steward.started() == []


def test_run_that_was_started_is_fetched_without_an_output(steward: Steward) -> None:
    steward.teach()

    def interrupt() -> None:
        raise KeyboardInterrupt

    steward.at_sleep = interrupt
    stopped = steward.run(*EXPORT, "known.csv")
    assert stopped.exit_code == 130
    (shown,) = (line for line in stopped.stderr.splitlines() if line.startswith("Wait for it:"))
    steward.at_sleep = lambda: None
    result = steward.run(*shown.removeprefix("Wait for it:").split()[1:])
    assert (result.exit_code, result.stdout) == (0, "2 labeling sets, 6 rows: known.csv\n")
    assert steward.started() == ["StartExportLabelsTaskRun"]


def test_run_of_the_other_command_is_refused(steward: Steward) -> None:
    steward.teach()
    exported = steward.run(*EXPORT, "known.csv").stderr.split()[2]
    result = steward.run("generate", "--transform", "customers", "--task-run", exported, "round-1.csv")
    assert result.exit_code == 1
    assert "has the type EXPORT_LABELS, not LABELING_SET_GENERATION." in result.stderr


def test_role_that_may_not_write_is_reported_with_the_grant(steward: Steward) -> None:
    steward.simulation.plan_runs(RunPlan(status="FAILED", error_string="Access Denied (Service: Amazon S3)"))
    result = steward.run(*GENERATE, "round-1.csv")
    assert result.exit_code == 1
    assert f"Grant the transform's role {ROLE} s3:PutObject on" in result.stderr
    assert f"arn:aws:s3:::{BUCKET}/labeling/{steward.transform}-generate-20270115T080000Z-" in result.stderr
    assert not Path("round-1.csv").exists()


def test_output_is_required_without_a_terminal(steward: Steward) -> None:
    result = steward.run("generate", "--transform", "customers", "round-1.csv")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Give --output s3://bucket/folder, or set GLUE_LABELS_OUTPUT" in result.stderr
    assert steward.started() == []


def test_output_can_be_set_in_the_environment(steward: Steward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLUE_LABELS_OUTPUT", OUTPUT)
    assert steward.run("generate", "--transform", "customers", "round-1.csv").exit_code == 0


def test_output_is_asked_for_on_a_terminal_until_it_is_a_path_in_s3(
    steward: Steward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("glue_labels_cli.aws_options.has_terminal", lambda: True)
    answers = f"my-bucket\n{OUTPUT}/\n"
    result = steward.run("generate", "--transform", "customers", "round-1.csv", typed=answers)
    assert result.exit_code == 0, result.stderr
    assert "'my-bucket' is not a path in S3. Give s3://bucket/folder." in result.stderr
    assert f"To skip this question next time, set GLUE_LABELS_OUTPUT={OUTPUT}." in result.stderr


@pytest.mark.parametrize(
    "output", ["my-bucket/folder", "s3://", "s3:///folder", "s3://My_Bucket/x", "https://a/b"]
)
def test_output_that_is_not_a_path_in_s3_is_wrong_use(steward: Steward, output: str) -> None:
    result = steward.run("export", "--transform", "customers", "--output", output, "known.csv")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{output!r} is not a path in S3. Give s3://bucket/folder." in result.stderr


def test_bucket_that_does_not_exist_is_reported_before_a_run_is_started(steward: Steward) -> None:
    result = steward.run(
        "export", "--transform", "customers", "--output", "s3://nobodys-bucket/x", "known.csv"
    )
    assert result.exit_code == 1
    assert "There is no bucket nobodys-bucket. Check --output." in result.stderr
    assert steward.started() == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("ConcurrentRunsExceededException", "Wait until one ends"),
        ("AccessDeniedException", "Grant glue:StartMLLabelingSetGenerationTaskRun to your identity"),
    ],
)
def test_start_that_is_refused_is_one_line(steward: Steward, code: str, words: str) -> None:
    steward.simulation.fail_calls("StartMLLabelingSetGenerationTaskRun", code)
    result = steward.run(*GENERATE, "round-1.csv")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    assert words in result.stderr
