"""Logs as lines of JSON on standard output: what happened to requests, never what callers said.

Of an exception its kind and where it came from are told, not its message, which may quote a request.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

import orjson
import structlog

__all__ = ["set_up"]

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up(level: str) -> None:
    """Send everything this process logs, through structlog or logging, to standard output as JSON."""
    threshold = _LEVELS[level]
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_bytes)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(sys.stdout.buffer),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder(allow=()), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_text),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(threshold)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic", "sqlalchemy"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = name != "uvicorn.access"
    logging.getLogger("alembic").setLevel(max(threshold, logging.WARNING))


def _without_messages(_: Any, __: str, event: Any) -> Any:
    found = event.pop("exc_info", None)
    if found:
        kind, _error, trace = found if isinstance(found, tuple) else _parts(found)
        if kind is not None:
            event["exception"] = kind.__name__
            event["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)][-8:]
    return event


def _parts(found: Any) -> tuple[Any, Any, TracebackType | None]:
    if isinstance(found, BaseException):
        return type(found), found, found.__traceback__
    return sys.exc_info()


def _bytes(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str)


def _text(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
