"""What the user reads about a sandbox: its variables, the task runs, and why a command failed."""

from __future__ import annotations

import shlex
import textwrap
from typing import TYPE_CHECKING

from .records import EVALUATION, IMPORT_LABELS, Metrics

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from .failures import Failure
    from .named_environments import NamedEnvironment
    from .records import TaskRun

_WIDTH = 80
_NAME_WIDTH = 11  # leaves room for a task run's id, 68 characters


def exports(environment: Mapping[str, str]) -> str:
    """Return the lines that make a shell's commands use a sandbox."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in sorted(environment.items()))


def other_environments(
    environments: Sequence[NamedEnvironment],
    elsewhere: Sequence[NamedEnvironment],
    account: str,
    regions: Sequence[str],
) -> str:
    """Return which stacks name another account or region than the sandbox's, and the options that fit them.

    Args:
        environments: What the stacks of the app name.
        elsewhere: The stacks that name another account or region, at least one.
        account: The sandbox's.
        regions: The sandbox's.
    """
    rows = [
        _field("Stack", f"{one.stack}: {one.account or 'any account'}, {one.region or 'any region'}")
        for one in elsewhere
    ]
    accounts = sorted({one.account for one in elsewhere if one.account} - {account})
    further = sorted({one.region for one in elsewhere if one.region} - set(regions))
    options = [f"--account {other}" for other in accounts[:1]]
    used = [region for region in regions if any(one.region in (None, region) for one in environments)]
    options += [f"--region {region}" for region in (*(used if further else ()), *further)]
    advice = f"Run the sandbox with {' '.join(options)}"
    if len(accounts) > 1:
        advice += f", and deploy the stacks of {' and '.join(accounts[1:])} in a sandbox of their own"
    return "\n".join(
        [
            _text(f"The sandbox is account {account}, {' and '.join(regions)}. These stacks name others:"),
            *rows,
            _text(f"{advice}."),
        ]
    )


def unknown_resources(unknown: Mapping[str, str]) -> str:
    """Return which resources the sandbox does not know, so that it cannot rehearse their stacks.

    Args:
        unknown: The resources' types, by their paths in the app; at least one.
    """
    return "\n".join(
        [
            "The sandbox does not know the types of these resources:",
            *(_field("Resource", f"{path}, {resource_type}") for path, resource_type in unknown.items()),
            _text(
                "It cannot rehearse their stacks. Name the other stacks in the command, or leave these "
                "resources out for the rehearsal."
            ),
        ]
    )


def failures(failed: Iterable[Failure]) -> str:
    """Return the resources that failed, one block each; empty if there are none."""
    return "\n\n".join(
        "\n".join(
            [
                _field("Stack", f"{one.stack}, {one.stack_status}"),
                _field("Resource", one.resource),
                _field("Type", f"{one.resource_type}, {one.status}"),
                _field("Reason", one.reason or "CloudFormation gave none."),
            ]
        )
        for one in failed
    )


def failed_command(command: Sequence[str], code: int) -> str:
    """Return that a command failed, with its exit code."""
    return textwrap.shorten(f"Exit code {code} of: {shlex.join(command)}", width=_WIDTH, placeholder=" …")


def task_runs(runs: Sequence[TaskRun], labels_known: Mapping[str, int], deleted: Collection[str] = ()) -> str:
    """Return the runs, one block each.

    Args:
        runs: In the order in which they were started.
        labels_known: How many labels each transform knows now, by its id.
        deleted: The ids of transforms that are gone.
    """
    if not runs:
        return "No import of labels was started."
    # A transform's labels are shown once, with its last import.
    last = {run.transform_id: run for run in runs if run.task_type == IMPORT_LABELS}
    return "\n\n".join(
        _block(run, _known(run, last, labels_known), gone=run.transform_id in deleted) for run in runs
    )


def _known(run: TaskRun, last: Mapping[str, TaskRun], labels_known: Mapping[str, int]) -> int | None:
    return labels_known.get(run.transform_id) if run is last.get(run.transform_id) else None


def _block(run: TaskRun, labels_known: int | None, *, gone: bool) -> str:
    fields = {
        "Task run": run.task_run_id,
        "Transform": f"{run.transform_id}, deleted since" if gone else run.transform_id,
        "Task type": None if run.task_type == IMPORT_LABELS else run.task_type,
        "Status": run.status,
        "Reason": run.error_string,
        "File": run.input_s3_path or None,
        "Output": run.output_s3_path or None,
        "Labels": _learned(run),
        "Known now": None if labels_known is None else f"{labels_known} labels",
        "Quality": _quality(run),
    }
    return "\n".join(_field(name, value) for name, value in fields.items() if value is not None)


def _learned(run: TaskRun) -> str | None:
    if run.task_type != IMPORT_LABELS:
        return None
    if run.status != "SUCCEEDED":
        return "as before"
    return "replaced all earlier ones" if run.replace_all_labels else "added to earlier ones"


def _quality(run: TaskRun) -> str | None:
    if run.task_type != EVALUATION or run.status != "SUCCEEDED":
        return None
    found = run.metrics or Metrics()
    named = {"F1": found.f1, "precision": found.precision, "recall": found.recall}
    given = [f"{name} {value:.2f}" for name, value in named.items() if value is not None]
    return ", ".join(given) or "no metrics"


def _text(text: str) -> str:
    return textwrap.fill(text, width=_WIDTH, break_long_words=False, break_on_hyphens=False)


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
