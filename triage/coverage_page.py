"""A coverage report as one HTML page: every rule and message with its conditions, coloured by what the cases show of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from triage.coverage import KINDS, CoverageReport, Obligation
from triage.examples import as_given, on_one_line
from triage.model import KnowledgeBase, Language, Message, Rule, Text

__all__ = ["coverage_page"]

_STYLE = """
body { font: 15px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; margin: 2rem auto; max-width: 60rem;
  padding: 0 1rem; color: #1b1b1b; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .2rem .8rem; border-bottom: 1px solid #ddd; text-align: left; }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
section { border-left: .4rem solid; padding: .3rem .8rem; margin: .6rem 0; break-inside: avoid; }
.all { border-color: #2b7a3d; background: #f2f8f3; } .some { border-color: #b07a00; background: #fdf8ec; }
.none { border-color: #b3261e; background: #fdf1f0; } h3 { margin: 0; font-size: 1rem; }
ul { margin: .2rem 0; padding-left: 1.2rem; }
code { font-family: ui-monospace, "Cascadia Mono", Consolas, monospace; font-size: .9em; overflow-wrap: anywhere; }
.mark { display: inline-block; min-width: 1.2em; font-weight: bold; } .gone { color: #666; }
"""

_WORDS = {
    "title": Text("{title}：用例覆盖了什么", "{title}: what the cases cover"),
    "what": Text("什么", "what"),
    "covered": Text("覆盖", "covered"),
    "of": Text("应覆盖", "of"),
    "unreachable": Text("到不了", "unreachable"),
    "rule": Text("规则", "rules"),
    "condition": Text("条件", "conditions"),
    "value": Text("结论", "values"),
    "message": Text("话术", "messages"),
    "question": Text("问题", "questions"),
    "no-case": Text("没有用例覆盖到", "no case reaches it"),
    "no-call": Text("任何来电都到不了", "no call can"),
    "key": Text(
        "绿：全部覆盖；黄：有的没有；红：从没起作用。✓ 有用例，✗ 没有用例覆盖到，– 任何来电都到不了。",
        "Green: all covered; amber: some not; red: never fired or said. ✓ a case shows it, ✗ no case reaches it, – no call can.",
    ),
    "other": Text("其他", "Everything else"),
}


def coverage_page(knowledge: KnowledgeBase, report: CoverageReport, language: Language) -> str:
    """The page, complete and without scripts."""
    page = _Page(knowledge, report, language)
    head = escape(page.word("title", title=knowledge.identity.title.get(language)))
    tag = "zh-CN" if language == "zh" else "en"
    body = "\n".join(page.parts())
    return (
        f'<!doctype html>\n<html lang="{tag}">\n<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{head}</title><style>{_STYLE}</style></head>\n<body>\n<h1>{head}</h1>\n{body}\n</body></html>\n"
    )


class _Page:
    """Parts of the page, in one language."""

    def __init__(self, knowledge: KnowledgeBase, report: CoverageReport, language: Language) -> None:
        self._knowledge = knowledge
        self._report = report
        self._language: Language = language
        self._by: dict[tuple[str, str], list[Obligation]] = {}
        for obligation in report.obligations:
            self._by.setdefault((obligation.of, obligation.about), []).append(obligation)

    def word(self, key: str, **parts: str) -> str:
        """One of the page's own words."""
        return _WORDS[key].get(self._language).format(**parts)

    def parts(self) -> Iterator[str]:
        """Figures, the key, then rules by file, messages, and everything else."""
        yield self._figures()
        yield f"<p>{escape(self.word('key'))}</p>"
        owners: dict[str, list[Rule | Message]] = {}
        everyone: list[Rule | Message] = [*self._knowledge.rules.values(), *self._knowledge.messages.values()]
        for owner in everyone:
            owners.setdefault(owner.place.file, []).append(owner)
        for file in sorted(owners):
            yield f"<h2>{escape(file)}</h2>"
            for owner in sorted(owners[file], key=lambda owner: owner.place):
                yield self._owner(owner)
        yield f"<h2>{escape(self.word('other'))}</h2>"
        yield f"<ul>{''.join(self._line(o) for o in self._report.obligations if o.of in ('inferred', 'question'))}</ul>"

    def _figures(self) -> str:
        rows = []
        for kind in KINDS:
            found = self._report.of(kind)
            reachable = [o for o in found if o.reachable]
            counts = (sum(o.covered for o in reachable), len(reachable), len(found) - len(reachable))
            rows.append(f"<tr><td>{escape(self.word(kind))}</td>" + "".join(f'<td class="n">{n}</td>' for n in counts) + "</tr>")
        heads = "".join(f"<th>{escape(self.word(key))}</th>" for key in ("what", "covered", "of", "unreachable"))
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table>"

    def _owner(self, owner: Rule | Message) -> str:
        of = "rule" if isinstance(owner, Rule) else "message"
        obligations = self._by.get((of, owner.id), [])
        said = owner.because if isinstance(owner, Rule) else owner.say
        lines = "".join(self._line(obligation) for obligation in obligations)
        where = f"{owner.place.file}:{owner.place.line}"
        return (
            f'<section class="{_grade(obligations)}" id="{of}-{escape(owner.id)}"><h3><code>{escape(owner.id)}</code></h3>'
            f"<div>{escape(said.get(self._language))} <small>{escape(where)}</small></div><ul>{lines}</ul></section>"
        )

    def _line(self, obligation: Obligation) -> str:
        text = escape(obligation.text.get(self._language))
        if obligation.covered:
            return f'<li><span class="mark">✓</span>{text} <small>{escape(obligation.by)}</small></li>'
        if not obligation.reachable:
            return f'<li class="gone"><span class="mark">–</span>{text} <small>{escape(self.word("no-call"))}</small></li>'
        call = escape(on_one_line(as_given(self._knowledge, obligation.call or {})))
        return f'<li><span class="mark">✗</span>{text} <small>{escape(self.word("no-case"))}</small> <code>{call}</code></li>'


def _grade(obligations: Sequence[Obligation]) -> str:
    """Whether all, some or none of what is to be shown of a rule or message is; none: it never fires or is never said."""
    wanted = [o for o in obligations if o.reachable]
    if all(o.covered for o in wanted):
        return "all"
    spoken = [o for o in wanted if o.wanted in ("fires", "said")]
    return "some" if all(o.covered for o in spoken) else "none"
