"""`glue-labels generate` and `glue-labels export`: Glue writes a label file."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from glue_labels.labeling_file import Report, check, counted
from glue_labels_cli.aws_options import (
    Options,
    Timing,
    force_option,
    output_option,
    task_run_option,
    with_options,
    with_output,
)
from glue_labels_cli.check_output import Checked, as_text
from glue_labels_cli.target_file import check_target

if TYPE_CHECKING:
    from collections.abc import Iterable

_BROKEN_BEFORE_LABELING = frozenset(
    {"unlabeled-file", "empty-label", "no-pairs", "no-matches", "no-non-matches"}
)
"""Rules that each file breaks before it is labeled."""

_options = with_options(output_option, task_run_option, force_option)
_file = click.argument("file", metavar="FILE", type=click.Path())


@click.command("generate")
@_options
@_file
def generate_command(context: click.Context, options: Options, file: str) -> None:
    """Have Glue choose records to label, and write them to FILE.

    FILE gets labeling sets: groups of records of the transform's table that may be the same. Label them with
    `glue-labels label FILE`. The task run takes minutes. After Ctrl-C it continues, and the command prints
    how to wait for it later.

    The transform's role writes to --output, and you need permission to read there.
    """
    report = _write(context, options, file, _BROKEN_BEFORE_LABELING)
    click.echo(f"{_counts(report)} to label: {file}\nNext: {shlex.join(['glue-labels', 'label', file])}")


@click.command("export")
@_options
@_file
def export_command(context: click.Context, options: Options, file: str) -> None:
    """Write all labels that the transform knows to FILE.

    The transform's role writes to --output, and you need permission to read there. After Ctrl-C the task run
    continues, and the command prints how to wait for it later.
    """
    report = _write(context, options, file)
    click.echo(f"{_counts(report)}: {file}")


def _write(context: click.Context, options: Options, file: str, ignored: Iterable[str] = ()) -> Report:
    """Write FILE by the task run of the context's command. Check it without the rules `ignored`."""
    check_target(file, force=options.force)
    options = with_output(context, options)
    from glue_labels_cli.label_runs import run_to_its_end
    from glue_labels_cli.ml_task_runs import EXPORT, GENERATION

    account, transform = options.find_transform()
    name = str(context.info_name)
    command = ("glue-labels", name, "--transform", transform.id, *(["--force"] * options.force), file)
    task = EXPORT if name == "export" else GENERATION
    run = run_to_its_end(account, transform, task, options, Timing.of(context), command)
    run.save(file, force=options.force)
    report = check(file, ignore_rules=ignored)
    if report.error_count or report.warning_count:
        for line in as_text([Checked(file, report)], []):
            click.echo(line, err=True)
    return report


def _counts(report: Report) -> str:
    sets = counted(report.summary.labeling_sets, "labeling set", "labeling sets")
    return f"{sets}, {counted(report.summary.rows, 'row', 'rows')}"
