"""`glue-labels status`: the state of a transform, and whether its labels are those of a label file."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from glue_labels.labeling_file import RULES, LabelFiles, check
from glue_labels_cli.aws_options import (
    Options,
    Timing,
    output_option,
    task_run_option,
    with_options,
    with_output,
)
from glue_labels_cli.label_comparison import LabeledSets, compare
from glue_labels_cli.terminal import CommandError

if TYPE_CHECKING:
    from glue_labels_cli.aws_account import Account
    from glue_labels_cli.transforms import Transform

DRIFTED = 1
RUNS_SHOWN = 5


@click.command("status")
@with_options(output_option, task_run_option)
@click.argument("file", metavar="[FILE]", required=False, type=click.Path())
def status_command(context: click.Context, options: Options, file: str | None) -> None:
    """Show the transform's status, labels, metrics and last task runs.

    With FILE, a label file or a folder of them, also compare the transform's labels with it. For this, Glue
    exports the labels to --output. Label names do not count, only which records of a labeling set have the
    same label.

    Exits with 0, or with 1 if the labels differ.
    """
    labels = None if file is None else _labels_of(file)
    options = options if file is None else with_output(context, options)
    from glue_labels_cli.ml_task_runs import last_runs
    from glue_labels_cli.transform_text import comparison_as_text, transform_as_text

    timing = Timing.of(context)
    account, transform = options.find_transform()
    runs = last_runs(account, transform, RUNS_SHOWN)
    for line in transform_as_text(transform, runs, timing.clock()):
        click.echo(line)
    if file is None or labels is None:
        return
    click.echo()
    known = _known(account, transform, file, options, timing)
    comparison = compare(labels, known)
    for line in comparison_as_text(comparison, file, transform, len(labels.sets), len(known.sets)):
        click.echo(line)
    context.exit(0 if comparison.same else DRIFTED)


def _labels_of(file: str) -> LabeledSets:
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
            return LabeledSets.read(joined.read_bytes())
    except OSError as error:
        raise CommandError(f"{error.filename or file}: cannot be read: {error.strerror}") from error


def _known(
    account: Account, transform: Transform, file: str, options: Options, timing: Timing
) -> LabeledSets:
    """Export the transform's labels and return them."""
    from glue_labels_cli.label_runs import NoLabelsError, run_to_its_end
    from glue_labels_cli.ml_task_runs import EXPORT

    command = ("glue-labels", "status", "--transform", transform.id, file)
    try:
        run = run_to_its_end(account, transform, EXPORT, options, timing, command)
    except NoLabelsError:
        return LabeledSets((), ())
    try:
        return LabeledSets.read(run.fetch())
    except ValueError as error:
        raise CommandError(f"What Glue exported to {run.folder} is not a label file: {error}.") from error
