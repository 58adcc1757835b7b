"""The parts of an assessment as they look on a screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table

from triage.assessment import Assessment, Contradiction, Explanation, Reason, Said, Stated, WorkOrder
from triage.cli.names import SLASH, Names
from triage.cli.screen import Screen, styled, title

__all__ = ["Cards"]

_HEARERS = ("caller", "agent", "crew")


class Cards:
    """Draws the parts of assessments of one base."""

    def __init__(self, screen: Screen, names: Names) -> None:
        self._screen = screen
        self._word = screen.word
        self._names = names

    def ending(self, assessment: Assessment) -> RenderableType:
        """One line: how the call stands."""
        key = f"ended-{assessment.stop_reason or 'open'}"
        return styled(self._word(key), "bold green" if assessment.status == "decided" else "bold yellow")

    def alerts(self, alerts: Sequence[Said]) -> RenderableType:
        """Alerts, in red."""
        bullet = "· " if len(alerts) > 1 else ""
        lines = [styled(f"{bullet}{alert.text}", "bold red") for alert in alerts]
        return self._panel("alert-title", Group(*lines), "red")

    def decision(self, assessment: Assessment, *, provisional: bool) -> RenderableType:
        """The decision card."""
        card = assessment.provisional if provisional or assessment.decision is None else assessment.decision
        table = _grid()
        for name, stated in card.items():
            table.add_row(styled(stated.label, "dim"), self._stated(name, stated))
        key, colour = ("provisional-title", "yellow") if provisional else ("decision-title", "green")
        return self._panel(key, table, colour)

    def _stated(self, name: str, stated: Stated) -> RenderableType:
        text = stated.text if stated.number is None else f"{stated.text} · {stated.number:g}"
        if not stated.members:
            return styled(text, "bold")
        return styled(self._word("members", text=text, members=self._names.values(name, stated.members)), "bold")

    def sayings(self, assessment: Assessment) -> RenderableType | None:
        """Advice and script, by who hears them; None if there is nothing to say."""
        said = (*assessment.script, *assessment.advice)
        parts: list[RenderableType] = []
        for hearer in _HEARERS:
            mine = [saying for saying in said if saying.to == hearer]
            if mine:
                parts.append(styled(self._word(f"to-{hearer}"), "dim"))
                parts.extend(self._said(saying) for saying in mine)
        return self._panel("say-title", Group(*parts), "cyan") if parts else None

    def _said(self, saying: Said) -> RenderableType:
        marks = [self._word(f"moment-{saying.moment}")] if saying.moment else []
        marks += [self._word("verbatim")] if saying.must_say else []
        text = styled("· ")
        if marks:
            text.append(styled(f"[{' · '.join(marks)}] ", "magenta" if saying.must_say else "dim"))
        text.append(styled(saying.text, "bold" if saying.must_say else ""))
        return text

    def work_order(self, order: WorkOrder | None) -> RenderableType | None:
        """The work order and what it still needs; None if there is none."""
        if order is None or not (order.text or order.missing):
            return None
        parts: list[RenderableType] = [styled(order.text)] if order.text else []
        if order.missing:
            fields = self._screen.join(part.text for part in order.missing)
            parts.append(styled(self._word("order-missing", fields=fields), "yellow"))
        return self._panel("order-title", Group(*parts), "blue")

    def reasons(self, explanation: Explanation | None, *, full: bool = False) -> RenderableType | None:
        """The rules that spoke, in order; with `full` also what they rested on and what outvoted them."""
        if explanation is None:
            return None
        if not explanation.reasons:
            return Group(self.heading("reasons-title"), styled(self._word("reasons-none")))
        table = _grid()
        for number, reason in enumerate(explanation.reasons, 1):
            table.add_row(styled(f"{number}", "dim"), Group(*self._reason(reason, full)))
        return Group(self.heading("reasons-title"), table)

    def _reason(self, reason: Reason, full: bool) -> Iterator[RenderableType]:
        yield styled(reason.because, "" if reason.concluded else "dim")
        if full and reason.on:
            yield styled(self._word("because-of", answers=self._names.stated(reason.on)), "dim")
        if reason.concluded:
            yield styled(self._word("concludes", conclusions=self._names.stated(reason.concluded)), "cyan")
        if reason.preempted:
            yield styled(self._word("outvoted", conclusions=self._names.stated(reason.preempted)), "dim")
        marks = [reason.rule, self._word("source", source=self._screen.join(reason.source))]
        marks += [self._word("safe-side")] if reason.safe_side else []
        yield styled(" · ".join(marks), "dim")

    def contradictions(self, found: Sequence[Contradiction]) -> RenderableType:
        """Answers that do not fit, and what to say."""
        parts: list[RenderableType] = []
        for contradiction in found:
            parts.append(styled(contradiction.text, "bold"))
            answers = self._names.answers(contradiction.answers)
            parts.append(styled(self._word("contradiction-between", answers=answers)))
        return self._panel("contradiction-title", Group(*parts), "yellow")

    def ruled_out(self, explanation: Explanation) -> RenderableType | None:
        """What is ruled out and by which answers; values ruled out by the same answers together."""
        groups: dict[tuple[str, str], list[str]] = {}
        for item in explanation.ruled_out:
            groups.setdefault((item.target, self._names.answers(item.by)), []).append(item.value)
        if not groups:
            return None
        table = _grid()
        for (target, answers), values in groups.items():
            what = self._word("ruled-out", target=self._names.fact(target), values=self._names.values(target, values))
            why = self._word("by-answers", answers=answers) if answers else self._word("by-rules")
            table.add_row("·", Group(styled(what), styled(why, "dim")))
        return Group(self.heading("ruled-out-title"), table)

    def would_change(self, explanation: Explanation) -> RenderableType:
        """Single other answers that would change the outcome; those with the same effect together."""
        groups: dict[tuple[str, tuple[str, ...], bool], list[str]] = {}
        for change in explanation.would_change:
            effects = tuple(
                self._word(
                    "effect",
                    target=self._names.fact(effect.target),
                    before=self._names.value(effect.target, effect.before),
                    after=self._names.value(effect.target, effect.after),
                )
                for effect in change.effects
            )
            groups.setdefault((change.fact, effects, change.settled), []).append(change.text)
        table = _grid()
        for (fact, effects, settled), values in groups.items():
            when = self._word("at-once" if settled else "more-to-ask")
            head = self._word("would-change", fact=self._names.fact(fact), values=SLASH.join(values), when=when)
            table.add_row("·", Group(styled(head), *(styled(effect, "cyan") for effect in effects)))
        shown = table if groups else styled(self._word("would-change-none"))
        return Group(self.heading("would-change-title"), shown)

    def heading(self, key: str, **parts: str) -> RenderableType:
        """A heading without a frame."""
        return Padding(styled(self._word(key, **parts), "bold underline"), (1, 0, 0, 0), expand=False)

    def _panel(self, key: str, inside: RenderableType, colour: str) -> RenderableType:
        heading = title(self._word(key), f"bold {colour}")
        return Panel(inside, title=heading, title_align="left", border_style=colour, box=box.ROUNDED, padding=(0, 1))


def _grid() -> Table:
    """Two columns, the second of which wraps."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table
