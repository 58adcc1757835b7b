"""`triage explain`: the reasons of an assessment, for people."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from triage.assessment import Assessment, WhyNot
from triage.call import Call, Options, read_call, read_options
from triage.cli.bases import UsageError, check_systems, open_base
from triage.cli.cards import Cards
from triage.cli.exits import Exit
from triage.cli.facts_file import read_facts
from triage.cli.language import Lang
from triage.cli.names import Names
from triage.cli.options import BASE_OPTION, FACTS, LANG, REGION, SYSTEM, screen_of
from triage.cli.screen import Screen, styled
from triage.cli.words import WORDS
from triage.expert import ExpertSystem
from triage.model import CALLER, Text

__all__ = ["explain"]


def explain(
    ctx: typer.Context,
    facts: Annotated[str, FACTS],
    why_not: Annotated[
        str | None, typer.Option("--why-not", metavar="TARGET=VALUE", help="help-why-not", show_default=False)
    ] = None,
    base: Annotated[str | None, BASE_OPTION] = None,
    system: Annotated[list[str] | None, SYSTEM] = None,
    region: Annotated[str | None, REGION] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Explain one call."""
    screen = screen_of(ctx, lang)
    data = read_facts(facts)
    expert = open_base(base)
    options = read_options(expert.knowledge, data.get("options", {}))
    language = screen.language if screen.chosen or "language" not in data.get("options", {}) else options.language
    screen = screen if screen.language == language else Screen(language)
    options = replace(
        options,
        language=language,
        explain="full",
        region=region or options.region,
        systems=check_systems(expert, system) if system else options.systems,
    )
    call = read_call(expert.knowledge, data, options.region)
    page = _Page(screen, expert, call, options)
    page.why_not(why_not) if why_not is not None else page.why()
    return Exit.FINE


class _Page:
    """What is printed about one call."""

    def __init__(self, screen: Screen, expert: ExpertSystem, call: Call, options: Options) -> None:
        self._screen = screen
        self._expert = expert
        self._call = call
        self._options = options
        self._names = Names(expert.knowledge, options.language)
        self._cards = Cards(screen, self._names)

    def why(self) -> None:
        """Everything: what is known, the decision, the chain of rules, what is ruled out, what would change it."""
        asked = self._expert.assess(self._call, self._options)
        assessment = asked
        if asked.status == "needs_input":
            assessment = self._expert.assess(self._call, replace(self._options, max_questions=0))
        provisional = asked.decision is None
        self._screen.show(*(part for part in self._told(asked) if part is not None))
        if asked.contradictions:
            self._screen.show(self._cards.contradictions(asked.contradictions))
        self._screen.show("", self._cards.ending(asked))
        if asked.question is not None:
            self._screen.say("next-question", text=asked.question.text)
        self._screen.show(self._cards.decision(assessment, provisional=provisional))
        if assessment.explanation is not None:
            self._reasons(assessment)

    def _reasons(self, assessment: Assessment) -> None:
        explanation = assessment.explanation
        if explanation is None:
            return
        parts = [
            self._cards.reasons(explanation, full=True),
            self._cards.ruled_out(explanation),
            self._cards.would_change(explanation),
        ]
        self._screen.show(*(part for part in parts if part is not None))

    def _told(self, assessment: Assessment) -> list[RenderableType | None]:
        told = Table.grid(padding=(0, 2, 0, 0))
        told.add_column(overflow="fold")
        told.add_column(overflow="fold")
        by_source: dict[str, dict[str, str]] = {}
        for name, reading in self._call.readings.items():
            by_source.setdefault(reading.source, {})[name] = reading.value
        for source, values in by_source.items():
            for fact, answer in self._names.pairs(values):
                shown = answer
                if source != CALLER:
                    shown = self._screen.word("from-source", answer=answer, source=self._names.system(source))
                told.add_row(styled(fact, "dim"), styled(shown))
        parts: list[RenderableType | None] = [
            self._cards.heading("told-title"),
            told if self._call.readings else styled(self._screen.word("told-nothing")),
        ]
        notes = [("warning", {"text": warning.text}) for warning in assessment.warnings]
        notes += [("inapplicable", {"answers": self._names.answers(assessment.inapplicable)})] if assessment.inapplicable else []
        parts += [styled(self._screen.word(key, **words), "yellow") for key, words in notes]
        if assessment.unasked:
            parts.append(styled(self._screen.word("unasked", facts=self._names.facts(assessment.unasked)), "dim"))
        return parts

    def why_not(self, wanted: str) -> None:
        """The smallest change of answers after which a target has a value."""
        target, value = self._target_and_value(wanted)
        found = self._expert.why_not(self._call, target, value, self._options)
        names = {"target": self._names.fact(target), "value": self._names.value(target, value)}
        self._screen.show(self._cards.heading("why-not-title", **names))
        self._screen.show(self._changes(found))

    def _changes(self, found: WhyNot) -> RenderableType:
        if not found.possible:
            return styled(self._screen.word("why-not-never"))
        if found.already:
            return styled(self._screen.word("why-not-already"))
        lines = [styled(self._screen.word("why-not-changes"))]
        for answer in found.changes:
            reading = self._call.readings.get(answer.fact)
            key = "why-not-added" if reading is None else "why-not-changed"
            before = "" if reading is None else self._names.value(answer.fact, reading.value)
            text = self._screen.word(key, fact=answer.fact_text, after=answer.text, before=before)
            lines.append(styled(f"· {text}", "cyan"))
        return Group(*lines)

    def _target_and_value(self, wanted: str) -> tuple[str, str]:
        knowledge = self._expert.knowledge
        target, equals, value = (part.strip() for part in wanted.partition("="))
        targets = ", ".join(knowledge.targets)
        if not equals:
            raise _wrong("why-not-form", targets=targets)
        if target not in knowledge.targets:
            raise _wrong("why-not-target", target=target, targets=targets)
        values = knowledge.inferred[target].values
        if value not in values:
            raise _wrong("why-not-value", target=target, value=value, values=", ".join(values))
        return target, value


def _wrong(key: str, **parts: str) -> UsageError:
    text = WORDS[key]
    return UsageError(Text(text.zh.format(**parts), text.en.format(**parts)))
