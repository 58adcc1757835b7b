"""Reading a call from a JSON file or standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from triage.cli.bases import UsageError
from triage.errors import InputError
from triage.model import Text
from triage.refusals import refusal

__all__ = ["read_facts"]

MAX_BYTES = 1024 * 1024
"""A call with every field at its longest is far below this."""


def read_facts(named: str) -> dict[str, Any]:
    """The call in a file, or on standard input for `-`; its contents are checked by `triage.call`.

    Raises:
        UsageError: It cannot be read.
        InputError: It is not a JSON object, or its options are none.
    """
    data = _bytes(named)
    if len(data) > MAX_BYTES:
        raise InputError("too-large", "", Text(f"超过 {MAX_BYTES} 字节", f"more than {MAX_BYTES} bytes"))
    try:
        found = json.loads(data.decode("utf-8-sig"), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise InputError(
            "not-utf8", "", Text(f"第 {error.start + 1} 个字节不是 UTF-8 编码", f"byte {error.start + 1} is not UTF-8")
        ) from error
    except json.JSONDecodeError as error:
        where = Text(f"第 {error.lineno} 行第 {error.colno} 列", f"line {error.lineno} column {error.colno}")
        raise InputError(
            "not-json", "", Text(f"{where.zh}读不懂，不是 JSON（{error.msg}）", f"not JSON at {where.en}: {error.msg}")
        ) from error
    except (RecursionError, ValueError) as error:
        raise InputError("not-json", "", Text("不是可用的 JSON", "not usable as JSON")) from error
    return _checked(found)


def _checked(found: Any) -> dict[str, Any]:
    if not isinstance(found, Mapping):
        raise InputError(
            "wrong-type",
            "",
            Text('应为 JSON 对象，例如 {"facts": {…}}', 'expected a JSON object, such as {"facts": {…}}'),
        )
    if not isinstance(found.get("options", {}), Mapping):
        raise InputError("wrong-type", "/options", Text("应为对象", "expected an object"))
    return dict(found)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _bytes(named: str) -> bytes:
    try:
        if named == "-":
            return sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin else b""
        with Path(named).open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        why = refusal(error)
        raise UsageError(Text(f"打不开 `{named}`：{why.zh}", f"cannot open `{named}`: {why.en}")) from error
    except ValueError as error:
        raise UsageError(Text(f"打不开 `{named!r}`", f"cannot open `{named!r}`")) from error
