"""What is counted and timed, for Prometheus. With several workers the files in `PROMETHEUS_MULTIPROC_DIR` add them up."""

from __future__ import annotations

import os
from functools import lru_cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from api.decisions import Tags

__all__ = ["CONTENT_TYPE", "SHARED_FOLDER", "Metrics"]

CONTENT_TYPE = CONTENT_TYPE_LATEST
SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable; must be set before this module is imported for workers to be added up."""

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)


disable_created_metrics()  # type: ignore[no-untyped-call]  # nobody reads when a series began


class Metrics:
    """The figures of one process; make one per app."""

    def __init__(self) -> None:
        self._registry = own = CollectorRegistry()
        self._decisions = Counter(
            "triage_decisions", "Assessments given", ["base", "status", "fault", "action", "test"], registry=own
        )
        self._questions = Counter("triage_questions", "Questions proposed", ["base", "question"], registry=own)
        self._disagreements = Counter("triage_engine_disagreements", "Engines disagreed", ["base"], registry=own)
        self._requests = Histogram(
            "triage_request_seconds", "Requests", ["method", "route", "status"], registry=own, buckets=_SECONDS
        )
        self.evaluating = Histogram("triage_evaluation_seconds", "Assessments worked out", registry=own, buckets=_SECONDS)
        self.remembered = Counter("triage_remembered", "Assessments answered from memory", registry=own)
        self.spooled = Counter("triage_log_spooled", "Decisions written to the spool", registry=own)
        self.delivered = Counter("triage_log_delivered", "Decisions brought to the database", registry=own)
        self.waiting = Gauge("triage_log_waiting_bytes", "Decisions in the spool", registry=own, multiprocess_mode="livemax")
        self.ready = Gauge("triage_ready", "1 where everything needed works", registry=own, multiprocess_mode="livemin")
        self._shadowed = Counter("triage_shadow_calls", "Calls a candidate was asked", ["base", "result"], registry=own)
        self._differed = Counter(
            "triage_shadow_differences",
            "What a candidate would answer otherwise",
            ["base", "kind", "name", "before", "after"],
            registry=own,
        )
        self._request = lru_cache(1024)(self._requests.labels)
        self._decision = lru_cache(4096)(self._decisions.labels)

    def decided(self, tags: Tags, test: bool) -> None:
        """Count one assessment."""
        self._decision(tags.base, tags.status, tags.fault, tags.action, "true" if test else "false").inc()
        if tags.question is not None and not test:
            self._questions.labels(tags.base, tags.question).inc()
        if tags.agree is False:
            self._disagreements.labels(tags.base).inc()

    def served(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request; `route` is a template, never a path somebody typed."""
        self._request(method, route, str(status)).observe(seconds)

    def shadowed(self, base: str, result: str) -> None:
        """Count a call for a candidate in shadow: same, changed, not_accepted, failed or dropped."""
        self._shadowed.labels(base, result).inc()

    def differed(self, base: str, kind: str, name: str, before: str, after: str) -> None:
        """Count what a candidate would answer otherwise; every part is an id of a base."""
        self._differed.labels(base, kind, name, before, after).inc()

    def text(self) -> bytes:
        """Everything, as Prometheus reads it: of all workers where there are several."""
        if os.environ.get(SHARED_FOLDER):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
            return generate_latest(registry)
        return generate_latest(self._registry)
