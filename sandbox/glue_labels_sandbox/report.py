"""What a person reads about a sandbox: the exports, and the imports as Glue knows them."""

from __future__ import annotations

import shlex
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .import_run import ImportRun

_WIDTH = 80
_NAME_WIDTH = 11  # leaves room for a task run's id, 68 characters


def exports(environment: Mapping[str, str]) -> str:
    """Return the lines that put a shell's commands onto a sandbox."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(environment.items()))


def environment_named(account: str, region: str) -> str:
    """Return what helps if the app's stacks name another account or region."""
    return (
        f"The sandbox is account {account}, region {region}.\n"
        "For stacks that name others, give it those: --account, --region."
    )


def import_runs(runs: Sequence[ImportRun], labels_known: Mapping[str, int]) -> str:
    """Return the runs, one block each.

    Args:
        runs: In the order in which they were started.
        labels_known: How many labels each transform knows now, by its id.
    """
    if not runs:
        return "Glue has no imports of labels: none was started, or their transforms are gone."
    # What a transform knows now, it knows after the last of its imports.
    last = {run.transform_id: run for run in runs}
    return "\n\n".join(
        _block(run, labels_known[run.transform_id] if run is last[run.transform_id] else None) for run in runs
    )


def _block(run: ImportRun, labels_known: int | None) -> str:
    fields = {
        "Task run": run.task_run_id,
        "Transform": run.transform_id,
        "Status": run.status,
        "Reason": run.error_string,
        "File": run.input_s3_path,
        "Labels": _learned(run),
        "Known now": None if labels_known is None else f"{labels_known} labels",
    }
    return "\n".join(_field(name, value) for name, value in fields.items() if value is not None)


def _learned(run: ImportRun) -> str:
    if run.status != "SUCCEEDED":
        return "as before"
    return "replaced all earlier ones" if run.replace_all_labels else "added to earlier ones"


def _field(name: str, value: str) -> str:
    # Paths and ids stay in one piece, to be copied.
    return textwrap.fill(
        value,
        width=_WIDTH,
        initial_indent=f"{name:<{_NAME_WIDTH}}",
        subsequent_indent=" " * _NAME_WIDTH,
        break_long_words=False,
        break_on_hyphens=False,
    )
