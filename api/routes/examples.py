"""Bodies shown in the documentation; tests send every one of them."""

from __future__ import annotations

from typing import Any

__all__ = [
    "BATCH",
    "CALL",
    "CALL_DECIDED",
    "CALL_OPENING",
    "CALL_WITH_METER",
    "CHANGES",
    "CHECK",
    "CLOSE",
    "OUTCOME",
    "WHAT_IF",
    "WHY_NOT",
]

CALL_OPENING: dict[str, Any] = {"facts": {"complaint": "no_power"}, "options": {"language": "en"}}
CALL_DECIDED: dict[str, Any] = {
    "facts": {
        "complaint": "switch_will_not_close",
        "danger_signs": [],
        "which_switch": "meter_switch",
        "meter_kind": "card",
        "balance": "zero",
    },
    "options": {"language": "en", "explain": "full"},
}
CALL_WITH_METER: dict[str, Any] = {
    "facts": {
        "complaint": "no_power",
        "danger_signs": [],
        "neighbours_system": {
            "value": "unknown",
            "source": "meter_system",
            "observed_at": "2026-01-31T20:15:00+08:00",
            "ttl_seconds": 600,
        },
    },
    "fields": {"address": "12 Renmin Road"},
    "options": {"language": "en", "systems": ["meter_system"], "now": "2026-01-31T20:16:00+08:00"},
}
BATCH: dict[str, Any] = {"calls": [CALL_OPENING, CALL_DECIDED]}
WHAT_IF: dict[str, Any] = {
    "facts": {"complaint": "no_power", "danger_signs": []},
    "vary": [{"scope": "home_only"}, {"danger_signs": "unknown"}],
}
WHY_NOT: dict[str, Any] = {"facts": CALL_DECIDED["facts"], "target": "fault", "value": "meter"}
CALL: dict[str, Any] = {
    "caller_ref": "caller-7f3a",
    "place": {"transformer_area": "area-17", "building": "building-4"},
    "facts": {"complaint": "no_power"},
    "options": {"language": "en"},
}
CHANGES: dict[str, Any] = {"facts": {"danger_signs": []}, "fields": {"address": "12 Renmin Road"}}
CLOSE: dict[str, Any] = {"reason": "done"}
OUTCOME: dict[str, Any] = {"found": {"fault": "customer_internal"}, "visited": True}
CHECK: dict[str, Any] = {"facts": {"reached": "no_answer"}, "options": {"language": "en"}}
