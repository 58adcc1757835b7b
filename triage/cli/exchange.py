"""`triage export` and `triage import`: knowledge bases in the formats of other programs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from triage.authoring.writing import write_file
from triage.cli.authors import own_folder
from triage.cli.bases import UsageError, base_folder, open_base
from triage.cli.exits import Exit
from triage.cli.language import Lang
from triage.cli.options import BASE, LANG, screen_of
from triage.cli.saving import save
from triage.cli.screen import Screen, title
from triage.errors import nearest
from triage.exchange.clips import clips_source
from triage.model import Text

if TYPE_CHECKING:
    from triage.exchange.importing import Change, Plan, Step

__all__ = ["exporting", "importing"]

LONGEST_SHOWN = 60
"""Characters of a cell's text that are shown."""

KINDS = {
    "added": ("import-added", "green"),
    "changed": ("import-changed", "cyan"),
    "renamed": ("import-renamed", "cyan"),
    "removed": ("import-removed", "red"),
    "kept": ("import-kept", "dim"),
}
"""How each kind of change is told, and in which colour."""

CLP = typer.Option("--output", "-o", metavar="FILE.clp", help="help-export-clp", show_default=False)
XLSX = typer.Option("--output", "-o", metavar="FILE.xlsx", help="help-export-output", show_default=False)
FILE = typer.Option("--file", metavar="rules/FILE.yaml", help="help-export-file", show_default=False)
REPLACE = typer.Option("--overwrite", help="help-export-overwrite", show_default=False)
BOOK = typer.Argument(metavar="FILE.xlsx", help="help-import-book", show_default=False)
WRITE = typer.Option("--write", help="help-import-write", show_default=False)
OVERWRITE = typer.Option("--overwrite", help="help-import-overwrite", show_default=False)

exporting = typer.Typer(add_completion=False)
importing = typer.Typer(add_completion=False)


@exporting.callback(invoke_without_command=True)
@importing.callback(invoke_without_command=True)
def formats(ctx: typer.Context, lang: Annotated[Lang | None, LANG] = None) -> None:
    """What stands before the name of the format."""
    ctx.obj = screen_of(ctx, lang)
    if ctx.invoked_subcommand is None:
        ctx.get_help()
        raise typer.Exit(Exit.FINE)


