"""A comparison of two versions for people and programs: lines for a terminal, Markdown for a pull request, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from triage.assessment import as_json as plain
from triage.comparison import Comparison, Edit, Group, Region
from triage.examples import as_given, on_one_line
from triage.interviews import InterviewReport
from triage.model import All, AnyOf, Clause, Condition, In, KnowledgeBase, Language, Text

__all__ = ["WORDS", "as_json", "as_markdown", "as_terminal"]

Lengths = tuple[InterviewReport, InterviewReport] | None

WORDS: Mapping[str, Text] = {
    "same": Text("没有任何不同", "nothing differs"),
    "only-texts": Text(
        "只改了文字：每种来电的结论、话术和要问的都不变", "only texts differ: every call is decided, asked and answered alike"
    ),
    "alike": Text("每种来电的结论、话术和要问的都不变", "every call is decided, asked and answered alike"),
    "changed": Text(
        "在 {total} 种来电中，{calls} 种的结论变了（按常见程度占 {share}）",
        "of {total} calls, the outcome changes on {calls} ({share} by how often they come)",
    ),
    "unchanged": Text("{total} 种来电，结论都不变", "on all {total} calls the outcome stays the same"),
    "change": Text(
        "{fact}（{label}）：{before} → {after}，{calls} 种来电，{share}",
        "{fact} ({label}): {before} → {after}, {calls} calls, {share}",
    ),
    "and": Text("；", "; "),
    "example": Text("例如 {call}", "on {call}"),
    "rules": Text("由 {old} 变为 {new}", "from {old} to {new}"),
    "default": Text("没有规则（默认值）", "no rule (the default)"),
    "disagree": Text(
        "注意：experta 对这通来电得出的不一样，请报告", "beware: experta concludes something else of this call; please report it"
    ),
    "more": Text("还有 {count} 种变化", "{count} more changes"),
    "said": Text("{calls} 种来电（{share}）现在多说 {ids}", "now said on {calls} calls ({share}): {ids}"),
    "silenced": Text("{calls} 种来电（{share}）不再说 {ids}", "no longer said on {calls} calls ({share}): {ids}"),
    "clashing": Text("{calls} 种来电（{share}）现在算自相矛盾", "{calls} calls ({share}) now contradict themselves"),
    "cleared": Text("{calls} 种来电（{share}）不再算自相矛盾", "{calls} calls ({share}) no longer contradict themselves"),
    "appeared": Text("现在可能要问：{questions}", "may now be asked: {questions}"),
    "vanished": Text("不会再问：{questions}", "will not be asked any more: {questions}"),
    "only-old": Text(
        "`{fact}` 去掉了 {values}：给出它的来电没有比", "`{fact}` has lost {values}: calls that give it are not compared"
    ),
    "only-new": Text(
        "`{fact}` 多了 {values}：给出它的来电没有比", "`{fact}` has gained {values}: calls that give it are not compared"
    ),
    "interviews": Text(
        "提问：平均 {before} → {after} 题，最多 {longest} → {longest_after} 题",
        "questions: {before} → {after} on average, at most {longest} → {longest_after}",
    ),
    "longer": Text(
        "`{value}` 的来电要多问：平均 {before} → {after} 题",
        "calls that end in `{value}` get longer: {before} → {after} on average",
    ),
    "edits": Text("写法上的改动", "what was written"),
    "outcome": Text("结论", "Outcome"),
    "title": Text("知识库改动：`{old}` → `{new}`", "Knowledge base: `{old}` → `{new}`"),
    "added": Text("新增", "added"),
    "removed": Text("删除", "removed"),
    "what-changed": Text("改动", "changed"),
    "reworded": Text("只改文字", "reworded"),
    "reweighed": Text("只改权重或顺序", "reweighed"),
    "columns": Text("什么 | 从 | 到 | 来电 | 占比", "what | from | to | calls | share"),
}


def as_terminal(
    found: Comparison, knowledge: KnowledgeBase, language: Language, most: int, lengths: Lengths
) -> Iterator[tuple[str, str]]:
    """Lines and their styles.

    Args:
        knowledge: The new base, for labels.
        most: Causes to show: changes with the same rules and the same example are told together.
    """
    write = _Writer(knowledge, language)
    yield write.summary(found), "bold green" if found.decides_alike else "bold"
    causes = _causes(found)
    for cause in causes[:most]:
        yield write.rules(cause[0][1]), "yellow"
        yield f"  {write.example(cause[0][1].where)}", "dim"
        for fact, group in cause:
            yield f"    {write.change(fact, group)}", ""
        if not all(group.agreed for _, group in cause):
            yield f"    {write('disagree')}", "bold red"
    if len(causes) > most:
        yield write("more", count=sum(map(len, causes[most:]))), "dim"
    for line in (*write.others(found), *write.interviews(lengths)):
        yield line, ""
    if found.edits:
        yield write("edits"), "bold"
        for edit in found.edits:
            for number, line in enumerate(write.edit(edit)):
                yield f"  {line}" if number == 0 else f"      {line}", "" if number == 0 else "dim"


def as_markdown(
    found: Comparison,
    knowledge: KnowledgeBase,
    language: Language,
    names: tuple[str, str],
    most: int,
    lengths: Lengths,
) -> str:
    """A comment for a pull request."""
    write = _Writer(knowledge, language)
    lines = [f"### {write('title', old=_cell(names[0]), new=_cell(names[1]))}", "", f"**{write.summary(found)}**", ""]
    causes = _causes(found)
    for cause in causes[:most]:
        lines += [f"#### {write.rules(cause[0][1])}", "", f"{write.example(cause[0][1].where, code=True)}", ""]
        lines += [f"| {write('columns')} |", "|---|---|---|--:|--:|"]
        lines += [f"| {' | '.join(map(_cell, write.row(fact, group)))} |" for fact, group in cause]
        lines += [f"\n**{write('disagree')}**"] if not all(group.agreed for _, group in cause) else []
        lines.append("")
    lines += [write("more", count=sum(map(len, causes[most:]))), ""] if len(causes) > most else []
    others = [*write.others(found), *write.interviews(lengths)]
    lines += [f"- {line}" for line in others] + ([""] if others else [])
    if found.edits:
        lines += ["<details>", f"<summary>{write('edits')} ({len(found.edits)})</summary>", ""]
        for edit in found.edits:
            head, *parts = write.edit(edit)
            lines += [f"- {head}", *(f"  - {escape(part, quote=False)}" for part in parts)]
        lines += ["", "</details>"]
    return "\n".join(lines).rstrip() + "\n"


Cause = list[tuple[str, Group]]


def _causes(found: Comparison) -> list[Cause]:
    """Changes by the rules and the call that show them, those on most calls first."""
    causes: dict[tuple[object, ...], Cause] = {}
    for change in found.facts:
        for group in change.groups:
            key = (group.old_rules, group.new_rules, *sorted(group.where.example.items()))
            causes.setdefault(key, []).append((change.fact, group))
    return sorted(causes.values(), key=lambda cause: -max(group.where.calls for _, group in cause))


def as_json(found: Comparison, lengths: Lengths) -> str:
    """Everything, for programs; counts are exact integers."""
    parts = plain(replace(found, edits=()))
    document: dict[str, Any] = {"decides_alike": found.decides_alike, "only_texts": found.only_texts, **parts}
    document["edits"] = [
        {
            "section": edit.section,
            "id": edit.id,
            "what": edit.what,
            "parts": [{"part": name, "before": _both(old), "after": _both(new)} for name, old, new in _parts(edit)],
        }
        for edit in found.edits
    ]
    if lengths is not None:
        document["interviews"] = {"before": plain(lengths[0]), "after": plain(lengths[1])}
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


class _Writer:
    """Sentences about one comparison, in one language."""

    def __init__(self, knowledge: KnowledgeBase, language: Language) -> None:
        self._knowledge = knowledge
        self._language: Language = language

    def __call__(self, key: str, **parts: object) -> str:
        return WORDS[key].get(self._language).format(**parts)

    def summary(self, found: Comparison) -> str:
        if not found.edits and found.decides_alike:
            return self("same")
        if found.only_texts:
            return self("only-texts")
        if found.decides_alike:
            return self("alike")
        if found.changed is None:
            return self("unchanged", total=_count(found.total))
        return self("changed", total=_count(found.total), **_figures(found.changed))

    def change(self, fact: str, group: Group) -> str:
        label = self._knowledge.inferred[fact].text.get(self._language)
        parts = {"fact": fact, "label": label, "before": group.before, "after": group.after}
        return self("change", **parts, **_figures(group.where))

    def example(self, region: Region, *, code: bool = False) -> str:
        call = on_one_line(as_given(self._knowledge, region.example))
        return self("example", call=f"`{call}`" if code else call)

    def rules(self, group: Group) -> str:
        return self("rules", old=self._named(group.old_rules), new=self._named(group.new_rules))

    def _named(self, rules: Iterable[str]) -> str:
        return ", ".join(f"`{rule}`" for rule in rules) or self("default")

    def row(self, fact: str, group: Group) -> Sequence[str]:
        label = self._knowledge.inferred[fact].text.get(self._language)
        where = group.where
        return (f"`{fact}` {label}", f"`{group.before}`", f"`{group.after}`", _count(where.calls), _share(where.share))

    def others(self, found: Comparison) -> Iterator[str]:
        """Everything but the facts, a line each."""
        for key, regions in (("said", found.said), ("silenced", found.silenced)):
            alike: dict[tuple[str, ...], list[str]] = {}
            for name, region in regions.items():
                alike.setdefault((*_figures(region).values(), self.example(region)), []).append(f"`{name}`")
            for (calls, share, example), names in alike.items():
                yield f"{self(key, ids=', '.join(names), calls=calls, share=share)}{self('and')}{example}"
        for key, clash in (("clashing", found.clashing), ("cleared", found.cleared)):
            if clash is not None:
                yield f"{self(key, **_figures(clash))}{self('and')}{self.example(clash)}"
        for key, questions in (("appeared", found.appeared), ("vanished", found.vanished)):
            if questions:
                yield self(key, questions=", ".join(f"`{name}`" for name in questions))
        for key, values in (("only-old", found.only_old), ("only-new", found.only_new)):
            for fact, named in values.items():
                yield self(key, fact=fact, values=", ".join(f"`{value}`" for value in named))

    def interviews(self, lengths: Lengths) -> Iterator[str]:
        """How long interviews get; those that end in a value and get longer by a tenth of a question or more."""
        if lengths is None:
            return
        old, new = lengths[0].best, lengths[1].best
        yield self(
            "interviews",
            before=f"{old.expected:.2f}",
            after=f"{new.expected:.2f}",
            longest=old.longest,
            longest_after=new.longest,
        )
        for value, (spread, _) in lengths[1].by_value.items():
            before = lengths[0].by_value.get(value)
            if before is not None and spread.expected - before[0].expected >= 0.1:
                yield self("longer", value=value, before=f"{before[0].expected:.2f}", after=f"{spread.expected:.2f}")

    def edit(self, edit: Edit) -> Iterator[str]:
        """What was done to an entry, then a line for each part of it that was."""
        what = self("what-changed" if edit.what == "changed" else edit.what)
        yield f"{edit.section}: `{edit.id}` {what}"
        for part, old, new in _parts(edit):
            before, after = _shown(old, self._language), _shown(new, self._language)
            if before != after:
                yield f"{part}: {before} → {after}"


def _parts(edit: Edit) -> Iterator[tuple[str, Any, Any]]:
    """The parts of an entry that differ, in the words of the files."""
    for part, old, new in edit.parts():
        if part != "clauses":
            yield part, old, new
            continue
        for name, of in (("then", _conclusions), ("priority", _priorities)):
            if of(old) != of(new):
                yield name, of(old), of(new)


def _conclusions(clauses: Iterable[Clause]) -> str:
    return ", ".join(f"{clause.fact}: {clause.value}" for clause in clauses)


def _priorities(clauses: Iterable[Clause]) -> str:
    return ", ".join(str(priority) for priority in dict.fromkeys(clause.priority for clause in clauses))


def _both(value: Any) -> Any:
    """A part for programs: texts in both languages, the rest as people read it."""
    return {"zh": value.zh, "en": value.en} if isinstance(value, Text) else _shown(value, "en")


def _shown(value: Any, language: Language) -> str:
    """A part of an entry on one line; what has no short form only as `…`."""
    if isinstance(value, Text):
        return value.get(language)
    if isinstance(value, In | All | AnyOf):
        return _condition(value)
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return ", ".join(value) or "–"
    if isinstance(value, str | int | float):
        return str(value)
    return "–" if value is None else "…"


def _condition(condition: Condition) -> str:
    if isinstance(condition, In):
        return f"{condition.fact}: {' | '.join(condition.values)}"
    parts = ", ".join(_condition(part) for part in condition.parts)
    return f"any ({parts})" if isinstance(condition, AnyOf) else parts


def _figures(region: Region) -> dict[str, str]:
    return {"calls": _count(region.calls), "share": _share(region.share)}


def _count(number: int) -> str:
    return f"{number:,}"


def _share(share: float) -> str:
    """A share for people: never 0 % of something."""
    if 0 < share < 0.0001:
        return "<0.01 %"
    return f"{100 * share:.2f} %"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
