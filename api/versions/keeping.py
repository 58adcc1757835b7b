"""A copy on this machine of what is active, for processes that start while the database is gone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import orjson

from api.versions.history import Standing
from api.versions.packing import Files

__all__ = ["Copy"]

_STATE = "active.json"


class Copy:
    """Files in a folder that the processes of one machine share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, active: Mapping[str, tuple[Standing, Files]]) -> None:
        """Keep what is active, by base; that it cannot be kept hinders nobody now."""
        with suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            digests = {standing.active for standing, _ in active.values()}
            for standing, files in active.values():
                path = self._folder / f"{standing.active}.json"
                if not path.exists():
                    self._replace(path, orjson.dumps(files))
            state = {base: [found.number, found.stack, sorted(found.withdrawn)] for base, (found, _) in active.items()}
            self._replace(self._folder / _STATE, orjson.dumps(state))
            for path in self._folder.glob("*.json"):
                if path.name != _STATE and path.stem not in digests:
                    path.unlink(missing_ok=True)

    def standings(self) -> dict[str, Standing]:
        """How versions stood when last seen, by base, without what is in shadow."""
        with suppress(OSError, ValueError, TypeError):
            found = orjson.loads((self._folder / _STATE).read_bytes())
            return {base: Standing(number, tuple(stack), frozenset(gone)) for base, (number, stack, gone) in found.items()}
        return {}

    def files(self, digest: str) -> Files | None:
        """The files of a version that was active."""
        with suppress(OSError, ValueError):
            found: Files = orjson.loads((self._folder / f"{digest}.json").read_bytes())
            return found
        return None

    def _replace(self, path: Path, data: bytes) -> None:
        making = path.with_suffix(f".{os.getpid()}.new")
        making.touch(mode=0o600)
        making.write_bytes(data)
        making.replace(path)