@exporting.command("clips", help="help-export-clips", epilog="help-export-clips-examples")
def export_clips(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    output: Annotated[Path | None, CLP] = None,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Write a CLIPS program."""
    screen = screen_of(ctx, lang)
    knowledge = open_base(base).knowledge
    save(clips_source(knowledge), output)
    if output is not None:
        _line(screen, screen.word("export-clips-done", file=output.as_posix(), rules=len(knowledge.rules)), "bold green")
    return Exit.FINE


@exporting.command("xlsx", help="help-export-xlsx", epilog="help-export-xlsx-examples")
def export_xlsx(
    ctx: typer.Context,
    base: Annotated[str | None, BASE] = None,
    output: Annotated[Path | None, XLSX] = None,
    file: Annotated[list[str] | None, FILE] = None,
    overwrite: Annotated[bool, REPLACE] = False,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Write an Excel workbook."""
    from triage.exchange.writing import rule_files, workbook_bytes  # noqa: PLC0415 - openpyxl takes long to import

    screen = screen_of(ctx, lang)
    folder = base_folder(base)
    known = rule_files(folder)
    chosen = tuple(dict.fromkeys(_known_file(name, known) for name in file or ()))
    target = output or Path(f"{folder.resolve().name}.xlsx")
    _refuse_target(target, overwrite=overwrite)
    write_file(target, workbook_bytes(folder, chosen))
    _line(screen, screen.word("export-xlsx-done", file=target.as_posix(), count=len(chosen or known)), "bold green")
    _line(screen, screen.word("export-xlsx-next", file=target.as_posix(), base=base or "power"), "dim")
    return Exit.FINE


def _known_file(name: str, known: tuple[str, ...]) -> str:
    plain = Path(name).as_posix()
    if plain in known:
        return plain
    close = nearest(plain, known)
    zh, en = (f"；是不是想写 `{close}`？", f"; did you mean `{close}`?") if close else ("", "")
    if not close:
        zh, en = f"；可以是：{'、'.join(known)}", f"; accepted: {', '.join(known)}"
    raise UsageError(Text(f"--file：知识库里没有规则文件 `{plain}`{zh}", f"--file: the base has no rule file `{plain}`{en}"))


def _refuse_target(target: Path, *, overwrite: bool) -> None:
    if target.suffix.lower() != ".xlsx":
        raise UsageError(
            Text(f"文件名要以 .xlsx 结尾，`{target}` 不是", f"the file's name must end in .xlsx, and `{target}` does not")
        )
    if target.exists() and not overwrite:
        raise UsageError(
            Text(
                f"`{target}` 已经有了，里面可能有没导入的改动；请换个名字，或加 `--overwrite`",
                f"`{target}` is there already and may hold changes that were not imported; choose another name, or add "
                "`--overwrite`",
            )
        )


@importing.command("xlsx", help="help-import-xlsx", epilog="help-import-xlsx-examples")
def import_xlsx(
    ctx: typer.Context,
    book: Annotated[Path, BOOK],
    base: Annotated[str | None, BASE] = None,
    write: Annotated[bool, WRITE] = False,
    overwrite: Annotated[bool, OVERWRITE] = False,
    lang: Annotated[Lang | None, LANG] = None,
) -> Exit:
    """Take over what was changed in a workbook."""
    from triage.exchange.importing import plan_import, write_plan  # noqa: PLC0415 - openpyxl takes long to import

    screen = screen_of(ctx, lang)
    folder = own_folder(base) if write else base_folder(base)
    plan = plan_import(folder, book, overwrite=overwrite)
    _show(screen, plan)
    if not plan.texts:
        screen.say("import-nothing", "bold green")
    elif write:
        for path in write_plan(plan):
            _line(screen, screen.word("import-written", file=path.as_posix()), "bold green")
        _line(screen, screen.word("import-next", base=base or "power"), "dim")
    else:
        screen.say("import-dry", "bold")
    return Exit.FINE


def _show(screen: Screen, plan: Plan) -> None:
    for file in dict.fromkeys(change.file for change in plan.changes):
        _line(screen, (plan.folder / file).as_posix(), "bold")
        for change in plan.changes:
            if change.file == file:
                _show_change(screen, change)
    for name in plan.ignored:
        screen.say("import-ignored", "dim", sheet=name)
    if plan.left_out:
        screen.say("import-left-out", "dim", files=screen.join(plan.left_out))
    if plan.cases:
        screen.say("import-cases", "yellow", count=len(plan.cases))
        for problem in plan.cases:
            _line(screen, f"  {problem.render(screen.language, plan.folder.as_posix())}", "yellow")
    _summary(screen, plan)


def _show_change(screen: Screen, change: Change) -> None:
    key, style = KINDS[change.kind]
    place = screen.word("import-at", cell=change.cell) if change.cell else ""
    _line(screen, "  " + screen.word(key, rule=change.rule, place=place), style)
    for step in change.steps:
        _line(screen, f"      {_step(screen, step)}", "")


def _step(screen: Screen, step: Step) -> str:
    nothing = screen.word("import-empty")
    before, after = (_clipped(text) or nothing for text in (step.before, step.after))
    return f"{step.cell}  {step.title}: {before} → {after}"


def _clipped(text: str) -> str:
    flat = " ⏎ ".join(text.split("\n"))
    return flat if len(flat) <= LONGEST_SHOWN else flat[: LONGEST_SHOWN - 1] + "…"


def _line(screen: Screen, text: str, style: str) -> None:
    """One line, never cut, so that places can be clicked."""
    screen.out.print(title(text, style), soft_wrap=True)


def _summary(screen: Screen, plan: Plan) -> None:
    if plan.texts:
        counts = Counter[str](change.kind for change in plan.changes)
        screen.say("import-summary", "bold", files=len(plan.texts), **{kind: counts[kind] for kind in KINDS if kind != "kept"})
