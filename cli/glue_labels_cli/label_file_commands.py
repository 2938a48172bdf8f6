"""`glue-labels generate` and `glue-labels export`: label files that Glue writes."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from glue_labels.labeling_file import Report, check, counted
from glue_labels_cli.aws_options import (
    Timing,
    aws_options,
    chosen_output,
    force_option,
    output_option,
    task_run_option,
)
from glue_labels_cli.check_output import Checked, as_text
from glue_labels_cli.extras import need_aws
from glue_labels_cli.target_file import check_target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_OF_UNLABELED_FILES = frozenset({"unlabeled-file", "empty-label", "no-pairs", "no-matches", "no-non-matches"})
"""Rules that no file satisfies before it is labeled."""


def _file_command(command: Callable[..., None]) -> Callable[..., None]:
    """Add the argument and the options that both commands have."""
    command = click.argument("file", metavar="FILE", type=click.Path())(click.pass_context(command))
    return aws_options(output_option(task_run_option(force_option(command))))


@click.command("generate")
@_file_command
def generate_command(
    context: click.Context,
    file: str,
    transform: str,
    profile: str | None,
    region: str | None,
    output: str | None,
    task_run: str | None,
    *,
    force: bool,
) -> None:
    """Have Glue choose records of the transform's table to label, and write them to FILE.

    Each labeling set is a question: which of these records are the same? `glue-labels label FILE` is where to
    answer. The task run takes minutes; Ctrl-C says how to go on with it later.

    The role of the transform writes to --output, and your identity reads there.
    """
    report = _written(context, "generate", file, transform, profile, region, output, task_run, force)
    sets = _counts(report)
    click.echo(f"{sets} to label: {file}\nNext: {shlex.join(['glue-labels', 'label', file])}")


@click.command("export")
@_file_command
def export_command(
    context: click.Context,
    file: str,
    transform: str,
    profile: str | None,
    region: str | None,
    output: str | None,
    task_run: str | None,
    *,
    force: bool,
) -> None:
    """Write all labels that the transform has been taught to FILE.

    The role of the transform writes to --output, and your identity reads there. Ctrl-C says how to go on
    later.
    """
    report = _written(context, "export", file, transform, profile, region, output, task_run, force)
    click.echo(f"{_counts(report)}: {file}")


def _written(
    context: click.Context,
    name: str,
    file: str,
    transform: str,
    profile: str | None,
    region: str | None,
    output: str | None,
    task_run: str | None,
    force: bool,
) -> Report:
    """Write FILE, and return what the checks say of it, having shown their findings."""
    need_aws(f"`glue-labels {name}`")
    check_target(file, force=force)
    place = None if task_run else chosen_output(context, output)
    from glue_labels_cli.aws_account import Account
    from glue_labels_cli.label_runs import run_to_its_end
    from glue_labels_cli.ml_task_runs import EXPORT, GENERATION
    from glue_labels_cli.transforms import find_transform

    account = Account.open(profile, region)
    found = find_transform(account, transform)
    command = ("glue-labels", name, "--transform", found.id, *(["--force"] if force else ()), file)
    task = EXPORT if name == "export" else GENERATION
    run = run_to_its_end(account, found, task, place, task_run, Timing.of(context), command)
    run.save(file, force=force)
    return _checked(file, () if name == "export" else _OF_UNLABELED_FILES)


def _checked(file: str, ignored: Iterable[str]) -> Report:
    report = check(file, ignore_rules=ignored)
    if report.error_count or report.warning_count:
        for line in as_text([Checked(file, report)], []):
            click.echo(line, err=True)
    return report


def _counts(report: Report) -> str:
    sets = counted(report.summary.labeling_sets, "labeling set", "labeling sets")
    return f"{sets}, {counted(report.summary.rows, 'row', 'rows')}"
