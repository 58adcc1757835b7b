"""`triage schema`: what an editor has to know to complete and check an author's files."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from triage.authoring.editor_files import as_json, editor_settings, schema_file, schema_line, write_schemas
from triage.authoring.editor_schema import KINDS, Kind, editor_schema
from triage.authoring.writing import write_file
from triage.cli.bases import base_folder
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import LANG, screen_of
from triage.cli.saving import save
from triage.cli.screen import Screen, title
from triage.loading import load_knowledge

__all__ = ["schema"]

VSCODE = Path(".vscode")


class Wanted(StrEnum):
    """What to write."""

    knowledge = "knowledge"
    cases = "cases"
    vscode = "vscode"


def schema(
    ctx: typer.Context,
    kind: Annotated[Wanted, typer.Argument(help="help-schema-kind", show_default=False)],
    base: Annotated[str | None, typer.Argument(metavar="BASE", help="help-schema-base", show_default=False)] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="help-schema-output", show_default=False)] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Write a schema."""
    screen = screen_of(ctx, lang)
    if kind is Wanted.vscode:
        _set_up(screen, base_folder(base), output or VSCODE)
        return Exit.FINE
    wanted: Kind = "cases" if kind is Wanted.cases else "knowledge"
    knowledge = None if base is None else load_knowledge(base_folder(base))
    text = as_json(editor_schema(wanted, screen.language, knowledge))
    if output is None:
        save(text, None)
        return Exit.FINE
    write_file(output, text.encode("utf-8"))
    screen.say("schema-written", "bold green", file=output.as_posix())
    screen.say("schema-line")
    _code(screen, schema_line(output.absolute().as_posix()))
    return Exit.FINE


def _set_up(screen: Screen, base: Path, folder: Path) -> None:
    """Both schemas of a base in a folder, and what the editor has to be told; settings that are there are not touched."""
    knowledge = load_knowledge(base)
    write_schemas(folder, knowledge, screen.language)
    for kind in KINDS:
        screen.say("schema-written", "bold green", file=schema_file(folder, knowledge, kind).as_posix())
    settings, file = editor_settings(folder, base, knowledge), VSCODE / "settings.json"
    if folder == VSCODE and not file.exists():
        write_file(file, as_json(settings).encode("utf-8"))
        screen.say("schema-written", "bold green", file=file.as_posix())
        return
    screen.say("schema-settings", file=file.as_posix())
    _code(screen, as_json(settings).rstrip())


def _code(screen: Screen, text: Any) -> None:
    """Something to copy: never cut into lines."""
    screen.out.print(title(text), soft_wrap=True)
