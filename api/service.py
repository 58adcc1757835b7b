"""Everything one process of the service holds, and how a route gets at it.

Nothing here but caches is lost with the process: what must be kept is in the database or the spool.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog
from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from api.auth import Caller, Keys
from api.bases import Base, Bases, engines_agree
from api.decisions import Who
from api.evaluating import Evaluator
from api.journal import Journal, Spool
from api.limits import Rate
from api.metrics import Metrics
from api.observing import trace_of
from api.problems import ProblemError
from api.settings import Settings
from api.storage.database import Database
from api.versions.examining import Examiner
from api.versions.following import Follower
from api.versions.keeping import Copy
from api.versions.shadowing import Shadow
from triage.model import Text

__all__ = ["Needs", "Service", "serving", "who"]

_LOG = structlog.get_logger("triage.service")


@dataclass
class Service:
    """One process of the service.

    Attributes:
        agreed: By digest, whether both engines agreed on the self-test.
    """

    settings: Settings
    bases: Bases
    metrics: Metrics
    database: Database
    evaluator: Evaluator
    journal: Journal
    keys: Keys
    rate: Rate
    examiner: Examiner = field(default_factory=Examiner)
    agreed: dict[str, bool] = field(default_factory=dict)
    started: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        copy = Copy(self.settings.data / "knowledge")
        self.versions = Follower(self.database, self.bases, self.make_ready, copy)
        self.shadow = Shadow(self.database, self.bases, self.versions.trial, self.evaluator.busy, self.metrics)

    @classmethod
    def open(cls, settings: Settings, bases: Bases) -> Service:
        """Put a process together; nothing runs yet."""
        metrics = Metrics()
        database = Database(settings.database_url, settings.database_threads)
        spool = Spool(settings.spool)
        return cls(
            settings,
            bases,
            metrics,
            database,
            Evaluator(settings.threads, settings.waiting, settings.cache_bytes, metrics),
            Journal(spool, database if settings.decision_log else None, metrics),
            Keys(database, settings, settings.data / "keys.json"),
            Rate(settings.per_second),
        )

    def start(self) -> None:
        """Make ready for requests: the active versions open, engines warm and tried, the log delivering."""
        self.versions.start()
        for base in self.bases.all():
            self.try_out(base.name.digest)
        self.journal.start()
        self.shadow.start()

    def try_out(self, digest: str) -> bool:
        """Self-test of one base; requests are answered either way, `/readyz` tells."""
        base = self.bases.by_digest(digest)
        agreed = base is not None and self.evaluator.warm(base)
        self.agreed[digest] = agreed
        if not agreed:
            _LOG.error("engines disagree on the self-test", digest=digest)
        return agreed

    def make_ready(self, base: Base) -> bool:
        """Make a base ready while others answer; whether both engines agree on it."""
        agreed = engines_agree(base)
        if agreed:
            self.evaluator.prepare(base)
            self.agreed[base.name.digest] = True
        return agreed

    def close(self) -> None:
        """Finish what is under way; deliver what is logged."""
        self.versions.close()
        self.shadow.close()
        self.evaluator.close()
        self.journal.close()
        self.database.close()


def serving(request: Request) -> Service:
    """The service a request came to."""
    return request.app.state.service  # type: ignore[no-any-return]


def who(request: Request, call_id: str | None = None) -> Who:
    """Where a decision came from, for the log."""
    trace = trace_of(request)
    return Who(trace.request_id, trace.trace_id, trace.key_id, call_id)


class Needs(SecurityBase):
    """A dependency that lets in callers with a scope, no faster than their rate allows; None: any valid key.

    Stands in the OpenAPI document as HTTP bearer authentication.
    """

    def __init__(self, scope: str | None) -> None:
        self.model = HTTPBearer(
            description="An API key, made with `triage keys create`. From this machine none is needed at first."
        )
        self.scheme_name = "ApiKey"
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:
        """The caller.

        Raises:
            ProblemError: The key is missing, wrong, without the scope, or used too often.
        """
        headers, service, trace = request.headers, serving(request), trace_of(request)
        key = _key(headers.get)
        caller = await service.keys.caller(key, headers.get("host", ""), "x-forwarded-for" in headers or "forwarded" in headers)
        trace.key_id, trace.open = caller.key_id, not caller.key_id
        service.rate.take(caller.key_id or (request.client.host if request.client else ""))
        if self.scope is not None and self.scope not in caller.scopes:
            raise ProblemError("scope-needed", Text(f"需要权限 `{self.scope}`", f"the scope `{self.scope}` is needed"))
        return caller


def _key(header: Callable[[str], Any]) -> str | None:
    kind, _, value = (header("authorization") or "").partition(" ")
    if kind.lower() == "bearer" and value.strip():
        return str(value.strip())
    return header("x-api-key") or None
