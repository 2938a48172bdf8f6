"""`glue-labels check` and `glue-labels summary`."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from glue_labels.labeling_file import RULES, LabelFiles, UnknownRuleError, check, known_rules
from glue_labels_cli.check_output import FORMATS, Checked, Unread, summary_as_text
from glue_labels_cli.terminal import BadParameter, echo, format_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

FOUND = 1
CANNOT_READ = 2

STANDARD_INPUT = "-"

_BIG_BYTES = 20_000_000


def _rules(context: click.Context, parameter: click.Parameter, value: Sequence[str]) -> frozenset[str]:
    names = [name.strip() for item in value for name in item.split(",") if name.strip()]
    try:
        return known_rules(names)
    except UnknownRuleError as error:
        raise BadParameter(str(error), context, parameter) from error


def _columns(context: click.Context, parameter: click.Parameter, value: str | None) -> list[str] | None:
    del context, parameter
    return [name.strip() for name in value.split(",")] if value else None


def _files(context: click.Context, parameter: click.Parameter, value: Sequence[str]) -> Sequence[str]:
    if value.count(STANDARD_INPUT) > 1:
        problem = "Give standard input (-) only once."
        raise BadParameter(problem, context, parameter, param_hint="FILE...")
    return value


_FILES = click.argument(
    "files", nargs=-1, required=True, callback=_files, metavar="FILE...", type=click.Path()
)


@click.command("check")
@_FILES
@click.option(
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="text",
    show_default=True,
    help="text is for people, json for programs, github for annotations in a pull request.",
)
@click.option(
    "--ignore",
    "ignored",
    multiple=True,
    callback=_rules,
    metavar="RULE",
    help="Turn off a rule. May be repeated.",
)
@click.option(
    "--columns", callback=_columns, metavar="NAME,NAME", help="Column names of the table, in their order."
)
@click.option("--errors-only", is_flag=True, help="Report no warnings.")
@click.option("--strict", is_flag=True, help="Also exit with 1 if there are warnings.")
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    metavar="N",
    default=20,
    show_default=True,
    help="Show at most N errors and N warnings of each FILE.",
)
@click.pass_context
def check_command(
    context: click.Context,
    files: Sequence[str],
    form: str,
    ignored: frozenset[str],
    columns: list[str] | None,
    *,
    errors_only: bool,
    strict: bool,
    limit: int,
) -> None:
    """Check label files before Glue imports them.

    FILE is a CSV file, - for standard input, or a folder, whose CSV files are checked as one label file.

    Exits with 0 if there are no errors, 1 if there are errors, 2 if a file cannot be read.
    """
    if errors_only:
        ignored |= {rule.name for rule in RULES.values() if rule.severity == "warning"}
    checked, unread = _checked(files, columns, ignored, limit)
    for line in FORMATS[form](checked, unread):
        click.echo(line)
    if unread:
        context.exit(CANNOT_READ)
    errors = any(one.report.error_count for one in checked)
    warnings = any(one.report.warning_count for one in checked)
    context.exit(FOUND if errors or (strict and warnings) else 0)


@click.command("summary")
@_FILES
@format_option
@click.pass_context
def summary_command(context: click.Context, files: Sequence[str], form: str) -> None:
    """Count the rows, labeling sets and pairs of label files. Errors in them are not reported.

    FILE is a CSV file, - for standard input, or a folder, whose CSV files are counted as one label file.

    Exits with 0, or with 2 if a file cannot be read.
    """
    checked, unread = _checked(files, None, frozenset(RULES), 1)
    if form == "json":
        click.echo(json.dumps({one.path: asdict(one.report.summary) for one in checked}, indent=2))
    else:
        for one in checked:
            click.echo(summary_as_text(one.path, one.report.summary))
    context.exit(CANNOT_READ if unread else 0)


def _checked(
    files: Sequence[str], columns: Sequence[str] | None, ignored: frozenset[str], limit: int
) -> tuple[list[Checked], list[Unread]]:
    """Check each file. Report on standard error those that cannot be read."""
    tried = [_try_to_check(path, columns, ignored, limit) for path in files]
    unread = [one for one in tried if isinstance(one, Unread)]
    for one in unread:
        echo(f"{one.path}: cannot be read: {one.reason}", err=True)
    return [one for one in tried if isinstance(one, Checked)], unread


def _try_to_check(
    path: str, columns: Sequence[str] | None, ignored: frozenset[str], limit: int
) -> Checked | Unread:
    name = "<stdin>" if path == STANDARD_INPUT else path
    try:
        with _on_disk(path) as file, _progress(file) as see:
            report = check(
                file,
                columns=columns,
                ignore_rules=ignored,
                limit=limit,
                see=see,
                name=name if path == STANDARD_INPUT else None,
            )
    except OSError as error:
        return Unread(error.filename or path, str(error.strerror))
    return Checked(name, report)


@contextmanager
def _on_disk(path: str) -> Iterator[str]:
    """Yield a path that can be read twice. Standard input is copied to a file."""
    if path != STANDARD_INPUT:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="glue-labels-") as folder:
        copy = os.path.join(folder, "labels.csv")
        with open(copy, "wb") as file:
            shutil.copyfileobj(sys.stdin.buffer, file)
        yield copy


@contextmanager
def _progress(path: str) -> Iterator[Callable[[bytes], object] | None]:
    """Show a progress bar for a big file on a terminal. Yield the function that takes each block read."""
    size = LabelFiles.at(path).size
    if size < _BIG_BYTES or not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=size, label=path, file=sys.stderr, update_min_steps=size // 100) as bar:
        yield lambda block: bar.update(len(block))
        # click before 8.5 does not show what was read since its last step.
        bar.update_min_steps = 0
        bar.update(0)
