"""A new knowledge base: a small sound one to grow from, with comments for people who do not program."""

from __future__ import annotations

from pathlib import Path

from triage.authoring.naming import base_id_mistakes
from triage.authoring.refusing import RefusedError
from triage.authoring.writing import write_file
from triage.model import Text

__all__ = ["new_base"]

STARTER = Path(__file__).parent / "starter"
"""An example that is no rule of any trade; it passes its cases, and its laws hold."""


def new_base(folder: Path) -> tuple[Path, ...]:
    """Make a base in a folder that does not exist or is empty; its id is the folder's name.

    Returns:
        The files written, by name.

    Raises:
        RefusedError: The folder holds something, or its name cannot be an id.
    """
    mistakes = base_id_mistakes(folder.name)
    if mistakes:
        raise RefusedError(mistakes)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        shown = folder.as_posix()
        raise RefusedError(
            [
                Text(
                    f"`{shown}` 已经有内容了；请换个名字，或者先把它移走",
                    f"`{shown}` is there already and not empty; choose another name, or move it away first",
                )
            ]
        )
    return tuple(_write(folder, source) for source in sorted(STARTER.rglob("*.yaml")))


def _write(folder: Path, source: Path) -> Path:
    target = folder / source.relative_to(STARTER)
    data = source.read_bytes()
    if source == STARTER / "base.yaml":
        data = data.replace(b"\n  id: starter\n", f"\n  id: {folder.name}\n".encode())
    write_file(target, data)
    return target
