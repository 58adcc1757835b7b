"""Logs as lines of JSON, on standard output unless that is taken: what happened to requests, never what callers said.

Of an exception its kind and where it came from are told, not its message, which may quote a request.
"""

from __future__ import annotations

import logging
import sys
import traceback
from contextlib import suppress
from typing import Any, BinaryIO, TextIO

import orjson
import structlog

__all__ = ["described", "set_up"]

_LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


def set_up(level: str, stream: TextIO | None = None) -> None:
    """Send everything this process logs, through structlog or logging, to a stream as JSON; standard output unless given."""
    stream = stream or sys.stdout
    threshold = _LEVELS[level]
    shared: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_messages,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_bytes)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.BytesLoggerFactory(_Forgiving(stream.buffer)),  # type: ignore[arg-type]
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
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


def described(error: BaseException) -> dict[str, Any]:
    """What may be logged of an exception: its kind and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    return {"exception": type(error).__name__, "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames][-8:]}


class _Forgiving:
    """A stream that takes what it can: that nothing can be logged any more must not stop answers."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, data: bytes) -> None:
        with suppress(OSError):
            self._stream.write(data)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def _without_messages(_: Any, __: str, event: Any) -> Any:
    found = event.pop("exc_info", None)
    error = found[1] if isinstance(found, tuple) else found if isinstance(found, BaseException) else sys.exc_info()[1]
    return {**event, **described(error)} if found and error is not None else event


def _bytes(event: Any, **_: Any) -> bytes:
    return orjson.dumps(event, default=str)


def _text(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
