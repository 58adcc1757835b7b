"""Settings of all tests: properties are tried on the same examples every time, and no files are written."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

settings.register_profile("fixed", derandomize=True, database=None, deadline=None)
settings.load_profile("fixed")

collect_ignore_glob = ["*.yaml"]
"""Bases and cases in here are there to fail, or to be run by tests: our own pytest plugin is to leave them alone."""

_NOTES = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def notes(pytestconfig: pytest.Config) -> list[str]:
    """Lines to print at the end of the run: what was met how often."""
    return pytestconfig.stash.setdefault(_NOTES, [])


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Iterator[None]:
    yield
    for line in config.stash.get(_NOTES, []):
        terminalreporter.write_line(line)
