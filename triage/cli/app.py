"""The commands put together, their help in one language, and the one place where everything that goes wrong ends."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any

import typer
from typer import rich_utils
from typer.main import get_command

from triage.cli.ask import ask
from triage.cli.check import check_base
from triage.cli.coverage import cover
from triage.cli.database import db, purge
from triage.cli.diff import diff
from triage.cli.exchange import exporting, importing
from triage.cli.exits import Exit
from triage.cli.explain import explain
from triage.cli.fmt import fmt
from triage.cli.graph import graph
from triage.cli.handbook import write_handbook
from triage.cli.interview import interview
from triage.cli.keys import keys
from triage.cli.knowledge import knowledge
from triage.cli.language import Lang, language_for
from triage.cli.log import log
from triage.cli.mcp import mcp
from triage.cli.mutate import mutate_base
from triage.cli.new import new
from triage.cli.options import LANG
from triage.cli.replay import replay_log
from triage.cli.report import report_log
from triage.cli.run import run
from triage.cli.schema import schema
from triage.cli.screen import Screen, tolerant_streams
from triage.cli.serve import serve
from triage.cli.test import try_cases
from triage.cli.watch import watch
from triage.cli.wording import wording
from triage.cli.words import WORDS, word
from triage.compilation import TooLargeError
from triage.errors import KnowledgeError, TriageError
from triage.model import Language

__all__ = ["app", "main"]

NAME = "triage"
HELP_OPTIONS = ["--help", "-h"]
app = typer.Typer(
    name=NAME,
    help="help-triage",
    epilog="help-exits",
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": HELP_OPTIONS},
)


@app.callback(invoke_without_command=True)
def everything(
    ctx: typer.Context,
    lang: Annotated[Lang | None, LANG] = None,
    show_version: Annotated[bool, typer.Option("--version", help="help-version", show_default=False)] = False,
) -> None:
    """What stands before the command's name."""
    if lang is not None:
        ctx.obj = Screen(lang.value, chosen=True)
    if show_version:
        ctx.obj.out.print(_version())
        raise typer.Exit(Exit.FINE)
    if ctx.invoked_subcommand is None:
        ctx.get_help()
        raise typer.Exit(Exit.FINE)


app.command("ask", help="help-ask")(ask)
app.command("run", help="help-run")(run)
app.command("explain", help="help-explain")(explain)
app.command("test", help="help-test", epilog="help-test-more")(try_cases)
app.command("check", help="help-check", epilog="help-check-examples")(check_base)
app.command("coverage", help="help-coverage", epilog="help-coverage-examples")(cover)
app.command("mutate", help="help-mutate", epilog="help-mutate-examples")(mutate_base)
app.command("diff", help="help-diff", epilog="help-diff-examples")(diff)
app.command("wording", help="help-wording")(wording)
app.command("interview", help="help-interview")(interview)
app.command("graph", help="help-graph", epilog="help-graph-examples")(graph)
app.command("handbook", help="help-handbook", epilog="help-handbook-examples")(write_handbook)
app.command("replay", help="help-replay", epilog="help-replay-examples")(replay_log)
app.command("report", help="help-report", epilog="help-report-examples")(report_log)
app.command("serve", help="help-serve", epilog="help-serve-more")(serve)
app.command("mcp", help="help-mcp", epilog="help-mcp-more")(mcp)
app.command("keys", help="help-keys", epilog="help-keys-more")(keys)
app.command("db", help="help-db", epilog="help-db-more")(db)
app.command("purge", help="help-purge", epilog="help-purge-more")(purge)
app.add_typer(knowledge, name="knowledge", help="help-knowledge", epilog="help-knowledge-examples")
app.add_typer(log, name="log", help="help-decision-log", epilog="help-decision-log-examples")
app.add_typer(new, name="new", help="help-new", epilog="help-new-examples")
app.command("schema", help="help-schema", epilog="help-schema-examples")(schema)
app.command("fmt", help="help-fmt", epilog="help-fmt-examples")(fmt)
app.add_typer(exporting, name="export", help="help-export", epilog="help-export-examples")
app.add_typer(importing, name="import", help="help-import", epilog="help-import-examples")
app.command("watch", help="help-watch", epilog="help-watch-examples")(watch)


