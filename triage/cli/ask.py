"""`triage ask`: an interview in the terminal, or with answers piped in."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table

from triage.assessment import Assessment, QuestionToAsk
from triage.call import Options, read_call
from triage.cli.bases import check_systems, open_base
from triage.cli.cards import Cards
from triage.cli.dialogue import Dialogue
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.names import SLASH, Names
from triage.cli.options import BASE, LANG, REGION, SYSTEM, screen_of
from triage.cli.screen import Screen, styled, title
from triage.cli.typed import Key, Reading, UnclearError, key_of, understand
from triage.errors import InputError
from triage.expert import ExpertSystem
from triage.model import CALLER, UNKNOWN

__all__ = ["Interview", "Keyboard", "ask"]

MOST_TOLD = 4
"""Targets an answer narrows that `?` tells of."""


def ask(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    system: Annotated[list[str] | None, SYSTEM] = None,
    region: Annotated[str | None, REGION] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Hold an interview."""
    screen = screen_of(ctx, lang)
    expert = open_base(base)
    systems = check_systems(expert, system or [])
    options = Options(language=screen.language, region=region, systems=systems)
    return Interview(screen, Keyboard(screen), expert, options).hold()


class Keyboard:
    """Where answers come from: a person at a terminal, or a pipe."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.interactive = sys.stdin is not None and sys.stdin.isatty()
        if self.interactive:
            with contextlib.suppress(ImportError):
                import readline  # noqa: F401, PLC0415  # lets people edit the line, wide characters too

    def line(self, prompt: str = "> ") -> str | None:
        """The next line; None at the end of the input. What is piped in is shown, so that the screen reads like a talk."""
        try:
            if self.interactive:
                return input(prompt)
            typed = sys.stdin.readline() if sys.stdin is not None else ""
        except EOFError:
            typed = ""
        if not typed:
            self._screen.show("")
            return None
        self._screen.show(styled(prompt + typed.rstrip("\r\n")))
        return typed


class Interview:
    """One interview, from the first question to the last card."""

    def __init__(self, screen: Screen, keyboard: Keyboard, expert: ExpertSystem, options: Options) -> None:
        self._screen = screen
        self._word = screen.word
        self._keyboard = keyboard
        self._expert = expert
        self._knowledge = expert.knowledge
        self._options = options
        self._names = Names(expert.knowledge, screen.language)
        self._cards = Cards(screen, self._names)
        self._dialogue = Dialogue(expert.knowledge.identity.patience)
        self._news = _News()

    def hold(self) -> Exit:
        """Ask until the matter is decided or the person stops."""
        self._open()
        place: int | None = None
        while True:
            stopped = self._questions(place)
            place = len(self._dialogue.turns) - 1
            if self._conclude(stopped) and (stopped or not self._keyboard.interactive or not self._wants_back()):
                return Exit.UNDECIDED if stopped else Exit.FINE

    def _open(self) -> None:
        identity = self._knowledge.identity
        title = identity.title.get(self._screen.language)
        self._screen.say("ask-title", "bold", title=title, name=identity.id, version=identity.version)
        self._screen.say("keys-ask", "dim")
        if self._options.systems:
            systems = self._screen.join(self._names.system(name) for name in self._options.systems)
            self._screen.say("connected", "dim", systems=systems)

    def _assess(self, options: Options | None = None) -> Assessment:
        return self._expert.assess(self._dialogue.call(), options or self._options)

    @property
    def _told(self) -> dict[str, str]:
        return {fact: reading.value for fact, reading in self._dialogue.call().readings.items()}

    # -- asking

    def _questions(self, place: int | None) -> bool:
        """Put questions until none is left; whether the person stopped before.

        Args:
            place: An earlier turn to go back to first.
        """
        while True:
            assessment = self._assess()
            if place is None:
                self._tell_news(assessment)
                question = assessment.question or next(iter(assessment.to_complete), None)
                if question is None:
                    return False
            else:
                question = self._dialogue.turns[place].question
            said = self._put(question, assessment, place)
            if said is Key.STOP:
                return True
            if said is Key.BACK:
                place = (len(self._dialogue.turns) if place is None else place) - 1
                continue
            if not isinstance(said, Key) or said is Key.NO_ANSWER:
                self._dialogue.answer(question, None if isinstance(said, Key) else said, place)
            self._note(question, said)
            place = None

    def _put(self, question: QuestionToAsk, assessment: Assessment, place: int | None) -> Key | Mapping[str, str]:
        """Put one question until it is answered, or the person wants something else."""
        self._screen.show("", self._header(assessment, place), self._question(question))
        if place is not None:
            self._screen.say("your-answer-now", "yellow", answer=self._said(question, self._dialogue.turns[place].answers))
        units = {fact: self._knowledge.facts[fact].unit or "" for fact in question.facts if self._knowledge.facts[fact].ranges}
        while True:
            typed = self._keyboard.line()
            if typed is None:
                return Key.STOP
            try:
                said = understand(typed, question, units)
                if said is Key.KEEP and place is None:
                    continue
                if isinstance(said, Reading):
                    return self._in_words(said)
            except UnclearError as error:
                self._screen.say(error.key, "yellow", **error.parts)
                continue
            if said is Key.WHY:
                self._screen.show(self._why(question, assessment, place))
            elif said is Key.BACK and (len(self._dialogue.turns) if place is None else place) == 0:
                self._screen.say("no-way-back", "yellow")
            else:
                return said

    def _in_words(self, reading: Reading) -> dict[str, str]:
        call = read_call(self._knowledge, {"facts": {reading.fact: reading.number}}, self._options.region)
        return {reading.fact: call.readings[reading.fact].value}

    def _header(self, assessment: Assessment, place: int | None) -> RenderableType:
        if place is not None:
            heading = self._word("question-back", number=place + 1)
        elif assessment.status == "contradictory":
            heading = self._word("question-again")
        else:
            number = self._word("question-number", number=len(self._dialogue.turns) + 1)
            heading = " · ".join(part for part in (number, self._ahead(assessment)) if part)
        return Rule(title(heading, "bold"), align="left", style="cyan")

    def _ahead(self, assessment: Assessment) -> str:
        """How many questions are still to come, this one among them."""
        ahead = assessment.ahead
        if ahead is None:
            return ""
        if not ahead.exact:
            return self._word("ahead-bounds", most=ahead.most)
        if ahead.most == 0:
            return self._word("ahead-system")
        asks_caller = assessment.question is not None and assessment.question.ask_of == CALLER
        if ahead.most == ahead.fewest == 1 and asks_caller:
            return self._word("ahead-last")
        if ahead.fewest == ahead.most:
            return self._word("ahead-same", count=ahead.most)
        expected = f"{ahead.expected or 0:.1f}".removesuffix(".0")
        return self._word("ahead-exact", fewest=ahead.fewest, most=ahead.most, expected=expected)

    def _question(self, question: QuestionToAsk) -> RenderableType:
        """Text, how to check it, and the options."""
        parts: list[RenderableType] = []
        if question.ask_of != CALLER:
            parts.append(styled(self._word("of-system", system=self._names.system(question.ask_of)), "bold magenta"))
        parts.append(styled(question.text, "bold"))
        if question.how:
            parts.append(styled(self._word("how", text=question.how), "dim"))
        if question.kind == "act":
            does = self._names.instructions(question.instructs)
            parts.append(styled(self._word("act", text=does) if does else self._word("act-plain"), "yellow"))
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, justify="right", style="cyan")
        table.add_column(overflow="fold")
        for key, label in self._options_of(question):
            table.add_row(title(key), styled(label))
        return Group(*parts, Padding(table, (0, 0, 0, 2), expand=False))

    def _options_of(self, question: QuestionToAsk) -> Iterator[tuple[str, str]]:
        for number, option in enumerate(question.options, 1):
            yield str(number), option.text
        if question.several:
            yield "0", self._word("option-none")
        if question.ask_of == CALLER:
            yield "u", self._word("option-unknown")
        else:
            yield "n", self._word("option-no-answer")
        unit = next((unit for fact in question.facts if (unit := self._knowledge.facts[fact].unit)), None)
        if question.several and len(question.options) > 1:
            yield "", self._word("option-several", last=len(question.options))
        elif unit:
            yield "", self._word("option-number", unit=unit)

    def _said(self, question: QuestionToAsk, answers: Mapping[str, str] | None) -> str:
        """What a source said, in words."""
        if answers is None:
            return self._word("option-no-answer")
        if set(answers.values()) == {UNKNOWN}:
            return self._word("option-unknown")
        if not question.several:
            return self._screen.join(self._names.value(fact, value) for fact, value in answers.items())
        ticked = [fact for fact, value in answers.items() if value != question.none]
        return self._names.facts(ticked) if ticked else self._word("option-none")

    def _note(self, question: QuestionToAsk, said: Key | Mapping[str, str]) -> None:
        """Say back what was understood."""
        if said is Key.KEEP:
            self._screen.say("noted-kept", "dim")
            return
        answers = None if isinstance(said, Key) else said
        told = answers is not None and not question.several and set(answers.values()) != {UNKNOWN}
        answer = self._said(question, answers)
        if told:
            self._screen.say("noted", "dim", fact=self._names.facts(question.facts), answer=answer)
        else:
            self._screen.say("noted-many", "dim", answers=answer)

    # -- why

    def _why(self, question: QuestionToAsk, assessment: Assessment, place: int | None) -> RenderableType:
        """What the answers would tell apart."""
        if place is not None:
            found = self._asked_anew(question)
            if found is None:
                return self._why_card(self._word("why-settled"))
            question, assessment = found
        elif assessment.status == "contradictory":
            return self._why_card(self._word("why-contradiction"))
        if not question.why:
            return self._why_card(self._word("why-indirect"))
        rows: dict[tuple[str, ...], list[str]] = {}
        for option in question.options:
            leaves = next((w.leaves for w in question.why if (w.fact, w.value) == (option.fact, option.value)), {})
            rows.setdefault(tuple(self._narrowing(assessment, leaves)), []).append(option.text)
        parts: list[RenderableType] = []
        for lines, options in rows.items():
            shown = self._few(lines) or self._word("why-together")
            parts.append(styled(SLASH.join(options)))
            parts.append(Padding(styled(shown, "dim"), (0, 0, 0, 2), expand=False))
        purpose = question.purpose if question.purpose in ("decide", "safety") else "other"
        return self._why_card(self._word(f"why-{purpose}"), *parts)

    def _few(self, lines: Sequence[str]) -> str:
        """The first few sentences, and how many more there are."""
        shown = list(lines[:MOST_TOLD])
        if len(lines) > MOST_TOLD:
            shown.append(self._word("and-more", count=len(lines) - MOST_TOLD))
        return self._word("semicolon").join(shown)

    def _why_card(self, text: str, *parts: RenderableType) -> RenderableType:
        return Padding(Group(styled(text, "cyan"), *parts), (0, 0, 0, 2), expand=False)

    def _asked_anew(self, question: QuestionToAsk) -> tuple[QuestionToAsk, Assessment] | None:
        """An earlier question as it would be asked now, its own answer left out; None if it would not be."""
        call = self._dialogue.call()
        readings = {fact: reading for fact, reading in call.readings.items() if fact not in question.facts}
        options = replace(self._options, questions=len(self._knowledge.questions), look_ahead=0)
        assessment = self._expert.assess(replace(call, readings=readings), options)
        return next(((found, assessment) for found in assessment.questions if found.id == question.id), None)

    def _narrowing(self, assessment: Assessment, leaves: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
        """A sentence for each target that an answer narrows: first those it settles."""
        narrowed = [target for target in self._knowledge.targets if target in leaves]
        for target in sorted(narrowed, key=lambda target: len(leaves[target]) > 1):
            left = leaves[target]
            before = [candidate.value for candidate in assessment.candidates[target]]
            gone = [value for value in before if value not in left]
            label = self._names.fact(target)
            if len(left) == 1:
                yield self._word("why-only", target=label, values=self._names.values(target, left))
            elif len(gone) <= 3 and len(gone) < len(left):
                yield self._word("why-not-any-more", target=label, values=self._names.values(target, gone))
            elif len(left) <= 3:
                yield self._word("why-left", target=label, values=self._names.values(target, left))
            else:
                yield self._word("why-narrower", target=label, before=len(before), after=len(left))

    # -- news between questions

    def _tell_news(self, assessment: Assessment) -> None:
        """Alerts first; then whatever has changed since the last question."""
        fresh, _ = self._news.update("alerts", (alert.id for alert in assessment.alerts))
        if fresh:
            self._screen.show(self._cards.alerts([alert for alert in assessment.alerts if alert.id in fresh]))
        patience = self._knowledge.identity.patience
        ended, _ = self._news.update("patience", ["ended"] if self._dialogue.patience_ended else [])
        if patience is not None and ended:
            value = self._names.value(patience.fact, patience.value)
            count = patience.unknown_in_a_row
            self._screen.say("patience", "yellow", count=count, fact=self._names.fact(patience.fact), value=value)
        fresh, gone = self._news.update("inapplicable", (answer.fact for answer in assessment.inapplicable))
        for key, facts in (("inapplicable", fresh), ("applies-again", gone)):
            told = {fact: self._told[fact] for fact in sorted(facts) if fact in self._told}
            if told:
                self._screen.say(key, "yellow", answers=self._names.stated(told))
        fresh, _ = self._news.update("warnings", (warning.path + warning.code for warning in assessment.warnings))
        for warning in assessment.warnings:
            if warning.path + warning.code in fresh:
                self._screen.say("warning", "yellow", text=warning.text)
        if assessment.contradictions:
            self._screen.show(self._cards.contradictions(assessment.contradictions))
            self._screen.say("contradiction-again", "yellow")

    # -- the end

    def _conclude(self, stopped: bool) -> bool:
        """The missing fields, then every card; False if the person would rather go back."""
        self._screen.show("")
        if stopped:
            self._screen.say("ended-stopped", "bold yellow")
            assessment = self._assess(replace(self._options, max_questions=0))
        else:
            self._screen.show(self._cards.ending(self._assess()))
            if self._fields() is Key.BACK:
                return False
            assessment = self._assess()
        parts = [
            self._cards.alerts(assessment.alerts) if assessment.alerts else None,
            self._cards.contradictions(assessment.contradictions) if assessment.contradictions else None,
            self._cards.decision(assessment, provisional=stopped),
            self._cards.sayings(assessment),
            self._cards.work_order(assessment.work_order),
            self._cards.reasons(assessment.explanation),
        ]
        self._screen.show(*(part for part in parts if part is not None))
        patience = self._knowledge.identity.patience
        unasked = [fact for fact in assessment.unasked if patience is None or fact != patience.fact]
        if unasked:
            self._screen.show("")
            self._screen.say("unasked", "dim", facts=self._names.facts(unasked))
        return True

    def _fields(self) -> Key:
        """Ask for what the work order still needs; everything may be skipped."""
        seen: set[str] = set()
        while True:
            order = self._assess().work_order
            wanted = [part for part in order.missing if part.field not in seen] if order else []
            if not wanted:
                return Key.KEEP
            if not seen:
                self._screen.say("fields-title", "bold")
            for part in wanted:
                seen.add(part.field)
                said = self._field(part.field, part.ask)
                if said is not Key.KEEP:
                    return said

    def _field(self, name: str, question: str) -> Key:
        """Ask for one field. The keys of the interview hold here too; whatever else is typed is the text."""
        self._screen.show(styled(question))
        while True:
            typed = self._keyboard.line()
            key = Key.STOP if typed is None else key_of(typed)
            if typed is None or key in (Key.STOP, Key.BACK, Key.KEEP):
                return key or Key.STOP
            try:
                call = read_call(self._knowledge, {"fields": {name: typed.strip()}})
            except InputError:
                self._screen.say("field-too-long", "yellow")
                continue
            if key is Key.WHY or not call.fields[name]:
                self._screen.say("field-free", "dim")
                continue
            self._dialogue.fields.update(call.fields)
            return Key.KEEP

    def _wants_back(self) -> bool:
        """Whether somebody at a terminal wants to change an answer after all."""
        if not self._dialogue.turns:
            return False
        self._screen.show("")
        self._screen.say("end-keys", "dim")
        while True:
            typed = self._keyboard.line()
            key = Key.STOP if typed is None else key_of(typed)
            if key in (Key.STOP, Key.KEEP):
                return False
            if key is Key.BACK:
                return True
            self._screen.say("end-unclear", "yellow")


class _News:
    """What was already shown, by kind: something is fresh if it was not there the last time."""

    def __init__(self) -> None:
        self._shown: dict[str, set[str]] = {}

    def update(self, kind: str, now: Iterable[str]) -> tuple[set[str], set[str]]:
        """What has come and what has gone since the last time."""
        before, after = self._shown.get(kind, set()), set(now)
        self._shown[kind] = after
        return after - before, before - after
