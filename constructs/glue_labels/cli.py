"""The command line, for people without a CDK app at hand and for pre-commit."""

from __future__ import annotations

import click

from glue_labels.check_command import check_command, summary_command
from glue_labels.sandbox_command import sandbox_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cdk-glue-labels")
def main() -> None:
    """Label files of AWS Glue's FindMatches transforms."""


main.add_command(check_command)
main.add_command(summary_command)
main.add_command(sandbox_command)


if __name__ == "__main__":
    main(prog_name="glue-labels")
