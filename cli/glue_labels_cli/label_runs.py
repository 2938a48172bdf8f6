"""Task runs that write a label file: start one or wait for one, then fetch the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from glue_labels_cli.aws_errors import CallError
from glue_labels_cli.ml_task_runs import EXPORT, Task, get_run, resumable, start, wait_until_done
from glue_labels_cli.s3_output import check_folder, fetch_labels, folder_of_a_run
from glue_labels_cli.target_file import write_target
from glue_labels_cli.terminal import CommandError
from glue_labels_handler.causes import Kind

if TYPE_CHECKING:
    from glue_labels_cli.aws_account import Account
    from glue_labels_cli.aws_options import Options, Timing
    from glue_labels_cli.transforms import Transform


class NoLabelsError(CommandError):
    """The transform knows no labels, so there is nothing to export."""


@dataclass(frozen=True)
class LabelRun:
    """A run that has written a label file.

    Attributes:
        account: the account.
        transform: the run's transform.
        id: `TaskRunId`.
        folder: the path in S3 that the run wrote to.
        again: the command that fetches the file, as words.
    """

    account: Account
    transform: Transform
    id: str
    folder: str
    again: tuple[str, ...]

    def fetch(self) -> bytes:
        """Return the label file.

        Raises:
            SystemExit: it does not exist or cannot be read; see `resumable`.
        """
        with resumable(self.account, self.transform, self.id, self.again, done=True):
            return fetch_labels(self.account, self.folder)

    def save(self, file: str, *, force: bool) -> None:
        """Write the label file to `file`.

        Raises:
            SystemExit: it does not exist, or cannot be read or written; see `resumable`.
        """
        content = self.fetch()
        with resumable(self.account, self.transform, self.id, self.again, done=True):
            write_target(file, content, force=force)


def run_to_its_end(
    account: Account,
    transform: Transform,
    task: Task,
    options: Options,
    timing: Timing,
    command: tuple[str, ...],
) -> LabelRun:
    """Start a run or take one that was started before, and wait until it has succeeded.

    Args:
        account: the account.
        transform: the transform.
        task: the kind of run.
        options: `task_run` is the run to wait for; None starts one, which writes to a new folder in `output`.
        timing: clock and sleep.
        command: the present command as words, without ``--task-run``.

    Raises:
        NoLabelsError: there is nothing to export.
        CommandError: the run cannot be started, or it did not succeed.
        SystemExit: the run cannot be polled, or Ctrl-C; see `resumable`.
    """
    folder, run_id = "", options.task_run
    if run_id is None:
        folder = folder_of_a_run(str(options.output), f"{transform.id}-{command[1]}", timing.clock())
        check_folder(account, folder)
        try:
            run_id = start(account, transform, task, OutputS3Path=folder)
        except CallError as error:
            cause = error.aws_error
            if task is EXPORT and cause.kind is Kind.GONE and "labelset" in cause.message.lower():
                raise NoLabelsError(f"{transform} has no labels yet. Import labels first.") from error
            raise
    else:
        # Fails at once if there is no such run.
        get_run(account.glue, transform, run_id)
    again = (*command, "--task-run", run_id)
    run = wait_until_done(account, transform, task, run_id, timing, again)
    if not (run.path or folder):
        raise CommandError(f"Glue does not say where task run {run_id} wrote to. Start another run.")
    return LabelRun(account, transform, run_id, run.path or folder, again)
