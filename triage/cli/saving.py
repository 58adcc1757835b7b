"""Where a command's product goes: a file, or standard output."""

from __future__ import annotations

import sys
from pathlib import Path

from triage.cli.bases import UsageError
from triage.model import Text
from triage.refusals import refusal

__all__ = ["save"]


def save(text: str, path: Path | None) -> None:
    """Write a text as UTF-8, to standard output where no file is named. A file is replaced, folders are not made.

    Raises:
        UsageError: The file cannot be written.
    """
    data = text.encode("utf-8")
    if path is None:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return
    try:
        path.write_bytes(data)
    except OSError as error:
        why = refusal(error)
        raise UsageError(Text(f"写不了 `{path}`：{why.zh}", f"cannot write `{path}`: {why.en}")) from error
    except ValueError as error:
        raise UsageError(Text(f"写不了 `{str(path)!r}`", f"cannot write `{str(path)!r}`")) from error
