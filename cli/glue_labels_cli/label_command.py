"""`glue-labels label`: label a file in the browser. It needs the extra `[label]`."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

import click

from glue_labels_cli.check_output import Checked, as_text
from glue_labels_cli.extras import need_extra
from glue_labels_cli.terminal import CommandError


@click.command("label")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--no-browser", is_flag=True, help="Print the address of the page, but do not open it.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default="any free port",
    help="Port on 127.0.0.1.",
)
@click.option(
    "--idle-minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="End when the page was not used for so many minutes.",
)
@click.pass_context
def label_command(
    context: click.Context, file: Path, *, no_browser: bool, port: int, idle_minutes: float
) -> None:
    """Label FILE in the browser, one labeling set at a time.

    Each label is saved at once. Only the label column of FILE changes. The page is served on this machine
    only, and loads nothing from elsewhere. To end it, use its End button or press Ctrl-C here.

    Exits with 1 if the file cannot be labeled, and prints the same messages as `glue-labels check`.
    """
    if sys.platform == "win32":
        raise CommandError("The labeling page needs file locks of Linux or macOS. On Windows, use WSL.")
    need_extra("label", "The labeling page", ("werkzeug",))
    # Imported here, because other commands do not need it.
    from glue_labels_cli.labeling_page.label_fields import NotRecordsError
    from glue_labels_cli.labeling_page.locked_file import FileInUseError
    from glue_labels_cli.labeling_page.server import PageServer
    from glue_labels_cli.labeling_page.session import CannotLabelError, open_session

    try:
        session = open_session(file)
    except CannotLabelError as error:
        for line in as_text([Checked(str(file), error.report)], []):
            click.echo(line)
        context.exit(1)
    except FileInUseError as error:
        raise CommandError(f"{error} Use that page, or end it first.") from error
    except NotRecordsError as error:
        raise CommandError(f"{file} cannot be labeled: {error}.") from error
    except OSError as error:
        raise CommandError(f"{file} cannot be labeled: {error.strerror}.") from error
    try:
        try:
            server = PageServer(session, port)
        except OSError as error:
            # The text of the error would repeat the address.
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise CommandError(
                f"Port {port} cannot be used: {reason}. Leave out --port to use any free port."
            ) from error
        with server.serving():
            click.echo(f"Labeling page of {file}: {server.address}")
            click.echo("To end it, use its End button or press Ctrl-C.")
            if not no_browser:
                webbrowser.open(server.address)
            ended = server.wait(60 * idle_minutes)
        if not ended:
            click.echo(f"The page has ended: it was not used for {idle_minutes:g} minutes.")
    except KeyboardInterrupt:
        click.echo()
    finally:
        session.close()
    click.echo(f"{session.progress_line} Next: glue-labels check {click.format_filename(file)}")
