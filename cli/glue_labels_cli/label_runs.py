"""The label files that Glue writes: a run is started or waited for, its file fetched and written to FILE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_labels_cli.aws_errors import CallError
from glue_labels_cli.ml_task_runs import EXPORT, Task, can_go_on, get_run, start, wait_until_done
from glue_labels_cli.s3_output import check_folder, fetch_labels, folder_of_a_run
from glue_labels_cli.target_file import write_target
from glue_labels_cli.terminal import CommandError
from glue_labels_handler.causes import Kind

if TYPE_CHECKING:
    from glue_labels_cli.aws_account import Account
    from glue_labels_cli.aws_options import Timing
    from glue_labels_cli.transforms import Transform


class NoLabelsError(CommandError):
    """The transform has been taught no labels, so that there is nothing to export."""


@dataclass(frozen=True)
class LabelRun:
    """A run that has written a label file.

    Attributes:
        account: the account.
        transform: the run's transform.
        id: `TaskRunId`.
        folder: the path in S3 that it wrote to.
        again: the words of the command that fetches it again.
    """

    account: Account
    transform: Transform
    id: str
    folder: str
    again: tuple[str, ...]

    def fetch(self) -> bytes:
        """Return the label file.

        Raises:
            CommandError: it is not there, or cannot be read.
        """
        with can_go_on(self.transform, self.id, self.account, self.again, done=True):
            return fetch_labels(self.account, self.folder)

    def save(self, file: str, *, force: bool) -> None:
        """Write the label file to `file`.

        Raises:
            CommandError: it is not there, or cannot be read or written.
        """
        content = self.fetch()
        with can_go_on(self.transform, self.id, self.account, self.again, done=True):
            write_target(file, content, force=force)


def run_to_its_end(
    account: Account,
    transform: Transform,
    task: Task,
    output: str | None,
    run_id: str | None,
    timing: Timing,
    command: tuple[str, ...],
) -> LabelRun:
    """Start a run, or take up one that was started, and wait until it has succeeded.

    Args:
        account: the account.
        transform: the transform.
        task: the kind of run.
        output: the folder in S3 that a new run's folder is made in; None with `run_id` only.
        run_id: the run to wait for; None starts one.
        timing: clock and sleep.
        command: the words of the command at work, without ``--task-run``.

    Raises:
        NoLabelsError: there is nothing to export.
        CommandError: the run cannot be started, or ended otherwise.
        SystemExit: Ctrl-C; how to go on was said.
    """
    folder = ""
    if run_id is None:
        folder = folder_of_a_run(str(output), f"{transform.id}-{command[1]}", timing.clock())
        check_folder(account, folder)
        try:
            run_id = start(account, transform, task, OutputS3Path=folder)
        except CallError as error:
            if task is EXPORT and error.fault.kind is Kind.GONE and "labelset" in error.fault.message.lower():
                raise NoLabelsError(f"{transform} has been taught no labels yet.") from error
            raise
    else:
        # One that does not exist is not waited for.
        get_run(account, transform, run_id)
    again = (*command, "--task-run", run_id)
    run = wait_until_done(account, transform, task, run_id, timing, again)
    if not (run.path or folder):
        raise CommandError(f"Glue does not say where task run {run_id} wrote to.")
    return LabelRun(account, transform, run_id, run.path or folder, again)
