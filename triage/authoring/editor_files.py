"""The schemas of a base put where an editor finds them, and what has to be told to the editor."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from triage.authoring.editor_schema import KINDS, Kind, editor_schema
from triage.authoring.writing import write_file
from triage.model import KnowledgeBase, Language

__all__ = ["as_json", "editor_settings", "schema_file", "schema_line", "write_schemas"]


def as_json(part: Any) -> str:
    """JSON for people, with a line end."""
    return json.dumps(part, ensure_ascii=False, indent=2) + "\n"


def schema_file(folder: Path, knowledge: KnowledgeBase, kind: Kind) -> Path:
    """Where the schema of one kind of files goes."""
    return folder / f"{knowledge.identity.id}-{kind}.schema.json"


def write_schemas(folder: Path, knowledge: KnowledgeBase, language: Language) -> None:
    """Write both schemas of a base into a folder, such as `.vscode`.

    Raises:
        RefusedError: They cannot be written.
    """
    for kind in KINDS:
        text = as_json(editor_schema(kind, language, knowledge))
        write_file(schema_file(folder, knowledge, kind), text.encode("utf-8"))


def editor_settings(folder: Path, base: Path, knowledge: KnowledgeBase) -> dict[str, Any]:
    """What VS Code's settings must say (`.vscode/settings.json`), with paths from the current folder on.

    Args:
        folder: Where the schemas are.
        base: The base's folder.
    """
    files = {kind: schema_file(folder, knowledge, kind) for kind in KINDS}
    shown, inside = {kind: f"./{_from_here(file)}" for kind, file in files.items()}, _from_here(base)
    return {
        "yaml.schemas": {
            shown["cases"]: [f"{inside}/**/*.cases.yaml"],
            shown["knowledge"]: [f"{inside}/**/*.yaml", "!**/*.cases.yaml"],
        }
    }


def schema_line(schema: str) -> str:
    """The first line of a file that names its own schema."""
    return f"# yaml-language-server: $schema={schema}"


def _from_here(path: Path) -> str:
    """A path from the current folder on; the whole path where it leads elsewhere."""
    whole = path.absolute()
    here = Path.cwd()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else whole.as_posix()
