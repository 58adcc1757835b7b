"""Small knowledge bases in several versions, for tests of loading, activating and comparing them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.versions.packing import Files, from_folder
from tests.service.serving import Server
from triage.authoring.starting import new_base
from triage.expert import ExpertSystem

__all__ = ["NOISY", "digest_of", "first", "load", "second", "write"]

NOISY = {"facts": {"trouble": "noisy", "wet_floor": "not_seen"}, "options": {"language": "en"}}
"""The first version finds the machine at fault, the second does not."""


def first(tmp_path: Path) -> Files:
    """The starter's base `small`, version 0.1.0, with a private field."""
    folder = tmp_path / "made" / "small"
    if not folder.exists():
        new_base(folder)
    files = from_folder(folder)
    files["fields.yaml"] = files["fields.yaml"].replace("- id: location\n", "- id: location\n  private: true\n")
    return files


def second(tmp_path: Path, version: str = "0.2.0", **changed: tuple[str, str]) -> Files:
    """A version in which noise alone says nothing about the machine.

    Args:
        changed: By name of a file in `rules/` or `facts/` …, with `_` for `/`, what is replaced by what.
    """
    files = first(tmp_path)
    _replace(files, "base.yaml", "version: 0.1.0", f"version: {version}")
    _replace(files, "rules/start.yaml", "{trouble: [leaking, noisy]}", "{trouble: leaking}")
    for name, (old, new) in changed.items():
        _replace(files, f"{name.replace('_', '/')}.yaml", old, new)
    return files


def write(files: Files, folder: Path) -> Path:
    """Files as a folder."""
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "utf-8")
    return folder


def digest_of(files: Files, tmp_path: Path) -> str:
    """The digest of the base in some files."""
    return ExpertSystem.open(write(files, tmp_path / f"read-{abs(hash(tuple(files.items())))}")).knowledge.digest


def load(server: Server, files: Files, status: int = 201) -> dict[str, Any]:
    """Load a version over HTTP."""
    return server.post("/v1/knowledge/small/versions", {"files": files}, status)


def _replace(files: Files, path: str, old: str, new: str) -> None:
    assert old in files[path], (path, old)
    files[path] = files[path].replace(old, new)
