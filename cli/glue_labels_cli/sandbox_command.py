"""`glue-labels sandbox`: run a command against a local AWS. It needs the extra `[sandbox]`."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

import click

from glue_labels_cli.extras import need_extra
from glue_labels_cli.terminal import BadParameter

if TYPE_CHECKING:
    from collections.abc import Sequence

_PACKAGES_OF_THE_EXTRA = ("boto3", "ministack", "moto", "trustme")


def _account(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if not re.fullmatch(r"[0-9]{12}", value):
        raise BadParameter(f"{value!r} is not an account ID. Give 12 digits.", context, parameter)
    return value


# Words after COMMAND belong to it, even if they look like options.
@click.command("sandbox", context_settings={"allow_interspersed_args": False})
@click.option(
    "--account",
    metavar="ID",
    default="111122223333",
    show_default=True,
    callback=_account,
    help="Account ID of the sandbox, 12 digits.",
)
@click.option(
    "--region",
    "regions",
    metavar="NAME",
    multiple=True,
    default=("us-east-1",),
    show_default=True,
    help="AWS Region of the sandbox. Repeat it for each further region that your stacks name. The first is "
    "the default region.",
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

    The sandbox simulates S3, IAM, Lambda, EventBridge, CloudFormation and Glue's ML transforms on this
    machine. It is removed when COMMAND ends. If your stacks name an account or region, give the same here.

    Afterwards it shows the imports of labels and why a stack failed. Exits with the status of COMMAND.
    """
    need_extra("sandbox", "The sandbox", _PACKAGES_OF_THE_EXTRA)
    from glue_labels_sandbox.command import in_sandbox, run

    act = partial(run, command=command, regions=regions, bootstrapped=not no_bootstrap, verbose=verbose)
    context.exit(in_sandbox(account, regions[0], act))
