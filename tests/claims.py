"""What `triage check` claims, by brute force: every claim tried on every call of a small base; and random bases to try it on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations
from random import Random

from tests.brute import completions
from tests.oracle import Oracle
from tests.random_bases import random_base
from triage.behaviour import visible
from triage.evaluation import complete, effective, holds, matching_impossible, verdict_of
from triage.findings import Finding
from triage.interview import applicable
from triage.model import CALLER, PLACEHOLDER, UNKNOWN, Clause, Evidence, Field, In, KnowledgeBase, Message, Question, Text
from triage.verdict import Verdict


@dataclass
class Call:
    """A completion and all that evaluation says of it."""

    knowledge: KnowledgeBase
    told: dict[str, str]

    @cached_property
    def counted(self) -> dict[str, str]:
        return effective(self.knowledge, self.told)

    @cached_property
    def verdict(self) -> Verdict:
        return verdict_of(self.knowledge, self.counted)

    @cached_property
    def values(self) -> dict[str, str]:
        return {**self.counted, **{name: self.verdict[name] for name in self.knowledge.inferred}}

    @cached_property
    def possible(self) -> bool:
        return not matching_impossible(self.knowledge, self.counted)

    def says(self, message: str) -> bool:
        found = self.knowledge.messages[message]
        return holds(found.when, self.told if found.kind == "alert" else self.values)

    def wins(self, clause: Clause) -> bool:
        return clause.id in self.verdict.conclusions[clause.fact].winners

    @cached_property
    def shows(self) -> object:
        """Everything anybody outside sees of it."""
        knowledge = self.knowledge
        alerts = [name for name, message in knowledge.messages.items() if message.kind == "alert" and self.says(name)]
        if not self.possible:
            return None, alerts
        values = [self.values[name] for name in visible(knowledge)]
        said = [name for name in knowledge.messages if self.says(name)]
        fields = [field.id for field in knowledge.fields.values() if holds(field.when, self.values)]
        resolved = knowledge.identity.resolved
        return values, alerts, said, fields, resolved is not None and holds(resolved, self.values)

    @cached_property
    def answers(self) -> int:
        return sum(value != UNKNOWN for value in self.told.values())

    @cached_property
    def all_told(self) -> bool:
        """Every fact whose gate holds has a declared value."""
        gates = {name: fact.applies_when for name, fact in self.knowledge.facts.items()}
        return all(self.counted[n] != UNKNOWN or not (gate is None or holds(gate, self.counted)) for n, gate in gates.items())


class Brute:
    """Every call of a small base."""

    def __init__(self, knowledge: KnowledgeBase) -> None:
        self.knowledge = knowledge
        self.calls = [Call(knowledge, completion) for completion in completions(knowledge)]
        self._by_answers = {tuple(call.told.values()): call for call in self.calls}

    @cached_property
    def possible(self) -> list[Call]:
        return [call for call in self.calls if call.possible]

    def changed(self, call: Call, fact: str) -> Iterator[Call]:
        """The calls that differ in one answer."""
        for value in self.knowledge.facts[fact].domain:
            yield self._by_answers[tuple({**call.told, fact: value}.values())]

    def among(self, shows: Callable[[Call], bool]) -> list[Call]:
        return [call for call in self.calls if shows(call)]

    def of(self, example: Mapping[str, str]) -> Call:
        return self._by_answers[tuple(complete(self.knowledge, example).values())]


def shows(knowledge: KnowledgeBase, finding: Finding) -> Callable[[Call], bool]:
    """What must hold of a call that shows a finding."""
    ending = knowledge.identity.find_out or {name: knowledge.inferred[name].default for name in knowledge.targets}
    rule = knowledge.rules.get(finding.about)
    clauses = rule.clauses if rule else ()
    named = re.findall(r"`([^`]+)`", finding.text.en)
    tests: dict[str, Callable[[Call], bool]] = {
        "tie": lambda call: call.possible and any(_tied(call, fact) for fact in knowledge.inferred),
        "evidence-law": lambda call: _spares(call, finding.about, named[1]),
        "invariant-broken": lambda call: _breaks(call, finding.about),
        "forbidden-instruction": lambda call: call.says(finding.about),
        "hidden-rule": lambda call: not call.possible and holds(clauses[0].when, call.values),
        "preempted-rule": lambda call: call.possible and any(
            clause.fact == named[1] and holds(clause.when, call.values) and not call.wins(clause) for clause in clauses
        ),
        "split-decision": lambda call: call.possible and _is_split(call, clauses),
        "idle-rule": lambda call: call.possible and any(map(call.wins, clauses)),
        "only-systems-tell": lambda call: call.possible and finding.about in {f"{n}: {v}" for n, v in call.values.items()},
        "gap": lambda call: call.possible and call.all_told and all(call.values[name] == value for name, value in ending.items()),
    }  # fmt: skip
    return tests[finding.id]


def _tied(call: Call, fact: str) -> bool:
    matching = [clause for clause in call.knowledge.clauses[fact] if holds(clause.when, call.values)]
    return len({clause.value for clause in matching if clause.priority == matching[0].priority}) > 1


def _is_split(call: Call, clauses: Sequence[Clause]) -> bool:
    """Whether one conclusion wins while another is replaced."""
    return any(call.wins(one) and call.values[other.fact] != other.value for one, other in permutations(clauses, 2))


def _spares(call: Call, fact: str, value: str) -> bool:
    """Whether the call is spared while a fact is unknown, and is not with a value."""
    evidence, other = call.knowledge.evidence, Call(call.knowledge, {**call.told, fact: value})
    if call.told[fact] != UNKNOWN or not (call.possible and other.possible):
        return False
    if any(exception.fact == fact and holds(exception.when, call.values) for exception in evidence.exceptions):
        return False
    return any(holds(outcome, call.values) and not holds(outcome, other.values) for outcome in evidence.spared)


def _breaks(call: Call, name: str) -> bool:
    invariant = call.knowledge.invariants[name]
    counts = invariant.safety or call.possible
    return counts and holds(invariant.when, call.values) and not holds(invariant.then, call.values)


def is_smallest(brute: Brute, finding: Finding) -> None:
    assert finding.example is not None
    test = shows(brute.knowledge, finding)
    assert test(brute.of(finding.example)), finding
    assert min(call.answers for call in brute.among(test)) == len(finding.example), finding


# -- claims about a base as a whole, each as the set of what they are about


def dead(brute: Brute) -> set[str]:
    return {r.id for r in brute.knowledge.rules.values() if not any(holds(r.when, call.values) for call in brute.calls)}


def hidden(brute: Brute) -> set[str]:
    silent = {r.id for r in brute.knowledge.rules.values() if not any(holds(r.when, call.values) for call in brute.possible)}
    return silent - dead(brute)


def preempted(brute: Brute) -> set[str]:
    """Rules with a conclusion that never wins though the rule fires, the conclusion with them."""
    silent = dead(brute) | hidden(brute)
    clauses = [c for rule in brute.knowledge.rules.values() if rule.id not in silent for c in rule.clauses]
    return {f"{c.rule} {c.fact}" for c in clauses if not any(call.wins(c) for call in brute.possible)}


def idle(brute: Brute) -> set[str]:
    found = set()
    for rule in brute.knowledge.rules.values():
        rest = {name: other for name, other in brute.knowledge.rules.items() if name != rule.id}
        without = replace(brute.knowledge, rules=rest)
        wins = any(call.wins(clause) for call in brute.possible for clause in rule.clauses)
        if wins and all(call.shows == Call(without, call.told).shows for call in brute.calls):
            found.add(rule.id)
    return found


def split(brute: Brute) -> set[str]:
    return {r.id for r in brute.knowledge.rules.values() if any(_is_split(call, r.clauses) for call in brute.possible)}


def silent(brute: Brute) -> set[str]:
    messages = brute.knowledge.messages.values()
    return {m.id for m in messages if not any(call.says(m.id) for call in (brute.calls if m.kind == "alert" else brute.possible))}


def unreached(brute: Brute) -> set[str]:
    knowledge, found = brute.knowledge, set()
    for name, inferred in knowledge.inferred.items():
        reached = {call.values[name] for call in brute.possible} | {inferred.default, knowledge.identity.find_out.get(name)}
        shown = {m for value in reached & inferred.values.keys() for m in inferred.values[value or ""].members}
        found |= {f"{name}: {value}" for value in inferred.values if value not in reached | shown}
    return found


def _mentioned(knowledge: KnowledgeBase) -> set[str]:
    return {name for m in knowledge.messages.values() for text in (m.say.zh, m.say.en) for name in PLACEHOLDER.findall(text)}


def _matters(brute: Brute, fact: str) -> bool:
    changes = any(call.shows != other.shows for call in brute.calls for other in brute.changed(call, fact))
    return changes or fact in _mentioned(brute.knowledge)


def _text(call: Call, message: Message) -> object:
    """What a message comes to on a call: nothing, or its text with the facts it mentions."""
    named = {name for text in (message.say.zh, message.say.en) for name in PLACEHOLDER.findall(text)}
    return [call.counted[name] for name in sorted(named & call.counted.keys())] if call.says(message.id) else None


def _comes_to(brute: Brute, question: Question) -> bool:
    """Whether some interview asks it: two possible answers, all else equal, end differently."""
    knowledge = brute.knowledge

    def ends(call: Call) -> object:
        card = knowledge.identity.decision if question.purpose in ("say", "order") else ()
        said = [_text(call, m) for m in knowledge.messages.values()] if question.purpose in ("say", "order") else []
        return [call.values[name] for name in (*knowledge.targets, *card)], said

    return any(
        ends(call) != ends(other)
        for fact in question.fills
        for call in brute.possible
        if fact in applicable(knowledge, {name: value for name, value in call.told.items() if name != fact})
        for other in brute.changed(call, fact)
        if other.possible
    )


def never_asked(brute: Brute) -> set[str]:
    oracle, joined, found = Oracle(brute.knowledge), bool(brute.knowledge.impossible), set()
    for question in brute.knowledge.questions.values():
        matters = any(_matters(brute, fact) for fact in question.fills)
        comes = matters and (_comes_to(brute, question) or (joined and any(oracle.relevant({}, f) for f in question.fills)))
        if not comes:
            found.add(question.id)
    return found


def unused_fact(brute: Brute) -> set[str]:
    questions, skipped = brute.knowledge.questions.values(), never_asked(brute)
    return {fact for q in questions if q.id not in skipped for fact in q.fills if not _matters(brute, fact)}


def unused_value(brute: Brute) -> set[str]:
    knowledge, skipped, told = brute.knowledge, never_asked(brute), _mentioned(brute.knowledge)
    questions = [q for q in knowledge.questions.values() if q.id not in skipped and q.tick is None]
    return {fact for q in questions for fact in q.fills if fact not in told and _matters(brute, fact) and _alike(brute, fact)}


def _alike(brute: Brute, fact: str) -> bool:
    """Whether two declared values are never told apart."""
    knowledge, values = brute.knowledge, list(brute.knowledge.facts[fact].values)
    weighed = [f.weights.tables for f in knowledge.facts.values() if f.weights.given == fact]
    ends = {value: [repr(table[value]) for table in weighed] for value in values}
    for call in brute.calls:
        if call.told[fact] == UNKNOWN:
            for other in brute.changed(call, fact):
                if other.told[fact] != UNKNOWN:
                    ends[other.told[fact]].append(repr(other.shows))
    return len({tuple(end) for end in ends.values()}) < len(values)


def only_systems(brute: Brute) -> set[str]:
    knowledge = brute.knowledge
    unasked = [fact for q in knowledge.questions.values() if CALLER not in q.ask_of for fact in q.fills]
    alone = [call for call in brute.possible if all(call.told[fact] == UNKNOWN for fact in unasked)]
    return {
        f"{target}: {value}"
        for target in knowledge.targets
        for value in {call.values[target] for call in brute.possible} - {call.values[target] for call in alone}
    }


def evidence(brute: Brute) -> set[str]:
    facts = brute.knowledge.facts.items()
    return {name for name, f in facts for value in f.values for call in brute.calls if _spares(call, name, value)}


def gap(brute: Brute) -> set[str]:
    finding = Finding("gap", "note", "", None, Text("", ""))
    return {brute.knowledge.identity.id} if brute.among(shows(brute.knowledge, finding)) else set()


CLAIMS: Mapping[str, Callable[[Brute], set[str]]] = {
    "dead-rule": dead,
    "hidden-rule": hidden,
    "preempted-rule": preempted,
    "idle-rule": idle,
    "split-decision": split,
    "silent-message": silent,
    "unreached-value": unreached,
    "never-asked": never_asked,
    "unused-fact": unused_fact,
    "unused-value": unused_value,
    "only-systems-tell": only_systems,
    "evidence-law": evidence,
    "gap": gap,
}


def about(finding: Finding) -> str:
    """What a finding is about; with the conclusion where there may be several about one rule."""
    if finding.id != "preempted-rule":
        return finding.about
    return f"{finding.about} {re.findall(r'`([^`]+)`', finding.text.en)[1]}"


# -- bases


def enriched(seed: int, size: int) -> KnowledgeBase:
    """A random base with what checks read besides rules: systems, fields, a hand-over, evidence, texts that mention facts."""
    base, rng = random_base(seed, facts=size), Random(seed)
    facts, target = list(base.facts), rng.choice(base.targets)
    value = rng.choice(list(base.inferred[target].values))
    questions = {name: replace(q, ask_of=("meter",)) if rng.random() < 0.2 else q for name, q in _joined(base, rng).items()}
    read = rng.choice([In(name, (rng.choice(list(fact.values)),)) for name, fact in base.facts.items()])
    field = Field(
        "address", Text("址", "address"), Text("?", "?"), read, private=False, order=1, source=("random",), place=_PLACE
    )
    mentioned = rng.choice(facts)
    advice = replace(base.messages["advice"], say=Text("好", f"{{{mentioned}}}" if rng.random() < 0.3 else "good"))
    identity = replace(
        base.identity,
        find_out={target: value} if rng.random() < 0.5 else {},
        resolved=In(target, (value,)) if rng.random() < 0.3 else None,
    )
    return replace(
        base,
        identity=identity,
        questions=questions,
        fields={"address": field} if rng.random() < 0.3 else {},
        messages={**base.messages, "advice": advice},
        evidence=Evidence((In(target, (value,)),), ()),
    )


def _joined(base: KnowledgeBase, rng: Random) -> dict[str, Question]:
    """Its questions, often with two made one list to tick."""
    questions = dict(base.questions)
    facts = {q.id: base.facts[q.fills[0]] for q in questions.values() if len(q.fills) == 1}
    tickable = [name for name, fact in facts.items() if fact.applies_when is None and len(fact.values) > 1]
    if len(tickable) > 1 and rng.random() < 0.7:
        one, other = rng.sample(tickable, 2)
        questions[one] = replace(questions[one], fills=(*questions[one].fills, *questions.pop(other).fills), tick=("v0", "v1"))
    return questions


_PLACE = random_base(0).messages["alert"].place
