"""`glue-labels sandbox`, which needs what the extra of that name installs."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import click

from glue_labels_cli.extras import need_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGES_OF_THE_EXTRA = ("boto3", "ministack", "moto", "trustme")


def _account(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", value):
        raise click.BadParameter(f"{value!r} is no account; one has 12 digits.", context, parameter)
    return value


# What follows the command's name is the command's own, whether or not it looks like an option.
@click.command("sandbox", context_settings={"allow_interspersed_args": False})
@click.option(
    "--account",
    metavar="ID",
    default="111122223333",
    show_default=True,
    callback=_account,
    help="The account it takes itself for, 12 digits.",
)
@click.option(
    "--region",
    "regions",
    metavar="NAME",
    multiple=True,
    default=("us-east-1",),
    show_default=True,
    help="The region. Give it again for each further region that stacks name; the first is the default.",
)
@click.option("--no-bootstrap", is_flag=True, help="Do not run `cdk bootstrap` before the command.")
@click.option("-v", "--verbose", is_flag=True, help="Show what `cdk bootstrap` prints.")
@click.argument("command", nargs=-1, required=True, metavar="-- COMMAND...", type=click.UNPROCESSED)
@click.pass_context
def sandbox_command(
    context: click.Context,
    account: str,
    regions: Sequence[str],
    command: Sequence[str],
    *,
    no_bootstrap: bool,
    verbose: bool,
) -> None:
    """Run a command against a local AWS, to rehearse a deployment.

    For example: glue-labels sandbox -- cdk deploy --all

    S3, IAM, Lambda, EventBridge, CloudFormation and Glue's ML transforms are simulated on this machine; they
    are gone when the command ends. An app whose stacks name an account or region needs the same here.

    Afterwards the imports are shown, and why a stack failed. Exits as the command does.
    """
    need_extra("sandbox", "The sandbox", _PACKAGES_OF_THE_EXTRA)
    from glue_labels_sandbox.command import in_sandbox, run

    act = partial(run, command=command, regions=regions, bootstrapped=not no_bootstrap, verbose=verbose)
    context.exit(in_sandbox(account, regions[0], act))
