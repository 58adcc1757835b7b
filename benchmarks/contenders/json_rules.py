"""json-rules-engine (npm) in a Node process of its own, spoken to in JSON lines; time is taken within Node.

A rule for every clause and every gate; conclusions are facts added at run time, which rules of lower priority read. Rules of
one priority run together, so priorities are counted through: gates by layer, then strata, within them clauses.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.contenders.shape import Contender, NotInstalledError, Said, Told, gate_layers, plain
from triage.model import UNKNOWN, All, Condition, In, KnowledgeBase

__all__ = ["JsonRules"]

FOLDER = Path(__file__).parent / "node"
TOLD = "told_{}"
"""What is told of a fact that has a gate; the fact itself is `unknown` until its gate holds."""

Json = dict[str, Any]


class JsonRules(Contender):
    """The process and its engine."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self._process = _started()
        self._inferred = {name: inferred.default for name, inferred in knowledge.inferred.items()}
        self._gated = frozenset(knowledge.gate_order)
        told = {TOLD.format(name): UNKNOWN for name in self._gated}
        facts = {**dict.fromkeys(knowledge.facts, UNKNOWN), **told, **self._inferred}
        self._rank = {clause.id: place for clauses in knowledge.clauses.values() for place, clause in enumerate(clauses)}
        ready = self._ask({"facts": facts, "rules": _prioritised(list(_rules(knowledge)))})
        self.version = f"{ready['version']}, Node {ready['node']}"

    def conclude(self, told: Told) -> Json:
        return self._run([told])["answers"][0]  # type: ignore[no-any-return]

    def answers(self, calls: Sequence[Told]) -> list[Said]:
        return [self.said(found) for found in self._run(calls)["answers"]]

    def seconds(self, calls: Sequence[Told]) -> list[float]:
        found: list[float] = self._run(calls)["seconds"]
        return found

    def said(self, found: Json) -> Said:
        """Rules of one priority succeed in any order: winners by id."""
        return Said(
            {name: found[name]["value"] if name in found else default for name, default in self._inferred.items()},
            winners={name: self._ranked(found, name, "won") for name in self._inferred},
            preempted={name: self._ranked(found, name, "overruled") for name in self._inferred},
        )

    def close(self) -> None:
        self._process.communicate()

    def _run(self, calls: Sequence[Told]) -> Json:
        return self._ask({"calls": [{self._name(fact): value for fact, value in call.items()} for call in calls]})

    def _name(self, fact: str) -> str:
        return TOLD.format(fact) if fact in self._gated else fact

    def _ranked(self, found: Json, name: str, which: str) -> tuple[str, ...]:
        return tuple(sorted(found[name][which] if name in found else (), key=self._rank.__getitem__))

    def _ask(self, question: Json) -> Json:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - opened as a pipe
        assert stdout is not None  # noqa: S101 - opened as a pipe
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(f"node ended with code {self._process.wait()}")
        answer: Json = json.loads(line)
        return answer


def _started() -> subprocess.Popen[str]:
    node = shutil.which("node")
    if node is None:
        raise NotInstalledError("Node is not installed")
    folders = [FOLDER / "node_modules", *map(Path, filter(None, os.environ.get("NODE_PATH", "").split(os.pathsep)))]
    if not any((folder / "json-rules-engine").is_dir() for folder in folders):
        raise NotInstalledError("json-rules-engine is not installed: `npm ci --prefix benchmarks/contenders/node`")
    return subprocess.Popen(
        [node, "run.mjs"], cwd=FOLDER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )


def _rules(knowledge: KnowledgeBase) -> Iterator[tuple[tuple[int, ...], Json]]:
    """Rules, each after what it comes after in the order of its key."""
    for number, layer in enumerate(gate_layers(knowledge)):
        for name, gate in layer:
            event = {"type": "applies", "params": {"fact": name, "source": TOLD.format(name)}}
            yield (0, number, 0), {"conditions": _conditions(gate), "event": event}
    for number, stratum in enumerate(knowledge.strata):
        for name in stratum:
            for clause in knowledge.clauses[name]:
                if plain(clause.when) is not False:
                    concludes = {"fact": name, "value": clause.value, "clause": clause.id, "priority": clause.priority}
                    event = {"type": "concludes", "params": concludes}
                    yield (1, number, -clause.priority), {"conditions": _conditions(clause.when), "event": event}


def _prioritised(rules: Sequence[tuple[tuple[int, ...], Json]]) -> list[Json]:
    """Rules with priorities, the highest for the first."""
    places = {key: place for place, key in enumerate(sorted({key for key, _ in rules}, reverse=True), start=1)}
    return [{**rule, "priority": places[key]} for key, rule in rules]


def _conditions(condition: Condition) -> Json:
    """The root of a rule's conditions must be an `all` or an `any`."""
    found = plain(condition)
    if isinstance(found, bool):
        return {"all": []}
    written = _written(found)
    return written if "fact" not in written else {"all": [written]}


def _written(condition: Condition) -> Json:
    if isinstance(condition, In):
        if len(condition.values) == 1:
            return {"fact": condition.fact, "operator": "equal", "value": condition.values[0]}
        return {"fact": condition.fact, "operator": "in", "value": list(condition.values)}
    return {"all" if isinstance(condition, All) else "any": [_written(part) for part in condition.parts]}
