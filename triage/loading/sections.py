"""The format of a knowledge base as shapes: which sections there are and what stands in them.

`docs/knowledge-format.md` says the same in words. Names are looked up elsewhere (`triage.loading.building`).
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass

from triage.loading.conditions import CONDITION, CONDITION_DEFINITION
from triage.loading.documents import Mapping, Node, Scalar
from triage.loading.mistakes import Report
from triage.loading.shapes import (
    ByForm,
    Choice,
    Found,
    Identifier,
    Key,
    ListOf,
    MapOf,
    Number,
    OneOrMany,
    Record,
    Reference,
    Schema,
    SentenceWith,
    String,
    Truth,
    Word,
    sentence,
)
from triage.model import CALLER, LANGUAGES, PLACES, TIMES_OF_DAY, UNKNOWN, Place, Text

__all__ = ["FILE", "LISTED", "MOMENTS", "SINGLE", "schema"]

RESERVED = frozenset({"any", "all", "not", UNKNOWN, CALLER, "true", "false", "null"})
MOMENTS = ("greeting", "ask", "wait", "confirm", "apology", "refusal", "transfer", "closing", "explain")

WORD_ID = Identifier("_", RESERVED)
VALUE_ID = Identifier("_", RESERVED | {"given", "otherwise"})
"""Values of observable facts: `weights` uses two more words beside them."""
DASHED_ID = Identifier("-", RESERVED)
BASE_ID = Identifier("_-", RESERVED)

NAME = Reference()
ORDER = Key(Number(-10_000, 10_000, whole=True), 50)
PRIORITY = Number(0, 1000, whole=True)
FIGURE = Number(-1e9, 1e9)
WEIGHT = Number(0.0001, 1_000_000)
SOURCE = Key(OneOrMany(String(), Text("`source` ", "`source`")))
INSTRUCTS = Key(ListOf(NAME, Text("`instructs` ", "`instructs`")), ())


def _names(what: str, least: int = 1) -> ListOf[Word]:
    return ListOf(NAME, Text(f"`{what}` ", f"`{what}`"), least)


@dataclass(frozen=True, slots=True)
class NameOrNumber:
    """A parameter's name, or a plain number."""

    def read(self, node: Node, report: Report) -> Word | float:
        """The name as a word, the number as a float."""
        if isinstance(node, Scalar) and node.kind == "number":
            return FIGURE.read(node, report)
        return NAME.read(node, report)

    def stand_in(self, place: Place) -> Word | float:
        """The empty name."""
        return NAME.stand_in(place)

    def schema(self) -> Schema:
        """Either."""
        return {"anyOf": [FIGURE.schema(), NAME.schema()]}


@dataclass(frozen=True, slots=True)
class Phrase:
    """What a parameter puts into texts: a number or phrase for both languages."""

    def read(self, node: Node, report: Report) -> Word:
        """The author's own writing of it."""
        if isinstance(node, Scalar) and node.kind == "number":
            return Word(node.text, node.place)
        return String().read(node, report)

    def stand_in(self, place: Place) -> Word:
        """The empty word."""
        return Word("", place)

    def schema(self) -> Schema:
        """A number or a string."""
        return {"anyOf": [{"type": "number"}, String().schema()]}


TABLE = MapOf(NAME, WEIGHT, Text("`weights` ", "`weights`"), least=1)
TABLES = MapOf(NAME, TABLE, Text("`weights` ", "`weights`"), least=1)


@dataclass(frozen=True, slots=True)
class WeightsShape:
    """`{value: weight, …}`, or with `given: fact` a table for each value of that fact."""

    def read(self, node: Node, report: Report) -> Found:
        """`given`: the fact or None. `tables`: keyed by value, or one by None."""
        if not isinstance(node, Mapping) or "given" not in node.entries:
            table = TABLE.read(node, report)
            return Found(node.place, {"given": None, "tables": {None: table}}, {})
        rest = Mapping(node.place, {name: entry for name, entry in node.entries.items() if name != "given"})
        given = NAME.read(node.entries["given"].value, report)
        return Found(node.place, {"given": given, "tables": TABLES.read(rest, report)}, {})

    def stand_in(self, place: Place) -> Found:
        """One empty table."""
        return Found(place, {"given": None, "tables": {None: {}}}, {})

    def schema(self) -> Schema:
        """Either form."""
        dependent = {"type": "object", "required": ["given"], "properties": {"given": NAME.schema()}}
        return {"anyOf": [TABLE.schema(), {**dependent, "additionalProperties": TABLE.schema()}]}


