"""The second shipped base: the rest of the hotline. Its laws hold on every call, all engines agree on it, its cases pass.

It also shows that the engine knows nothing of the trade: the same engine runs a base about quite other things, and no name and no
text in it comes from the trade but the few that are listed here.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engines import Engines
from tests.random_bases import random_completion
from triage.call import Call, Options
from triage.evaluation import effective, holds, verdict_of
from triage.expert import ExpertSystem
from triage.loading import load_knowledge
from triage.loading.cases import load_cases, spoken_and_silent
from triage.model import UNKNOWN, Clause
from triage.trying import describe, run_case
from triage.verification import evidence_violations, invariant_violations

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "knowledge" / "desk"
SYSTEM = ExpertSystem.open(FOLDER)
DESK = SYSTEM.knowledge
CASES = load_cases(FOLDER, DESK)
ALL_SYSTEMS = tuple(DESK.identity.systems)
CLAUSES: list[Clause] = [clause for clauses in DESK.clauses.values() for clause in clauses]
QUIET = Options(explain="none", look_ahead=0)

NOBODY_ACTS = ("reassure", "answer", "explain", "refer", "close")


# -- cases


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_case(case: object) -> None:
    outcome = run_case(SYSTEM, case)  # type: ignore[arg-type]
    assert outcome.passed, describe(outcome, "en")


def test_every_rule_has_a_case_where_it_speaks_and_one_where_it_stays_silent() -> None:
    shown = spoken_and_silent(CASES)
    assert [rule for rule in DESK.rules if rule not in shown or not shown[rule].speaks] == []
    assert [rule for rule in DESK.rules if rule not in shown or not shown[rule].silent] == []


def test_every_message_is_expected_by_some_case() -> None:
    said = {message for case in CASES for turn in case.turns for message in turn.says}
    assert [message for message in DESK.messages if message not in said] == []


def test_every_situation_of_this_part_of_the_domain_has_cases() -> None:
    tagged = Counter(tag for case in CASES for tag in case.tags)
    assert min(tagged["A35"], tagged["A36"], tagged["A37"]) >= 5
    assert [row for row in ("A23", "A24", "A25", "A26", "A27", "A28", "A33", "A38", "A39", "A42") if not tagged[row]] == []


def test_every_value_of_every_fact_occurs_in_some_case() -> None:
    given_values = {
        (fact, reading.value) for case in CASES for turn in case.turns for fact, reading in turn.told.readings.items()
    }
    missing = [(fact.id, value) for fact in DESK.facts.values() for value in fact.values if (fact.id, value) not in given_values]
    assert missing == []


# -- laws, exactly


def test_the_base_is_exact_and_far_from_the_budget() -> None:
    assert SYSTEM.too_large is None
    assert SYSTEM.compiled.store.size < 10_000


def test_unknown_never_helps_an_outcome_in_which_nobody_does_anything() -> None:
    assert DESK.evidence.spared
    assert DESK.evidence.exceptions == ()
    assert list(evidence_violations(SYSTEM.compiled)) == []


def test_the_law_covers_exactly_the_actions_in_which_nobody_acts() -> None:
    spared = {value for value in DESK.inferred["action"].values if holds(DESK.evidence.spared[0], {"action": value})}
    assert spared == set(NOBODY_ACTS)


def test_every_invariant_holds_on_every_call() -> None:
    assert len(DESK.invariants) >= 8
    assert list(invariant_violations(SYSTEM.compiled)) == []


def test_no_message_and_no_question_instructs_what_is_forbidden() -> None:
    forbidden = {name for name, instruction in DESK.instructions.items() if instruction.forbidden}
    assert {"take_meter_off", "gather_evidence"} <= forbidden
    told = {name: message.instructs for name, message in DESK.messages.items()}
    told |= {name: question.instructs for name, question in DESK.questions.items()}
    assert [name for name, instructed in told.items() if forbidden & set(instructed)] == []


def test_every_clause_wins_on_some_possible_call() -> None:
    store = SYSTEM.compiled.store.scratch()
    assert [c.id for c in CLAUSES if SYSTEM.compiled.winning(c, store) == store.leaf(False)] == []


def test_every_declared_conclusion_can_be_reached_and_every_message_can_be_said() -> None:
    concluded = {(c.fact, c.value) for c in CLAUSES} | {(i.id, i.default) for i in DESK.inferred.values()}
    declared = {(i.id, value) for i in DESK.inferred.values() for value in i.values}
    assert declared - concluded == set()
    false = SYSTEM.compiled.store.leaf(False)
    assert [name for name in DESK.messages if SYSTEM.compiled.messages[name] == false] == []


def test_with_everything_unknown_the_call_is_recorded_and_handed_to_a_person() -> None:
    answer = SYSTEM.assess(Call.of(dict.fromkeys(DESK.facts, UNKNOWN)), QUIET)
    assert answer.status == "decided"
    assert answer.decision is not None
    decided = {name: stated.value for name, stated in answer.decision.items()}
    assert (decided["action"], decided["hand_to"], decided["order_kind"]) == ("hand_to_person", "person", "call_note")


@pytest.mark.parametrize("about", [*DESK.facts["call_about"].values])
def test_whatever_it_is_about_with_all_else_unknown_somebody_sees_to_it(about: str) -> None:
    answer = SYSTEM.assess(Call.of({**dict.fromkeys(DESK.facts, UNKNOWN), "call_about": about}), QUIET)
    assert answer.decision is not None
    harmless = {"praise", "not_ours"}
    assert (answer.decision["action"].value in NOBODY_ACTS) == (about in harmless)


@pytest.mark.parametrize("about", [*DESK.facts["complaint_about"].values])
def test_every_complaint_that_stays_unclear_is_seen_to_by_somebody(about: str) -> None:
    known = {**dict.fromkeys(DESK.facts, UNKNOWN), "call_about": "complaint", "complaint_about": about}
    answer = SYSTEM.assess(Call.of(known), QUIET)
    assert answer.decision is not None
    acts = answer.decision["action"].value not in NOBODY_ACTS
    assert acts or (about == "staff_violence" and answer.decision["hand_to"].value == "person")


# -- interviews


def test_the_first_question_is_a_safety_question_and_danger_and_faults_need_no_other() -> None:
    first = SYSTEM.assess(Call(), QUIET).question
    assert first is not None
    assert (first.id, first.purpose) == ("call_about", "safety")
    for about in ("danger", "fault"):
        answer = SYSTEM.assess(Call.of({"call_about": about}), QUIET)
        assert answer.status == "decided"
        assert answer.decision is not None
        assert answer.decision["hand_to"].value == "power"


def test_a_complaint_takes_at_most_five_questions_and_any_call_at_most_six(notes: list[str]) -> None:
    whole = SYSTEM.assess(Call(), Options(explain="none")).ahead
    assert whole is not None
    assert whole.exact
    assert whole.most is not None
    assert whole.most <= 6
    complaint = SYSTEM.assess(Call.of({"call_about": "complaint"}), Options(explain="none")).ahead
    assert complaint is not None
    assert complaint.exact
    assert complaint.most is not None
    assert 1 + complaint.most <= 5
    notes.append(f"desk: {whole.expected:.2f} questions expected, at most {whole.most}; complaints 1 + {complaint.expected:.2f}")


@given(st.integers(0, 10**9))
@settings(max_examples=200)
def test_interviews_shrink_end_say_alerts_at_once_and_agree(seed: int) -> None:
    rng = Random(seed)
    completion = random_completion(DESK, rng)
    systems = tuple(system for system in ALL_SYSTEMS if rng.random() < 0.5)
    options = Options(explain="none", look_ahead=0, systems=systems)
    known: dict[str, str] = {}
    before: dict[str, set[str]] | None = None
    for turn in range(len(DESK.questions) + 1):
        answer = SYSTEM.assess(Call.of(known), options)
        counted = effective(DESK, {name: known.get(name, UNKNOWN) for name in DESK.facts})
        due = {m.id for m in DESK.messages.values() if m.kind == "alert" and holds(m.when, counted)}
        assert {said.id for said in answer.alerts} == due
        if answer.question is None:
            break
        now = {target: {candidate.value for candidate in found} for target, found in answer.candidates.items()}
        assert before is None or all(now[target] <= before[target] for target in now)
        assert all(answer.provisional[target].value in now[target] for target in now if target in answer.provisional)
        assert known.keys().isdisjoint(answer.question.facts)
        assert turn > 0 or answer.question.purpose == "safety"
        before = now
        known |= {fact: completion[fact] for fact in answer.question.facts}
    assert answer.status == "decided"


# -- all engines agree


def test_evaluation_experta_diagrams_and_clips_agree_on_1000_calls_half_of_them_walked_to_a_clause(notes: list[str]) -> None:
    engines = Engines(SYSTEM)
    for number in range(1_000):
        rng = Random(number)
        clause = CLAUSES[number // 2 % len(CLAUSES)]
        engines.agree_on(engines.where(clause, rng) if number % 2 else random_completion(DESK, rng))
    notes.append(f"desk: {len(engines.hits)} of {len(CLAUSES)} clauses won on 1,000 calls")
    assert [clause.id for clause in CLAUSES if not engines.hits[clause.id]] == []


# -- handing over to the base for fault reports


def test_what_is_handed_to_power_is_said_in_powers_own_words() -> None:
    power = load_knowledge(ROOT / "knowledge" / "power")
    assert power.identity.id in DESK.inferred["hand_to"].values
    passed_on = set(DESK.inferred["power_complaint"].values) - {DESK.inferred["power_complaint"].default}
    assert passed_on <= set(power.facts["complaint"].values)


def test_a_complaint_is_told_to_power_only_where_power_goes_on() -> None:
    store = SYSTEM.compiled.store.scratch()
    told = store.leaf(False)
    for clause in CLAUSES:
        if clause.fact == "power_complaint":
            told = store.either(told, SYSTEM.compiled.winning(clause, store))
    goes_on = store.leaf(False)
    for clause in CLAUSES:
        if (clause.fact, clause.value) == ("hand_to", "power"):
            goes_on = store.either(goes_on, SYSTEM.compiled.winning(clause, store))
    assert SYSTEM.compiled.smallest_call(store, store.both(told, store.negate(goes_on))) is None


# -- promises and confidentiality


def test_minutes_and_days_are_promised_only_where_the_sources_promise_them() -> None:
    matters: dict[str, set[str]] = {"five_minutes": set(), "five_days": set()}
    for number in range(4_000):
        rng = Random(number)
        call = {**random_completion(DESK, rng), "call_about": "complaint"}
        verdict = verdict_of(DESK, effective(DESK, call))
        if verdict["promised_reply"] in matters:
            matters[verdict["promised_reply"]].add(verdict["matter"])
    assert matters["five_minutes"] == {"hall_closed", "counter_unattended"}
    assert matters["five_days"] == {"counter_manner", "desk_manner", "extension_check", "extension_designated"}


def test_the_figure_of_another_house_is_never_said_to_a_caller() -> None:
    mentioning = [m.id for m in DESK.messages.values() if "other_house_progress_hours" in m.say.zh + m.say.en]
    assert mentioning == ["agent-agree-on-a-time"]
    assert {DESK.messages[name].to for name in mentioning} == {"agent"}
    numbers = {str(v.number) for i in DESK.inferred.values() for v in i.values.values() if v.number is not None}
    assert "other_house_progress_hours" not in numbers


def test_the_work_order_of_a_report_never_names_the_caller() -> None:
    for about in ("theft", "conduct"):
        facts = {"call_about": "report", "report_about": about, "evidence": "none", "reply_wanted": "yes"}
        told = {"customer_name": "某先生", "contact_phone": "甲乙丙丁"}
        answer = SYSTEM.assess_json({"facts": facts, "fields": told})
        assert answer.work_order is not None
        assert [secret for secret in told.values() if secret in answer.work_order.text] == []


def test_no_contact_data_of_the_sources_was_copied() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(FOLDER.rglob("*.yaml")))
    assert re.findall(r"\d{6,}|\d{3,4}-\d{5,}|[\w.]+@[\w.]+", text) == []


# -- wording

BANNED_ZH = (
    "抱歉", "漏保", "可能吧", "大概", "应该是", "差不多", "嗯", "你难道不知道", "谁让你", "不就是", "您说", "招商", "农业",
    "望查看", "电工已查", "强烈要求",
)  # fmt: skip


def _texts() -> Iterator[tuple[str, str, str]]:
    for message in DESK.messages.values():
        yield f"{message.id} ({message.to})", message.say.zh, message.say.en
    for question in DESK.questions.values():
        yield question.id, question.text.zh, question.text.en
        if question.how:
            yield question.id, question.how.zh, question.how.en
    for field in DESK.fields.values():
        if field.ask:
            yield field.id, field.ask.zh, field.ask.en


def test_no_text_holds_a_banned_or_vague_phrase_or_a_reproach() -> None:
    said_to_callers = [(name, zh) for name, zh, _ in _texts() if "(agent)" not in name]
    assert [(name, word) for name, zh in said_to_callers for word in BANNED_ZH if word in zh] == []
    assert [name for name, zh, _ in _texts() if re.search(r"你", zh)] == []


def test_chinese_texts_use_full_width_punctuation_and_english_texts_no_chinese() -> None:
    assert [name for name, zh, _ in _texts() if re.search(r"[一-鿿][,;:?!]|[,;:?!][一-鿿]", zh)] == []
    assert [name for name, _, en in _texts() if re.search(r"[　-鿿！-～]", en)] == []


def test_compensation_is_spoken_of_only_to_ask_what_for_and_to_say_who_bears_what() -> None:
    speaking = {name for name, zh, _ in _texts() if "赔" in zh and "(agent)" not in name}
    assert speaking == {"compensation_for", "outage-claim-explained (caller)", "meter-loss-explained (caller)"}
    assert "不承担赔偿责任" in DESK.messages["outage-claim-explained"].say.zh
    assert "由用户负担赔偿费" in DESK.messages["meter-loss-explained"].say.zh


def test_every_complaint_begins_with_thanks_and_an_apology_and_every_report_with_thanks() -> None:
    for about in DESK.facts["complaint_about"].values:
        known = {**dict.fromkeys(DESK.facts, UNKNOWN), "call_about": "complaint", "complaint_about": about}
        first = [said.id for said in SYSTEM.assess(Call.of(known), QUIET).script][:3]
        assert first == ["greeting", "complaint-thanks", "complaint-apology"], about
    reported = {**dict.fromkeys(DESK.facts, UNKNOWN), "call_about": "report"}
    report = [said.id for said in SYSTEM.assess(Call.of(reported), QUIET).script]
    assert report[:2] == ["greeting", "report-thanks"]
    assert "对不起" in DESK.questions["complaint_about"].text.zh
    assert "感谢" in DESK.questions["report_about"].text.zh


# -- the engine knows nothing of the trade

TRADE_WORDS = frozenset({
    "arrears", "blackout", "breaker", "breakers", "crew", "dispatch", "electric", "electrical", "electrician",
    "electricity", "feeder", "fuse", "hotline", "kwh", "meter", "meters", "outage", "outages", "power", "rcd",
    "relay", "substation", "tariff", "transformer", "transformers", "utility", "volt", "voltage", "volts",
    "wiring",
})  # fmt: skip
TRADE_SIGNS = ("变压器", "欠费", "台区", "抢修", "派人", "报修", "营业厅", "投诉")
TELEPHONE = ("来电", "电话", "致电", "回电")
"""Words with 电 that are about telephones."""

KNOWN = {
    ("cli/app.py", "power"): "the name of the package is power-triage",
    ("cli/bases.py", "power"): "the base opened unless another is named",
    ("cli/exchange.py", "power"): "the base opened unless another is named",
    ("cli/new.py", "power"): "an example of how a condition is given",
    ("cli/new.py", "dispatch"): "the base made as an example sends somebody where nothing is known",
    ("cli/new.py", "outage"): "an example of how a condition is given",
    ("cli/mcp.py", "relay"): "handing on what comes in; no switch",
    ("cli/serve.py", "power"): "the base opened unless another is named",
    ("authoring/hints.py", "crew"): "`crew` is one of the three who may be told something",
    ("authoring/hints.py", "抢修"): "`crew` is one of the three who may be told something",
    ("authoring/hints.py", "派人"): "the evidence law is about calls on which nobody is sent",
    ("checking/kinds.py", "派人"): "the evidence law is about calls on which nobody is sent",
    ("exchange/guide.py", "meter"): "an example of the notation",
    ("exchange/guide.py", "breaker"): "an example of the notation",
    ("formats/sarif.py", "power"): "the name of the package is power-triage",
    ("handbook/words.py", "crew"): "`crew` is one of the three who may be told something",
    ("handbook/words.py", "抢修"): "`crew` is one of the three who may be told something",
    ("handbook/words.py", "派人"): "the evidence law is about calls on which nobody is sent",
    ("handbook/words.py", "transformer"): "one of the three kinds of place calls are grouped by",
    ("handbook/words.py", "台区"): "one of the three kinds of place calls are grouped by",
    ("handbook/words.py", "feeder"): "one of the three kinds of place calls are grouped by",
    ("loading/revisions.py", "power"): "an example in a message",
    ("model.py", "transformer"): "one of the three kinds of place calls are grouped by",
    ("model.py", "feeder"): "one of the three kinds of place calls are grouped by",
    ("laws.py", "派人"): "the evidence law is about calls on which nobody is sent",
    ("logs.py", "power"): "the name of the package is power-triage",
    ("cli/cards.py", "crew"): "`crew` is one of the three who may be told something",
    ("loading/sections.py", "crew"): "`crew` is one of the three who may be told something",
    ("model.py", "crew"): "`crew` is one of the three who may be told something",
}


def _trade_words(source: str) -> set[str]:
    """Words of the trade among the names and the strings of a module; docstrings and comments do not count."""
    tree = ast.parse(source)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
    ]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    names = [token.string for token in tokens if token.type == tokenize.NAME]
    english = {word.lower() for text in (*strings, *names) for word in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", text)}
    chinese = "\n".join(strings)
    for word in TELEPHONE:
        chinese = chinese.replace(word, "")
    return (english & TRADE_WORDS) | {sign for sign in (*TRADE_SIGNS, "电") if sign in chinese}


def test_no_module_of_the_engine_mentions_the_trade_but_where_it_is_known_and_why() -> None:
    package = ROOT / "triage"
    found = {
        (path.relative_to(package).as_posix(), word)
        for path in package.rglob("*.py")
        if path.parent.name != "words"  # help gives examples, and they are of the shipped bases
        for word in _trade_words(path.read_text(encoding="utf-8"))
    }
    assert found - KNOWN.keys() == set()


def test_the_search_for_words_of_the_trade_sees_names_and_strings_and_passes_over_docstrings_and_comments() -> None:
    documented = '"""A meter."""\n# a breaker\nclass Wire:\n    """Volts."""\n    size: int\n    """of a transformer"""\n'
    assert _trade_words(documented) == set()
    assert _trade_words("def read_meter(x):\n    return x.breakerState\n") == {"meter", "breaker"}
    assert _trade_words("text = f'{x} 停电了，请来电'\nother = {'outage': 1}\n") == {"电", "outage"}
    assert _trade_words("diameter = parameters['telephone'] + '来电人'\n") == set()
