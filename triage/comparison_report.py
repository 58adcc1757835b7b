"""A comparison of two versions for people and programs: lines for a terminal, Markdown for a pull request, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from triage.assessment import as_json as plain
from triage.comparison import Comparison, Edit, FactChange, Group, Region
from triage.examples import as_given, on_one_line
from triage.interviews import InterviewReport
from triage.model import KnowledgeBase, Language, Text

__all__ = ["WORDS", "as_json", "as_markdown", "as_terminal"]

Lengths = tuple[InterviewReport, InterviewReport] | None

WORDS: Mapping[str, Text] = {
    "same": Text("没有任何不同", "nothing differs"),
    "only-texts": Text(
        "只改了文字：每种来电的结论、话术和要问的都不变", "only texts differ: every call is decided, asked and answered alike"
    ),
    "alike": Text("每种来电的结论、话术和要问的都不变", "every call is decided, asked and answered alike"),
    "changed": Text(
        "{calls} 种来电的结论变了，共 {total} 种，占 {share}",
        "the outcome changes on {calls} of {total} calls, {share} of them by weight",
    ),
    "unchanged": Text("{total} 种来电，结论都不变", "on all {total} calls the outcome stays the same"),
    "fact": Text("{fact}（{label}）：{calls} 种来电，{share}", "{fact} ({label}): {calls} calls, {share}"),
    "group": Text("{before} → {after}：{calls} 种来电，{share}", "{before} → {after}: {calls} calls, {share}"),
    "example": Text("例如 {call}", "on {call}"),
    "rules": Text("由 {old} 变为 {new}", "from {old} to {new}"),
    "default": Text("没有规则（默认值）", "no rule (the default)"),
    "disagree": Text(
        "注意：experta 对这通来电得出的不一样，请报告", "beware: experta concludes something else of this call; please report it"
    ),
    "more": Text("还有 {count} 种变化", "{count} more changes"),
    "said": Text(
        "话术 `{id}`：{calls} 种来电（{share}）现在会说，以前不说", "message `{id}` is now said on {calls} calls ({share})"
    ),
    "silenced": Text(
        "话术 `{id}`：{calls} 种来电（{share}）现在不说了", "message `{id}` is no longer said on {calls} calls ({share})"
    ),
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
    "columns": Text("从 | 到 | 来电 | 占比 | 最小的例子 | 规则", "from | to | calls | share | smallest example | rules"),
}


def as_terminal(
    found: Comparison, knowledge: KnowledgeBase, language: Language, most: int, lengths: Lengths
) -> Iterator[tuple[str, str]]:
    """Lines and their styles.

    Args:
        knowledge: The new base, for labels.
        most: Changes to show of each fact.
    """
    write = _Writer(knowledge, language)
    yield write.summary(found), "bold green" if found.decides_alike else "bold"
    for fact in found.facts:
        yield write.fact(fact), "yellow"
        for group in fact.groups[:most]:
            yield f"  {write.group(group)}", ""
            yield f"    {write.example(group.where)}", "dim"
            yield f"    {write.rules(group)}", "dim"
            if not group.agreed:
                yield f"    {write('disagree')}", "bold red"
        if len(fact.groups) > most:
            yield f"  {write('more', count=len(fact.groups) - most)}", "dim"
    for line in (*write.others(found), *write.interviews(lengths)):
        yield line, ""
    if found.edits:
        yield write("edits"), "bold"
        for edit in found.edits:
            yield f"  {write.edit(edit)}", ""


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
    for fact in found.facts:
        lines += [f"#### {write.fact(fact)}", "", f"| {write('columns')} |", "|---|---|--:|--:|---|---|"]
        lines += [f"| {' | '.join(map(_cell, write.row(group)))} |" for group in fact.groups[:most]]
        lines += [f"\n{write('more', count=len(fact.groups) - most)}"] if len(fact.groups) > most else []
        lines.append("")
    others = [*write.others(found), *write.interviews(lengths)]
    lines += [f"- {line}" for line in others] + ([""] if others else [])
    if found.edits:
        lines += ["<details>", f"<summary>{write('edits')} ({len(found.edits)})</summary>", ""]
        lines += [f"- {write.edit(edit)}" for edit in found.edits] + ["", "</details>"]
    return "\n".join(lines).rstrip() + "\n"


def as_json(found: Comparison, lengths: Lengths) -> str:
    """Everything, for programs; counts are exact integers."""
    document: dict[str, Any] = {"decides_alike": found.decides_alike, "only_texts": found.only_texts, **plain(found)}
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

    def fact(self, change: FactChange) -> str:
        label = self._knowledge.inferred[change.fact].text.get(self._language)
        return self("fact", fact=change.fact, label=label, calls=_count(change.calls), share=_share(change.share))

    def group(self, group: Group) -> str:
        return self("group", before=group.before, after=group.after, **_figures(group.where))

    def example(self, region: Region) -> str:
        return self("example", call=on_one_line(as_given(self._knowledge, region.example)))

    def rules(self, group: Group) -> str:
        return self("rules", old=self._named(group.old_rules), new=self._named(group.new_rules))

    def _named(self, rules: Iterable[str]) -> str:
        return ", ".join(f"`{rule}`" for rule in rules) or self("default")

    def row(self, group: Group) -> Sequence[str]:
        call = f"`{on_one_line(as_given(self._knowledge, group.where.example))}`"
        rules = self.rules(group) + ("" if group.agreed else f" **{self('disagree')}**")
        return (group.before, group.after, _count(group.where.calls), _share(group.where.share), call, rules)

    def others(self, found: Comparison) -> Iterator[str]:
        """Everything but the facts, a line each."""
        for key, regions in (("said", found.said), ("silenced", found.silenced)):
            for name, region in regions.items():
                yield f"{self(key, id=name, **_figures(region))}; {self.example(region)}"
        for key, clash in (("clashing", found.clashing), ("cleared", found.cleared)):
            if clash is not None:
                yield f"{self(key, **_figures(clash))}; {self.example(clash)}"
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

    def edit(self, edit: Edit) -> str:
        what = self("what-changed" if edit.what == "changed" else edit.what)
        return f"{edit.section}: `{edit.id}` {what}"


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
