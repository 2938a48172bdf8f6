"""The goals, and whether the results meet them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .contenders import CRHELPER, OURS, PROVIDER, WAITING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .cold_start import ColdStart
    from .low_concurrency import LowConcurrency
    from .many_at_once import ManyAtOnce
    from .results import Results
    from .synth_time import SynthTime

WORST_LAG_SECONDS: Final = 5.0
TIMES_BELOW_CRHELPER: Final = 20.0
FIRST_RESOURCES: Final = 6
FURTHER_RESOURCES: Final = 1
PACKAGE_BYTES: Final = 64 * 1024
COLD_START_RATIO: Final = 1.1
SYNTH_RATIO: Final = 1.1
LINEAR_RATIO: Final = 2.0
"""How much more one of the last 300 of 400 imports may cost than one of the first 100."""
LARGEST_LAG_SECONDS: Final = 15.0


@dataclass(frozen=True)
class Goal:
    """A goal, and whether the results meet it.

    Attributes:
        text: the goal.
        found: the measured figures.
        met: whether the figures meet the goal.
        reason: why it may be missed, if known. The table shows it only for a missed goal.
    """

    text: str
    found: str
    met: bool
    reason: str = ""


def goals(results: Results) -> Iterator[Goal]:
    """Yield the goals for which there are results."""
    yield from _lag(results)
    yield from _footprint(results)
    usd = [(length, results.usd(OURS, length), results.usd(PROVIDER, length)) for length in results.lengths]
    yield Goal(
        "costs less than Provider at every run length",
        _each((length, f"{ours / provider:.2f}x") for length, ours, provider in usd),
        all(ours < provider for _, ours, provider in usd),
    )
    if results.cold_start is not None:
        yield _cold_start(results.cold_start)
    if results.synth is not None:
        yield from _synth(results.synth)
    if results.evaluations is not None:
        worst = results.evaluations.worst_lag_seconds
        yield Goal(
            f"worst lag of an evaluation at most {WORST_LAG_SECONDS:.0f} s",
            f"{worst:.2f} s",
            worst <= WORST_LAG_SECONDS,
        )
    if results.many is not None:
        yield from _many(results.many)
    if results.low_concurrency is not None:
        yield _low_concurrency(results.low_concurrency)


def _lag(results: Results) -> Iterator[Goal]:
    lags = [(length, results.lag(OURS, length)) for length in results.lengths]
    to_provider = [(length, ours, results.lag(PROVIDER, length)) for length, ours in lags]
    yield Goal(
        "median lag below Provider's at every run length",
        _each((length, f"{ours:.2f} / {provider:.2f} s") for length, ours, provider in to_provider),
        all(ours < provider for _, ours, provider in to_provider),
    )
    worst = max(results.worst_lag(OURS, length) for length in results.lengths)
    yield Goal(f"worst lag at most {WORST_LAG_SECONDS:.0f} s", f"{worst:.2f} s", worst <= WORST_LAG_SECONDS)
    if CRHELPER in results.contenders:
        ratios = [(length, results.lag(CRHELPER, length) / ours) for length, ours in lags]
        yield Goal(
            f"median lag at least {TIMES_BELOW_CRHELPER:.0f}x below stock crhelper's",
            _each((length, f"{ratio:.0f}x") for length, ratio in ratios),
            all(ratio >= TIMES_BELOW_CRHELPER for _, ratio in ratios),
            "crhelper polls every two minutes. It sees a run that ends just before a poll at once, and "
            "any other up to two minutes late. See its worst lag.",
        )


def _footprint(results: Results) -> Iterator[Goal]:
    ours = results.footprints[OURS]
    yield Goal(
        f"at most {FIRST_RESOURCES} resources for the first import, then {FURTHER_RESOURCES}",
        f"{ours.first}, then {ours.further} into another transform, {ours.same_transform} into the same",
        ours.first <= FIRST_RESOURCES and max(ours.further, ours.same_transform) <= FURTHER_RESOURCES,
        "Each transform has its own policy. An update that moves an import to another transform "
        "removes the former policy last, so a rollback can still use that transform.",
    )
    others = {name: one for name, one in results.footprints.items() if name in WAITING and name != OURS}
    as_many = ", as " + " and ".join(name for name, one in others.items() if one.actions == ours.actions)
    yield Goal(
        "the fewest IAM actions of the contenders that wait",
        f"{ours.actions}{as_many if len(as_many) > len(', as ') else ''}; on every resource "
        f"{ours.on_everything}, others {' and '.join(str(one.on_everything) for one in others.values())}",
        all(ours.actions <= one.actions for one in others.values()),
        "One of ours reads the stack's events: the function asks CloudFormation whether its request is "
        "still the newest.",
    )
    size = results.package_bytes[OURS]
    yield Goal(
        f"function package at most {PACKAGE_BYTES:,} bytes zipped", f"{size:,} bytes", size <= PACKAGE_BYTES
    )


def _cold_start(cold_start: ColdStart) -> Goal:
    return Goal(
        f"cold start at most {COLD_START_RATIO}x the floor",
        f"{cold_start.ratio:.3f}x",
        cold_start.ratio <= COLD_START_RATIO,
        "Most of the added time is for compiling the sources: Lambda keeps no byte code.",
    )


def _synth(synth: SynthTime) -> Iterator[Goal]:
    yield Goal(
        f"cdk synth at most {SYNTH_RATIO}x that of the app without the import",
        f"{synth.ratio:.3f}x",
        synth.ratio <= SYNTH_RATIO,
        "With the CDK's constructs alone (a bare function, a custom resource and the file's asset) it is "
        f"already {synth.bare_ratio:.3f}x. Synth with the import takes {synth.function_ratio:.3f}x as long.",
    )
    marginal = synth.marginal_ms()
    counts = sorted(marginal)
    growth = marginal[counts[-1]] / marginal[counts[-2]]
    yield Goal(
        f"linear in the imports: the last cost at most {LINEAR_RATIO:.0f}x the earlier ones",
        " -> ".join(f"{marginal[count]:.1f}" for count in counts) + f" ms each, {growth:.1f}x",
        growth <= LINEAR_RATIO,
    )


def _many(many: ManyAtOnce) -> Iterator[Goal]:
    yield Goal(
        f"{many.imports} imports at once all succeed",
        f"{many.succeeded} of {many.imports}",
        many.succeeded == many.imports,
    )
    yield Goal(
        f"none of them lags by more than {LARGEST_LAG_SECONDS:.0f} s",
        f"{many.largest_lag_seconds:.1f} s",
        many.largest_lag_seconds <= LARGEST_LAG_SECONDS,
    )


def _low_concurrency(low: LowConcurrency) -> Goal:
    explained = sum(count for reason, count in low.failed.items() if reason)
    silent = low.imports - low.succeeded - explained
    return Goal(
        f"{low.imports} imports at a concurrency of {low.executions}: all succeed, or fail with a reason",
        f"{low.succeeded} succeeded, {explained} failed with a reason, {silent} without one; "
        f"at most {low.most_at_once} executions at once",
        silent == 0 and low.most_at_once <= low.executions,
    )


def _each(figures: Iterator[tuple[int, str]]) -> str:
    return ", ".join(f"{length} s: {figure}" for length, figure in figures)