BASE = Record(
    Text("`base` ", "`base`"),
    {
        "id": Key(BASE_ID),
        "version": Key(String()),
        "title": Key(sentence),
        "systems": Key(MapOf(WORD_ID, sentence, Text("`systems` ", "`systems`")), {}),
        "decision": Key(_names("decision")),
        "find_out": Key(MapOf(NAME, NAME, Text("`find_out` ", "`find_out`"), least=1)),
        "resolved": Key(CONDITION, None),
        "patience": Key(
            Record(
                Text("`patience` ", "`patience`"),
                {"unknown_in_a_row": Key(Number(1, 1000, whole=True)), "fact": Key(NAME), "value": Key(NAME)},
            ),
            None,
        ),
        "callers": Key(NAME, None),
    },
)

RANGE = Record(
    Text("分段", "the range"),
    {"value": Key(NAME), "under": Key(NameOrNumber(), None), "up_to": Key(NameOrNumber(), None)},
)

FACT = Record(
    Text("事实", "fact"),
    {
        "id": Key(WORD_ID),
        "text": Key(sentence),
        "values": Key(MapOf(VALUE_ID, sentence, Text("`values` ", "`values`"), least=1)),
        "applies_when": Key(CONDITION, None),
        "weights": Key(WeightsShape(), None),
        "source": SOURCE,
        "number": Key(
            Record(
                Text("`number` ", "`number`"),
                {"unit": Key(String()), "ranges": Key(ListOf(RANGE, Text("`ranges` ", "`ranges`"), least=1))},
            ),
            None,
        ),
    },
)

QUESTION = Record(
    Text("问题", "question"),
    {
        "id": Key(WORD_ID),
        "fills": Key(_names("fills")),
        "text": Key(sentence),
        "how": Key(sentence, None),
        "purpose": Key(Choice(("decide", "safety", "say", "order")), "decide"),
        "kind": Key(Choice(("look", "act")), "look"),
        "ask_of": Key(_names("ask_of"), (CALLER,)),
        "seconds": Key(Number(0.1, 3600), 8.0),
        "order": ORDER,
        "tick": Key(Record(Text("`tick` ", "`tick`"), {"ticked": Key(NAME), "others": Key(NAME)}), None),
        "instructs": INSTRUCTS,
    },
)

INFERRED_VALUE = SentenceWith({"members": Key(_names("members", 2), ()), "number": Key(NameOrNumber(), None)})

INFERRED = Record(
    Text("推断", "inferred fact"),
    {
        "id": Key(WORD_ID),
        "target": Key(Truth(), default=False),
        "text": Key(sentence),
        "default": Key(NAME),
        "values": Key(MapOf(WORD_ID, INFERRED_VALUE, Text("`values` ", "`values`"), least=1)),
    },
)

CONCLUSION = ByForm(NAME, Record(Text("结论", "the conclusion"), {"value": Key(NAME), "priority": Key(PRIORITY, None)}))

RULE = Record(
    Text("规则", "rule"),
    {
        "id": Key(DASHED_ID),
        "when": Key(CONDITION),
        "then": Key(MapOf(NAME, CONCLUSION, Text("`then` ", "`then`"), least=1)),
        "priority": Key(PRIORITY, 50),
        "because": Key(sentence),
        "source": SOURCE,
        "safe_side": Key(Truth(), default=False),
    },
)

TIMES = ListOf(Choice(TIMES_OF_DAY), Text("`time_of_day` ", "`time_of_day`"), least=1)

MESSAGE = Record(
    Text("话术", "message"),
    {
        "id": Key(DASHED_ID),
        "kind": Key(Choice(("alert", "advice", "script", "work_order"))),
        "moment": Key(Choice(MOMENTS), None),
        "when": Key(CONDITION, None),
        "say": Key(sentence),
        "to": Key(Choice(("caller", "agent", "crew")), CALLER),
        "must_say": Key(Truth(), None),
        "instructs": INSTRUCTS,
        "order": ORDER,
        "source": SOURCE,
        "time_of_day": Key(TIMES, ()),
    },
)

INSTRUCTION = Record(
    Text("指示", "instruction"),
    {"id": Key(WORD_ID), "text": Key(sentence), "forbidden": Key(Truth(), default=False)},
)

IMPOSSIBLE = Record(
    Text("不可能的组合", "impossible combination"),
    {
        "id": Key(DASHED_ID),
        "when": Key(CONDITION),
        "say": Key(sentence),
        "resolve": Key(NAME),
        "source": SOURCE,
    },
)

INVARIANT = Record(
    Text("不变的要求", "invariant"),
    {
        "id": Key(DASHED_ID),
        "when": Key(CONDITION),
        "then": Key(CONDITION),
        "safety": Key(Truth(), default=True),
        "because": Key(sentence),
        "source": SOURCE,
    },
)

EXCEPTION = Record(
    Text("例外", "the exception"),
    {"fact": Key(NAME), "when": Key(CONDITION), "because": Key(sentence), "source": SOURCE},
)

