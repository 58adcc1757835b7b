"""CLIPS through clipspy: the program `triage export clips` writes, without messages and impossible combinations.

clipspy 1.0.6 frees no facts: its facts release themselves with an argument too many, and the error goes unseen as they are
deleted. CLIPS then holds every fact ever looked at, and gets slower with every call. `leaking` is clipspy as it comes; otherwise
each fact is released as soon as it was read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.contenders.shape import Contender, NotInstalledError, Said, Told
from triage.exchange.clips import clips_source
from triage.model import KnowledgeBase

__all__ = ["ClipsProgram"]

READ = ("concluded", "wins", "preempted")

Found = Mapping[str, list[dict[str, Any]]]
"""By template its facts, by slot."""


class ClipsProgram(Contender):
    """One environment with the program loaded; reset, assert the call, run, read what was concluded."""

    def __init__(self, knowledge: KnowledgeBase, *, leaking: bool) -> None:
        if find_spec("clips") is None:
            raise NotInstalledError("clipspy is not installed: `pip install '.[dev]'`")
        self._clips: Any = import_module("clips")
        self._release: Any = None if leaking else import_module("clips._clips").lib.ReleaseFact
        self._order = [name for stratum in knowledge.strata for name in stratum]
        self._environment = self._clips.Environment()
        with TemporaryDirectory() as folder:
            file = Path(folder, "base.clp")
            file.write_text(clips_source(replace(knowledge, messages={}, impossible={})), encoding="utf-8")
            self._environment.load(str(file))

    def conclude(self, told: Told) -> Found:
        environment, symbol = self._environment, self._clips.Symbol
        environment.reset()
        call = environment.find_template("call").assert_fact(**{fact: symbol(value) for fact, value in told.items()})
        self._done(call)
        environment.run()
        found: dict[str, list[dict[str, Any]]] = {}
        for name in READ:
            found[name] = []
            for fact in environment.find_template(name).facts():
                found[name].append(dict(fact))
                self._done(fact)
        return found

    def _done(self, fact: Any) -> None:
        if self._release:
            self._release(fact._fact)

    def said(self, found: Found) -> Said:
        return Said(
            {str(slots["fact"]): str(slots["value"]) for slots in found["concluded"]},
            winners={name: _clauses(found["wins"], name) for name in self._order},
            preempted={name: _clauses(found["preempted"], name) for name in self._order},
        )


def _clauses(found: list[dict[str, Any]], fact: str) -> tuple[str, ...]:
    """Clauses about a fact: highest priority first, then by id."""
    ranked = sorted((-slots["priority"], str(slots["clause"])) for slots in found if slots["fact"] == fact)
    return tuple(clause for _, clause in ranked)
