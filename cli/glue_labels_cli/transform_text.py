"""The quality and the labels of a transform, as text for people and as JSON for programs. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from glue_labels.labeling_file import counted, listed, shortened
from glue_labels_cli.terminal import duration
from glue_labels_handler.evaluation_request import AREA_UNDER_PR_CURVE, METRICS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from glue_labels_cli.label_comparison import Comparison
    from glue_labels_cli.ml_task_runs import MLTaskRun
    from glue_labels_cli.transforms import Transform
    from glue_labels_handler.quality import Quality

WIDTH = 80
_BAR_WIDTH = 30
_NAME_WIDTH = 30


def quality_as_text(quality: Quality, bar: str = "█") -> Iterator[str]:
    """Yield the metrics, the confusion matrix and the column importances, in lines of at most 80 characters.

    Args:
        quality: the result of an evaluation.
        bar: the character for the bars of column importances.
    """
    width = max(map(len, METRICS.values()))
    for name, title in METRICS.items():
        value = f"{quality.metrics[name]:.3f}" if name in quality.metrics else "-"
        capitalized = title[:1].upper() + title[1:]
        yield f"  {capitalized:<{width}}  {value:>5}"
    if quality.pairs:
        yield ""
        yield from _confusion_matrix(quality)
    if quality.columns:
        yield ""
        yield click.style("Column importances", bold=True)
        names = [shortened(name, _NAME_WIDTH) for name, _ in quality.columns]
        width = max(map(len, names))
        most = max(importance for _, importance in quality.columns) or 1.0
        for name, (_, importance) in zip(names, quality.columns, strict=True):
            length = round(_BAR_WIDTH * importance / most)
            yield f"  {name:<{width}}  {importance:.3f}  {bar * length}".rstrip()


def _confusion_matrix(quality: Quality) -> Iterator[str]:
    def count(name: str) -> str:
        return f"{quality.pairs[name]:,}" if name in quality.pairs else "-"

    yield click.style("Confusion matrix (pairs of records)", bold=True)
    head = ("predicted match", "predicted no match")
    rows = (
        ("labeled match", count("NumTruePositives"), count("NumFalseNegatives")),
        ("labeled no match", count("NumFalsePositives"), count("NumTrueNegatives")),
    )
    yield f"  {'':<16}  {head[0]:>18}  {head[1]:>18}"
    for title, *counts in rows:
        yield f"  {title:<16}  {counts[0]:>18}  {counts[1]:>18}"


def quality_as_json(transform: Transform, run_id: str) -> dict[str, Any]:
    """Return the result of an evaluation as a JSON document. Metrics that Glue does not give are null."""
    quality = transform.quality
    return {
        "transform": {"id": transform.id, "name": transform.name},
        "task_run": run_id,
        "label_count": quality.label_count,
        "metrics": {name: quality.metrics.get(name) for name in METRICS},
        "confusion_matrix": dict(quality.pairs),
        "column_importances": [{"name": name, "importance": value} for name, value in quality.columns],
    }


def transform_as_text(transform: Transform, runs: Sequence[MLTaskRun], now: float) -> Iterator[str]:
    """Yield the status of a transform, the number of its labels, its last metrics and its last task runs.

    Args:
        transform: the transform.
        runs: its last runs, newest first.
        now: epoch seconds.
    """
    quality = transform.quality
    yield click.style(str(transform), bold=True)
    count = "-" if quality.label_count is None else f"{quality.label_count:,}"
    yield f"  {'status':<12}{transform.status or '-'}"
    yield f"  {'labels':<12}{count}"
    shown = METRICS | {AREA_UNDER_PR_CURVE: "area under PR curve"}
    metrics = [
        f"{title} {quality.metrics[name]:.3f}" for name, title in shown.items() if name in quality.metrics
    ]
    yield f"  {'metrics':<12}{', '.join(metrics) or 'not evaluated yet'}"
    if not runs:
        yield f"  {'task runs':<12}none"
        return
    yield ""
    yield click.style("Last task runs (UTC)", bold=True)
    for run in runs:
        started = f"{run.started_on:%Y-%m-%d %H:%M}" if run.started_on else "-"
        lasted = run.lasted(now)
        took = "" if lasted is None else duration(lasted)
        yield f"  {started:<16}  {run.type.lower().replace('_', ' '):<23} {run.status:<10} {took}".rstrip()
        yield f"      {run.id}"
        if run.error_string:
            yield f"      {run.error_string}"


def comparison_as_text(
    comparison: Comparison, path: str, transform: Transform, in_file: int, known: int
) -> Iterator[str]:
    """Yield whether a transform's labels are those of a file, and which labeling sets differ.

    Args:
        comparison: the comparison of both.
        path: path of the file.
        transform: the transform.
        in_file: number of labeling sets in the file.
        known: number of labeling sets that the transform knows.
    """
    if comparison.same:
        sets = counted(in_file, "labeling set", "labeling sets")
        yield click.style(f"{transform} has the same labels as {path}: {sets}.", fg="green", bold=True)
        return
    yield click.style(f"{transform} has other labels than {path}.", fg="red", bold=True)
    yield f"  {counted(in_file, 'labeling set', 'labeling sets')} in the file, {known:,} in the transform"
    kinds = {
        "missing in the transform": comparison.missing,
        "only in the transform": comparison.extra,
        "different": comparison.different,
        "columns only in the file": comparison.missing_columns,
        "columns only in the transform": comparison.extra_columns,
    }
    for title, names in kinds.items():
        if names:
            yield f"  {title} ({len(names):,}): {listed(names, 5)}"
