"""Engines a user could take instead, each with the same base translated for it, and our own.

Every contender gets what is told of a call as a dictionary, applies the gates, and concludes every inferred fact. What else an
engine can tell, and what it cannot express, stands in `CONTENDERS`.
"""

from __future__ import annotations

from functools import partial

from benchmarks.contenders.clips_program import ClipsProgram
from benchmarks.contenders.decision_tables import DecisionTables
from benchmarks.contenders.expressions import Expressions
from benchmarks.contenders.json_rules import JsonRules
from benchmarks.contenders.loop import Loop
from benchmarks.contenders.ours import Assessing, Bits, Fired, OurExperta, Specification, Stepping
from benchmarks.contenders.shape import Contender, Entry, NotInstalledError, Said, Told, difference
from benchmarks.contenders.usual_experta import UsualExperta

__all__ = ["CONTENDERS", "Contender", "Entry", "NotInstalledError", "Said", "Told", "difference"]

FIRED, WHOLE = "values, fired", "values, fired, pre-empted"
MANY = 500
"""Clauses beyond which experta takes seconds a call."""

CONTENDERS = (
    Entry("ours: fired", FIRED, "", Fired),
    Entry("ours: verdict", WHOLE, "", Bits),
    Entry("ours: specification", WHOLE, "", Specification),
    Entry("ours: next step", f"{WHOLE}, candidates, settled or not, next question", "", Stepping),
    Entry(
        "ours: assessment",
        "decision card, candidates, next question, texts, reasons; experta's consent once settled",
        "",
        Assessing,
    ),
    Entry("ours: experta", WHOLE, "gates are applied for it", OurExperta, "experta", most_clauses=MANY),
    Entry(
        "experta, usual style",
        WHOLE,
        "gates are applied for it; pre-empting is Python in the actions; NOT may conclude wrongly",
        UsualExperta,
        "experta",
        most_clauses=MANY,
    ),
    Entry(
        "CLIPS, clipspy as it comes", WHOLE, "frees no facts: slower call by call", partial(ClipsProgram, leaking=True), "clipspy"
    ),
    Entry("CLIPS, clipspy repaired", WHOLE, "", partial(ClipsProgram, leaking=False), "clipspy"),
    Entry(
        "zen-engine",
        "values, first fired",
        "hit policy first: no further winners of equal priority, nothing pre-empted",
        DecisionTables,
        "zen-engine",
    ),
    Entry("rule-engine", WHOLE, "no chaining, no order, no gates: Python around it", Expressions, "rule-engine"),
    Entry("json-rules-engine", WHOLE, "pre-empting is JavaScript in the actions", JsonRules),
    Entry("loop in Python", WHOLE, "checks nothing and explains nothing", Loop),
)
"""Ours first, then the others."""
