"""What comes in is checked at the door: clear errors with their place, warnings for what is ignored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from triage.call import MOST_MISTAKES, Call, Options, Reading, read_call, read_input, read_options, still_valid
from triage.errors import InputError
from triage.loading import load_knowledge
from triage.model import KnowledgeBase

NOON = datetime(2026, 7, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def lamp() -> KnowledgeBase:
    return load_knowledge(Path(__file__).parent / "lamp_knowledge")


@pytest.mark.parametrize(
    ("data", "code", "path", "nearest"),
    [
        ({"facts": {"lamp": "of"}}, "unknown-value", "/facts/lamp", "off"),
        ({"facts": {"lamp": 3}}, "wrong-type", "/facts/lamp", None),
        ({"facts": {"lamp": {"value": "of"}}}, "unknown-value", "/facts/lamp/value", "off"),
        ({"facts": {"lamp": {"source": "caller"}}}, "missing-value", "/facts/lamp", None),
        ({"facts": {"lamp": {"value": "off", "sauce": "caller"}}}, "unknown-key", "/facts/lamp/sauce", "source"),
        ({"facts": {"lamp": {"value": "off", "source": "metre"}}}, "unknown-source", "/facts/lamp/source", "meter"),
        ({"facts": {"lamp": {"value": "off", "observed_at": "noon"}}}, "wrong-type", "/facts/lamp/observed_at", None),
        ({"facts": {"lamp": {"value": "off", "observed_at": "2026-07-01T12:00"}}}, "wrong-type", "/facts/lamp/observed_at", None),
        (
            {"facts": {"lamp": {"value": "off", "observed_at": "0001-01-01T00:00:00+14:00"}}},
            "wrong-type",
            "/facts/lamp/observed_at",
            None,
        ),
        ({"facts": {"lamp": {"value": "off", "ttl_seconds": True}}}, "wrong-type", "/facts/lamp/ttl_seconds", None),
        ({"facts": {"signs": ["smok"]}}, "unknown-fact", "/facts/signs/0", "smoke"),
        ({"facts": {"signs": "smoke"}}, "wrong-type", "/facts/signs", None),
        ({"facts": []}, "wrong-type", "/facts", None),
        ({"facts": {1: "off"}}, "wrong-type", "/facts", None),
        ({"facts": {"voltage": 10**400}}, "wrong-type", "/facts/voltage", None),
        ({"facts": {"lamp": 10**5000}}, "wrong-type", "/facts/lamp", None),
        ({"facts": {"lamp": [[[]]]}}, "wrong-type", "/facts/lamp", None),
        ({"facts": {"signs": ["smoke"], "smoke": "not_seen"}}, "told-twice", "/facts/smoke", None),
        ({"facts": {"smoke": "unknown", "signs": ["smoke"]}}, "told-twice", "/facts/smoke", None),
        ({"a/b": 1}, "unknown-key", "/a~1b", None),
        ({"fact": {}}, "unknown-key", "/fact", "facts"),
        ({"fields": {"address": 3}}, "wrong-type", "/fields/address", None),
        ({"fields": {"address": "x" * 2001}}, "too-long", "/fields/address", None),
        ({"facts": dict.fromkeys(map(str, range(1001)), "x")}, "too-many", "/facts", None),
        ({"no_answer": {"lamp": ["nobody"]}}, "unknown-source", "/no_answer/lamp/0", None),
    ],
)
def test_an_input_error_names_its_place_and_the_nearest_id(
    lamp: KnowledgeBase, data: dict[str, Any], code: str, path: str, nearest: str | None
) -> None:
    with pytest.raises(InputError) as error:
        read_call(lamp, data)
    assert (error.value.code, error.value.path, error.value.nearest) == (code, path, nearest)
    assert path in str(error.value)


def test_all_mistakes_of_a_call_and_its_options_are_told(lamp: KnowledgeBase) -> None:
    with pytest.raises(InputError) as error:
        read_input(
            lamp,
            {
                "fact": {},
                "facts": {"lamp": "of", "signs": ["smok", "spark"], "voltage": {"observed_at": 1, "ttl_seconds": "x"}},
                "no_answer": [],
                "options": {"explain": "all", "sytems": []},
            },
        )
    found = (error.value, *error.value.also)
    assert [one.path for one in found] == [
        *("/options/explain", "/options/sytems", "/fact", "/no_answer", "/facts/signs/0", "/facts/signs/1", "/facts/lamp"),
        *("/facts/voltage", "/facts/voltage/observed_at", "/facts/voltage/ttl_seconds"),
    ]
    assert [line.partition(":")[0] for line in str(error.value).split("\n")] == [one.path for one in found]


def test_a_mistake_leads_to_no_other(lamp: KnowledgeBase) -> None:
    with pytest.raises(InputError) as error:
        read_call(lamp, {"facts": {"signs": ["smoke"], "smoke": {"value": "sen"}}})
    assert (error.value.path, error.value.also) == ("/facts/smoke/value", ())


def test_of_very_many_mistakes_the_first_are_told(lamp: KnowledgeBase) -> None:
    with pytest.raises(InputError) as error:
        read_call(lamp, {"fields": {f"f{number}": number for number in range(500)}})
    assert 1 + len(error.value.also) == MOST_MISTAKES


@pytest.mark.parametrize(("given", "said"), [(True, "`true`"), (None, "`null`"), (1.5, "`1.5`"), ({}, "an object")])
def test_what_was_sent_is_quoted_as_json(lamp: KnowledgeBase, given: Any, said: str) -> None:
    with pytest.raises(InputError) as error:
        read_call(lamp, {"facts": {"lamp": {"value": given}}})
    assert (said in error.value.text.en, error.value.accepted[-1]) == (True, "unknown")


def test_where_numbers_are_taken_words_are_told_so(lamp: KnowledgeBase) -> None:
    with pytest.raises(InputError, match="a number in V will do, not in quotes"):
        read_call(lamp, {"facts": {"voltage": "220"}})


def test_ids_the_base_does_not_know_are_ignored_with_a_warning(lamp: KnowledgeBase) -> None:
    call = read_call(lamp, {"facts": {"lmap": "off", "lamp": "off"}, "fields": {"phone": "1"}, "no_answer": {"x/y": []}})
    assert call.readings == {"lamp": Reading("off")}
    assert [(w.code, w.path) for w in call.warnings] == [
        ("unknown-id", "/facts/lmap"),
        ("unknown-id", "/fields/phone"),
        ("unknown-id", "/no_answer/x~1y"),
    ]
    assert "did you mean `lamp`" in call.warnings[0].text.en


def test_a_list_to_tick_fills_all_its_facts(lamp: KnowledgeBase) -> None:
    assert _values(read_call(lamp, {"facts": {"signs": ["smoke"]}})) == {"smoke": "seen", "sparks": "not_seen"}
    assert _values(read_call(lamp, {"facts": {"signs": []}})) == {"smoke": "not_seen", "sparks": "not_seen"}
    assert _values(read_call(lamp, {"facts": {"signs": "unknown"}})) == {"smoke": "unknown", "sparks": "unknown"}


@pytest.mark.parametrize(
    ("volts", "value"), [(197.9, "below"), (198, "within"), (235.4, "within"), (235.41, "above"), (0, "below")]
)
def test_numbers_are_cut_into_ranges_at_the_limits(lamp: KnowledgeBase, volts: float, value: str) -> None:
    assert _values(read_call(lamp, {"facts": {"voltage": volts}})) == {"voltage": value}


def test_limits_are_those_of_the_region(lamp: KnowledgeBase) -> None:
    assert read_call(lamp, {"facts": {"voltage": 195}}, "north").readings["voltage"].value == "within"
    assert read_call(lamp, {"facts": {"voltage": 195}}, "south").readings["voltage"].value == "below"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_refused(lamp: KnowledgeBase, number: float) -> None:
    with pytest.raises(InputError) as error:
        read_call(lamp, {"facts": {"voltage": number}})
    assert error.value.path == "/facts/voltage"


def test_a_field_keeps_its_words_and_loses_control_characters(lamp: KnowledgeBase) -> None:
    call = read_call(lamp, {"fields": {"address": " 一号\n楼\x1b[31m {lamp} "}})
    assert call.fields == {"address": "一号 楼 [31m {lamp}"}


def test_a_stale_reading_leaves_its_fact_open_and_says_so() -> None:
    old = Reading("off", "meter", NOON - timedelta(minutes=11), 600.0)
    fresh = Reading("seen", "meter", NOON - timedelta(minutes=10), 600.0)
    known, warnings = still_valid(Call({"lamp": old, "smoke": fresh}), NOON)
    assert known == {"smoke": "seen"}
    assert [(w.code, w.path) for w in warnings] == [("stale-reading", "/facts/lamp")]
    assert still_valid(Call({"lamp": old}), None) == ({"lamp": "off"}, [])


@pytest.mark.parametrize(
    ("data", "path"),
    [
        ({"language": "fr"}, "/options/language"),
        ({"systems": ["metre"]}, "/options/systems/0"),
        ({"systems": "meter"}, "/options/systems"),
        ({"now": "2026-07-01"}, "/options/now"),
        ({"questions": -1}, "/options/questions"),
        ({"max_questions": 1.5}, "/options/max_questions"),
        ({"region": 1}, "/options/region"),
        ({"langage": "zh"}, "/options/langage"),
    ],
)
def test_a_wrong_option_is_refused_with_its_place(lamp: KnowledgeBase, data: dict[str, Any], path: str) -> None:
    with pytest.raises(InputError) as error:
        read_options(lamp, data)
    assert error.value.path == path


@pytest.mark.parametrize("smoke", ["seen", "unknown", "not_seen"])
def test_a_facts_own_answer_stands_against_a_list_that_does_not_tick_it_in_any_order(lamp: KnowledgeBase, smoke: str) -> None:
    for facts in ({"smoke": smoke, "signs": ["sparks"]}, {"signs": ["sparks"], "smoke": smoke}):
        assert _values(read_call(lamp, {"facts": facts})) == {"smoke": smoke, "sparks": "seen"}
    both = read_call(lamp, {"facts": {"smoke": "seen", "signs": ["smoke"]}})
    assert _values(both) == {"smoke": "seen", "sparks": "not_seen"}


def test_an_option_that_is_null_is_left_at_its_default(lamp: KnowledgeBase) -> None:
    assert read_options(lamp, dict.fromkeys(Options.__dataclass_fields__)) == Options()


def test_options_are_read_as_given(lamp: KnowledgeBase) -> None:
    data = {"language": "en", "systems": ["meter"], "now": "2026-07-01T20:00:00+08:00", "explain": "full", "questions": 3}
    assert read_options(lamp, data) == Options("en", None, ("meter",), NOON, None, "full", 3)


def _values(call: Call) -> dict[str, str]:
    return {fact: reading.value for fact, reading in call.readings.items()}
