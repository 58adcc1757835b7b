"""`triage report`: what a log tells about the work of a base."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from triage.cli.database import usage
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.names import Names
from triage.cli.options import LANG, OUTPUT, screen_of
from triage.cli.replay import LOG, TEST_TRAFFIC, followed, opened
from triage.cli.saving import save
from triage.cli.screen import Screen, clean
from triage.loading.belonging import base_around
from triage.loading.knowledge import declared_id
from triage.model import Condition, In, KnowledgeBase
from triage.plain import in_words

if TYPE_CHECKING:
    from triage.review import Confusion, Review

__all__ = ["report_log"]


class Format(StrEnum):
    """How the result is shown."""

    terminal = "terminal"
    json = "json"


BASE = typer.Option("--knowledge", "-k", metavar="BASE", help="help-report-base", show_default=False)
OUTCOMES = typer.Option("--outcomes", help="help-outcomes", show_default=False)
WEIGHTS = typer.Option("--weights", metavar="FILE.yaml", help="help-weights", show_default=False)
LEAST = typer.Option("--least", metavar="N", min=1, help="help-least")
SMOOTHING = typer.Option("--smoothing", metavar="COUNT", min=0.001, max=1000, help="help-smoothing")
MOST = typer.Option("--show", metavar="N", min=1, help="help-replay-show")
ANSWERS = 4
"""Answers of a fact that are shown, the most frequent."""
VALUES = 3
"""Values of a condition that are named."""


def report_log(
    ctx: typer.Context,
    log: Annotated[Path, LOG],
    knowledge: Annotated[str | None, BASE] = None,
    outcomes: Annotated[bool, OUTCOMES] = False,
    weights: Annotated[Path | None, WEIGHTS] = None,
    least: Annotated[int, LEAST] = 50,
    smoothing: Annotated[float, SMOOTHING] = 1.0,
    test_traffic: Annotated[bool, TEST_TRAFFIC] = False,
    form: Annotated[Format, typer.Option("--format", help="help-format")] = Format.terminal,
    output: Annotated[Path | None, OUTPUT] = None,
    show: Annotated[int, MOST] = 12,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Read a whole log."""
    from triage.learning import Smoothing, as_population  # noqa: PLC0415 - NumPy takes a moment; few commands need it
    from triage.logs import Log  # noqa: PLC0415
    from triage.review import review  # noqa: PLC0415

    screen = screen_of(ctx, lang)
    decisions = Log(log)
    base = opened(knowledge).knowledge
    if weights is not None:
        _must_suit(weights, base)
    with followed(screen, "report-running", decisions, times=2) as progress:
        found = review(decisions, base, test_traffic=test_traffic, progress=progress)
    if form is Format.json:
        save(_json(found), output)
    else:
        _Shown(screen, base, show).everything(found, log.name, outcomes=outcomes)
    if weights is not None:
        text = as_population(base, found.answers, _source(found, log), Smoothing(least, smoothing))
        if text is None:
            screen.complain(screen.word("report-nothing-learnt", least=least), "yellow")
        else:
            save(text, weights)
            screen.complain(screen.word("report-weights", file=weights.as_posix()), "green")
    return Exit.FINE


def _must_suit(weights: Path, base: KnowledgeBase) -> None:
    """Weights are of no use to another base, which would not load with them.

    Raises:
        UsageError: The file would belong to one.
    """
    folder = base_around(weights)
    other = declared_id(folder) if folder else None
    if folder and other not in (None, base.identity.id):
        named = {"folder": folder.as_posix(), "other": str(other), "name": base.identity.id}
        raise usage("report-other-base", file=weights.as_posix(), **named)


def _source(found: Review, log: Path) -> str:
    since, until = (f"{at:%Y-%m-%d}" if at else "" for at in (found.since, found.until))
    return f"{log.name}, {since} – {until}, {found.calls} calls, base {found.knowledge.digest[:12]}"


def _json(found: Review) -> str:
    import orjson  # noqa: PLC0415

    plain: dict[str, Any] = {name: getattr(found, name) for name in found.__dataclass_fields__}
    plain["confusion"] = [
        {
            **{name: getattr(one, name) for name in ("fact", "judged", "right", "right_group")},
            "counts": [{"decided": d, "found": f, "count": count} for (d, f), count in one.counts.items()],
        }
        for one in found.confusion
    ]
    plain["answers"] = {
        name: {
            "given": answers.given,
            "asked": answers.asked,
            "uncounted": answers.uncounted,
            "tables": [{"given": key, "counts": table} for key, table in answers.tables.items()],
        }
        for name, answers in found.answers.items()
    }
    return orjson.dumps(plain, option=orjson.OPT_INDENT_2).decode() + "\n"


