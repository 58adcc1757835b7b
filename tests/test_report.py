"""What a log tells of a base: counted by hand here, and the weights learnt are those the interview goes by."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
import yaml

from tests.logged_calls import START, interviews, record, written
from triage.cli import main
from triage.expert import ExpertSystem
from triage.learning import Answers, Smoothing, as_population, expected
from triage.loading import load_knowledge
from triage.logs import Log, write_parquet
from triage.model import UNKNOWN
from triage.records import Outcome, Record
from triage.review import Lengths, Review, review

LAMP = Path(__file__).parent / "lamp_knowledge"
SYSTEM = ExpertSystem.open(LAMP)
KNOWLEDGE = SYSTEM.knowledge
CLEAR = {"smoke": "not_seen", "sparks": "not_seen"}


def _call(number: int, known: dict[str, str], found: dict[str, str] | None = None) -> Record:
    made = replace(record(SYSTEM, number, known), status="decided")
    return replace(made, outcome=Outcome(found, START)) if found else made


def _review(records: list[Record], tmp_path: Path, *, test_traffic: bool = False) -> Review:
    return review(Log(written(records, tmp_path / "log")), KNOWLEDGE, test_traffic=test_traffic)


# -- which calls count


def test_a_call_counts_once_with_its_last_decision_or_the_one_that_has_an_outcome(tmp_path: Path) -> None:
    records = [
        replace(_call(1, {"lamp": "dim"}), call_id="a"),
        replace(_call(3, {"lamp": "off"}), call_id="a"),
        replace(_call(2, {"lamp": "dim"}), call_id="a"),
        replace(_call(4, {"lamp": "dim"}, {"fault": "bulb"}), call_id="b"),
        replace(_call(5, {"lamp": "off"}), call_id="b"),
        _call(6, {"lamp": "off"}),
        _call(7, {"lamp": "off"}),
        replace(_call(8, {"lamp": "off"}), status="needs_input", call_id="a"),
        replace(_call(9, {"lamp": "off"}), status="contradictory"),
        replace(_call(10, {"lamp": "off"}), test_traffic=True),
    ]
    found = _review(records, tmp_path)
    assert (found.read, found.calls, found.superseded) == (10, 4, 3)
    assert (found.unfinished, found.contradictory, found.test_traffic) == (1, 1, 1)
    assert found.answers["lamp"].tables == {None: {"off": 3, "dim": 1, UNKNOWN: 0}}
    assert (found.since, found.until) == (records[1].at, records[6].at)
    assert _review(records, tmp_path, test_traffic=True).calls == 5


def test_decisions_of_other_bases_count_for_nothing(tmp_path: Path) -> None:
    """Not even where they tell facts of the same names, or belong to the same calls."""
    own = [replace(_call(n, {"lamp": "dim"}, {"fault": "bulb"}), call_id=f"c{n}") for n in range(3)]
    others = [_of("desk", replace(_call(9, {"lamp": "off"}, {"fault": "danger"}), call_id="c1")), _of("water", _call(10, {}))]
    alone = _review(own, tmp_path)
    mixed = [others[0], *own, others[1]]
    rows = tmp_path / "rows"
    write_parquet(mixed, rows, list(KNOWLEDGE.facts), list(KNOWLEDGE.inferred))
    for found in (_review(mixed, tmp_path), review(Log(rows), KNOWLEDGE)):
        assert found == replace(alone, read=5, others={"desk": 1, "water": 1})
    assert as_population(KNOWLEDGE, found.answers, "a log", Smoothing(2)) == as_population(
        KNOWLEDGE, alone.answers, "a log", Smoothing(2)
    )
    assert _review(others, tmp_path).calls == 0


def _of(base: str, one: Record) -> Record:
    """The same decision as if another base had made it."""
    return replace(one, knowledge=replace(one.knowledge, name=base))


def test_questions_per_call_are_counted_over_calls_that_tell(tmp_path: Path) -> None:
    counts = [1, 1, 1, 2, 2, 3, 3, 4, 9, 20, None]
    found = _review([replace(_call(n, {}), questions_asked=count) for n, count in enumerate(counts)], tmp_path)
    assert found.lengths == Lengths(calls=10, mean=4.6, median=2, p90=9, longest=20)
    assert _review([replace(_call(1, {}), questions_asked=None)], tmp_path).lengths is None


# -- decided and found


def test_decisions_are_compared_with_what_was_found(tmp_path: Path) -> None:
    dim = {**CLEAR, "lamp": "dim"}  # bulb_or_supply, send
    bulb = {**CLEAR, "lamp": "off", "switch": "closed", "voltage": "within"}  # bulb, buy
    records = [
        _call(1, dim, {"fault": "bulb", "action": "buy"}),  # sent for nothing; within the group
        _call(2, dim, {"fault": "supply", "action": "send"}),  # right to send; within the group
        _call(3, dim, {"fault": "danger"}),  # nobody says what should have been done
        _call(4, bulb, {"fault": "bulb", "action": "buy"}),  # right
        _call(5, bulb, {"fault": "supply", "action": "send"}),  # nobody sent where somebody was needed
        _call(6, bulb, {"mood": "good"}),  # nothing the base concludes
        _call(7, bulb),
    ]
    found = _review(records, tmp_path)
    assert (found.calls, found.outcomes) == (7, 6)
    fault, action = found.confusion
    assert (fault.fact, fault.judged, fault.right, fault.right_group) == ("fault", 5, 1, 2)
    assert fault.counts == {
        ("bulb", "bulb"): 1,
        ("bulb", "supply"): 1,
        ("bulb_or_supply", "bulb"): 1,
        ("bulb_or_supply", "danger"): 1,
        ("bulb_or_supply", "supply"): 1,
    }
    assert (action.judged, action.right) == (4, 2)
    (spared,) = found.spared
    assert (spared.judged, spared.right, spared.wrongly_spared, spared.needless) == (4, 2, 1, 1)
    assert spared.nobody_sent


# -- answers


def test_answers_are_counted_only_where_the_fact_was_asked_and_applies(tmp_path: Path) -> None:
    records = [
        _call(1, {"lamp": "off", "switch": "open"}),
        _call(2, {"lamp": "off", "switch": UNKNOWN}),
        _call(3, {"lamp": "dim", "switch": "open"}),  # does not apply to a dim lamp
        _call(4, {"lamp": "off"}),
        replace(_call(5, {"lamp": "off"}), known={"lamp": "off", "switch": "stuck", "colour": "red"}),  # not known to the base
    ]
    found = _review(records, tmp_path)
    assert found.answers["switch"] == Answers(None, {None: {"open": 1, "closed": 0, UNKNOWN: 1}}, 0)
    assert found.answers["switch"].asked == 2
    assert found.answers["lamp"].asked == 5
    assert found.answers["after_closing"].asked == 0


def test_answers_are_counted_by_the_fact_their_weights_depend_on(tmp_path: Path) -> None:
    records = [
        *[_call(n, {"lamp": "off", "voltage": "below"}) for n in range(3)],
        _call(4, {"lamp": "dim", "voltage": "within"}),
        _call(5, {"voltage": "above"}),  # the lamp was not asked
        _call(6, {"lamp": UNKNOWN, "voltage": UNKNOWN}),
    ]
    voltage = _review(records, tmp_path).answers["voltage"]
    assert (voltage.given, voltage.uncounted, voltage.asked) == ("lamp", 1, 6)
    assert voltage.tables == {
        "off": {"below": 3, "within": 0, "above": 0, UNKNOWN: 0},
        "dim": {"below": 0, "within": 1, "above": 0, UNKNOWN: 0},
        UNKNOWN: {"below": 0, "within": 0, "above": 0, UNKNOWN: 1},
    }
    author = KNOWLEDGE.facts["voltage"].weights.tables
    meant = (3 * author["off"]["below"] + author["dim"]["below"] + author[UNKNOWN]["below"]) / 5
    assert expected(KNOWLEDGE, "voltage", voltage)["below"] == pytest.approx(meant)


def test_counting_by_batches_is_counting_by_hand(tmp_path: Path) -> None:
    records = [one for one in interviews(SYSTEM, 80, seed=9) if one.status == "decided"]
    found = _review(records, tmp_path)
    for name in ("lamp", "smoke", "sparks"):  # always apply
        counts = Counter(one.known[name] for one in records if name in one.known)
        assert {value: count for value, count in found.answers[name].tables[None].items() if count} == counts


# -- weights learnt


def _folder(tmp_path: Path, learnt: str) -> Path:
    """The lamp base that goes by a population in a file of its own."""
    folder = tmp_path / "base"
    shutil.copytree(LAMP, folder)
    (folder / "learnt.yaml").write_text(learnt, encoding="utf-8")
    base = (folder / "base.yaml").read_text("utf-8")
    (folder / "base.yaml").write_text(base.replace("  id: lamp\n", "  id: lamp\n  callers: learnt\n", 1), encoding="utf-8")
    return folder


def test_weights_learnt_are_smoothed_shares_and_too_small_samples_leave_the_authors(tmp_path: Path) -> None:
    records = [
        *[_call(n, {"lamp": "off", "voltage": "below"}) for n in range(6)],
        *[_call(10 + n, {"lamp": "dim", "voltage": "above"}) for n in range(2)],
        _call(20, {"smoke": "seen"}),
    ]
    found = _review(records, tmp_path)
    text = as_population(KNOWLEDGE, found.answers, 'the "log"', Smoothing(least=5, added=1))
    assert text is not None
    weights = yaml.load(text, yaml.BaseLoader)["populations"][0]["weights"]  # noqa: S506 - all it makes are texts
    assert weights.keys() == {"lamp", "voltage"}
    assert weights["lamp"] == {"off": "63.6364", "dim": "27.2727", "unknown": "9.0909"}  # 7, 3 and 1 of 11
    assert weights["voltage"]["off"] == {"below": "70", "within": "10", "above": "10", "unknown": "10"}
    author = KNOWLEDGE.facts["voltage"].weights.tables["dim"]
    kept = {value: float(weight) for value, weight in weights["voltage"]["dim"].items()}
    assert kept == pytest.approx({value: 100 * share for value, share in author.items()})
    for said in ("smoke (1)", "switch (0)", "# 8", "as before (2)", "1 is added to every count"):
        assert said in text

    knowledge = load_knowledge(_folder(tmp_path, text))
    assert knowledge.facts["lamp"].weights.tables[None]["off"] == pytest.approx(7 / 11, abs=1e-5)
    assert knowledge.facts["voltage"].weights.tables["off"]["below"] == pytest.approx(0.7)
    assert knowledge.facts["smoke"].weights == KNOWLEDGE.facts["smoke"].weights
    assert knowledge.digest != KNOWLEDGE.digest


def test_the_interview_goes_by_the_weights_learnt(tmp_path: Path) -> None:
    """Callers of this log nearly always have a dim lamp, so a lamp that is off is no longer the likely one."""
    rng = Random(1)
    answers = [{"lamp": "dim" if rng.random() < 0.97 else "off", "smoke": "not_seen", "sparks": "not_seen"} for _ in range(400)]
    found = _review([_call(number, known) for number, known in enumerate(answers)], tmp_path)
    text = as_population(KNOWLEDGE, found.answers, "a log")
    assert text is not None
    learnt = ExpertSystem.open(_folder(tmp_path, text))
    before, after = (system.prospect({}).candidates["fault"] for system in (SYSTEM, learnt))
    assert after["bulb_or_supply"] > 1.3 * before["bulb_or_supply"]
    assert learnt.assess_json({"facts": {}}).candidates["fault"] != SYSTEM.assess_json({"facts": {}}).candidates["fault"]


def test_nothing_asked_often_enough_teaches_nothing(tmp_path: Path) -> None:
    found = _review([_call(1, {"lamp": "off"})], tmp_path)
    assert as_population(KNOWLEDGE, found.answers, "a log") is None


# -- on the command line


def test_the_command_tells_lengths_outcomes_and_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    dim = {**CLEAR, "lamp": "dim"}
    log = written(
        [_call(n, dim, {"fault": "supply" if n % 4 else "danger", "action": "buy"}) for n in range(60)], tmp_path / "log"
    )
    weights = tmp_path / "learnt.yaml"
    arguments = ["report", str(log), "-k", str(LAMP), "--weights", str(weights)]
    assert main([*arguments, "--lang", "en"]) == 0
    said = capsys.readouterr()
    for words in (
        "60 calls counted",
        "2.00 questions a call",
        "sent for nothing 60 (100.0%)",
        "decided bulb or supply, found danger: 15",
    ):
        assert words in " ".join(said.out.split())
    assert "45 more within the group" in " ".join(said.out.split())
    assert "callers: learnt" in said.err
    assert load_knowledge(_folder(tmp_path, weights.read_text("utf-8"))).populations["learnt"]
    assert main([*arguments, "--outcomes", "--lang", "zh"]) == 0
    assert "行：所判；列：查明" in capsys.readouterr().out
    assert main([*arguments, "--least", "61", "--lang", "zh"]) == 0
    assert "没有哪个事实问过 61 次" in capsys.readouterr().err
    assert main(["report", str(log), "-k", str(LAMP), "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["lengths"]["mean"] == 2
    assert document["confusion"][0]["counts"][0] == {"decided": "bulb_or_supply", "found": "supply", "count": 45}


def test_a_log_without_outcomes_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = written([_call(1, {"lamp": "dim"})], tmp_path / "log")
    assert main(["report", str(log), "-k", str(LAMP), "--lang", "en"]) == 0
    assert "The log has no outcomes" in capsys.readouterr().out


def test_other_bases_in_the_log_are_told_in_a_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strange = written([_of("desk", _call(n, {"lamp": "dim"})) for n in range(3)], tmp_path / "log")
    arguments = ["report", str(strange), "-k", str(LAMP)]
    assert main([*arguments, "--lang", "en"]) == 0
    said = capsys.readouterr().out
    assert "3 records read, 0 calls counted; not counted: 3 of other bases: `desk` 3\n" in said
    assert "-k says which; triage log export --base NAME" in said
    assert main([*arguments, "--lang", "zh"]) == 0
    assert "未计入：其他知识库的 3：`desk` 3\n只统计一个知识库：用 -k 指定是哪个" in capsys.readouterr().out
    assert main([*arguments, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["others"] == {"desk": 3}


@pytest.mark.parametrize("below", ["learnt.yaml", "weights/learnt.yaml"])
def test_weights_are_not_written_into_another_base(tmp_path: Path, capsys: pytest.CaptureFixture[str], below: str) -> None:
    log = written([_call(n, {"lamp": "dim"}) for n in range(60)], tmp_path / "log")
    folder = tmp_path / "my-desk"
    (folder / "weights").mkdir(parents=True)
    (folder / "base.yaml").write_text("base:\n  id: desk\n", encoding="utf-8")  # the rest of it does not matter
    arguments = ["report", str(log), "-k", str(LAMP), "--weights", str(folder / below)]
    assert main([*arguments, "--lang", "en"]) == 2
    said = capsys.readouterr().err
    assert "would belong to the base `desk`" in said
    assert f"-k {folder.as_posix()}" in said
    assert main([*arguments, "--lang", "zh"]) == 2
    assert "会归入知识库 `desk`" in capsys.readouterr().err
    assert not (folder / below).exists()
    (folder / "base.yaml").write_text("base:\n  id: lamp\n", encoding="utf-8")  # another copy of this one
    assert main(arguments) == 0
    assert (folder / below).is_file()
