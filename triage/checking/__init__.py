"""Everything that can be found wrong with a base, over all possible calls: few findings, gravest first, each with an example.

`check` does it all; `kinds` says what there is to find. Knows nothing of how findings are shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from triage.checking.alerts import delayed_alerts
from triage.checking.examined import Examined
from triage.checking.facts import gaps, only_systems_tell, silent_messages, unused_facts
from triage.checking.kinds import KINDS
from triage.checking.laws import broken_laws, ties
from triage.checking.rules import idle_rules, put_together, silent_rules, unreached_values
from triage.compilation import NODE_BUDGET, TooLargeError, compile_knowledge, loudly
from triage.errors import KnowledgeError
from triage.evaluation import complete, effective, verdict_of
from triage.findings import SEVERITIES, Finding, of_problem
from triage.inference import Inference
from triage.loading import load_knowledge
from triage.loading.cases import load_cases, shape_mistakes
from triage.model import KnowledgeBase, Place, Text
from triage.verdict import Conclusion

__all__ = ["CHECKS", "KINDS", "Checked", "check", "findings"]

CHECKS: tuple[Callable[[Examined], Iterator[Finding]], ...] = (
    ties,
    broken_laws,
    silent_rules,
    silent_messages,
    delayed_alerts,
    put_together,
    unused_facts,
    unreached_values,
    idle_rules,
    only_systems_tell,
    gaps,
)


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check came to.

    Attributes:
        findings: Gravest first, then by kind in the order of `KINDS`, then by place.
        knowledge: The base; None where it could not be read.
        nodes: Size of its diagrams; 0 where there are none.
    """

    findings: tuple[Finding, ...]
    knowledge: KnowledgeBase | None
    nodes: int


def check(folder: Path, budget: int = NODE_BUDGET) -> Checked:
    """Read the base in a folder with its cases, and examine it.

    Mistakes found by loading come first; a base that cannot be read is not examined, one whose cases cannot is.
    """
    try:
        knowledge = load_knowledge(folder)
    except KnowledgeError as error:
        return Checked(_ranked(map(of_problem, {*error.problems, *shape_mistakes(folder)})), None, 0)
    found: list[Finding] = []
    try:
        load_cases(folder, knowledge)
    except KnowledgeError as error:
        found += map(of_problem, error.problems)
    more, nodes = findings(knowledge, budget)
    return Checked(_ranked([*found, *more]), knowledge, nodes)


def findings(knowledge: KnowledgeBase, budget: int = NODE_BUDGET) -> tuple[list[Finding], int]:
    """Everything the checks find in a base that was read, in their order, and the size of its diagrams.

    Every example is replayed through experta before it is shown.
    """
    found: list[Finding] = []
    try:
        compiled = compile_knowledge(knowledge, budget)
        nodes = compiled.store.size
        with loudly(compiled.order):
            examined = Examined(compiled)
            for one in CHECKS:
                found += one(examined)
            return [*found, *_disagreements(examined, found)], nodes
    except TooLargeError as error:
        return [*found, _too_large(knowledge, error)], 0


def _too_large(knowledge: KnowledgeBase, error: TooLargeError) -> Finding:
    kind, facts = KINDS["too-large"], ", ".join(f"`{name}`" for name in error.facts)
    parts = {"budget": error.budget, "facts": facts, "order": ", ".join(error.order)}
    zh, en = (text.format(**parts) for text in (kind.sentence.zh, kind.sentence.en))
    return Finding("too-large", kind.severity, knowledge.identity.id, None, Text(zh, en))


def _disagreements(examined: Examined, found: Iterable[Finding]) -> Iterator[Finding]:
    """Examples on which experta concludes something else than the rules mean. Where clauses tie there is no right answer."""
    knowledge, inference = examined.knowledge, Inference(examined.knowledge)
    examples = {tuple(sorted(f.example.items())): f.example for f in found if f.example is not None and f.id != "tie"}
    for example in examples.values():
        counted = effective(knowledge, complete(knowledge, example))
        ours, theirs = verdict_of(knowledge, counted).conclusions, inference.infer(counted).verdict.conclusions
        for name in knowledge.inferred:
            if ours[name] != theirs[name]:
                parts = {"fact": name, "ours": _concluded(ours[name]), "theirs": _concluded(theirs[name])}
                yield examined.finding("engines-disagree", name, knowledge.inferred[name].place, example, **parts)


def _concluded(conclusion: Conclusion) -> str:
    """A value and the clauses that say so."""
    return f"`{conclusion.value}` ({', '.join(conclusion.winners) or '-'})"


def _ranked(found: Iterable[Finding]) -> tuple[Finding, ...]:
    order = {name: place for place, name in enumerate(KINDS)}

    def rank(finding: Finding) -> tuple[int, int, Place, str, str]:
        kind = order.get(finding.id, -1)
        return (SEVERITIES.index(finding.severity), kind, finding.place or Place("", 0, 0), finding.about, finding.text.en)

    return tuple(sorted(found, key=rank))
