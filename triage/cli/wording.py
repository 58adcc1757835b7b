"""`triage wording`: what the house does not want said, found in any text."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from triage.cli.bases import UsageError, base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE_OPTION, LANG, screen_of
from triage.cli.screen import Screen, title
from triage.loading import load_knowledge
from triage.model import Language, Text
from triage.tone import ToneFinding, check_wording, forbids

__all__ = ["Context", "wording"]

LONGEST = 20_000
"""Characters of text: far more than anybody says on a call."""


_TOO_LONG = UsageError(Text(f"文字超过 {LONGEST} 个字符", f"the text is longer than {LONGEST} characters"))


class Context(StrEnum):
    """What a text is for."""

    answer = "answer"
    listening = "listening"
    apology = "apology"
    work_order = "work_order"
    any = "any"


def wording(
    ctx: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT|-", help="help-wording-text", show_default=False)],
    context: Annotated[Context, typer.Option("--context", help="help-context", show_default=False)] = Context.answer,
    base: Annotated[str | None, BASE_OPTION] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Check one text."""
    screen = screen_of(ctx, lang)
    said = _read() if text == "-" else text
    if len(said) > LONGEST:
        raise _TOO_LONG
    knowledge = load_knowledge(base_folder(base))
    language = _language_of(said)
    findings = check_wording(knowledge, said, language, context.value)
    for finding in findings:
        _show(screen, said, language, finding)
    if not knowledge.tone:
        screen.say("wording-no-rules", "yellow")
    elif not findings:
        screen.say("wording-fine", "bold green")
    return Exit.FORBIDDEN_WORDING if forbids(findings) else Exit.FINE


def _read() -> str:
    data = sys.stdin.buffer.read(LONGEST * 4 + 1) if sys.stdin else b""
    if len(data) > LONGEST * 4:
        raise _TOO_LONG
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(Text(f"第 {error.start + 1} 个字节不是 UTF-8 编码", f"byte {error.start + 1} is not UTF-8")) from error


def _language_of(text: str) -> Language:
    """Chinese where a Chinese character stands in the text."""
    return "zh" if any("\u4e00" <= character <= "\u9fff" for character in text) else "en"


def _show(screen: Screen, text: str, language: Language, finding: ToneFinding) -> None:
    """One finding: place, phrase, a better one, the rule; then why. Lines are not cut."""
    line = text.count("\n", 0, finding.start) + 1
    column = finding.start - (text.rfind("\n", 0, finding.start) + 1) + 1
    phrase, instead = " ".join(finding.phrase.split()), finding.instead.get(language)
    key, style = ("wording-forbidden", "bold red") if finding.severity == "forbidden" else ("wording-advice", "yellow")
    head = screen.word(key, place=f"{line}:{column}", phrase=phrase, instead=instead, rule=finding.rule)
    screen.out.print(title(head, style), soft_wrap=True)
    why = screen.word("wording-why", because=finding.because.get(screen.language), source=screen.join(finding.source))
    screen.out.print(title(f"    {why}", "dim"), soft_wrap=True)
