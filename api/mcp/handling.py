"""What each tool does: arguments in, a shape and its text out. All of them decide, explain and record as REST does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from pydantic import TypeAdapter

from api.bases import Base
from api.deciding import asked_of, decide
from api.doors import object_of, unknown_keys
from api.evaluating import assessed
from api.ids import now
from api.mcp import shapes, shaping, wording
from api.mcp.asker import Asker
from api.mcp.calls import CALL, choice, facts_again, language_for, read, refuse_unknown, tellable, wrong
from api.mcp.explaining import explained
from api.mcp.inputs import LONGEST_SEARCH, MOST_CHANGES, MOST_LISTED
from api.outcomes import keep_outcome
from api.recalling import recalled
from api.supposing import check_variants, nearest_with, varied
from triage.assessment import Assessment
from triage.model import Fact, Text

__all__ = ["Answer", "explain_decision", "list_facts", "record_outcome", "triage_fault", "what_if", "why_not"]

Answer = tuple[shapes.Shape, str]
"""The result as data, and as text."""
Given = Mapping[str, Any]

DETAILS = ("concise", "full")
CONCISE = {"explain": "none", "look_ahead": 0}
FULL = {"explain": "full"}
_READ = TypeAdapter(Assessment)


async def triage_fault(asker: Asker, given: Given) -> Answer:
    """Assess a call, and record the decision."""
    asker.need("triage")
    unknown_keys(given, (*CALL, "fields", "detail"), "")
    full = choice(given, "detail", DETAILS) == "full"
    asked = await read(asker, given, **(FULL if full else CONCISE))
    decision = await decide(asker.service, asked, asker.who)
    logged = asker.service.journal.record(decision.line)
    found = _READ.validate_json(decision.answered.assessment)
    question = shaping.question(asked.base, found.question, full)
    order = shaping.order(found)
    again = facts_again(asked, decision.answered.readings)
    result = shapes.Triaged(
        alerts=shaping.alerts(found),
        status=found.status,
        next_step=wording.next_step(found.status, question, bool(found.alerts), order, asked.language),
        next_question=question,
        decision=shaping.entries(found.decision),
        say=shaping.lines(found),
        work_order=order,
        contradictions=shaping.clashes(found),
        facts=again["facts"],
        readings=again.get("readings"),
        no_answer=again.get("no_answer"),
        not_applicable=shaping.told(found.inapplicable) or None,
        warnings=[warning.text for warning in found.warnings] or None,
        stop_reason=found.stop_reason,
        **(shaping.full_parts(found) if full else {}),
        decision_id=decision.id,
        logged=logged if asker.lasting or logged != "spooled" else "session",
        knowledge=shaping.knowledge(found.knowledge),
    )
    return result, wording.triaged(result, asked.language)


async def what_if(asker: Asker, given: Given) -> Answer:
    """Try other answers."""
    asker.need("triage")
    unknown_keys(given, (*CALL, "changes", "detail"), "")
    changes = given.get("changes")
    if not isinstance(changes, list) or not 1 <= len(changes) <= MOST_CHANGES:
        raise wrong("/changes", Text(f"1 到 {MOST_CHANGES} 个对象的列表", f"a list of 1 to {MOST_CHANGES} objects"))
    asked = await read(asker, given, **CONCISE)
    for place, change in enumerate(changes):
        refuse_unknown(object_of(change, f"/changes/{place}"), tellable(asked.base), f"/changes/{place}")
    run = asker.service.evaluator.run
    await run(check_variants, asked, changes, "/changes")
    before = await run(assessed, asked)
    tried = [await run(varied, asked, change) for change in changes]
    result = shapes.Supposed(
        alerts=shaping.alerts(before),
        status=before.status,
        variants=[shaping.variant(change, before, after) for change, after in zip(changes, tried, strict=True)],
        knowledge=shaping.knowledge(before.knowledge),
    )
    return result, wording.supposed(result, asked.language)


async def why_not(asker: Asker, given: Given) -> Answer:
    """What would have to be otherwise for a result."""
    asker.need("triage")
    unknown_keys(given, (*CALL, "result"), "")
    asked = await read(asker, given, **CONCISE)
    target, value = _one_result(asked.base, given.get("result"))
    run = asker.service.evaluator.run
    now_so, found = await run(assessed, asked), await run(nearest_with, asked, target, value)
    inferred = asked.base.knowledge.inferred[target]
    label, text = (part.get(asked.language) for part in (inferred.text, inferred.values[value].text))
    result = shapes.WhyNotFound(
        alerts=shaping.alerts(now_so),
        result={target: value},
        text=Text(f"{label}：{text}", f"{label}: {text}").get(asked.language),
        already=found.already,
        possible=found.possible,
        changes=shaping.told(found.changes),
        nobody_to_ask=list(found.nobody_to_ask),
        knowledge=shaping.knowledge(asked.base.name),
    )
    return result, wording.why_not(result, asked.language)


async def explain_decision(asker: Asker, given: Given) -> Answer:
    """Why a decision is as it is: worked out afresh from its record, which gives the same."""
    unknown_keys(given, ("decision_id", "language", "detail"), "")
    language = language_for(asker, given)
    full = choice(given, "detail", DETAILS) == "full"
    if "log" not in asker.scopes:
        asker.need("triage")
    record = await _record(asker, given)
    if record["key_id"] != asker.who.key_id:  # everybody may read their own
        asker.need("log")
    result = await explained(asker.service, record, language, full)
    return result, wording.explained(result, language)


async def record_outcome(asker: Asker, given: Given) -> Answer:
    """Keep what was found."""
    asker.need("calls")
    unknown_keys(given, ("decision_id", "found", "visited", "language"), "")
    language = language_for(asker, given)
    found, visited = object_of(given.get("found"), "/found"), given.get("visited")
    if not found or not all(isinstance(value, str) for value in found.values()):
        raise wrong("/found", Text('至少一项，如 {"fault": "meter"}', 'at least one value, such as {"fault": "meter"}'))
    if not isinstance(visited, bool | None):
        raise wrong("/visited", Text("true 或 false", "true or false"))
    record = await _record(asker, given)
    kept, known = await keep_outcome(asker.service, record, found, visited, asker.who)
    shown = {name: kept[name] for name in shapes.OutcomeKept.model_fields if name in kept}
    result = shapes.OutcomeKept(**shown, already_known=known)
    return result, wording.outcome(result, language)


async def list_facts(asker: Asker, given: Given) -> Answer:
    """What can be told."""
    unknown_keys(given, ("search", "ids", "knowledge", "language", "detail"), "")
    language = language_for(asker, given)
    full = choice(given, "detail", DETAILS) == "full"
    wanted = {name: given[name] for name in ("knowledge",) if name in given}
    base = (await asked_of(asker.service, {"options": wanted}, language, now())).base
    found = _matching(base, given)
    result = shapes.FactLines(
        facts=[shaping.fact_line(base, fact, language, full) for fact in found],
        total=len(base.knowledge.facts),
        knowledge=shaping.knowledge(base.name),
    )
    return result, wording.facts(result, language)


# -- parts


def _one_result(base: Base, given: Any) -> tuple[str, str]:
    result = object_of(given, "/result")
    if len(result) != 1:
        raise wrong("/result", Text('恰好一项，如 {"fault": "meter"}', 'exactly one, such as {"fault": "meter"}'))
    target, value = next(iter(result.items()))
    if target not in base.knowledge.targets:
        raise wrong("/result", Text("以下之一", "one of these"), base.knowledge.targets, target)
    accepted = tuple(base.knowledge.inferred[target].values)
    if value not in accepted:
        raise wrong(f"/result/{target}", Text("以下之一", "one of these"), accepted, value)
    return target, value


async def _record(asker: Asker, given: Given) -> dict[str, Any]:
    decision_id = given.get("decision_id")
    if not isinstance(decision_id, str):
        raise wrong("/decision_id", Text("triage_fault 结果里的 decision_id", "the decision_id of a triage_fault result"))
    record, _ = await recalled(asker.service, decision_id)
    return orjson.loads(record)  # type: ignore[no-any-return]


def _matching(base: Base, given: Given) -> list[Fact]:
    """The facts asked for: by id, by words, or all."""
    facts, ids = base.knowledge.facts, given.get("ids")
    if ids is not None:
        if not isinstance(ids, list) or len(ids) > MOST_LISTED:
            raise wrong("/ids", Text(f"最多 {MOST_LISTED} 个事实的列表", f"a list of up to {MOST_LISTED} ids"))
        for place, name in enumerate(ids):
            if name not in facts:
                raise wrong(f"/ids/{place}", Text("事实的 id", "the id of a fact"), (), name, facts)
        return [facts[name] for name in dict.fromkeys(ids)]
    search = given.get("search") or ""
    if not isinstance(search, str) or len(search) > LONGEST_SEARCH:
        raise wrong("/search", Text(f"最多 {LONGEST_SEARCH} 个字", f"up to {LONGEST_SEARCH} characters"))
    return [fact for fact in facts.values() if all(word in _words_of(base, fact) for word in search.lower().split())]


def _words_of(base: Base, fact: Fact) -> str:
    asked = base.knowledge.question_of[fact.id]
    texts = (fact.text, asked.text, *fact.values.values())
    return " ".join([fact.id, *fact.values, asked.id, *(part for text in texts for part in (text.zh, text.en))]).lower()
