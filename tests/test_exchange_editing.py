"""Single rules changed in the text of a file: what is asked for is done, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest

from triage.exchange.editing import Added, CannotEditError, Edits, edited, same
from triage.exchange.notation import moved, number, word
from triage.exchange.tables import rules_of
from triage.loading.documents import Entry, Mapping, Node, read_document
from triage.loading.mistakes import Report
from triage.model import Place

ROOT = Path(__file__).parent.parent
SHIPPED = [path.read_bytes() for path in sorted(ROOT.glob("knowledge/*/rules/*.yaml"))]
UGLY = """# head
rules:   # the rules
# first
-
  id: a     # name
  "when": {x: [a, b], y: {not: c}, any: [{z: q}]}   # cond
  then:
    fault: x
    # inner
    place: {value: y, priority: 3}
  because: {zh: 中文，好, en: "english, yes"}
  source:
  - S1
  - "S2: x"
  priority: 5
    # deep comment

- priority: 9
  id: b
  when:
    x: a   # why

    y: b
  then: {fault: x, place: y}
  because:
    zh: |
      多行
      文字

    en: >-
      folded
      text
  safe_side: true
  source: S1
  # trailing deep
# not mine

- {id: c, when: {x: a}, then: {fault: x}, because: {zh: 中, en: e}, source: [S1], priority: 3}
- id: d
  source: S
  when: {}
  then: {fault: x}
  because: {zh: "a", en:
      multi
      line}"""
PLACE = Place("x.yaml", 1, 1)


def read_rules(data: bytes) -> dict[str, Mapping]:
    report = Report()
    root = read_document("x.yaml", data, report)
    assert report.problems == [], data.decode()
    assert root is not None
    return rules_of(root) or {}


def _entries(rule: Mapping, key: str) -> dict[str, Entry]:
    value = rule.entries[key].value
    assert isinstance(value, Mapping)
    return value.entries


def _varied(rule: Mapping, rng: Random) -> Mapping:
    """A rule with values changed, entries left out and entries added."""
    new = moved(rule, PLACE)
    assert isinstance(new, Mapping)
    for key in ("when", "then", "because"):
        entries = _entries(new, key)
        for name in list(entries):
            if rng.random() < 0.2:
                entries[name] = Entry(word(name, PLACE), word(rng.choice(["v", "v: 2", "x, y", "- z", "多：行\nb", "#"]), PLACE))
            elif rng.random() < 0.2 and key != "because" and (key == "when" or len(entries) > 1):
                del entries[name]
        for name in ("n1", "n2") if key != "because" else ():
            if rng.random() < 0.3:
                entries[name] = Entry(word(name, PLACE), word("value", PLACE))
    others: dict[str, list[Node]] = {
        "priority": [number("1", PLACE), number("77", PLACE)],
        "safe_side": [number("true", PLACE)],
        "source": [word("S9", PLACE), word("a: b", PLACE), word('"q"', PLACE)],
    }
    for key, nodes in others.items():
        if rng.random() < 0.3:
            new.entries[key] = Entry(word(key, PLACE), rng.choice(nodes))
        elif rng.random() < 0.2 and key != "source":
            new.entries.pop(key, None)
    return new


def _random_edits(rules: dict[str, Mapping], rng: Random) -> tuple[Edits, dict[str, Mapping]]:
    """Edits, and the rules that must come out."""
    edits, wanted = Edits(), dict(rules)
    for name, rule in rules.items():
        chance, varied = rng.random(), _varied(rule, rng)
        if chance < 0.3 and not same(rule, varied):
            edits.changed[name], wanted[name] = (rule, varied), varied
        elif chance > 0.9:
            edits.removed.add(name)
            del wanted[name]
    for count in range(rng.randrange(4)):
        new = moved(rng.choice(list(rules.values())), PLACE)
        assert isinstance(new, Mapping)
        new.entries["id"] = Entry(word("id", PLACE), word(f"new-{count}", PLACE))
        edits.added.append(Added(new, rng.choice([None, *(name for name in rules if name not in edits.removed)])))
        wanted[f"new-{count}"] = new
    return edits, wanted


def test_edits_of_any_file_say_what_they_should_and_leave_the_rest_alone_to_the_byte() -> None:
    ugly = [UGLY.encode(), UGLY.replace("\n", "\r\n").encode(), ("\ufeff" + UGLY + "\n").encode()]
    for seed in range(150):
        rng = Random(seed)
        data = rng.choice([*SHIPPED, *ugly * 5])
        rules = read_rules(data)
        edits, wanted = _random_edits(rules, rng)
        after = edited(data, edits)
        found = read_rules(after)
        assert found.keys() == wanted.keys(), seed
        assert [name for name in wanted if not same(found[name], wanted[name])] == [], seed
        touched = edits.changed.keys() | edits.removed
        lines = after.decode("utf-8-sig").splitlines()
        for name, rule in rules.items():
            if name not in touched:
                start = rule.place.line - 1
                ends = [other.place.line - 1 for other in rules.values() if other.place.line - 1 > start]
                own = data.decode("utf-8-sig").splitlines()[start : min(ends, default=None)]
                while own[-1].strip(" -") == "" or own[-1].lstrip().startswith("#"):
                    own.pop()
                assert "\n".join(own) in "\n".join(lines), (seed, name)
        if not edits.removed:
            before, now = (re.findall(r"^ *(#.*)", text.decode("utf-8-sig"), re.MULTILINE) for text in (data, after))
            assert before == now, seed


def test_several_keys_of_a_rule_in_brackets_may_go_at_once() -> None:
    data = b"rules:\n- {priority: 3, id: one, when: {}, safe_side: true, source: S, x: 1, y: 2} # why\n- id: two\n"
    old = read_rules(data)["one"]
    new = moved(old, PLACE)
    assert isinstance(new, Mapping)
    for key in ("priority", "safe_side", "x", "y"):
        del new.entries[key]
    after = edited(data, Edits(changed={"one": (old, new)}))
    assert after == b"rules:\n- {id: one, when: {}, source: S} # why\n- id: two\n"


TORN = ["rules: [{id: one}]\n", "other: &o\n  id: one\nrules:\n- *o\n", "other: &o\n- id: one\nrules: *o\n"]


@pytest.mark.parametrize("text", TORN)
def test_rules_in_one_pair_of_brackets_or_by_reference_are_not_torn(text: str) -> None:
    with pytest.raises(CannotEditError):
        edited(text.encode(), Edits(removed={"one"}))
