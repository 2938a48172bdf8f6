"""The options and the argument that the commands which talk to AWS share."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from glue_labels_cli.terminal import note

if TYPE_CHECKING:
    from collections.abc import Callable

    _Command = TypeVar("_Command", bound=Callable[..., Any])

OUTPUT_VARIABLE = "GLUE_LABELS_OUTPUT"


@dataclass(frozen=True)
class Timing:
    """What a wait goes by; a test passes its own as the context's object.

    Attributes:
        clock: returns epoch seconds.
        sleep: waits that many seconds.
    """

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], object] = time.sleep

    @classmethod
    def of(cls, context: click.Context) -> Timing:
        """Return the timing of a command: the machine's, unless the context has one."""
        return context.find_object(cls) or cls()


def aws_options(command: _Command) -> _Command:
    """Add ``--transform``, ``--profile`` and ``--region``."""
    for option in (
        click.option("--region", metavar="NAME", envvar="AWS_REGION", help="AWS Region of the transform."),
        click.option("--profile", metavar="NAME", help="Profile of your AWS configuration."),
        click.option(
            "--transform",
            metavar="ID",
            required=True,
            help="The transform: tfm-…, or its name if no other transform has it.",
        ),
    ):
        command = option(command)
    return command


def task_run_option(command: _Command) -> _Command:
    """Add ``--task-run``."""
    return click.option(
        "--task-run", metavar="ID", help="Wait for this task run, tsk-…, instead of starting one."
    )(command)


def force_option(command: _Command) -> _Command:
    """Add ``--force``."""
    return click.option("--force", is_flag=True, help="Overwrite FILE if it exists.")(command)


def _s3_path(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", value):
        raise click.BadParameter(
            f"{value!r} is no path in S3; one is s3://bucket/folder.", context, parameter
        )
    return value.rstrip("/")


def output_option(command: _Command) -> _Command:
    """Add ``--output``; its value has no slash at the end."""
    return click.option(
        "--output",
        metavar="S3_PATH",
        envvar=OUTPUT_VARIABLE,
        show_envvar=True,
        callback=_s3_path,
        help="Folder in S3, s3://bucket/folder, that the transform's role may write to. Each task run gets a "
        "folder of its own in it.",
    )(command)


def has_terminal() -> bool:
    """Return whether there is somebody to ask."""
    return sys.stdin.isatty()


def chosen_output(context: click.Context, output: str | None) -> str:
    """Return the folder in S3, asked for on a terminal if neither option nor variable has it.

    Raises:
        click.UsageError: it is not given, and there is nobody to ask.
    """
    if output is not None:
        return output
    if not has_terminal():
        raise click.UsageError(
            f"Give --output s3://bucket/folder, or set {OUTPUT_VARIABLE}: Glue writes its files to S3.",
            context,
        )
    (parameter,) = (one for one in context.command.params if one.name == "output")

    def valid(value: str) -> str | None:
        return _s3_path(context, parameter, value)

    note("Glue writes its files to S3, with the role of the transform.")
    chosen = str(click.prompt("Folder in S3 (s3://bucket/folder)", value_proc=valid, err=True))
    note(f"Set {OUTPUT_VARIABLE}={chosen} to not be asked again.")
    return chosen
