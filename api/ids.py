"""Ids that sort by the time they were made, and the clock of the service."""

from __future__ import annotations

import os
import re
import time
from datetime import UTC, datetime

__all__ = ["ID_PATTERN", "is_id", "new_id", "now", "stamp", "stamp_if"]

ID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
_ID = re.compile(ID_PATTERN)


def new_id() -> str:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, then chance."""
    raw = (time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10)
    plain = raw.hex()
    variant = "89ab"[raw[8] & 3]
    return f"{plain[:8]}-{plain[8:12]}-7{plain[13:16]}-{variant}{plain[17:20]}-{plain[20:]}"


def is_id(text: str) -> bool:
    """Whether a text could be one of our ids; what could not is never looked up."""
    return _ID.match(text) is not None


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime) -> str:
    """A time as it stands in answers and logs: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stamp_if(moment: datetime | None) -> str | None:
    """The same for a time there may not be."""
    return None if moment is None else stamp(moment)