EVIDENCE = Record(
    Text("`evidence` ", "`evidence`"),
    {
        "spared": Key(ListOf(CONDITION, Text("`spared` ", "`spared`")), ()),
        "exceptions": Key(ListOf(EXCEPTION, Text("`exceptions` ", "`exceptions`")), ()),
    },
)

PHRASE = ByForm(Phrase(), sentence)
PARAMETER = Record(
    Text("参数", "parameter"),
    {
        "id": Key(WORD_ID),
        "value": Key(PHRASE),
        "regions": Key(MapOf(WORD_ID, PHRASE, Text("`regions` ", "`regions`")), {}),
        "source": SOURCE,
    },
)

FIELD = Record(
    Text("字段", "field"),
    {
        "id": Key(WORD_ID),
        "text": Key(sentence),
        "ask": Key(sentence),
        "when": Key(CONDITION, None),
        "private": Key(Truth(), default=False),
        "order": ORDER,
        "source": SOURCE,
    },
)

TONE = Record(
    Text("用语规则", "tone rule"),
    {
        "id": Key(DASHED_ID),
        "phrases": Key(ListOf(String(), Text("`phrases` ", "`phrases`"), least=1)),
        "language": Key(Choice(LANGUAGES)),
        "context": Key(Choice(("answer", "listening", "work_order", "apology", "any")), "any"),
        "house": Key(Choice(("ours", "other")), "ours"),
        "instead": Key(PHRASE),
        "because": Key(sentence),
        "source": SOURCE,
        "severity": Key(Choice(("forbidden", "advice")), None),
        "unless": Key(ListOf(String(), Text("`unless` ", "`unless`")), ()),
    },
)


POPULATION = Record(
    Text("来电人群", "population"),
    {
        "id": Key(WORD_ID),
        "text": Key(sentence),
        "weights": Key(MapOf(NAME, WeightsShape(), Text("`weights` ", "`weights`"), least=1)),
        "source": SOURCE,
    },
)

LEVEL = Record(
    Text("一级", "the level"),
    {
        "fact": Key(NAME),
        "value": Key(NAME),
        "place": Key(Choice(PLACES)),
        "callers": Key(NameOrNumber()),
        "minutes": Key(NameOrNumber()),
        "from_different": Key(Choice(PLACES), None),
        "ordered": Key(Truth(), default=False),
        "merges": Key(Truth(), default=True),
    },
)

GROUPING = Record(
    Text("`grouping` ", "`grouping`"),
    {
        "told_by": Key(NAME),
        "starts": Key(CONDITION),
        "joins": Key(CONDITION),
        "orders": Key(CONDITION),
        "levels": Key(ListOf(LEVEL, Text("`levels` ", "`levels`"), least=1)),
        "source": SOURCE,
    },
)

REOPENING = Record(
    Text("重新受理", "the reopening"),
    {"when": Key(CONDITION), "tells": Key(MapOf(WORD_ID, VALUE_ID, Text("`tells` ", "`tells`"), least=1))},
)

FOLLOW_UP = Record(
    Text("`follow_up` ", "`follow_up`"),
    {
        "of": Key(BASE_ID),
        "told_by": Key(NAME),
        "tries": Key(NAME, None),
        "questions": Key(Number(1, 1000, whole=True)),
        "over": Key(CONDITION),
        "reopens": Key(ListOf(REOPENING, Text("`reopens` ", "`reopens`")), ()),
        "source": SOURCE,
    },
)

LISTED: Map[str, Record] = {
    "facts": FACT,
    "questions": QUESTION,
    "inferred": INFERRED,
    "rules": RULE,
    "messages": MESSAGE,
    "instructions": INSTRUCTION,
    "impossible": IMPOSSIBLE,
    "invariants": INVARIANT,
    "parameters": PARAMETER,
    "fields": FIELD,
    "tone": TONE,
    "populations": POPULATION,
}
"""The sections that are lists of records with an id."""

SINGLE: Map[str, Record] = {"grouping": GROUPING, "follow_up": FOLLOW_UP}
"""The sections that stand in one file at most."""

FILE = Record(
    Text("知识文件", "a knowledge file"),
    {
        "base": Key(BASE, None),
        "evidence": Key(EVIDENCE, None),
        **{name: Key(ListOf(record, Text(f"`{name}` ", f"`{name}`")), ()) for name, record in LISTED.items()},
        **{name: Key(record, None) for name, record in SINGLE.items()},
    },
)


def schema() -> Schema:
    """JSON Schema (draft 2020-12) of one knowledge file, for editors."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {**dialect, **FILE.schema(), "$defs": dict(CONDITION_DEFINITION)}
