"""What a run may be told: which base, which seed, how much."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.calls import SHIPPED

__all__ = ["Settings"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How to run benchmarks.

    Attributes:
        base: Name of the base; see `benchmarks.calls`.
        calls: Calls to draw, where a benchmark draws calls; None: as many as it is meant to.
        tiny: As little as shows that everything still works; the figures mean nothing.
        workers: Processes at once; None: one for each core.
    """

    base: str = SHIPPED
    seed: int = 1
    calls: int | None = None
    tiny: bool = False
    workers: int | None = None

    def sized(self, full: int, tiny: int) -> int:
        """How many of something."""
        return tiny if self.tiny else full