class _Shown:
    """A review on the screen."""

    def __init__(self, screen: Screen, knowledge: KnowledgeBase, most: int) -> None:
        self._screen = screen
        self._knowledge = knowledge
        self._names = Names(knowledge, screen.language)
        self._most = most

    def everything(self, found: Review, log: str, *, outcomes: bool) -> None:
        screen = self._screen
        screen.say("report-title", "bold", log=log, name=f"{found.knowledge.name} {found.knowledge.version}")
        screen.say("report-counted", calls=f"{found.calls:,}", read=f"{found.read:,}", left_out=self._left_out(found))
        if found.others:
            screen.say("report-one-base", "dim" if found.calls else "yellow")
        if found.broken_count:
            reasons = "; ".join(f"{one.number}: {one.text.get(screen.language)}" for one in found.broken[: self._most])
            screen.say("report-broken", "yellow", count=f"{found.broken_count:,}", why=reasons)
        if found.lengths is not None:
            lengths = found.lengths
            numbers = {"median": str(lengths.median), "p90": str(lengths.p90), "longest": str(lengths.longest)}
            screen.say("report-lengths", mean=f"{lengths.mean:.2f}", calls=f"{lengths.calls:,}", **numbers)
        if found.outcomes:
            self._outcomes(found, whole=outcomes)
        elif found.calls:
            screen.say("report-no-outcomes", "dim")
        self._answers(found)

    def _left_out(self, found: Review) -> str:
        counts = {
            "report-unfinished": found.unfinished,
            "report-test-traffic": found.test_traffic,
            "report-contradictory": found.contradictory,
            "report-superseded": found.superseded,
        }
        parts = [self._screen.word(key, count=f"{count:,}") for key, count in counts.items() if count]
        if found.others:
            parts.append(self._others(found.others))
        return self._screen.join(parts) or self._screen.word("report-none")

    def _others(self, counts: Mapping[str, int]) -> str:
        named = list(counts.items())[: self._most]
        bases = self._screen.join(self._screen.word("report-of-base", name=name, count=f"{count:,}") for name, count in named)
        return self._screen.word("report-others", count=f"{sum(counts.values()):,}", bases=bases)

    def _outcomes(self, found: Review, *, whole: bool) -> None:
        screen = self._screen
        screen.say("report-outcomes", "bold", count=f"{found.outcomes:,}")
        for spared in found.spared:
            outcome = in_words(self._knowledge, _short(spared.outcome), screen.language)
            if not spared.judged:
                screen.say("report-spared-unjudged", "dim", outcome=outcome)
                continue
            wrong = {"wrongly": spared.wrongly_spared, "needless": spared.needless}
            shares = {name: f"{count:,} ({count / spared.judged:.1%})" for name, count in wrong.items()}
            key = "report-sent" if spared.nobody_sent else "report-spared"
            screen.say(key, outcome=outcome, judged=f"{spared.judged:,}", **shares)
        for confusion in found.confusion:
            self._confusion(confusion, whole=whole)

    def _confusion(self, confusion: Confusion, *, whole: bool) -> None:
        right = f"{confusion.right / confusion.judged:.1%}"
        parts = {"fact": self._names.fact(confusion.fact), "judged": f"{confusion.judged:,}", "right": right}
        self._screen.say("report-confusion", "yellow", **parts, group=f"{confusion.right_group:,}")
        if whole:
            self._screen.show(self._matrix(confusion))
            return
        wrong = [(pair, count) for pair, count in confusion.counts.items() if pair[0] != pair[1]]
        for (decided, what), count in wrong[: self._most]:
            labels = {"decided": self._value(confusion.fact, decided), "found": self._value(confusion.fact, what)}
            self._screen.say("report-confused", count=f"{count:,}", **labels)

    def _matrix(self, confusion: Confusion) -> Table:
        """Decided down, found across, in the base's order of values; columns by number, as labels are long."""
        order = list(self._knowledge.inferred[confusion.fact].values)
        met = self._in_order({value for pair in confusion.counts for value in pair}, order)
        table = Table(title=self._screen.word("report-matrix"), title_justify="left")
        table.add_column("")
        for number in range(1, len(met) + 1):
            table.add_column(str(number), justify="right")
        for number, value in enumerate(met, start=1):
            counts = [confusion.counts.get((value, other), 0) for other in met]
            label = clean(f"{number} {self._value(confusion.fact, value)}")
            table.add_row(label, *(f"{count:,}" if count else "·" for count in counts))
        return table

    @staticmethod
    def _in_order(values: set[str], order: list[str]) -> list[str]:
        return [*(value for value in order if value in values), *sorted(values - set(order))]

    def _value(self, fact: str, value: str) -> str:
        """A label; a value the base does not know by its id."""
        return self._names.value(fact, value) if value in self._knowledge.inferred[fact].values else value

    def _answers(self, found: Review) -> None:
        rows = sorted(self._compared(found), key=lambda row: (-row.apart, row.fact))
        if not rows:
            return
        table = Table(title=self._screen.word("report-answers"), title_justify="left")
        for key in ("report-fact", "report-asked", "report-shares"):
            table.add_column(self._screen.word(key), justify="right" if key == "report-asked" else "left")
        for row in rows[: self._most]:
            table.add_row(clean(self._names.fact(row.fact)), f"{row.asked:,}", clean("; ".join(self._shares(row))))
        self._screen.show(table)
        if len(rows) > self._most:
            self._screen.say("report-more", "dim", count=len(rows) - self._most)

    def _compared(self, found: Review) -> Iterator[_Row]:
        from triage.learning import expected  # noqa: PLC0415

        for name, answers in found.answers.items():
            counts = {value: sum(t[value] for t in answers.tables.values()) for value in self._knowledge.facts[name].domain}
            total = sum(counts.values())
            if total:
                shares = {value: count / total for value, count in counts.items()}
                yield _Row(name, total, shares, expected(self._knowledge, name, answers))

    def _shares(self, row: _Row) -> Iterator[str]:
        for value, share in sorted(row.shares.items(), key=lambda item: -item[1])[:ANSWERS]:
            yield f"{self._names.value(row.fact, value)} {share:.0%} ({row.expected[value]:.0%})"


def _short(condition: Condition) -> Condition:
    """A condition with only the first few of many values, to be told in a line."""
    if isinstance(condition, In):
        return In(condition.fact, condition.values[:VALUES])
    return replace(condition, parts=tuple(map(_short, condition.parts)))


@dataclass(frozen=True, slots=True)
class _Row:
    """How a fact was answered, beside what the base expects."""

    fact: str
    asked: int
    shares: Mapping[str, float]
    expected: Mapping[str, float]

    @property
    def apart(self) -> float:
        """Share of answers that would have to be others."""
        return round(sum(abs(share - self.expected[value]) for value, share in self.shares.items()) / 2, 9)
