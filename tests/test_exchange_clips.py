"""A base as a CLIPS program: the text loads in CLIPS as it is, and concludes what evaluation concludes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import clips
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.clips_engine import ClipsEngine
from tests.random_bases import bases, random_base, random_completion
from tests.walking import call_where
from triage.compilation import compile_knowledge
from triage.evaluation import effective, holds, matching_impossible, verdict_of
from triage.exchange.clips import clips_source
from triage.loading import load_knowledge
from triage.model import UNKNOWN, All, AnyOf, In, KnowledgeBase, Text

ROOT = Path(__file__).parent.parent
SHIPPED = ("power", "desk")


def shipped(name: str) -> KnowledgeBase:
    return load_knowledge(ROOT / "knowledge" / name)


def assert_agrees(engine: ClipsEngine, kb: KnowledgeBase, told: Mapping[str, str]) -> None:
    """CLIPS, which is told what callers say, against evaluation: values, winners, pre-empted, messages, contradictions."""
    completion = {name: told.get(name, UNKNOWN) for name in kb.facts}
    counted = effective(kb, completion)
    meant = verdict_of(kb, counted)
    concluded = counted | {fact: meant[fact] for fact in kb.inferred}
    answer = engine.answer(told)
    assert answer.verdict == meant, told
    assert answer.impossible == set(matching_impossible(kb, counted)), told
    due = {m.id for m in kb.messages.values() if holds(m.when, completion if m.kind == "alert" else concluded)}
    assert answer.messages == due, told


@settings(max_examples=100)
@given(bases(), st.integers(0, 2**32))
def test_on_random_bases_clips_and_evaluation_agree_on_all_that_follows(kb: KnowledgeBase, seed: int) -> None:
    engine, rng = ClipsEngine(kb), Random(seed)
    for _ in range(4):
        assert_agrees(engine, kb, random_completion(kb, rng))


@pytest.mark.parametrize("name", SHIPPED)
def test_on_shipped_bases_clips_and_evaluation_agree_on_calls_of_every_length(name: str, notes: list[str]) -> None:
    kb, rng = shipped(name), Random(name)
    engine, met = ClipsEngine(kb), Counter[str]()
    for number in range(250):
        call = random_completion(kb, rng)
        told = {fact: value for fact, value in call.items() if rng.random() < (number % 10 + 1) / 10}
        assert_agrees(engine, kb, told)
        counted = effective(kb, {fact: told.get(fact, UNKNOWN) for fact in kb.facts})
        met["a gate takes away what was told"] += any(counted[fact] != value for fact, value in told.items())
    notes.append(f"{name} in CLIPS: {dict(met)} of 250 calls")
    assert met["a gate takes away what was told"] > 50


def test_every_contradiction_of_a_shipped_base_is_found() -> None:
    kb, rng = shipped("power"), Random(1)
    engine, compiled = ClipsEngine(kb), compile_knowledge(kb)
    store = compiled.store.scratch()
    assert kb.impossible
    for combination in kb.impossible.values():
        call = call_where(compiled, store, compiled.condition(combination.when, store), rng)
        assert call is not None
        assert_agrees(engine, kb, call)
        assert combination.id in engine.answer(call).impossible


def test_alerts_read_what_is_told_and_everything_else_what_counts_of_it() -> None:
    pattern = random_base(0, facts=2, inferred=1, clauses=1, gates=0, impossible=0)
    (gate, gated), told = pattern.facts, In(list(pattern.facts)[1], ("v0",))
    facts = {**pattern.facts, gated: replace(pattern.facts[gated], applies_when=In(gate, ("v0",)))}
    messages = {name: replace(message, when=told) for name, message in pattern.messages.items()}
    kb = replace(pattern, facts=facts, messages=messages)
    assert kb.messages["alert"].kind == "alert"
    engine = ClipsEngine(kb)
    assert engine.answer({gated: "v0"}).messages == {"alert"}
    assert engine.answer({gated: "v0", gate: "v0"}).messages == {"alert", "advice"}


def test_conditions_that_always_or_never_hold_are_written_too() -> None:
    pattern = random_base(3, facts=2, inferred=1, clauses=3, gates=0, impossible=0)
    fact = In(next(iter(pattern.facts)), ("v0",))
    shapes = (All(()), AnyOf(()), All((fact, AnyOf(()))), AnyOf((fact, All(()))), AnyOf((AnyOf(()), All((All(()), fact)))))
    for when in shapes:
        kb = replace(pattern, messages={name: replace(m, when=when) for name, m in pattern.messages.items()})
        engine = ClipsEngine(kb)
        for told in ({}, {fact.fact: "v0"}):
            assert_agrees(engine, kb, told)


def test_no_text_of_an_author_can_break_the_program() -> None:
    kb = random_base(5)
    nasty = 'a "quoted" \\ backslash) (printout t "x" crlf) ; comment\nnew line (defrule ?x => ' + "\\" * 3
    texts = Text(nasty, nasty)
    kb = replace(
        kb,
        rules={name: replace(r, because=texts, source=(nasty, "S1\n(defrule broken)")) for name, r in kb.rules.items()},
        facts={name: replace(f, text=texts) for name, f in kb.facts.items()},
        messages={name: replace(m, say=texts) for name, m in kb.messages.items()},
        identity=replace(kb.identity, title=texts, version=nasty),
    )
    engine, rng = ClipsEngine(kb), Random(5)
    for _ in range(5):
        assert_agrees(engine, kb, random_completion(kb, rng))


def test_every_rule_carries_its_reason_and_its_source() -> None:
    kb = shipped("power")
    source = clips_source(kb)
    for rule in kb.rules.values():
        before, _, after = source.partition(f"(defrule rule/{rule.id}\n")
        assert before.endswith(f"; source: {' · '.join(rule.source)}\n")
        assert after.startswith(f'  "{rule.because.zh} / {rule.because.en}"')


def test_the_program_says_what_it_is_and_is_the_same_every_time() -> None:
    kb = shipped("desk")
    head = clips_source(kb).partition("\n(")[0]
    for part in (kb.identity.id, kb.identity.version, kb.digest, kb.identity.title.zh, "(reset)", "(run)", "(answer)"):
        assert part in head
    assert clips_source(shipped("desk")) == clips_source(kb)


def session(kb: KnowledgeBase, folder: Path) -> list[str]:
    """The commands the header of the program tells people to type, the program beside them."""
    source = clips_source(kb)
    file = folder / f"{kb.identity.id}.clp"
    file.write_text(source, encoding="utf-8")
    typed = re.findall(r"^;   (\(.*\))", source, re.MULTILINE)
    assert [line.split()[0].strip("()") for line in typed] == ["load", "reset", "assert", "run", "answer"]
    return [typed[0].replace(file.name, str(file)), *typed[1:]]


@pytest.mark.parametrize("name", SHIPPED)
def test_what_the_header_tells_people_to_type_works(name: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    kb = shipped(name)
    environment: Any = clips.Environment()
    for line in session(kb, tmp_path):
        environment.eval(line)
    said = capfd.readouterr().out
    for target in kb.targets:
        assert f"{target} = " in said


def test_the_clips_of_the_command_line_says_the_same(tmp_path: Path) -> None:
    binary = shutil.which("clips")
    if binary is None:
        pytest.skip("no `clips` on this machine; the same program runs in clipspy above")
    kb = shipped("power")
    script = tmp_path / "session.clp"
    script.write_text("\n".join([*session(kb, tmp_path), "(exit)\n"]), encoding="utf-8")
    said = subprocess.run([binary, "-f2", str(script)], capture_output=True, timeout=60, check=True).stdout.decode()
    assert "ERR" not in said
    verdict = verdict_of(kb, effective(kb, dict.fromkeys(kb.facts, UNKNOWN)))
    assert f"fault = {verdict['fault']}" in said


def test_clips_refuses_a_fact_or_value_the_base_does_not_know() -> None:
    kb = shipped("power")
    engine = ClipsEngine(kb)
    for wrong in ({"complaint": "no_pwr"}, {"complnt": "no_power"}):
        with pytest.raises(clips.CLIPSError, match=r"CSTRNCHK1|TMPLTDEF1"):
            engine.answer(wrong)


def test_two_calls_at_once_conclude_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    kb = shipped("desk")
    file = tmp_path / "desk.clp"
    file.write_text(clips_source(kb), encoding="utf-8")
    environment: Any = clips.Environment()
    environment.load(str(file))
    environment.reset()
    fact = next(iter(kb.facts.values()))
    for told in ("", f"({fact.id} {next(iter(fact.values))})"):
        environment.assert_string(f"(call {told})")
    environment.run()
    assert list(environment.find_template("concluded").facts()) == []
    assert "(reset) before the next one" in capfd.readouterr().out
