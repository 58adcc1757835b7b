"""Every sentence the command line says of its own, in both languages. What a knowledge base says is not here.

`common` holds what the commands for calls say; every other command has a module of its own.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import Any

from triage.cli.words import authoring, checking, common, drawing, exchange, mcp, replaying, service, testing, versions
from triage.model import Language, Text

__all__ = ["WORDS", "word"]

WORDS: Mapping[str, Text] = ChainMap(
    common.WORDS,
    authoring.WORDS,
    checking.WORDS,
    drawing.WORDS,
    exchange.WORDS,
    mcp.WORDS,
    replaying.WORDS,
    service.WORDS,
    testing.WORDS,
    versions.WORDS,
)
"""All of them, by key; a key stands in one module only."""


def word(key: str, language: Language, **parts: Any) -> str:
    """One sentence with its parts filled in."""
    return WORDS[key].get(language).format(**parts)
