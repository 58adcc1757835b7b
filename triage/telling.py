"""From ids to what people read: turns what the expert system found into the parts of an assessment, in one language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from triage.assessment import (
    Answer,
    Candidate,
    Contradiction,
    MissingPart,
    Option,
    QuestionToAsk,
    Reason,
    Said,
    Stated,
    Tells,
    WorkOrder,
)
from triage.evaluation import holds
from triage.interview import NextQuestion
from triage.model import KnowledgeBase, Message, Text, TimeOfDay, leaves
from triage.prospect import Candidates
from triage.verdict import Firing
from triage.wording import Wording

__all__ = ["Teller"]


class Teller:
    """Writes the parts of one assessment.

    Args:
        told: Every observable fact as told, open ones unknown: what alerts read, whatever gates say.
        values: What counts: effective observable facts and inferred facts.
        fields: Free text by field.
        time_of_day: When the call is; None: script lines bound to a time are left out.
    """

    def __init__(
        self,
        knowledge: KnowledgeBase,
        wording: Wording,
        told: Mapping[str, str],
        values: Mapping[str, str],
        fields: Mapping[str, str],
        time_of_day: TimeOfDay | None = None,
    ) -> None:
        self._knowledge = knowledge
        self._time_of_day = time_of_day
        self._wording = wording
        self._told = told
        self._values = values
        self._fields = fields

    def fill(self, text: Text) -> str:
        """A text in this call's language."""
        return self._wording.fill(text)

    def answer(self, fact: str, value: str) -> Answer:
        """A fact and what was told."""
        label = self._knowledge.facts[fact].text.get(self._wording.language)
        return Answer(fact, label, value, self._wording.answer(fact, value))

    def answers(self, facts: Mapping[str, str]) -> tuple[Answer, ...]:
        """Facts and what was told, in their order."""
        return tuple(self.answer(fact, value) for fact, value in facts.items())

    def decision(self, values: Mapping[str, str]) -> dict[str, Stated]:
        """The decision card: an entry for every inferred fact on it, and for every field that has something in it."""
        card = {}
        for name in self._knowledge.identity.decision:
            if name in self._knowledge.inferred:
                card[name] = self._stated(name, values[name])
            elif self._fields.get(name):
                label = self._knowledge.fields[name].text.get(self._wording.language)
                card[name] = Stated(label, self._fields[name], self._fields[name], (), None)
        return card

    def _stated(self, name: str, value: str) -> Stated:
        inferred = self._knowledge.inferred[name]
        chosen = inferred.values[value]
        number = float(self._wording.parameter(chosen.number)) if isinstance(chosen.number, str) else chosen.number
        return Stated(
            inferred.text.get(self._wording.language), value, chosen.text.get(self._wording.language), chosen.members, number
        )

    def candidates(self, candidates: Candidates) -> dict[str, tuple[Candidate, ...]]:
        """What every target may still be."""
        return {
            target: tuple(
                Candidate(value, self._wording.answer(target, value), round(share, 4)) for value, share in shares.items()
            )
            for target, shares in candidates.items()
        }

    def question(self, asked: NextQuestion, why: Iterable[Tells]) -> QuestionToAsk:
        """A question with its options."""
        question = asked.question
        return QuestionToAsk(
            id=question.id,
            facts=asked.facts,
            text=self.fill(question.text),
            how=None if question.how is None else self.fill(question.how),
            purpose=question.purpose,
            kind=question.kind,
            ask_of=asked.ask_of,
            several=question.tick is not None,
            options=tuple(self._options(asked)),
            none=None if question.tick is None else question.tick[1],
            instructs=question.instructs,
            why=tuple(why),
        )

    def _options(self, asked: NextQuestion) -> Iterator[Option]:
        for name in asked.facts:
            fact = self._knowledge.facts[name]
            if asked.question.tick is not None:
                yield Option(name, asked.question.tick[0], fact.text.get(self._wording.language))
            else:
                for value, text in fact.values.items():
                    yield Option(name, value, text.get(self._wording.language))

    def said(self, kind: Literal["alert", "advice", "script"], sayable: Callable[[str], bool] | None = None) -> tuple[Said, ...]:
        """The messages of a kind whose condition holds, in the author's order.

        A line bound to a time of day is said at that time only, and then in place of the unbound lines of the same moment and
        order.

        Args:
            sayable: Whether a message, by its id, may be said; None: any may.
        """
        found = [message for message in self._messages(kind) if sayable is None or sayable(message.id)]
        timed = {(m.moment, m.order) for m in found if self._time_of_day in m.time_of_day}
        return tuple(
            self._said(message)
            for message in found
            if (self._time_of_day in message.time_of_day)
            or (not message.time_of_day and (message.moment, message.order) not in timed)
        )

    def _said(self, message: Message) -> Said:
        values = self._read_by(message)
        read = {leaf.fact: values[leaf.fact] for leaf in leaves(message.when) if holds(leaf, values)}
        observed = {fact: value for fact, value in read.items() if fact in self._knowledge.facts}
        return Said(
            message.id,
            self.fill(message.say),
            message.to,
            message.must_say,
            message.moment,
            message.instructs,
            self.answers(observed),
        )

    def _messages(self, kind: str) -> list[Message]:
        found = [m for m in self._knowledge.messages.values() if m.kind == kind and holds(m.when, self._read_by(m))]
        return sorted(found, key=lambda message: (message.order, message.id))

    def _read_by(self, message: Message) -> Mapping[str, str]:
        return self._told if message.kind == "alert" else self._values

    def work_order(self) -> WorkOrder:
        """The work order as far as it can be written; what it needs and does not have is named."""
        lines = self._messages("work_order")
        needed = {name for name, field in self._knowledge.fields.items() if holds(field.when, self._values)}
        missing = {name for name in needed if not self._fields.get(name)}
        missing |= {name for line in lines for name in self._wording.missing(line.say)}
        ordered = sorted((self._knowledge.fields[name] for name in missing), key=lambda field: (field.order, field.id))
        language = self._wording.language
        return WorkOrder(
            "\n".join(self.fill(line.say) for line in lines),
            tuple(MissingPart(f.id, f.text.get(language), f.ask.get(language)) for f in ordered),
        )

    def contradictions(self, ids: Sequence[str]) -> tuple[Contradiction, ...]:
        """Impossible combinations that match, and the answers they match on."""
        found = []
        for combination in (self._knowledge.impossible[name] for name in ids):
            on = {leaf.fact: self._values[leaf.fact] for leaf in leaves(combination.when) if holds(leaf, self._values)}
            found.append(Contradiction(combination.id, self.fill(combination.say), self.answers(on), combination.resolve))
        return tuple(found)

    def reasons(self, trace: Sequence[Firing], full: bool) -> tuple[Reason, ...]:
        """Rules in the order they first fired; pre-empted conclusions only where everything is wanted."""
        fired: dict[str, list[Firing]] = {}
        clauses = {clause.id: clause for rule in self._knowledge.rules.values() for clause in rule.clauses}
        for firing in trace:
            if full or not firing.preempted_by:
                fired.setdefault(clauses[firing.clause].rule, []).append(firing)
        return tuple(self._reason(rule, firings) for rule, firings in fired.items())

    def _reason(self, name: str, firings: Sequence[Firing]) -> Reason:
        rule = self._knowledge.rules[name]
        clauses = {clause.id: clause for clause in rule.clauses}
        return Reason(
            rule=name,
            because=self.fill(rule.because),
            source=rule.source,
            safe_side=rule.safe_side,
            concluded={clauses[f.clause].fact: clauses[f.clause].value for f in firings if not f.preempted_by},
            preempted={clauses[f.clause].fact: clauses[f.clause].value for f in firings if f.preempted_by},
            on=dict(firings[0].on),
        )
