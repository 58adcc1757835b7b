"""Writing an author's file so that nobody ever sees half of it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from triage.authoring.refusing import RefusedError
from triage.model import Text
from triage.refusals import refusal

__all__ = ["unusable", "write_file"]


def write_file(path: Path, data: bytes) -> None:
    """Put the whole of a file in place at once; folders are made, links followed, the rights of an older file kept.

    Raises:
        RefusedError: It cannot be written; what was there still is.
    """
    try:
        _replace(path.resolve(), data)
    except OSError as error:
        raise RefusedError([unusable(path, error)]) from error


def unusable(path: Path, error: OSError) -> Text:
    """What to tell of a file that cannot be read or written."""
    name, reason = path.as_posix(), refusal(error)
    return Text(f"`{name}` 不能读写：{reason.zh}", f"`{name}` cannot be read or written: {reason.en}")


def _replace(target: Path, data: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=target.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        if target.exists():
            shutil.copymode(target, new)
        else:
            new.chmod(0o666 & ~_umask())
        new.replace(target)
    except BaseException:
        new.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """What this process takes away from the rights of new files."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
