"""The handbook as one HTML page: templates filled with a book, everything escaped that comes from a base."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from triage.drawing.lettering import clean
from triage.expert import ExpertSystem
from triage.handbook.book import Book
from triage.loading import Case
from triage.model import Language
from triage.plain import PlainLeaf

__all__ = ["CHAPTERS", "handbook"]

CHAPTERS = (
    "reading",
    "overview",
    "situations",
    "questions",
    "alerts",
    "rules",
    "inferred",
    "wording",
    "order",
    "impossible",
    "laws",
    "grouping",
    "parameters",
    "instructions",
    "tone",
    "sources",
    "index",
)
"""In order; each is a template of its own and the anchor `chapter-…`."""


def handbook(system: ExpertSystem, language: Language, cases: Sequence[Case] = ()) -> str:
    """The manual of a base, as an HTML document without scripts that needs no other file.

    Args:
        cases: The base's cases, for examples.

    The same base gives the same bytes: there is no clock in it.
    """
    book = Book(system, language, cases)
    page = _environment().get_template("handbook.html.jinja")
    return page.render(book=book, w=book.word, knowledge=book.knowledge, chapters=_chapters(book)) + "\n"


def _chapters(book: Book) -> list[str]:
    """Chapters that have something to say."""
    knowledge = book.knowledge
    empty = {
        "questions": not knowledge.questions,
        "alerts": not book.messages("alert"),
        "rules": not knowledge.rules,
        "wording": not book.messages("script") and not book.messages("advice"),
        "order": not book.messages("work_order") and not knowledge.fields,
        "impossible": not knowledge.impossible,
        "laws": not knowledge.invariants and not knowledge.evidence.spared,
        "grouping": knowledge.grouping is None,
        "parameters": not knowledge.parameters,
        "instructions": not knowledge.instructions,
        "tone": not knowledge.tone,
    }
    return [chapter for chapter in CHAPTERS if not empty.get(chapter)]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("triage.handbook", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.tests["leaf"] = lambda plain: isinstance(plain, PlainLeaf)
    environment.filters["css"] = _css
    environment.filters["percent"] = _percent
    return environment


def _shown(value: object) -> object:
    """What is put into the page: texts without control characters."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _css(text: str) -> Markup:
    """A text as a string of a style sheet."""
    return Markup('"' + "".join(c if c.isalnum() else f"\\{ord(c):06x} " for c in clean(text)) + '"')  # noqa: S704 - escaped here


def _percent(share: float) -> str:
    return "< 0.1 %" if share < 0.001 else f"{share:.1%}"
