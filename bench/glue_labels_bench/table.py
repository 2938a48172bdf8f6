"""The results as a table of at most 100 columns."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from .contenders import OURS, WAITING
from .goals import goals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from .low_concurrency import LowConcurrency
    from .results import Results

WIDTH: Final = 100
_LABEL: Final = 28
_COLUMN: Final = 18


def table(results: Results) -> str:
    """Return the whole table."""
    parts = [_lags(results), _usage(results), _footprints(results), _single(results), _goals(results)]
    texts = ["\n".join(line.rstrip() for line in part) for part in parts]
    return "\n\n".join(text for text in texts if text)


def _lags(results: Results) -> Iterator[str]:
    yield _row("LAG, s: run end to response", results.contenders)
    for length in results.lengths:
        count = len(results.of(OURS, length))
        cells = [
            f"{results.lag(name, length):.2f} / {results.worst_lag(name, length):.2f}"
            if name in WAITING
            else "does not wait"
            for name in results.contenders
        ]
        yield _row(f"  {length} s, median/worst of {count}", cells)
        ours = results.lag(OURS, length)
        ratios = [
            f"{results.lag(name, length) / ours:.1f}x" if name in WAITING else ""
            for name in results.contenders
        ]
        yield _row("    median against ours", ratios)


def _usage(results: Results) -> Iterator[str]:
    yield _row("PER IMPORT, medians", results.contenders)
    for length in results.lengths:
        yield f"  {length} s"
        rows = {
            "Glue calls": [
                f"{results.median(name, length, lambda one: one.glue_calls):.0f}"
                for name in results.contenders
            ],
            "Lambda invocations": [
                f"{results.median(name, length, lambda one: one.invocations):.0f}"
                for name in results.contenders
            ],
            "Lambda GB-seconds": [
                f"{results.median(name, length, lambda one: one.gb_seconds):.2f}"
                for name in results.contenders
            ],
            "state transitions": [
                f"{results.median(name, length, lambda one: one.state_transitions):.0f}"
                for name in results.contenders
            ],
            "US cents": [f"{100 * results.usd(name, length):.4f}" for name in results.contenders],
            "cost against ours": [
                f"{results.usd(name, length) / results.usd(OURS, length):.2f}x" for name in results.contenders
            ],
        }
        yield from (_row(f"    {label}", cells) for label, cells in rows.items())
    yield f"  List prices of {results.prices.region}, read on {results.prices.read_on}, without free tiers."


def _footprints(results: Results) -> Iterator[str]:
    yield _row("ADDED TO A STACK", results.contenders)
    found = [results.footprints[name] for name in results.contenders]
    yield _row("  resources, first import", [str(one.first) for one in found])
    yield _row("  further, another transform", [str(one.further) for one in found])
    yield _row("  further, same transform", [str(one.same_transform) for one in found])
    yield _row("  IAM actions granted", [str(one.actions) for one in found])
    yield _row("    of these on everything", [str(one.on_everything) for one in found])
    packages = [f"{results.package_bytes[name]:,}" for name in results.contenders]
    yield _row("  function packages, bytes", packages)


def _single(results: Results) -> Iterator[str]:
    if results.cold_start is not None:
        cold = results.cold_start
        yield "COLD START, a fresh interpreter"
        yield (
            f"  boto3 and its Glue client {cold.floor_seconds:.3f} s, the entry point {cold.seconds:.3f} s: "
            f"{cold.ratio:.3f}x (median of {cold.rounds})"
        )
    if results.synth is not None:
        synth = results.synth
        yield "CDK SYNTH"
        yield (
            f"  example app without the import {synth.without_seconds:.2f} s, with it {synth.seconds:.2f} s: "
            f"{synth.ratio:.3f}x (median of {synth.rounds})"
        )
        yield (
            f"  with a bare function, custom resource and asset instead: {synth.bare_ratio:.3f}x; "
            f"the import against that: {synth.function_ratio:.3f}x"
        )
        stacks = ", ".join(f"{count}: {took:.2f} s" for count, took in sorted(synth.stack_seconds.items()))
        yield f"  imports in a stack, {stacks} (median of {synth.stack_rounds})"
        each = ", ".join(f"up to {count}: {ms:.1f} ms" for count, ms in sorted(synth.marginal_ms().items()))
        yield f"  each further import, {each}"
    if results.evaluations is not None:
        found = results.evaluations
        yield "EVALUATION, s: run end to response"
        yield (
            f"  {found.run_seconds:.0f} s, median/worst of {len(found.lag_seconds)}: "
            f"{found.median_lag_seconds:.2f} / {found.worst_lag_seconds:.2f}"
        )
    if results.many is not None:
        many = results.many
        yield f"{many.imports} IMPORTS AT ONCE, runs of {many.run_seconds:.0f} s"
        yield (
            f"  Glue accepts {many.throttle_per_second:.0f} calls per second of each action: "
            f"{many.refused:,} of {many.calls:,} calls refused,"
        )
        yield (
            f"  {many.busiest_second} calls in the busiest second; {many.succeeded} imports succeeded; "
            f"lag median {many.median_lag_seconds:.1f} s, largest {many.largest_lag_seconds:.1f} s"
        )
    if results.low_concurrency is not None:
        yield from _low_concurrency(results.low_concurrency)


def _low_concurrency(low: LowConcurrency) -> Iterator[str]:
    title = f"{low.imports} IMPORTS AT ONCE, runs of {low.run_seconds:.0f} s"
    yield f"{title}, a Lambda concurrency of {low.executions}"
    yield (
        f"  {low.succeeded} imports succeeded, {sum(low.failed.values())} failed, {low.without_response} had "
        f"no response; timeout {low.timeout_seconds} s"
    )
    for reason, count in low.failed.items():
        yield from textwrap.wrap(
            f"{count} x {reason or 'without a reason'}",
            WIDTH,
            initial_indent="    ",
            subsequent_indent="      ",
        )
    if low.median_lag_seconds is not None and low.largest_lag_seconds is not None:
        yield f"  lag median {low.median_lag_seconds:.1f} s, largest {low.largest_lag_seconds:.1f} s"
    yield (
        f"  last response {low.last_response_seconds:.0f} s after the first request; "
        f"{low.invocations} invocations, at most {low.most_at_once} at once"
    )


def _goals(results: Results) -> Iterator[str]:
    yield "GOALS"
    for goal in goals(results):
        yield f"  {'met   ' if goal.met else 'MISSED'}  {goal.text}"
        text = goal.found if goal.met or not goal.reason else f"{goal.found}. {goal.reason}"
        yield from textwrap.wrap(
            text, WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 10, break_on_hyphens=False
        )


def _row(label: str, cells: Iterable[str] | Sequence[str]) -> str:
    return f"{label:<{_LABEL}}" + "".join(f"{cell:>{_COLUMN}}" for cell in cells)
