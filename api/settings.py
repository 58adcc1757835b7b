"""How the service is run: what `triage serve` is told, handed to worker processes through the environment."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

__all__ = ["LOOPBACK", "Settings"]

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_VARIABLE = "TRIAGE_SERVICE"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set.

    Attributes:
        bases: Folders of knowledge bases; the first is used where a request names none.
        data: Folder of the embedded database and of the spool.
        database: URL of a PostgreSQL; None for the embedded SQLite in `data`.
        host, port: Where the service listens.
        require_keys: Ask for API keys even on loopback and before the first one was made.
        decision_log: Record decisions; without it answers say `"logged": "off"`.
        body_bytes, depth: The largest and the most deeply nested body taken.
        per_second: Requests a key (or, without one, an address) may make in a second, per worker; twice as many at once. 0: any.
        batch: Calls one batch may hold.
        threads: Threads that work assessments out; an engine costs about 1 MB in each.
        waiting: Assessments that may wait for a thread; beyond, requests are told to come again.
        cache_bytes: Memory for answers worked out before, per worker.
        database_threads: Threads that talk to the database, and its connections.
        log_level: `debug`, `info`, `warning` or `error`.
    """

    bases: tuple[Path, ...] = ()
    data: Path = Path("triage-data")
    database: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    require_keys: bool = False
    decision_log: bool = True
    body_bytes: int = 1_000_000
    depth: int = 24
    per_second: float = 500.0
    batch: int = 100
    threads: int = field(default_factory=lambda: min(4, os.cpu_count() or 1))
    waiting: int = 200
    cache_bytes: int = 64_000_000
    database_threads: int = 8
    log_level: str = "info"

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        return self.host in LOOPBACK

    @property
    def database_url(self) -> str:
        """Where calls and decisions are kept."""
        return self.database or f"sqlite:///{(self.data / 'triage.db').absolute().as_posix()}"

    @property
    def spool(self) -> Path:
        """Folder of decisions not yet in the database."""
        return self.data / "spool"

    def to_environment(self) -> dict[str, str]:
        """What `from_environment` needs to make the same settings in another process."""
        plain = {**asdict(self), "bases": [str(base.absolute()) for base in self.bases], "data": str(self.data.absolute())}
        return {_VARIABLE: json.dumps(plain)}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Settings:
        """The settings `to_environment` wrote; the defaults where there are none."""
        plain = json.loads(environ.get(_VARIABLE, "{}"))
        if "bases" in plain:
            plain["bases"] = tuple(Path(base) for base in plain["bases"])
        if "data" in plain:
            plain["data"] = Path(plain["data"])
        return replace(cls(), **plain)