def _version() -> str:
    try:
        return version("power-triage")
    except PackageNotFoundError:  # run from the source tree
        return "0"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The command line without the program's name; None for the process's own.

    Returns:
        The exit code; see `triage.cli.exits`.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    if sys.stdout is None or sys.stderr is None:  # closed by whoever started this
        _open_nowhere()
    tolerant_streams()
    language = language_for(given, os.environ)
    screen = Screen(language)
    try:
        code = _run(given, screen)
        sys.stdout.flush()
    except KeyboardInterrupt:
        screen.complain(f"\n{screen.word('interrupted')}", "yellow")
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _quiet_stdout()
        return Exit.BROKEN_PIPE
    except Exception as error:  # no traceback ever reaches people
        if os.environ.get("TRIAGE_TRACEBACK"):
            raise
        screen.complain(screen.word("internal", what=f"{type(error).__name__}: {error}"))
        return Exit.INTERNAL
    return code


def _run(given: list[str], screen: Screen) -> int:
    """Run one command and turn what people did wrong into a sentence and a code."""
    try:
        _name_panels(screen.language)
        command = _commands(screen.language)
        with command.make_context(NAME, given, obj=screen) as ctx:
            return int(command.invoke(ctx) or Exit.FINE)
    except typer.Exit as ended:
        return int(ended.exit_code)
    except typer.Abort as aborted:
        raise KeyboardInterrupt from aborted
    except KnowledgeError as error:
        screen.complain(error.render(screen.language), "")
        count = len(error.problems)
        screen.complain(screen.word("mistake" if count == 1 else "mistakes", count=count))
        return Exit.WRONG_KNOWLEDGE
    except TriageError as error:
        screen.complain(error.render(screen.language))
        return Exit.WRONG_USE
    except TooLargeError as error:
        screen.complain(screen.word("too-large", facts=screen.join(error.facts)))
        return Exit.WRONG_USE
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's own errors have it, under whatever name they are imported
            raise
        _complain_about_use(error, screen)
        return Exit.WRONG_USE


# -- help and usage errors in one language


def _name_panels(language: Language) -> None:
    rich_utils.OPTIONS_PANEL_TITLE = word("panel-options", language)
    rich_utils.ARGUMENTS_PANEL_TITLE = word("panel-arguments", language)
    rich_utils.COMMANDS_PANEL_TITLE = word("panel-commands", language)
    rich_utils.REQUIRED_LONG_STRING = word("required", language)
    vars(rich_utils)["_make_rich_text"] = _unbroken


@cache
def _commands(language: Language) -> Any:
    """The command tree with every key of a help text replaced by its words. Making it takes longer than many a command."""
    command = get_command(app)
    for part in _with_those_below(command):
        for text in ("help", "epilog"):
            _translate(part, text, language)
        for param in part.params:
            _translate(param, "help", language)
        help_option = part.get_help_option(typer.Context(part, help_option_names=HELP_OPTIONS))
        if help_option is not None:
            help_option.help = word("help-help", language)
    return command


def _with_those_below(command: Any) -> Iterator[Any]:
    """A command, and if it is a group all commands in it."""
    yield command
    for part in getattr(command, "commands", {}).values():
        yield from _with_those_below(part)


_MAKE_TEXT: Any = vars(rich_utils)["_make_rich_text"]


def _unbroken(**given: Any) -> Any:
    """A help text as typer makes it, but never cut off: Chinese has no blanks at which rich would break its lines."""
    made = _MAKE_TEXT(**given)
    made.overflow = "fold"
    return made


def _translate(part: Any, name: str, language: Language) -> None:
    key = getattr(part, name, None)
    if isinstance(key, str) and key in WORDS:
        setattr(part, name, word(key, language))


def _complain_about_use(error: Any, screen: Screen) -> None:
    screen.complain(screen.word("wrong-use", why=_why(error, screen)))
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else NAME
    screen.complain(screen.word("see-help", command=command), "dim")


def _why(error: Any, screen: Screen) -> str:
    """Typer's own sentence in English; the usual mistakes in Chinese, the others in typer's words."""
    kind, param = type(error).__name__, getattr(error, "param", None)
    if screen.language == "en":
        return str(error.format_message())
    if kind == "NoSuchOption":
        near = screen.join(error.possibilities or ())
        return screen.word("no-such-option-near" if near else "no-such-option", name=error.option_name, near=near)
    if kind in ("MissingParameter", "BadParameter") and param is not None:
        name = param.metavar if param.param_type_name == "argument" else param.opts[0]
        return screen.word("missing-parameter" if kind == "MissingParameter" else "bad-parameter", name=name, why=error.message)
    said = str(error.format_message())
    if not said.startswith("No such command"):
        return said.rstrip(".")
    names: list[str] = re.findall(r"'[^']*'", said)
    near = screen.join(names[1:])
    return screen.word("no-such-command-near" if near else "no-such-command", name=names[0], near=near)


# -- streams


def _open_nowhere() -> None:
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115


def _quiet_stdout() -> None:
    """Let what is still in the buffer go nowhere, so that Python does not complain when it ends."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        return
