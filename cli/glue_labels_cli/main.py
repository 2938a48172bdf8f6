"""The command `glue-labels` and its subcommands."""

from __future__ import annotations

import click

from glue_labels_cli.check_command import check_command, summary_command
from glue_labels_cli.evaluate_command import evaluate_command
from glue_labels_cli.label_command import label_command
from glue_labels_cli.label_file_commands import export_command, generate_command
from glue_labels_cli.sandbox_command import sandbox_command
from glue_labels_cli.status_command import status_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cdk-glue-labels")
def main() -> None:
    """Label files for AWS Glue FindMatches transforms: they say which records are the same."""


# Register each command here. A command imports the packages of an extra when it runs: `check` runs before
# each commit and must start quickly.
for _command in (
    generate_command,
    label_command,
    check_command,
    summary_command,
    evaluate_command,
    status_command,
    export_command,
    sandbox_command,
):
    main.add_command(_command)
