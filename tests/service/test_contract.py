"""Schemathesis against a running service: what the OpenAPI document allows is answered as the document says, what it does not
allow is refused, and nothing is a 5xx. All checks, on the same examples every time.
"""

from __future__ import annotations

import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api.auth import SCOPES, make_key
from api.bases import Bases
from api.settings import Settings
from api.storage import keys as stored
from tests.service.serving import Server, serve

SCHEMATHESIS = Path(sysconfig.get_path("scripts")) / "schemathesis"
CONFIGURATION = """
[generation]
deterministic = true
max-examples = {examples}
database = "none"

[phases.stateful]
max-steps = 5

[checks.positive_data_acceptance]
# What the base knows, the version of a call, and keys used before stand in no schema.
expected-statuses = ["2xx", "401", "403", "404", "409", "412", "422"]
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "404", "405", "409", "412", "413", "415", "422", "428"]
[checks.missing_required_header]
expected-statuses = ["401", "422", "428"]

[[operations]]
include-operation-id = "triage_batch"
[operations.checks.negative_data_rejection]
# Each call of a batch is answered for itself: a wrong one has its problem within a 200.
expected-statuses = ["200", "400", "401", "413", "415", "422"]
"""
SCHEMAS = ("schema", "items", "additionalProperties")
COMBINED = ("anyOf", "oneOf", "allOf", "prefixItems")
SAYS_WHAT = {"type", "$ref", "enum", "const", "anyOf", "oneOf", "allOf"}


@pytest.fixture
def keyed(settings: Settings, bases: Bases) -> Iterator[tuple[Server, str]]:
    """A service that asks for keys, and one that may do everything."""
    with serve(replace(settings, require_keys=True, per_second=0), bases) as server:
        made = make_key("contract", SCOPES)
        with server.service.database.writing() as connection:
            stored.add(connection, made.row)
        server.client.headers["Authorization"] = f"Bearer {made.secret}"
        yield server, made.secret


@pytest.mark.parametrize(
    ("document", "operations", "phases", "examples"),
    [
        ("/v1/openapi.json", (), "examples,coverage,fuzzing,stateful", 3),
        ("/v1/knowledge/power/openapi.json", ("triage_fault", "what_if", "open_call", "tell_call"), "examples,fuzzing", 10),
    ],
    ids=["general", "of the base"],
)
def test_the_service_keeps_to_its_document(
    keyed: tuple[Server, str], tmp_path: Path, document: str, operations: tuple[str, ...], phases: str, examples: int
) -> None:
    server, secret = keyed
    configuration = tmp_path / "schemathesis.toml"
    configuration.write_text(CONFIGURATION.format(examples=examples), encoding="utf-8")
    command = [
        str(SCHEMATHESIS),
        "--config-file",
        str(configuration),
        "run",
        f"{server.client.base_url}{document}",
        "--checks",
        "all",
    ]
    chosen = [part for name in operations for part in ("--include-operation-id", name)]
    chosen += ["--phases", phases]
    options = ["--header", f"Authorization: Bearer {secret}", "--continue-on-failure", "--no-shrink", "--no-color"]
    done = subprocess.run([*command, *chosen, *options], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_schema_of_the_documents_says_nothing(shared: Server) -> None:
    documents = {name: shared.get(f"/v1/knowledge/{name}/openapi.json") for name in ("power", "desk")}
    for name, document in {**documents, "general": shared.get("/v1/openapi.json")}.items():
        found = dict(_schemas(document, name))
        assert len(found) > 300
        assert [place for place, schema in found.items() if not _says_what(schema)] == []


def _schemas(part: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema of a document, with its place."""
    if isinstance(part, list):
        for number, inner in enumerate(part):
            yield from _schemas(inner, f"{place}/{number}")
    if not isinstance(part, dict):
        return
    for key, inner in part.items():
        where = f"{place}/{key}"
        if key in ("example", "examples", "default", "enum", "const"):
            continue  # values
        if key in SCHEMAS and isinstance(inner, dict):
            yield where, inner
        if key in ("properties", "schemas", "$defs"):
            yield from ((f"{where}/{name}", schema) for name, schema in inner.items())
        if key in COMBINED:
            yield from ((f"{where}/{number}", schema) for number, schema in enumerate(inner))
        yield from _schemas(inner, where)


def _says_what(schema: dict[str, Any]) -> bool:
    """It has a type; an object says what is in it, a list what its items are."""
    if not SAYS_WHAT & schema.keys():
        return False
    kinds = schema.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    if "object" in kinds and not {"properties", "additionalProperties"} & schema.keys():
        return False
    return "array" not in kinds or bool({"items", "prefixItems"} & schema.keys())
