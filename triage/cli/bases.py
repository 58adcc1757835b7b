"""Which knowledge base a command works on, and opening it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import triage
from triage.errors import TriageError, nearest
from triage.expert import ExpertSystem
from triage.model import Language, Text

__all__ = ["UsageError", "base_folder", "check_systems", "open_base", "shipped_bases"]

DEFAULT = "power"
_HERE = Path("knowledge") / DEFAULT


class UsageError(TriageError):
    """The command line was told something it cannot use."""

    code = "usage"

    def __init__(self, text: Text) -> None:
        super().__init__(text)
        self.text = text

    def render(self, language: Language) -> str:
        """What is wrong and what to do."""
        return self.text.get(language)


def open_base(named: str | None) -> ExpertSystem:
    """The expert system for a base: a folder, or the name of a shipped base.

    Raises:
        UsageError: There is no such base.
        KnowledgeError: It has mistakes.
    """
    return ExpertSystem.open(base_folder(named))


def base_folder(named: str | None) -> Path:
    """The folder of a base; see `open_base`.

    Args:
        named: None for `power`. A name is looked for in the current folder, in its `knowledge` folder, then among the shipped.

    Raises:
        UsageError: There is no such base.
    """
    folder = _HERE if named is None else Path(named)
    for place in (folder, _HERE.parent / folder):
        if place.is_dir():
            return place
    if folder.exists():
        raise UsageError(
            Text(
                f"`{folder}` 是文件，不是文件夹；请给出知识库所在的文件夹",
                f"`{folder}` is a file, not a folder; name the folder of a knowledge base",
            )
        )
    shipped = shipped_bases()
    name = DEFAULT if named is None else named
    if name in shipped:
        return shipped[name]
    raise UsageError(_no_such_base(name, list(shipped)))


def _no_such_base(name: str, shipped: list[str]) -> Text:
    close = nearest(name, shipped)
    zh, en = (f"；是不是想写 `{close}`？", f"; did you mean `{close}`?") if close else ("", "")
    if not close and shipped:
        zh, en = f"；随软件附带的知识库：{'、'.join(shipped)}", f"; bases shipped with the software: {', '.join(shipped)}"
    return Text(f"没有文件夹或知识库 `{name}`{zh}", f"there is no folder and no base `{name}`{en}")


def shipped_bases() -> dict[str, Path]:
    """The bases that come with the package, by name."""
    return {folder.name: folder for folder in _shipped()}


def _shipped() -> Iterator[Path]:
    package = Path(triage.__file__).parent
    beside = package.parent
    # In a wheel the bases lie in the package; in a repository beside it.
    homes = [package / "knowledge", *([beside / "knowledge"] if (beside / "pyproject.toml").is_file() else [])]
    home = next((home for home in homes if home.is_dir()), None)
    if home is not None:
        yield from (folder for folder in sorted(home.iterdir()) if folder.is_dir() and any(folder.rglob("*.yaml")))


def check_systems(system: ExpertSystem, named: list[str]) -> tuple[str, ...]:
    """The systems to connect.

    Raises:
        UsageError: The base does not name one of them.
    """
    known = system.knowledge.identity.systems
    for name in named:
        if name not in known:
            close = nearest(name, known)
            zh, en = (f"是不是想写 `{close}`？", f"did you mean `{close}`?") if close else _choices(list(known))
            raise UsageError(
                Text(f"--system：知识库没有系统 `{name}`；{zh}", f"--system: the base names no system `{name}`; {en}")
            )
    return tuple(dict.fromkeys(named))


def _choices(known: list[str]) -> tuple[str, str]:
    if not known:
        return "它没有任何系统", "it names none at all"
    return f"可以是：{'、'.join(known)}", f"accepted: {', '.join(known)}"
