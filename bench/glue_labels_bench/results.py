"""All results of one run of the benchmark, as in ``build/bench.json``."""

from __future__ import annotations

import dataclasses
import json
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .bill import Prices
from .cold_start import ColdStart
from .evaluations import Evaluations
from .low_concurrency import LowConcurrency
from .many_at_once import ManyAtOnce
from .measured_import import MeasuredImport
from .synth_time import SynthTime
from .templates import Footprint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Results:
    """The results. A part that was not measured is None.

    Attributes:
        command: the command that measured.
        machine: see `machine`.
        prices: the list prices.
        imports: in the order of their start.
        footprints: by contender.
        package_bytes: size of the function packages, zipped, by contender.
        cold_start: of our function.
        synth: what an import adds to ``cdk synth``.
        many: many imports at once.
        low_concurrency: many imports at once with few executions.
        evaluations: the lag of evaluations.
    """

    command: str
    machine: Mapping[str, str]
    prices: Prices
    imports: tuple[MeasuredImport, ...]
    footprints: Mapping[str, Footprint]
    package_bytes: Mapping[str, int]
    cold_start: ColdStart | None = None
    synth: SynthTime | None = None
    many: ManyAtOnce | None = None
    low_concurrency: LowConcurrency | None = None
    evaluations: Evaluations | None = None

    @property
    def contenders(self) -> list[str]:
        """The names of the measured contenders, in the order of the tables."""
        return list(self.footprints)

    @property
    def lengths(self) -> list[int]:
        """The run lengths, in seconds, the shortest first."""
        return sorted({one.length for one in self.imports})

    def of(self, contender: str, length: int) -> list[MeasuredImport]:
        """Return the imports of a contender with runs of a length."""
        return [one for one in self.imports if (one.contender, one.length) == (contender, length)]

    def median(self, contender: str, length: int, figure: Callable[[MeasuredImport], float]) -> float:
        """Return the median of a figure over the imports of a contender with runs of a length."""
        return statistics.median(figure(one) for one in self.of(contender, length))

    def lag(self, contender: str, length: int) -> float:
        """Return the median lag, in seconds."""
        return self.median(contender, length, lambda one: one.lag_seconds)

    def worst_lag(self, contender: str, length: int) -> float:
        """Return the largest lag, in seconds."""
        return max(one.lag_seconds for one in self.of(contender, length))

    def usd(self, contender: str, length: int) -> float:
        """Return the median cost of an import, in USD."""
        return self.median(contender, length, self.prices.of)

    def write(self, path: Path) -> None:
        """Write the results as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{json.dumps(dataclasses.asdict(self), indent=2)}\n")

    @classmethod
    def read(cls, path: Path) -> Results:
        """Return the results of a file that `write` wrote."""
        found: dict[str, Any] = json.loads(path.read_text())
        synth = found["synth"]
        if synth is not None:
            synth["stack_seconds"] = {int(count): took for count, took in synth["stack_seconds"].items()}
        return cls(
            command=found["command"],
            machine=found["machine"],
            prices=Prices(**found["prices"]),
            imports=tuple(MeasuredImport(**one) for one in found["imports"]),
            footprints={name: Footprint(**one) for name, one in found["footprints"].items()},
            package_bytes=found["package_bytes"],
            cold_start=ColdStart(**found["cold_start"]) if found["cold_start"] else None,
            synth=SynthTime(**synth) if synth else None,
            many=ManyAtOnce(**found["many"]) if found["many"] else None,
            low_concurrency=LowConcurrency(**found["low_concurrency"]) if found["low_concurrency"] else None,
            evaluations=_evaluations(found["evaluations"]),
        )


def _evaluations(found: Mapping[str, Any] | None) -> Evaluations | None:
    return Evaluations(found["run_seconds"], tuple(found["lag_seconds"])) if found else None
