"""Empty databases of each kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from api.ids import new_id

__all__ = ["KINDS", "empty_database"]

KINDS = ("sqlite", "postgresql")


@contextmanager
def empty_database(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    """The URL of one, of the kind a fixture was asked for; PostgreSQL's are dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{folder / 'kept.db'}"
        return
    server = request.getfixturevalue("postgres_server")
    name = "t" + new_id().replace("-", "")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    yield re.sub(r"/postgres(\?|$)", rf"/{name}\1", server)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
