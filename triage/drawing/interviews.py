"""The interview of a base, or the likeliest part of it, as a picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from triage.drawing.picture import Arrow, Box, Kind, Picture
from triage.drawing.tree import Answers, Asked, Ending, Shown, Ticks, Tree, drawn
from triage.drawing.words import KINDS, word
from triage.interview import NextQuestion
from triage.model import CALLER, UNKNOWN, Language
from triage.plain import answers_in_words, label, readable, value_label

__all__ = ["interview_picture"]

MOST_TARGETS = 3
"""Targets written on a decision where the base does not say which matter most."""


def interview_picture(tree: Tree, language: Language, shown: Shown | None = None, links: str | None = None) -> Picture:
    """A tree, or the part of it that is shown.

    Args:
        links: What stands before `#question-…` in links into the handbook; None for no links.
    """
    return _Interview(tree, language, shown or drawn(tree), links).picture()


class _Interview:
    def __init__(self, tree: Tree, language: Language, shown: Shown, links: str | None) -> None:
        self._tree = tree
        self._knowledge = tree.knowledge
        self._language = language
        self._shown = shown
        self._links = links
        outcome = [target for target in tree.knowledge.targets if target in tree.knowledge.identity.find_out]
        self._telling = outcome or list(tree.knowledge.targets[:MOST_TARGETS])
        self._boxes: dict[str, Box] = {}
        self._arrows: list[Arrow] = []

    def picture(self) -> Picture:
        """Everything put together."""
        self._situation(self._tree.start, "")
        for number, places in self._shown.ways.items():
            if number in self._shown.reach:
                self._answers(number, places)
        title = self._knowledge.identity.title.get(self._language)
        first = next(iter(self._boxes.values())).label
        return Picture(
            title=self._word("interview", title=title),
            description=self._word("interview-described", first=first),
            boxes=tuple(self._boxes.values()),
            arrows=tuple(self._arrows),
            caption=tuple(self._caption()),
            legend={kind: text.get(self._language) for kind, text in KINDS.items()},
        )

    def _word(self, key: str, **parts: object) -> str:
        return word(key, self._language, **parts)

    def _caption(self) -> Iterator[str]:
        knowledge, tree = self._knowledge, self._tree
        identity = knowledge.identity
        yield self._word("base", base=identity.id, version=identity.version, digest=knowledge.digest[:12])
        if tree.given:
            yield self._word("interview-given", answers=answers_in_words(knowledge, tree.given, self._language))
        if tree.systems:
            names = self._word("comma").join(identity.systems[name].get(self._language) for name in tree.systems)
            yield self._word("interview-systems", systems=names)
        everything = sum(isinstance(situation, Asked) for situation in tree.situations)
        if everything > len(self._shown.ways) or any(box.kind == "more" for box in self._boxes.values()):
            covered = self._shown.covered
            parts = {"share": _percent(covered), "left": _percent(max(1.0 - covered, 0.0))}
            yield self._word("interview-drawn", drawn=len(self._shown.ways), all=everything, **parts)
        else:
            yield self._word("interview-whole", all=everything)
        yield self._word("interview-shares")
        if identity.patience is not None:
            yield self._word("interview-patience")

    def _answers(self, number: int, places: Sequence[int]) -> None:
        """The arrows from a question, and the boxes they lead to; what is not drawn of its answers is one box."""
        situation = cast(Asked, self._tree.situations[number])
        box = self._situation(number, "")
        for place in places:
            answers, after, part = situation.answers[place]
            said = self._said(situation.question, answers)
            label_ = self._word("answer", answers=said, share=_percent(part))
            self._arrows.append(Arrow(box, self._situation(after, box), label_, tip=said))
        left = [found for place, found in enumerate(situation.answers) if place not in places]
        if left:
            count = sum(len(answers.choices) + answers.more or 1 for answers, _, _ in left)
            share = _percent(sum(part for _, _, part in left))
            name = f"{box} more"
            text = self._word("stub", what=self._word("others", count=count), share=share)
            tip = "\n".join(self._said(situation.question, answers) for answers, _, _ in left)
            self._boxes[name] = Box(name, "more", text, tip=tip)
            self._arrows.append(Arrow(box, name, dashed=True))

    def _situation(self, number: int, source: str) -> str:
        """The id of a situation's box; decisions have one of their own for every question that leads there."""
        situation = self._tree.situations[number]
        name = f"{source} {number}" if isinstance(situation, Ending) else str(number)
        if name not in self._boxes:
            box = self._decision(name, situation) if isinstance(situation, Ending) else self._question(number, situation)
            self._boxes[name] = box
        return name

    def _question(self, number: int, situation: Asked) -> Box:
        question, asked_of = situation.question.question, situation.question.ask_of
        note = question.id
        if asked_of != CALLER:
            system = self._knowledge.identity.systems[asked_of].get(self._language)
            note = self._word("of-system", id=question.id, system=system)
        elif question.kind == "act":
            note = self._word("act", id=question.id)
        kind: Kind = "question"
        if number in self._shown.cut:
            kind, note = "more", f"{note}\n{self._word('goes-on')}"
        note = f"{note}\n{self._word('reached', share=_percent(self._shown.reach[number]))}"
        tip = "" if question.how is None else readable(self._knowledge, question.how, self._language)
        link = "" if self._links is None else f"{self._links}#question-{question.id}"
        return Box(str(number), kind, readable(self._knowledge, question.text, self._language), note, tip, link)

    def _decision(self, name: str, ending: Ending) -> Box:
        words = [] if ending.kind == "decided" else [self._word(ending.kind)]
        words += [self._value(target, ending.outcome[target]) for target in self._telling if target in ending.outcome]
        tip = "\n".join(
            f"{label(self._knowledge, target, self._language)}: {self._value(target, value)}"
            for target, value in ending.outcome.items()
        )
        return Box(name, "decision", "\n".join(words), tip=tip)

    def _value(self, fact: str, value: str) -> str:
        if value == UNKNOWN and fact in self._knowledge.facts:
            return self._word("cannot-tell")
        return value_label(self._knowledge, fact, value, self._language)

    def _said(self, asked: NextQuestion, answers: Answers) -> str:
        """Answers in words."""
        if asked.question.tick is None:
            said = [self._value(*choice[0]) for choice in answers.choices]
        else:
            said = [self._ticked(ticks) for ticks in answers.choices]
            said += [self._word("cannot-tell")] if answers.silent else []
            if not said:
                said = [self._word("and").join((*map(self._tick, ticks), self._word("some-open"))) for ticks in answers.open]
        text = self._word("or").join(said)
        return self._word("and-so-on", answers=text, count=len(said) + answers.more) if answers.more else text

    def _ticked(self, ticks: Ticks) -> str:
        return self._word("and").join(map(self._tick, ticks)) or self._word("none-ticked")

    def _tick(self, tick: tuple[str, str]) -> str:
        return label(self._knowledge, tick[0], self._language)


def _percent(share: float) -> str:
    """A share for people: never 0 % for what can happen, nor 100 % for what is not all."""
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.999 < share < 1 - 1e-9:
        return ">99.9%"
    return f"{share:.0%}" if share >= 0.0995 else f"{share:.1%}"
