"""A bar for work that takes long: on a terminal only, on standard error, and only once it has taken a while."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from rich.progress import Progress

from triage.cli.screen import Screen

__all__ = ["Waiting"]

PATIENCE = 1.0
"""Seconds before a bar appears."""


class Waiting:
    """Counts steps of known number; a context, at whose end the bar is gone.

    Args:
        text: What is going on, in a word or two.
        total: How many steps there are.
    """

    def __init__(self, screen: Screen, text: str, total: int) -> None:
        self._bar = Progress(console=screen.err, transient=True, redirect_stdout=False, redirect_stderr=False)
        self._task = self._bar.add_task(text, total=total)
        self._watched = screen.err.is_interactive and sys.stderr.isatty()
        self._since = monotonic()
        self._shown = False

    def __enter__(self) -> Waiting:
        return self

    def __exit__(self, *_: object) -> None:
        self._hide()

    def step(self, count: int = 1) -> None:
        """One more is done, or several."""
        self._bar.advance(self._task, count)
        if self._watched and not self._shown and monotonic() - self._since > PATIENCE:
            self._shown = True
            self._bar.start()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While something is printed, the bar is not in the way."""
        self._hide()
        yield
        if self._shown:
            self._bar.start()

    def _hide(self) -> None:
        if self._shown:  # a bar that was never there would leave an empty line
            self._bar.stop()
