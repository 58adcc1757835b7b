"""What was asked and answered in one interview. Nothing told is ever lost: a changed answer replaces only itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from triage.assessment import QuestionToAsk
from triage.call import Call
from triage.call import Reading as Told
from triage.model import CALLER, UNKNOWN, Patience

__all__ = ["Dialogue", "Turn"]


@dataclass(frozen=True, slots=True)
class Turn:
    """A question put to one source, and its answers by fact; None: the source did not answer."""

    question: QuestionToAsk
    answers: Mapping[str, str] | None

    @property
    def told_nothing(self) -> bool:
        """Somebody answered, and could not tell."""
        return self.answers is not None and set(self.answers.values()) == {UNKNOWN}


@dataclass
class Dialogue:
    """One interview so far.

    Attributes:
        turns: In the order they were asked; a question may stand here once for every source.
        fields: Free text by field.
        patience: The base's rule for callers who cannot tell.
    """

    patience: Patience | None = None
    turns: list[Turn] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def answer(self, question: QuestionToAsk, answers: Mapping[str, str] | None, place: int | None = None) -> None:
        """Note what a source said.

        Args:
            place: The turn whose answer this changes; None for a question asked now (once more, after a contradiction).
        """
        turn = Turn(question, answers)
        if place is not None:
            self.turns[place] = turn
            return
        again = (question.id, question.ask_of)
        asked = set(question.facts)
        self.turns = [
            old
            for old in self.turns
            if (old.question.id, old.question.ask_of) != again or not asked.issuperset(old.question.facts)
        ]
        self.turns.append(turn)

    @property
    def patience_ended(self) -> bool:
        """The caller could not tell so many times in a row that the base's rule applies."""
        if self.patience is None:
            return False
        in_a_row = 0
        for turn in self.turns:
            if turn.question.ask_of == CALLER:
                in_a_row = in_a_row + 1 if turn.told_nothing else 0
            if in_a_row >= self.patience.unknown_in_a_row:
                return True
        return False

    def call(self) -> Call:
        """Everything told so far. Where several sources told a fact, the one that was asked first counts."""
        readings: dict[str, Told] = {}
        no_answer: dict[str, tuple[str, ...]] = {}
        for turn in self.turns:
            for fact in turn.question.facts:
                if turn.answers is None:
                    no_answer[fact] = (*no_answer.get(fact, ()), turn.question.ask_of)
                elif fact in turn.answers:
                    readings.setdefault(fact, Told(turn.answers[fact], turn.question.ask_of))
        if self.patience is not None and self.patience_ended:
            readings[self.patience.fact] = Told(self.patience.value)
        return Call(readings, dict(self.fields), no_answer)
