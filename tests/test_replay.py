"""Replay says of a log what assessing its calls one by one would say."""

from __future__ import annotations

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.logged_calls import START, interviews, name_of, record, written
from tests.oracle import Oracle
from tests.random_bases import bases, random_completion
from triage.batches import batch_of
from triage.call import Call, Options
from triage.cli import main
from triage.comparison import compare
from triage.evaluation import complete, effective, evaluate, matching_impossible
from triage.expert import ExpertSystem
from triage.interview import reachable
from triage.loading import load_knowledge
from triage.logs import Log, write_parquet
from triage.model import UNKNOWN, KnowledgeBase
from triage.records import Outcome, Record
from triage.replay import EXAMPLES, Choice, Replay, Replayed, replay

LAMP = Path(__file__).parent / "lamp_knowledge"
OLD = ExpertSystem.open(LAMP)


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The lamp base, but a wrong voltage is the bulb, and a dim lamp is nothing."""
    folder = tmp_path / "changed"
    shutil.copytree(LAMP, folder)
    rules = folder / "rules.yaml"
    text = rules.read_text("utf-8")
    text = text.replace("then: {fault: supply}", "then: {fault: bulb}").replace(
        "then: {fault: bulb_or_supply}", "then: {fault: supply}"
    )
    rules.write_text(text, encoding="utf-8")
    return folder


def _replayed(
    records: list[Record], new: ExpertSystem, old: ExpertSystem | None = None, choice: Choice | None = None
) -> Replayed:
    running = Replay(new, old, choice)
    for start in range(0, len(records), 7):  # in several batches
        running.add(batch_of(records[start : start + 7]))
    return running.found(compare(old.knowledge, new.knowledge) if old else None)


# -- against the meaning, call by call


@settings(max_examples=40)
@given(bases(), st.randoms(use_true_random=False))
def test_every_logged_call_is_replayed_as_it_would_be_assessed(knowledge: KnowledgeBase, rng: Random) -> None:
    old = _with_silent_meter(knowledge, rng)
    new = replace(old, rules={name: rule for name, rule in old.rules.items() if rng.random() < 0.8})
    systems = ExpertSystem(old), ExpertSystem(new)
    records = [_logged(systems[0], number, rng) for number in range(12)]
    found = _replayed(records, systems[1], systems[0], Choice(unfinished=True))

    oracle, changes, moves, cards, standings = Oracle(new), Counter[tuple[str, str, str]](), Counter[tuple[str, str]](), 0, 0
    for one in records:
        after = _card(new, one.known)
        differing = [fact for fact in after if one.decision[fact] != after[fact]]
        changes.update((fact, one.decision[fact], after[fact]) for fact in differing)
        standing = _standing(new, oracle, one)
        was = one.status if one.status in ("decided", "contradictory") else "open"
        if standing != was:
            moves[one.status, standing] += 1
        cards += bool(differing)
        standings += standing != was and not differing
    assert {(c.fact, c.before, c.after): c.logged.count for c in found.changes} == changes
    assert {(m.before, m.after): m.logged.count for m in found.moves} == moves
    assert (found.replayed, found.changed, found.moved) == (len(records), cards, standings)
    assert found.unchanged == len(records) - cards - standings
    assert found.unfaithful is not None
    assert (found.by_old, found.unfaithful.count) == (len(records), 0)
    assert found.unseen is not None
    met = {(fact, _card(old, one.known)[fact], _card(new, one.known)[fact]) for one in records for fact in _card(new, one.known)}
    possible = {
        (change.fact, group.before, group.after)
        for change in compare(old, new).facts
        for group in change.groups
        if change.fact in new.identity.decision
    }
    assert {(one.fact, one.before, one.after) for one in found.unseen} == possible - met


def _with_silent_meter(knowledge: KnowledgeBase, rng: Random) -> KnowledgeBase:
    """The same, with some questions that only the meter can be asked."""
    questions = {
        name: replace(question, ask_of=("meter",) if rng.random() < 0.3 else question.ask_of)
        for name, question in knowledge.questions.items()
    }
    return replace(knowledge, questions=questions)


def _logged(system: ExpertSystem, number: int, rng: Random) -> Record:
    known = {name: value for name, value in random_completion(system.knowledge, rng).items() if rng.random() < 0.7}
    systems = ("meter",) if rng.random() < 0.5 else ()
    failed = {name: ("meter",) for name in system.knowledge.facts if systems and name not in known and rng.random() < 0.3}
    call = replace(Call.of(known), no_answer=failed)
    found = system.assess(call, Options(systems=systems, look_ahead=0, explain="none"))
    decision = {name: stated.value for name, stated in found.provisional.items()}
    return Record(
        f"d{number}", START, name_of(system.knowledge), known, found.status, decision, systems=systems, no_answer=failed
    )


def _card(knowledge: KnowledgeBase, known: Mapping[str, str]) -> dict[str, str]:
    verdict = evaluate(knowledge, known)
    if matching_impossible(knowledge, effective(knowledge, complete(knowledge, known))):
        find_out = knowledge.identity.find_out
        return {name: find_out.get(name, knowledge.inferred[name].default) for name in knowledge.identity.decision}
    return {name: verdict[name] for name in knowledge.identity.decision}


def _standing(knowledge: KnowledgeBase, oracle: Oracle, one: Record) -> str:
    if matching_impossible(knowledge, effective(knowledge, complete(knowledge, one.known))):
        return "contradictory"
    sources = reachable(knowledge, one.systems, one.no_answer, one.known)
    nobody = {f: UNKNOWN for q in knowledge.questions.values() if q.id not in sources for f in q.fills if f not in one.known}
    return "decided" if oracle.settled({**one.known, **nobody}) else "open"


# -- what is told


def test_what_changes_is_told_by_old_and_new_with_the_smallest_and_earliest_examples(changed: Path) -> None:
    calls: list[dict[str, str]] = [
        {"smoke": "not_seen", "sparks": "not_seen", "lamp": "dim", "voltage": "within"},
        {"lamp": "dim", "smoke": "not_seen"},
        *[{"lamp": "dim"}] * 4,
        {"voltage": "below"},
        {"smoke": "seen"},
    ]
    records = [record(OLD, number, known) for number, known in enumerate(calls)]
    found = _replayed(records[::-1], ExpertSystem.open(changed), OLD, Choice(unfinished=True))
    told = {(change.fact, change.before, change.after): change.logged for change in found.changes}
    assert {key: group.count for key, group in told.items()} == {
        ("fault", "bulb_or_supply", "supply"): 6,
        ("fault", "supply", "bulb"): 1,
        ("action", "send", "buy"): 1,
    }
    dim = told["fault", "bulb_or_supply", "supply"]
    assert [example.decision_id for example in dim.examples] == ["d00002", "d00003", "d00004"]
    assert len(dim.examples) == EXAMPLES
    assert dim.examples[0].known == {"lamp": "dim"}
    assert dim.examples[0].at == records[2].at
    assert (found.replayed, found.changed, found.unchanged + found.moved) == (8, 7, 1)
    assert [change.logged.count for change in found.changes] == [6, 1, 1]


def test_differences_no_logged_call_has_met_are_told_with_an_example(changed: Path) -> None:
    new = ExpertSystem.open(changed)
    only_dim = _replayed([record(OLD, 1, {"lamp": "dim", "voltage": "within"})], new, OLD, Choice(unfinished=True))
    assert only_dim.unseen is not None
    assert ("fault", "bulb_or_supply", "supply") not in {(u.fact, u.before, u.after) for u in only_dim.unseen}
    unseen = next(u for u in only_dim.unseen if (u.fact, u.before, u.after) == ("fault", "supply", "bulb"))
    assert evaluate(OLD.knowledge, unseen.example)["fault"] == "supply"
    assert evaluate(new.knowledge, unseen.example)["fault"] == "bulb"
    assert unseen.calls > 0
    assert only_dim.differences == len(only_dim.unseen) + 1


def test_a_decision_the_new_base_would_ask_on_for_stands_otherwise() -> None:
    settled = record(OLD, 1, {"smoke": "seen"})
    assert settled.status == "decided"
    without = replace(OLD.knowledge, rules={n: r for n, r in OLD.knowledge.rules.items() if n != "danger-first"})
    found = _replayed([settled], ExpertSystem(without))
    assert [(move.before, move.after, move.logged.count) for move in found.moves] == [("decided", "open", 1)]
    assert [(change.before, change.after) for change in found.changes] == [("danger", "undetermined")]
    assert (found.changed, found.moved) == (1, 0)  # counted once, though in both lists


def test_what_the_new_base_does_not_know_is_listed_and_never_dropped() -> None:
    records = [
        record(OLD, 1, {"lamp": "dim"}),
        replace(record(OLD, 2, {"lamp": "dim"}), known={"lamp": "flickers", "colour": "red"}),
        replace(record(OLD, 3, {"lamp": "dim"}), known={"lamp": "dim", "colour": "red"}),
    ]
    found = _replayed(records, OLD, choice=Choice(unfinished=True))
    assert (found.read, found.replayed, found.unloadable, found.unchanged) == (3, 1, 2, 1)
    assert {(m.fact, m.value): [e.decision_id for e in m.logged.examples] for m in found.misfits} == {
        ("colour", None): ["d00002", "d00003"],
        ("lamp", "flickers"): ["d00002"],
    }
    assert not found.all_alike
    ignoring = _replayed(records, OLD, choice=Choice(unfinished=True, ignore_unknown=True))
    assert (ignoring.replayed, ignoring.unloadable) == (2, 1)


def test_decisions_left_out_are_counted() -> None:
    records = [
        record(OLD, 1, {}),
        replace(record(OLD, 2, {"smoke": "seen"}), test_traffic=True),
        record(OLD, 3, {"smoke": "seen"}),
    ]
    found = _replayed(records, OLD)
    assert (found.read, found.unfinished, found.test_traffic, found.replayed) == (3, 1, 1, 1)
    everything = _replayed(records, OLD, choice=Choice(unfinished=True, test_traffic=True))
    assert (everything.replayed, everything.unfinished, everything.test_traffic) == (3, 0, 0)
    assert everything.all_alike


def test_a_log_that_was_changed_does_not_pass_for_what_the_old_base_said() -> None:
    honest = [record(OLD, number, {"smoke": "seen"}) for number in range(3)]
    forged = replace(honest[1], decision={**honest[1].decision, "action": "buy"})
    others = replace(honest[2], decision={"action": "buy"}, knowledge=replace(honest[2].knowledge, digest="another"))
    found = _replayed([honest[0], forged, others], OLD, OLD)
    assert found.unfaithful is not None
    assert (found.by_old, found.unfaithful.count) == (2, 1)
    assert [example.decision_id for example in found.unfaithful.examples] == ["d00001"]
    assert [(name.digest, count) for name, count in found.logged_by] == [(OLD.knowledge.digest, 2), ("another", 1)]


def test_decisions_of_other_bases_are_left_out_and_counted(tmp_path: Path) -> None:
    """A service logs for all its bases together; what another one was told is nothing this one should know."""
    own = list(interviews(OLD, 8, seed=7))
    others = [_of(f"base-{number % 3}", one) for number, one in enumerate(own)]
    mixed = [one for pair in zip(own, others, strict=True) for one in pair]
    lines, rows = written(mixed, tmp_path / "lines"), tmp_path / "rows"
    write_parquet(mixed, rows, [*OLD.knowledge.facts, "weather"], [*OLD.knowledge.inferred, "mood"])
    few = tmp_path / "few"
    write_parquet(mixed, few, [], [])
    alone = _replayed(own, OLD, OLD)
    for path in (lines, rows, few):
        found = replay(Log(path), OLD, OLD, comparison=compare(OLD.knowledge, OLD.knowledge))
        assert sum(found.others.values()) == len(others) > 3
        assert list(found.others) == ["base-0", "base-1", "base-2"]
        assert found == replace(alone, read=2 * len(own), others=found.others)
        assert found.all_alike


def test_a_log_of_other_bases_only_does_not_pass_for_unchanged() -> None:
    found = _replayed([_of("other", one) for one in interviews(OLD, 3, seed=8)], OLD)
    assert (found.replayed, found.unloadable, found.misfits, found.logged_by) == (0, 0, (), ())
    assert found.others == {"other": found.read}
    assert not found.all_alike
    assert _replayed([], OLD).all_alike


def test_a_base_that_was_renamed_is_replayed_beside_the_old_one() -> None:
    renamed = ExpertSystem(replace(OLD.knowledge, identity=replace(OLD.knowledge.identity, id="lantern")))
    records = list(interviews(OLD, 3, seed=8))
    assert _replayed(records, renamed).replayed == 0
    found = _replayed(records, renamed, OLD, Choice(unfinished=True))
    assert (found.replayed, found.unchanged, found.others) == (len(records), len(records), {})


def _of(base: str, one: Record) -> Record:
    """The same decision as if another base had made it, of facts of its own."""
    name = replace(one.knowledge, name=base)
    return replace(one, knowledge=name, known={"weather": "storm"}, decision={"mood": "good"})


def test_what_only_one_side_decides_is_named() -> None:
    one = record(OLD, 1, {"smoke": "seen"})
    found = _replayed([replace(one, decision={"fault": "danger", "mood": "good"})], OLD)
    assert (found.not_concluded, found.no_baseline) == (("mood",), ("action",))
    assert found.all_alike


def test_a_base_too_large_to_be_exact_is_replayed_without_standings() -> None:
    large = ExpertSystem(OLD.knowledge, node_budget=5)
    assert large.too_large is not None
    found = _replayed([record(OLD, 1, {"smoke": "seen"})], large)
    assert (found.replayed, found.unchanged, found.moves) == (1, 1, ())


def test_every_format_of_a_log_replays_alike(tmp_path: Path, changed: Path) -> None:
    new = ExpertSystem.open(changed)
    records = list(interviews(OLD, 60, seed=3))
    lines, packed, rows = tmp_path / "a", tmp_path / "b", tmp_path / "c"
    written(records, lines)
    packed.write_bytes(gzip.compress(lines.read_bytes()))
    write_parquet(records, rows, list(OLD.knowledge.facts), list(OLD.knowledge.inferred))
    seen: list[int] = []
    found = [replay(Log(path), new, OLD, progress=seen.append) for path in (lines, packed, rows)]
    assert found[0] == found[1] == found[2]
    assert found[0].changed > 10
    assert found[0].unfinished > 10
    assert seen == [Log(path).total for path in (lines, packed, rows)]


def test_the_shipped_base_replays_its_own_interviews_unchanged() -> None:
    power = ExpertSystem(load_knowledge(Path(__file__).parent.parent / "knowledge" / "power"))
    found = _replayed(list(interviews(power, 12, seed=4)), power, choice=Choice(unfinished=True))
    assert found.replayed > 25
    assert (found.unchanged, found.changes, found.moves) == (found.replayed, (), ())


# -- on the command line


@pytest.fixture
def log(tmp_path: Path) -> Path:
    records = list(interviews(OLD, 40, seed=5))
    return written([*records, replace(records[-1], decision_id="odd", known={"colour": "red"})], tmp_path / "log.jsonl")


def test_the_command_tells_what_changes_in_both_languages(log: Path, changed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["replay", str(log), "--knowledge", str(changed), "--old", str(LAMP)]
    assert main([*arguments, "--lang", "en"]) == 0
    english = capsys.readouterr().out
    for said in ("decided otherwise", "bulb_or_supply → supply", "lamp: dim", "no longer load", "there is no fact `colour`: 1"):
        assert said in english
    assert "left out that still needed input" in english
    assert "are what it says" in english
    assert main([*arguments, "--lang", "zh"]) == 0
    chinese = capsys.readouterr().out
    for said in ("个结论变了", "bulb_or_supply → supply", "新库没有事实 `colour`：1 个", "与旧库得出的一致"):
        assert said in chinese
    assert main([*arguments, "--fail-on-change"]) == 1


def test_the_command_writes_json_and_markdown(
    log: Path, changed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["replay", str(log), "-k", str(changed), "--old", str(LAMP), "--lang", "en"]
    assert main([*arguments, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["all_alike"] is False
    assert document["replayed"] == document["unchanged"] + document["changed"] + document["moved"]
    assert {"fact", "before", "after", "logged"} == document["changes"][0].keys()
    page = tmp_path / "page.md"
    assert main([*arguments, "--format", "markdown", "-o", str(page)]) == 0
    assert "| bulb_or_supply | supply |" in page.read_text("utf-8")


def test_a_log_that_stays_as_it_is_passes_and_an_empty_one_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = written(list(interviews(OLD, 5, seed=6)), tmp_path / "same")
    assert main(["replay", str(same), "-k", str(LAMP), "--fail-on-change", "--lang", "en"]) == 0
    assert "decisions stay as they are" in capsys.readouterr().out
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    assert main(["replay", str(empty), "-k", str(LAMP), "--lang", "en"]) == 0
    assert "there is no decision to replay" in capsys.readouterr().out


def test_the_command_tells_of_other_bases_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = list(interviews(OLD, 5, seed=6))
    mixed = written([*own, *[_of("desk", one) for one in own[:4]], _of("water", own[0])], tmp_path / "mixed")
    arguments = ["replay", str(mixed), "-k", str(LAMP), "--fail-on-change"]
    line = "5 left out that are of other bases: `desk` (4), `water` (1) (-k says which base is meant; triage log export --base"
    for form in ("terminal", "markdown"):
        assert main([*arguments, "--format", form, "--lang", "en"]) == 0
        said = capsys.readouterr().out
        assert line in said
        assert "no longer load" not in said
        assert main([*arguments, "--format", form, "--lang", "zh"]) == 0
        assert "略过 5 个其他知识库的判断：`desk`（4）、`water`（1）（用 -k" in capsys.readouterr().out
    assert main([*arguments, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["others"] == {"desk": 4, "water": 1}
    strange = written([_of("desk", own[0])], tmp_path / "strange")
    assert main(["replay", str(strange), "-k", str(LAMP), "--fail-on-change", "--lang", "en"]) == 1
    assert "1 left out that are of other bases: `desk` (1)" in capsys.readouterr().out


def test_wrong_use_ends_in_a_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(tmp_path / "none"), "-k", str(LAMP), "--lang", "en"]) == 2
    assert "cannot be opened" in capsys.readouterr().err
    broken = tmp_path / "broken"
    broken.write_text("no\n", encoding="utf-8")
    assert main(["replay", str(broken), "-k", str(LAMP), "--lang", "en"]) == 0
    assert "record 1: not JSON" in capsys.readouterr().out
    assert main(["replay", str(broken), "-k", "no-such-base", "--lang", "en"]) == 2


def test_outcomes_do_not_disturb_a_replay() -> None:
    one = replace(record(OLD, 1, {"smoke": "seen"}), outcome=Outcome({"fault": "bulb"}))
    assert _replayed([one], OLD).all_alike
