"""`glue-labels evaluate`: how good a transform is."""

from __future__ import annotations

import json
import sys

import click

from glue_labels_cli.aws_options import Timing, aws_options, task_run_option
from glue_labels_cli.extras import need_aws
from glue_labels_cli.terminal import format_option


@click.command("evaluate")
@aws_options
@task_run_option
@format_option
@click.pass_context
def evaluate_command(
    context: click.Context,
    transform: str,
    profile: str | None,
    region: str | None,
    task_run: str | None,
    form: str,
) -> None:
    """Have Glue estimate the quality of the transform, and show it.

    Glue learns from some of the labels and tests with the others. The task run takes minutes; Ctrl-C says how
    to go on with it later.
    """
    need_aws("`glue-labels evaluate`")
    from glue_labels_cli.aws_account import Account
    from glue_labels_cli.ml_task_runs import EVALUATION, get_run, start, wait_until_done
    from glue_labels_cli.transform_text import quality_as_json, quality_as_text
    from glue_labels_cli.transforms import find_transform, refreshed

    account = Account.open(profile, region)
    found = find_transform(account, transform)
    run_id = get_run(account, found, task_run).id if task_run else start(account, found, EVALUATION)
    again = ("glue-labels", "evaluate", "--transform", found.id, "--format", form, "--task-run", run_id)
    wait_until_done(account, found, EVALUATION, run_id, Timing.of(context), again)
    found = refreshed(account, found)
    if form == "json":
        click.echo(json.dumps(quality_as_json(found, run_id), indent=2))
        return
    click.echo(click.style(str(found), bold=True))
    for line in quality_as_text(found.quality, "█" if _can_write("█") else "#"):
        click.echo(line)


def _can_write(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
