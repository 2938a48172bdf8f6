"""The results as drawings for light and dark pages: no background, and text in the page's own shade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl

mpl.use("svg")  # No display is needed; before pyplot is imported.
import matplotlib.pyplot as plt

from .contenders import AWS_CUSTOM_RESOURCE, CRHELPER, OURS, PROVIDER, WAITING

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .results import Results

_COLOURS: Final = {
    OURS: "#2f8fdd",
    PROVIDER: "#d9772b",
    CRHELPER: "#9a6fd0",
    AWS_CUSTOM_RESOURCE: "#6f9a3e",
}
_INK: Final = "#4b535b"
_INK_ON_DARK: Final = "#c3cad1"
_DARK_STYLE: Final = (
    "<style>@media (prefers-color-scheme: dark) {"
    f'[style*="stroke: {_INK}"] {{stroke: {_INK_ON_DARK} !important}} '
    f'[style*="fill: {_INK}"] {{fill: {_INK_ON_DARK} !important}}'
    "}</style>"
)
"""matplotlib writes each colour into the element, so a dark page has to override it."""
_STYLE: Final[dict[Any, Any]] = {
    "svg.hashsalt": "glue_labels_bench",  # else each drawing of the same results differs
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 11,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "savefig.transparent": True,
    "legend.frameon": False,
}


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw the results into a folder; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        drawings = {"lag": _lag(results), "cost": _cost(results)}
        if results.synth is not None:
            drawings["synth"] = _synth(results)
        paths = []
        for name, figure in drawings.items():
            paths.append(folder / f"{name}.svg")
            # Without a date, which would change the file with nothing new in it.
            figure.savefig(paths[-1], bbox_inches="tight", metadata={"Date": None})
            plt.close(figure)
            svg = paths[-1].read_text()
            paths[-1].write_text(svg.replace("<defs>", f"{_DARK_STYLE}\n <defs>", 1))
    return paths


def _lag(results: Results) -> Figure:
    figure, axes = _axes("Lag: from the run's end to the response", "seconds (bar: the median)")
    names = [name for name in results.contenders if name in WAITING]
    for place, name in enumerate(names):
        for index, length in enumerate(results.lengths):
            lags = [one.lag_seconds for one in results.of(name, length)]
            at = index + (place - (len(names) - 1) / 2) * 0.3
            axes.plot([at] * len(lags), lags, "o", color=_COLOURS[name], alpha=0.75, markeredgewidth=0)
            median = results.lag(name, length)
            axes.plot([at - 0.08, at + 0.08], [median, median], color=_COLOURS[name], linewidth=2.5)
            axes.annotate(f"{median:.1f}", (at + 0.09, median), va="center", fontsize=9, color=_COLOURS[name])
        axes.plot([], [], "o", color=_COLOURS[name], label=name)
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    _by_length(axes, results)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=len(names), columnspacing=1)
    return figure


def _cost(results: Results) -> Figure:
    figure, axes = _axes("Cost of an import at AWS's list prices", "US cents")
    count = len(results.contenders)
    width = 0.8 / count
    for place, name in enumerate(results.contenders):
        at = [index + (place - (count - 1) / 2) * width for index in range(len(results.lengths))]
        cents = [100 * results.usd(name, length) for length in results.lengths]
        bars = axes.bar(at, cents, width * 0.9, color=_COLOURS[name], label=name)
        axes.bar_label(bars, fmt=_cents, fontsize=8, padding=3, rotation=90, color=_COLOURS[name])
    axes.margins(y=0.16)  # Room for the label of the highest bar.
    _by_length(axes, results)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), ncols=2)
    return figure


def _cents(cents: float) -> str:
    return f"{cents:.3f}" if cents >= 0.001 else f"{cents:.4f}"


def _synth(results: Results) -> Figure:
    if results.synth is None:
        raise ValueError("synth was not measured")
    figure, axes = _axes("Making and synthesizing a stack of many imports", "seconds")
    counts = sorted(results.synth.stack_seconds)
    axes.plot(counts, [results.synth.stack_seconds[count] for count in counts], "o-", color=_COLOURS[OURS])
    axes.set_xlabel("imports in the stack")
    axes.set_xticks(counts[1:])  # The first would stand in the second's place.
    axes.set_ylim(bottom=0)
    return figure


def _axes(title: str, unit: str) -> tuple[Figure, Axes]:
    figure, axes = plt.subplots(figsize=(4.6, 3.6))
    axes.set_title(title, fontsize=12)
    axes.set_ylabel(unit)
    axes.grid(visible=True, axis="y", color=_INK, alpha=0.25, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _by_length(axes: Axes, results: Results) -> None:
    axes.set_xticks(range(len(results.lengths)), [f"{length} s" for length in results.lengths])
    axes.set_xlabel("length of the task run")
