"""Callers' own words left out of an answer while it is worked out and remembered, and put in when it is sent.

An assessment depends on a field only by whether anything stands in it, and by quoting it: so callers who differ in nothing but
their names and addresses share one answer.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace

import orjson

from api.asking import Asked
from triage.call import LONGEST_FIELD, tidied

__all__ = ["Blanks", "blanked", "filled"]

_NONCE = secrets.token_hex(12)
"""Marks nobody can send, because nobody outside this process knows them."""

Blanks = Mapping[bytes, bytes]
"""By mark, the text it stands for, as it is written in JSON."""


def blanked(asked: Asked) -> tuple[Asked, Blanks]:
    """A call with marks in its fields, and what they stand for. Fields that are not accepted stay, to be refused."""
    fields = asked.given.get("fields")
    if not isinstance(fields, dict) or not all(isinstance(text, str) and len(text) <= LONGEST_FIELD for text in fields.values()):
        return asked, {}
    known = asked.base.knowledge.fields
    texts = {name: tidied(text) if name in known else "" for name, text in fields.items()}
    marks = {name: f"{_NONCE}-{name}-" if text else "" for name, text in texts.items()}
    blanks = {mark.encode(): orjson.dumps(texts[name])[1:-1] for name, mark in marks.items() if mark}
    return replace(asked, given={**asked.given, "fields": marks}), blanks


def filled(json: bytes, blanks: Blanks) -> bytes:
    """An answer with the texts where their marks are."""
    for mark, text in blanks.items():
        json = json.replace(mark, text)
    return json
