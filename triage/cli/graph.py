"""`triage graph`: pictures of a knowledge base."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from triage.call import Call, read_call
from triage.cli.bases import UsageError, base_folder, check_systems, open_base
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE, LANG, SYSTEM, screen_of
from triage.cli.saving import save
from triage.cli.screen import Screen
from triage.cli.words import WORDS
from triage.drawing import as_mermaid, as_svg, dependencies, interview_picture
from triage.drawing.dependencies import View
from triage.drawing.mermaid import EDGE_LIMIT, TEXT_LIMIT
from triage.drawing.picture import Picture
from triage.drawing.tree import drawn, interview_tree
from triage.errors import nearest
from triage.loading import load_knowledge
from triage.model import UNKNOWN, KnowledgeBase, Language, Text
from triage.planning import OutOfBudgetError

__all__ = ["graph"]

SHARE = 0.8
"""Of all calls, the share whose interview is drawn unless told otherwise: what still fits on a wall."""


class Format(StrEnum):
    """How a picture is written down."""

    svg = "svg"
    mermaid = "mermaid"


ENDINGS = {".svg": Format.svg, ".mmd": Format.mermaid, ".mermaid": Format.mermaid, ".md": Format.mermaid}
OUT = typer.Option("--output", "-o", metavar="FILE", help="help-graph-output", show_default=False)
FORMAT = typer.Option("--format", help="help-graph-format", show_default=False)
RULES = typer.Option("--rules", help="help-graph-rules", show_default=False)
GATES = typer.Option("--gates", help="help-graph-gates", show_default=False)
CONCLUSIONS = typer.Option("--conclusions", help="help-graph-conclusions", show_default=False)
ABOUT = typer.Option("--about", metavar="ID", help="help-graph-about", show_default=False)
FILE = typer.Option("--file", metavar="FILE", help="help-graph-file", show_default=False)
INTERVIEW = typer.Option("--interview", help="help-graph-interview", show_default=False)
GIVEN = typer.Option("--given", metavar="FACT=VALUE", help="help-graph-given", show_default=False)
SHARE_DRAWN = typer.Option("--share", metavar="0..1", help="help-graph-share", show_default=False)
DEPTH = typer.Option("--depth", metavar="N", help="help-graph-depth", show_default=False)
LINKS = typer.Option("--links", metavar="HANDBOOK.html", help="help-graph-links", show_default=False)


def graph(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    output: Annotated[Path | None, OUT] = None,
    form: Annotated[Format | None, FORMAT] = None,
    rules: Annotated[bool, RULES] = False,
    gates: Annotated[bool, GATES] = False,
    conclusions: Annotated[bool, CONCLUSIONS] = False,
    about: Annotated[str | None, ABOUT] = None,
    file: Annotated[str | None, FILE] = None,
    interview: Annotated[bool, INTERVIEW] = False,
    given: Annotated[list[str] | None, GIVEN] = None,
    system: Annotated[list[str] | None, SYSTEM] = None,
    share: Annotated[float | None, SHARE_DRAWN] = None,
    depth: Annotated[int | None, DEPTH] = None,
    links: Annotated[str | None, LINKS] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Draw a base, or its interview."""
    screen = screen_of(ctx, lang)
    form = form or _by_ending(output)
    for_base = {"--rules": rules, "--gates": gates, "--conclusions": conclusions, "--about": about, "--file": file}
    for_interview = {"--given": given, "--system": system, "--share": share, "--depth": depth}
    if interview:
        _refuse(for_base, "graph-not-with-interview")
        picture = _interview(screen.language, base, given or (), system or (), SHARE if share is None else share, depth, links)
    else:
        _refuse(for_interview, "graph-only-with-interview")
        view = View(rules=rules, gates=gates, facts=not conclusions, about=about, file=file, links=links)
        picture = dependencies(load_knowledge(base_folder(base)), screen.language, view)
    _write(screen, picture, form, output)
    return Exit.FINE


def _by_ending(output: Path | None) -> Format:
    if output is None:
        return Format.svg
    if output.suffix.lower() not in ENDINGS:
        raise _wrong("graph-which-format", name=output.name, endings=" ".join(ENDINGS))
    return ENDINGS[output.suffix.lower()]


def _refuse(options: dict[str, Any], key: str) -> None:
    """Options that mean nothing here are refused, not ignored."""
    for name, value in options.items():
        if value not in (None, False, [], ()):
            raise _wrong(key, option=name)


def _interview(
    language: Language,
    base: str | None,
    given: Sequence[str],
    systems: Sequence[str],
    share: float,
    depth: int | None,
    links: str | None,
) -> Picture:
    if not 0 < share <= 1:
        raise _wrong("graph-share", share=share)
    if depth is not None and depth < 1:
        raise _wrong("graph-depth", depth=depth)
    expert = open_base(base)
    try:
        tree = interview_tree(expert, _call(expert.knowledge, given), check_systems(expert, list(systems)))
    except OutOfBudgetError:
        raise _wrong("graph-too-many") from None
    return interview_picture(tree, language, drawn(tree, share, depth), links)


def _call(knowledge: KnowledgeBase, given: Sequence[str]) -> Call:
    """Facts given as `fact=value`; a list to tick as `list=fact,fact`, with nothing after `=` for none of these."""
    facts: dict[str, Any] = {}
    lists = {question.id for question in knowledge.questions.values() if question.tick is not None}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals:
            raise _wrong("graph-given-form", given=text)
        if name not in knowledge.facts and name not in lists:
            near = nearest(name, [*knowledge.facts, *lists])
            raise _wrong("graph-given-near" if near else "graph-given-unknown", fact=name, near=near)
        several = name in lists and name not in knowledge.facts and value != UNKNOWN
        facts[name] = [part.strip() for part in value.split(",") if part.strip()] if several else value
    return read_call(knowledge, {"facts": facts}, None)


def _write(screen: Screen, picture: Picture, form: Format, output: Path | None) -> None:
    if form == Format.svg:
        save(as_svg(picture), output)
    else:
        text = as_mermaid(picture)
        if len(picture.arrows) > EDGE_LIMIT or len(text) > TEXT_LIMIT:
            screen.complain(screen.word("graph-mermaid-limits", edges=EDGE_LIMIT, characters=TEXT_LIMIT), "yellow")
        fenced = output is not None and output.suffix.lower() == ".md"
        save(f"```mermaid\n{text}```\n" if fenced else text, output)
    if output is not None:
        screen.say("graph-written", file=output, boxes=len(picture.boxes), arrows=len(picture.arrows))


def _wrong(key: str, **parts: Any) -> UsageError:
    text = WORDS[key]
    return UsageError(Text(text.zh.format(**parts), text.en.format(**parts)))
