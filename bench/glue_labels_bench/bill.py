"""What an import costs at AWS's list prices.

The prices are in ``prices.toml`` beside this file, with the day and the page they were read.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import tomllib

if TYPE_CHECKING:
    from .measured_import import MeasuredImport

PRICES: Final = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Prices:
    """List prices in USD, without free tiers.

    Attributes:
        region: of the prices.
        read_on: the date when they were read.
        lambda_gb_second: a GB-second of a function on x86.
        lambda_request: an invocation.
        state_transition: one of a standard workflow. Retries count as well.
        glue_call: a call about a task run.
    """

    region: str
    read_on: str
    lambda_gb_second: float
    lambda_request: float
    state_transition: float
    glue_call: float

    @classmethod
    def read(cls, path: Path = PRICES) -> Prices:
        """Return the prices of a file."""
        table = tomllib.loads(path.read_text())
        usd = {name: entry["usd"] for name, entry in table.items() if isinstance(entry, dict)}
        return cls(region=table["region"], read_on=str(table["read_on"]), **usd)

    def of(self, measured: MeasuredImport) -> float:
        """Return what an import costs, in USD, without the run itself, which costs the same for all."""
        return (
            measured.gb_seconds * self.lambda_gb_second
            + measured.invocations * self.lambda_request
            + measured.state_transitions * self.state_transition
            + measured.glue_calls * self.glue_call
        )
