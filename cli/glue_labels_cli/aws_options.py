"""The options that the commands on a transform share."""

from __future__ import annotations

import functools
import re
import sys
import time
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import click

from glue_labels_cli.extras import need_extra
from glue_labels_cli.terminal import BadParameter, note

if TYPE_CHECKING:
    from collections.abc import Callable

    from glue_labels_cli.aws_account import Account
    from glue_labels_cli.transforms import Transform

    _Command = Callable[..., Any]
    _Decorator = Callable[[Any], Any]

OUTPUT_VARIABLE = "GLUE_LABELS_OUTPUT"


@dataclass(frozen=True)
class Timing:
    """The clock of a wait. A test passes its own as the context's object.

    Attributes:
        clock: returns epoch seconds.
        sleep: waits a number of seconds.
    """

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep

    @classmethod
    def of(cls, context: click.Context) -> Timing:
        """Return the context's timing (default: the machine's clock)."""
        return context.find_object(cls) or cls()


@dataclass(frozen=True)
class Options:
    """The values of the shared options. `output` has no slash at the end."""

    transform: str
    profile: str | None
    region: str | None
    output: str | None = None
    task_run: str | None = None
    force: bool = False

    def find_transform(self) -> tuple[Account, Transform]:
        """Return the account and the transform.

        Raises:
            CommandError: one of them cannot be found.
        """
        from glue_labels_cli.aws_account import Account
        from glue_labels_cli.transforms import find_transform

        account = Account.open(self.profile, self.region)
        return account, find_transform(account, self.transform)


def with_options(*further: _Decorator) -> _Decorator:
    """Add ``--transform``, ``--profile``, ``--region`` and further options to a command.

    The command is called with the context and one `Options`. Without boto3 it fails before it is called.
    """

    def decorate(command: _Command) -> Any:
        @click.pass_context
        @functools.wraps(command)
        def run(context: click.Context, /, **values: Any) -> Any:
            need_extra("aws", f"`glue-labels {context.info_name}`", ("boto3",))
            shared = {one.name: values.pop(one.name) for one in fields(Options) if one.name in values}
            return command(context, Options(**shared), **values)

        decorated: Any = run
        for option in reversed((_transform, _profile, _region, *further)):
            decorated = option(decorated)
        return decorated

    return decorate


def _s3_path(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", value):
        raise BadParameter(f"{value!r} is not a path in S3. Give s3://bucket/folder.", context, parameter)
    return value.rstrip("/")


_transform = click.option(
    "--transform",
    metavar="ID",
    required=True,
    help="Id of the transform, tfm-…, or its name if no other transform has the same name.",
)
_profile = click.option("--profile", metavar="NAME", help="Profile of your AWS configuration.")
_region = click.option("--region", metavar="NAME", envvar="AWS_REGION", help="AWS Region of the transform.")
output_option = click.option(
    "--output",
    metavar="S3_PATH",
    envvar=OUTPUT_VARIABLE,
    show_envvar=True,
    callback=_s3_path,
    help="Folder in S3, s3://bucket/folder, that the transform's role may write to. Each task run writes to "
    "a new folder in it.",
)
task_run_option = click.option(
    "--task-run", metavar="ID", help="Wait for this task run, tsk-…, instead of starting one."
)
force_option = click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")


def has_terminal() -> bool:
    """Return whether the user can be asked."""
    return sys.stdin.isatty()


def with_output(context: click.Context, options: Options) -> Options:
    """Ask for ``--output`` on a terminal if it is missing. A run that exists already needs none.

    Raises:
        click.UsageError: it is missing, and there is no terminal.
    """
    if options.output is not None or options.task_run is not None:
        return options
    if not has_terminal():
        raise click.UsageError(
            f"Give --output s3://bucket/folder, or set {OUTPUT_VARIABLE}: Glue writes its files to S3.",
            context,
        )
    (parameter,) = (one for one in context.command.params if one.name == "output")

    def valid(value: str) -> str | None:
        return _s3_path(context, parameter, value)

    note("Glue writes its files to S3, with the role of the transform.")
    output = str(click.prompt("Folder in S3 (s3://bucket/folder)", value_proc=valid, err=True))
    note(f"To skip this question next time, set {OUTPUT_VARIABLE}={output}.")
    return replace(options, output=output)
