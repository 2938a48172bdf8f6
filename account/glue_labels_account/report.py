"""The texts for the user: what will be created, and what the scenarios showed."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from .assumptions import ASSUMPTIONS
from .desired import DPUS
from .scenarios import SHORT_FUNCTION_SECONDS
from .session import Result

if TYPE_CHECKING:
    from .account import Account
    from .assumptions import Finding
    from .session import Outcome, Report

TASK_RUNS = 24
"""How many task runs the scenarios start where all assumptions hold, including refused and cancelled ones."""

RUN_MINUTES = 10
"""The minutes that the estimate assumes for one task run. Real runs may differ."""

DPU_HOUR_USD = 0.44
"""Glue's list price of a DPU-hour in us-east-1 (https://aws.amazon.com/glue/pricing/)."""

_WIDTH = 79


def estimated_cost(task_runs: int = TASK_RUNS) -> float:
    """Return an estimate of what Glue charges, in US dollars."""
    return task_runs * DPUS * RUN_MINUTES / 60 * DPU_HOUR_USD


def announcement(account: Account, stack: str, glue_version: str, *, long: bool) -> str:
    """Return what will be created, where, and what it may cost.

    Args:
        account: where.
        stack: the stack's name.
        glue_version: of the transforms.
        long: whether the long scenario runs too.
    """
    hours, dollars = TASK_RUNS * RUN_MINUTES / 60, estimated_cost()
    paragraphs = [
        f"This creates a stack in account {account.id}, region {account.region}, as {account.caller}:",
        f"{stack}: an S3 bucket, a Glue database and table, 4 FindMatches transforms (Glue version "
        f"{glue_version}), 5 IAM roles, a Lambda function, imports of labels, an evaluation and an export.",
        f"It also creates transforms named {stack}-glue-VERSION and deletes them at once.",
        f"It starts about {TASK_RUNS} task runs of {DPUS} DPUs. Glue refuses some of them. If each takes "
        f"{RUN_MINUTES} minutes, all take about {hours:.0f} hours, and Glue charges about "
        f"{dollars:.0f} US dollars (list price of us-east-1).",
        "At the end everything is deleted, also after Ctrl-C and after an error. Two things stay: what the "
        "CDK uploaded to the bootstrap bucket, and the log groups of Glue's runs.",
    ]
    if long:
        paragraphs.append(
            "--long also imports a file of almost 10 MB, with a function that times out after "
            f"{SHORT_FUNCTION_SECONDS} seconds, so that the run outlives an invocation."
        )
    return "\n".join(_wrapped(paragraph, "") for paragraph in paragraphs)


def written(report: Report) -> str:
    """Return the report as text."""
    parts = ["Scenarios", *map(_outcome, report.outcomes), "", "Assumptions (docs/assumptions.md)"]
    parts.extend(map(_finding, report.findings))
    failed = sum(outcome.result is not Result.PASSED for outcome in report.outcomes)
    parts.extend(["", f"{len(report.outcomes) - failed} of {len(report.outcomes)} scenarios passed."])
    if report.left:
        parts.extend(["", "NOT DELETED", *(_wrapped(line, "  ") for line in report.left)])
    else:
        parts.append("Everything that was created is deleted.")
    return "\n".join(parts)


def _outcome(outcome: Outcome) -> str:
    head = f"  {outcome.result.value:8} {outcome.name} ({outcome.seconds:.0f} s)"
    return f"{head}\n{_wrapped(outcome.detail, ' ' * 11)}"


def _finding(finding: Finding) -> str:
    head = f"  {finding.verdict.value:13} {finding.check}"
    return (
        f"{head}\n{_wrapped(ASSUMPTIONS[finding.check], ' ' * 16)}\n{_wrapped(finding.seen, ' ' * 16 + '> ')}"
    )


def _wrapped(text: str, indent: str) -> str:
    # Do not break ids and paths: users copy them.
    return textwrap.fill(
        text,
        width=_WIDTH,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_long_words=False,
        break_on_hyphens=False,
    )
