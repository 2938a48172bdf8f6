"""`glue-labels status`: how a transform stands, and whether it knows exactly a label file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glue_labels.labeling_file import RULES, LabelFiles, check
from glue_labels_cli.aws_options import Timing, aws_options, chosen_output, output_option, task_run_option
from glue_labels_cli.extras import need_aws
from glue_labels_cli.label_comparison import Labels, compare
from glue_labels_cli.terminal import CommandError

if TYPE_CHECKING:
    from glue_labels_cli.aws_account import Account
    from glue_labels_cli.transforms import Transform

DRIFTED = 1
RUNS_SHOWN = 5


@click.command("status")
@aws_options
@output_option
@task_run_option
@click.argument("file", metavar="[FILE]", required=False, type=click.Path())
@click.pass_context
def status_command(
    context: click.Context,
    file: str | None,
    transform: str,
    profile: str | None,
    region: str | None,
    output: str | None,
    task_run: str | None,
) -> None:
    """Show the transform's status, labels, metrics and last task runs.

    With a FILE, or a folder of label files, also whether the transform knows exactly these labels. For that,
    Glue exports its labels to --output. The names of labels do not count, only which records of a labeling
    set have the same one.

    Exits with 0, or with 1 if the transform knows other labels than FILE has.
    """
    need_aws("`glue-labels status`")
    labels = None if file is None else _labels_of(file)
    place = None if file is None or task_run else chosen_output(context, output)
    from glue_labels_cli.aws_account import Account
    from glue_labels_cli.ml_task_runs import last_runs
    from glue_labels_cli.transform_text import comparison_as_text, transform_as_text
    from glue_labels_cli.transforms import find_transform

    timing = Timing.of(context)
    account = Account.open(profile, region)
    found = find_transform(account, transform)
    runs = last_runs(account, found, RUNS_SHOWN)
    for line in transform_as_text(found, runs, timing.clock()):
        click.echo(line)
    if file is None or labels is None:
        return
    click.echo()
    known = _known(account, found, file, place, task_run, timing)
    comparison = compare(labels, known)
    for line in comparison_as_text(comparison, file, found, len(labels.sets), len(known.sets)):
        click.echo(line)
    context.exit(0 if comparison.same else DRIFTED)


def _labels_of(file: str) -> Labels:
    """Return the labels of a file or folder that has no errors."""
    try:
        report = check(
            file, ignore_rules=[rule.name for rule in RULES.values() if rule.severity == "warning"]
        )
        if report.error_count:
            raise CommandError(f"{file} has errors. See them: glue-labels check {file}")
        with tempfile.TemporaryDirectory(prefix="glue-labels-") as folder:
            joined = Path(folder, "labels.csv")
            LabelFiles.at(file).join(joined)
            return Labels.read(joined.read_bytes())
    except OSError as error:
        raise CommandError(f"{error.filename or file}: cannot be read: {error.strerror}") from error


def _known(
    account: Account,
    transform: Transform,
    file: str,
    output: str | None,
    task_run: str | None,
    timing: Timing,
) -> Labels:
    """Return the labels that the transform knows: none, if it has not been taught any."""
    from glue_labels_cli.label_runs import NoLabelsError, run_to_its_end
    from glue_labels_cli.ml_task_runs import EXPORT

    command = ("glue-labels", "status", "--transform", transform.id, file)
    try:
        run = run_to_its_end(account, transform, EXPORT, output, task_run, timing, command)
    except NoLabelsError:
        return Labels((), ())
    try:
        return Labels.read(run.fetch())
    except ValueError as error:
        raise CommandError(f"What Glue exported to {run.folder} is no label file: {error}.") from error
