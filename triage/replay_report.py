"""What a replay found, told: for a terminal, as Markdown for a pull request, as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import orjson

from triage.assessment import KnowledgeName
from triage.examples import as_given, on_one_line
from triage.model import KnowledgeBase, Language, Text
from triage.replay import Change, Example, Group, Misfit, Move, Replayed, Unseen

__all__ = ["WORDS", "as_json", "as_markdown", "as_terminal"]

WORDS: Mapping[str, Text] = {
    "title": Text("用 `{name}` 重放日志 `{log}`", "Log `{log}` replayed with `{name}`"),
    "nothing": Text("没有可重放的判断", "there is no decision to replay"),
    "all-alike": Text("{replayed} 个判断全部不变", "all {replayed} decisions stay as they are"),
    "summary": Text(
        "重放 {replayed} 个判断：{unchanged} 个不变，{changed} 个结论变了，{moved} 个结论不变而状态变了",
        "{replayed} decisions replayed: {unchanged} unchanged, {changed} decided otherwise, {moved} decided alike but standing "
        "otherwise",
    ),
    "unloadable": Text(
        "{count} 个判断在新库里读不进去（新库不认识其中的事实或值）",
        "{count} decisions no longer load: the new base does not know what was told",
    ),
    "unfinished": Text(
        "略过 {count} 个还没有问完的（--unfinished 可一并重放）",
        "{count} left out that still needed input (--unfinished replays them)",
    ),
    "test-traffic": Text(
        "略过 {count} 个测试来电（--test-traffic 可一并重放）", "{count} left out as test traffic (--test-traffic)"
    ),
    "others": Text(
        "略过 {count} 个其他知识库的判断：{bases}（用 -k 指定知识库；triage log export --base 名字 只导出一个知识库的）",
        "{count} left out that are of other bases: {bases} (-k says which base is meant; triage log export --base NAME exports "
        "those of one)",
    ),
    "of-base": Text("`{name}`（{count}）", "`{name}` ({count})"),
    "broken": Text("日志里有 {count} 条读不懂，其余照用：", "{count} records of the log cannot be read; the others are used:"),
    "broken-one": Text("第 {number} 条：{why}", "record {number}: {why}"),
    "logged-by": Text("日志出自 {bases}", "logged by {bases}"),
    "fact": Text("{fact}（{label}）：{count} 个", "{fact} ({label}): {count}"),
    "change": Text("{before} → {after}：{count} 个", "{before} → {after}: {count}"),
    "example": Text("{id}（{at}）{call}", "{id} ({at}) {call}"),
    "moves": Text("状态变了", "Standing otherwise"),
    "misfits": Text("读不进去的", "No longer loading"),
    "misfit-fact": Text("新库没有事实 `{fact}`：{count} 个", "there is no fact `{fact}`: {count}"),
    "misfit-value": Text("`{value}` 不是 `{fact}` 的值：{count} 个", "`{value}` is not a value of `{fact}`: {count}"),
    "more": Text("还有 {count} 种（--show 可多列）", "{count} more (--show lists more)"),
    "not-concluded": Text("新库不再得出：{facts}", "no longer concluded: {facts}"),
    "no-baseline": Text("日志里没有，无从比较：{facts}", "not in the log, so not compared: {facts}"),
    "not-by-old": Text(
        "日志里没有用旧库判的，无从核对日志", "no logged decision was made with the old base: the log cannot be checked"
    ),
    "faithful": Text(
        "用旧库判的 {count} 个判断，与旧库得出的一致", "the {count} decisions made with the old base are what it says"
    ),
    "unfaithful": Text(
        "有 {count} 个判断与旧库得出的不一致（日志被改过，或记录出错）：",
        "{count} decisions are not what the old base says (the log was changed, or wrongly made):",
    ),
    "unseen": Text("日志里从没有遇到过的差别", "Differences no logged call has met"),
    "unseen-none": Text(
        "两个库的 {count} 种差别，日志里都遇到过", "each of the {count} differences between the bases was met by some logged call"
    ),
    "no-difference": Text("两个库对每种来电的结论都一样", "both bases decide every call alike"),
    "unseen-one": Text(
        "{fact}：{before} → {after}，{calls} 种来电，占 {share}，例如 {call}",
        "{fact}: {before} → {after}, {calls} calls, {share} by weight, such as {call}",
    ),
    "needs_input": Text("还要问", "needed input"),
    "handover": Text("移交", "handed over"),
    "decided": Text("已定论", "decided"),
    "contradictory": Text("自相矛盾", "contradictory"),
    "open": Text("还要再问或移交", "more is asked, or handed over"),
    "columns": Text("从 | 到 | 判断 | 例子", "from | to | decisions | example"),
}


def as_terminal(found: Replayed, knowledge: KnowledgeBase, language: Language, log: str, most: int) -> Iterator[tuple[str, str]]:
    """Lines and their styles.

    Args:
        knowledge: The new base, for labels.
        log: The log's name.
        most: Changes to show of each fact, misfits, and unseen differences.
    """
    write = _Writer(knowledge, language, most)
    yield write("title", name=_name(found.knowledge), log=log), "bold"
    yield write.summary(found), "bold green" if found.replayed and found.all_alike else "bold"
    for line in write.asides(found):
        yield line, "yellow" if found.broken_count or found.unloadable or not found.replayed else ""
    for fact, changes in write.by_fact(found):
        yield write.fact(fact, changes), "yellow"
        for change in changes[:most]:
            yield f"  {write.change(change)}", ""
            yield from (("    " + line, "dim") for line in write.examples(change.logged))
        yield from (("  " + line, "dim") for line in write.more(changes))
    for heading, lines in write.sections(found):
        yield heading, "yellow"
        yield from ((f"  {line}", "") for line in lines)


def as_markdown(found: Replayed, knowledge: KnowledgeBase, language: Language, log: str, most: int) -> str:
    """A comment for a pull request."""
    write = _Writer(knowledge, language, most)
    lines = [f"### {_cell(write('title', name=_name(found.knowledge), log=log))}", "", f"**{write.summary(found)}**", ""]
    asides = list(write.asides(found))
    lines += [f"- {line}" for line in asides] + ([""] if asides else [])
    for fact, changes in write.by_fact(found):
        lines += [f"#### {_cell(write.fact(fact, changes))}", "", f"| {write('columns')} |", "|---|---|--:|---|"]
        lines += [f"| {' | '.join(map(_cell, write.row(change)))} |" for change in changes[:most]]
        lines += ["", *(part for line in write.more(changes) for part in (line, ""))]
    for heading, parts in write.sections(found):
        lines += [f"#### {heading}" if parts else heading, ""]
        lines += [*(f"- {_cell(line.strip())}" for line in parts), ""] if parts else []
    return "\n".join(lines).rstrip() + "\n"


def as_json(found: Replayed) -> str:
    """Everything, for programs."""
    return orjson.dumps({"all_alike": found.all_alike, **_fields(found)}, option=orjson.OPT_INDENT_2).decode() + "\n"


def _fields(found: Replayed) -> dict[str, object]:
    plain = {name: getattr(found, name) for name in found.__dataclass_fields__}
    plain["logged_by"] = [{"knowledge": name, "count": count} for name, count in found.logged_by]
    return plain


class _Writer:
    """Sentences about one replay, in one language."""

    def __init__(self, knowledge: KnowledgeBase, language: Language, most: int) -> None:
        self._knowledge = knowledge
        self._language: Language = language
        self._most = most

    def __call__(self, key: str, **parts: object) -> str:
        shown = {name: f"{part:,}" if isinstance(part, int) else part for name, part in parts.items()}
        return WORDS[key].get(self._language).format(**shown)

    def summary(self, found: Replayed) -> str:
        if not found.replayed and not found.unloadable:
            return self("nothing")
        if found.all_alike:
            return self("all-alike", replayed=found.replayed)
        parts = (found.replayed, found.unchanged, found.changed, found.moved)
        return self("summary", **dict(zip(("replayed", "unchanged", "changed", "moved"), parts, strict=True)))

    def asides(self, found: Replayed) -> Iterator[str]:
        """What else there is to know before reading on."""
        if found.others:
            bases = ("、" if self._language == "zh" else ", ").join(self._of_bases(found.others))
            yield self("others", count=sum(found.others.values()), bases=bases)
        counts = {"unloadable": found.unloadable, "unfinished": found.unfinished, "test-traffic": found.test_traffic}
        for key, count in counts.items():
            if count:
                yield self(key, count=count)
        if found.broken_count:
            reasons = [self("broken-one", number=broken.number, why=broken.text.get(self._language)) for broken in found.broken]
            yield " ".join((self("broken", count=found.broken_count), "; ".join(reasons[: self._most])))
        if found.logged_by:
            named = [f"`{_name(name)}` ({count:,})" for name, count in found.logged_by]
            yield self("logged-by", bases=", ".join(named[: self._most]))

    def _of_bases(self, counts: Mapping[str, int]) -> Iterator[str]:
        yield from (self("of-base", name=name, count=count) for name, count in list(counts.items())[: self._most])

    def sections(self, found: Replayed) -> Iterator[tuple[str, list[str]]]:
        """Headings and lines of everything but the changes of facts."""
        if found.moves:
            moves = [line for move in found.moves[: self._most] for line in self._move(move)]
            yield self("moves"), [*moves, *self.more(found.moves)]
        if found.misfits:
            misfits = [line for misfit in found.misfits[: self._most] for line in self._misfit(misfit)]
            yield self("misfits"), [*misfits, *self.more(found.misfits)]
        for key, facts in (("not-concluded", found.not_concluded), ("no-baseline", found.no_baseline)):
            if facts:
                yield self(key, facts=", ".join(f"`{fact}`" for fact in facts)), []
        if found.unfaithful is not None:
            yield self._checked(found, found.unfaithful.count), list(self.examples(found.unfaithful))
        if found.unseen is not None:
            unseen = self("unseen") if found.unseen else self("unseen-none", count=found.differences)
            lines = [*map(self._unseen, found.unseen[: self._most]), *self.more(found.unseen)]
            yield unseen if found.differences else self("no-difference"), lines

    def _checked(self, found: Replayed, wrong: int) -> str:
        if not found.by_old:
            return self("not-by-old")
        return self("unfaithful", count=wrong) if wrong else self("faithful", count=found.by_old)

    def fact(self, fact: str, changes: list[Change]) -> str:
        label = self._knowledge.inferred[fact].text.get(self._language)
        return self("fact", fact=fact, label=label, count=sum(change.logged.count for change in changes))

    def change(self, change: Change) -> str:
        return self("change", before=change.before, after=change.after, count=change.logged.count)

    def more(self, found: Sequence[object]) -> Iterator[str]:
        """What is not shown of some list."""
        if len(found) > self._most:
            yield self("more", count=len(found) - self._most)

    def by_fact(self, found: Replayed) -> list[tuple[str, list[Change]]]:
        """Changes by fact, in the order of the decision card."""
        card = self._knowledge.identity.decision
        together = sorted(found.changes, key=lambda change: card.index(change.fact))
        return [(fact, list(changes)) for fact, changes in groupby(together, key=lambda change: change.fact)]

    def row(self, change: Change) -> tuple[str, ...]:
        return change.before, change.after, f"{change.logged.count:,}", "; ".join(self.examples(change.logged))

    def examples(self, group: Group) -> Iterator[str]:
        return map(self._example, group.examples)

    def _example(self, example: Example) -> str:
        return self("example", id=example.decision_id, at=f"{example.at:%Y-%m-%d %H:%M}Z", call=self._call(example.known))

    def _call(self, known: Mapping[str, str]) -> str:
        asked = {fact: (question.order, question.id) for fact, question in self._knowledge.question_of.items()}
        ordered = sorted(known.items(), key=lambda told: (asked.get(told[0], (0, "")), told[0]))
        return on_one_line(as_given(self._knowledge, dict(ordered)))

    def _move(self, move: Move) -> Iterator[str]:
        yield self("change", before=self(move.before), after=self(move.after), count=move.logged.count)
        yield from (f"  {line}" for line in self.examples(move.logged))

    def _misfit(self, misfit: Misfit) -> Iterator[str]:
        key = "misfit-fact" if misfit.value is None else "misfit-value"
        yield self(key, fact=misfit.fact, value=misfit.value, count=misfit.logged.count)
        yield from (f"  {example.decision_id} ({example.at:%Y-%m-%d %H:%M}Z)" for example in misfit.logged.examples)

    def _unseen(self, unseen: Unseen) -> str:
        return self(
            "unseen-one",
            fact=unseen.fact,
            before=unseen.before,
            after=unseen.after,
            calls=unseen.calls,
            share=_share(unseen.share),
            call=self._call(unseen.example),
        )


def _name(name: KnowledgeName) -> str:
    return f"{name.name} {name.version} {name.digest[:12]}"


def _share(share: float) -> str:
    """A share for people: never 0 % of something."""
    return "<0.01 %" if 0 < share < 0.0001 else f"{100 * share:.2f} %"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
