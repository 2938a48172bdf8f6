"""`glue-labels evaluate`: have Glue estimate the quality of a transform, and show it."""

from __future__ import annotations

import json
import sys

import click

from glue_labels_cli.aws_options import Options, Timing, task_run_option, with_options
from glue_labels_cli.terminal import format_option


@click.command("evaluate")
@with_options(task_run_option)
@format_option
def evaluate_command(context: click.Context, options: Options, form: str) -> None:
    """Have Glue estimate the quality of the transform, and show it.

    Glue learns from some of the labels and tests with the others. The task run takes minutes. After Ctrl-C it
    continues, and the command prints how to wait for it later.
    """
    from glue_labels_cli.ml_task_runs import EVALUATION, get_run, start, wait_until_done
    from glue_labels_cli.transform_text import quality_as_json, quality_as_text
    from glue_labels_cli.transforms import refreshed

    account, transform = options.find_transform()
    if options.task_run:
        run_id = get_run(account.glue, transform, options.task_run).id
    else:
        run_id = start(account, transform, EVALUATION)
    again = ("glue-labels", "evaluate", "--transform", transform.id, "--format", form, "--task-run", run_id)
    wait_until_done(account, transform, EVALUATION, run_id, Timing.of(context), again)
    transform = refreshed(account, transform)
    if form == "json":
        click.echo(json.dumps(quality_as_json(transform, run_id), indent=2))
        return
    click.echo(click.style(str(transform), bold=True))
    for line in quality_as_text(transform.quality, "█" if _can_write("█") else "#"):
        click.echo(line)


def _can_write(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
