"""`glue-labels label`, which needs what the extra of that name installs."""

from __future__ import annotations

import os
import sys
import webbrowser
from pathlib import Path

import click

from glue_labels_cli.check_output import Checked, as_text
from glue_labels_cli.extras import need_extra


@click.command("label")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--no-browser", is_flag=True, help="Print the page's address, but do not open it.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=0,
    show_default="any that is free",
    help="The port on 127.0.0.1.",
)
@click.option(
    "--idle-minutes",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    help="End when the page has asked for nothing for so long.",
)
@click.pass_context
def label_command(
    context: click.Context, file: Path, *, no_browser: bool, port: int, idle_minutes: float
) -> None:
    """Label FILE in the browser, one labeling set at a time.

    Each label is saved at once, in the label column only. The page ends by its End button, by Ctrl-C here, or
    when nobody has used it for a while. It is served on this machine only, and loads nothing from elsewhere.

    Exits with 1 if the file cannot be labeled; what is wrong is printed as by `glue-labels check`.
    """
    if sys.platform == "win32":
        raise click.ClickException(
            "The labeling page needs file locks of Linux or macOS. On Windows, use WSL."
        )
    need_extra("label", "The labeling page", ("werkzeug",))
    # Loaded here, so that other commands neither need nor wait for it.
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
        raise click.ClickException(f"{error} Use that page, or end it first.") from error
    except NotRecordsError as error:
        raise click.ClickException(f"{file} cannot be labeled: {error}.") from error
    except OSError as error:
        raise click.ClickException(f"{file} cannot be labeled: {error.strerror}.") from error
    try:
        try:
            server = PageServer(session, port)
        except OSError as error:
            # The error's own text repeats the address.
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise click.ClickException(
                f"Port {port} cannot be used: {reason}. Leave --port out to use one that is free."
            ) from error
        with server.serving():
            click.echo(f"Labeling page of {file}: {server.address}")
            click.echo("It ends by its End button or Ctrl-C.")
            if not no_browser:
                webbrowser.open(server.address)
            asked = server.wait(60 * idle_minutes)
        if not asked:
            click.echo(f"The page was not used for {idle_minutes:g} minutes.")
    except KeyboardInterrupt:
        click.echo()
    finally:
        session.close()
    click.echo(f"{session.progress_line} Next: glue-labels check {click.format_filename(file)}")
