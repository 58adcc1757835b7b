"""The OpenAPI document: FastAPI's, with the bodies of requests added, and for each base with its facts named and typed."""

from __future__ import annotations

import copy
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from api.bases import Base
from api.doors import TAGS_PATTERN
from api.schemas import requests, versions
from triage.model import UNKNOWN, Fact, Question

__all__ = ["DOCUMENT", "general", "schema_of", "typed"]

REFERENCES = "#/components/schemas/{model}"
BODIES = (
    requests.TriageRequest,
    requests.BatchRequest,
    requests.WhatIfRequest,
    requests.WhyNotRequest,
    requests.CallRequest,
    requests.ChangesRequest,
    requests.CloseRequest,
    requests.CheckRequest,
    requests.OutcomeRequest,
    versions.VersionRequest,
    versions.ShadowRequest,
    versions.RollbackRequest,
)
DOCUMENT: dict[str, Any] = {
    "description": "A JSON document.",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "description": "A JSON Schema or an OpenAPI document; their own specifications say what is in it.",
                "properties": {"title": {"type": "string"}, "openapi": {"type": "string"}, "$schema": {"type": "string"}},
            }
        }
    },
}
"""How a route that answers with a document declares it."""

Schema = dict[str, Any]


def general(app: FastAPI) -> Schema:
    """The document of this service, whatever bases are loaded."""
    if app.openapi_schema is None:
        found = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            description=app.description,
            routes=app.routes,
            tags=app.openapi_tags,
            license_info=app.license_info,
            servers=[{"url": "/"}],
        )
        _, definitions = models_json_schema([(body, "validation") for body in BODIES], ref_template=REFERENCES)
        schemas = found["components"]["schemas"]
        twice = schemas.keys() & definitions["$defs"].keys()
        if twice:
            raise ValueError(f"two shapes of one name: {sorted(twice)}")
        schemas |= definitions["$defs"]
        _without_validation(found)
        _with_headers_needed(found)
        app.openapi_schema = found
    return app.openapi_schema


def typed(app: FastAPI, base: Base) -> Schema:
    """The document with a base's facts, fields and values named, so that generated clients know them."""
    found = copy.deepcopy(general(app))
    found["info"]["title"] += f" · {base.name.name} {base.name.version}"
    schemas = found["components"]["schemas"]
    schemas |= {"Facts": _facts(base), "Fields": _fields(base), "NoAnswer": _no_answer(base)}
    schemas["ChangedFacts"] = _nullable(schemas["Facts"])
    for name in ("TriageRequest", "WhatIfRequest", "WhyNotRequest", "CallRequest", "ChangesRequest"):
        properties = schemas[name]["properties"]
        facts = "ChangedFacts" if name == "ChangesRequest" else "Facts"
        properties["facts"] = {"$ref": f"#/components/schemas/{facts}"}
        if name != "ChangesRequest":
            properties |= {
                "fields": {"$ref": "#/components/schemas/Fields"},
                "no_answer": {"$ref": "#/components/schemas/NoAnswer"},
            }
    schemas["WhatIfRequest"]["properties"]["vary"]["items"] = {"$ref": "#/components/schemas/Facts"}
    _targets(schemas, base)
    systems = list(base.knowledge.identity.systems)
    named = {"type": "string", "enum": systems} if systems else {"type": "string"}
    schemas["Options"]["properties"]["systems"]["anyOf"] = [{"type": "array", "items": named}, {"type": "null"}]
    schemas["Reading"]["properties"]["source"]["enum"] = ["caller", *systems]
    return found


def schema_of(base: Base) -> Schema:
    """A JSON Schema of a call's body, complete in itself."""
    _, definitions = models_json_schema([(requests.TriageRequest, "validation")], ref_template="#/$defs/{model}")
    defs = definitions["$defs"]
    body = defs.pop("TriageRequest")
    body["properties"] |= {"facts": _facts(base, "#/$defs/Reading"), "fields": _fields(base), "no_answer": _no_answer(base)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:triage:{base.name.name}:{base.name.version}:{base.name.digest[:16]}",
        **body,
        "title": f"{base.name.name} {base.name.version}",
        "$defs": defs,
    }


def _facts(base: Base, reading: str = "#/components/schemas/Reading") -> Schema:
    knowledge = base.knowledge
    lists = [question for question in knowledge.questions.values() if question.tick and question.id not in knowledge.facts]
    return {
        "type": "object",
        "title": "Facts",
        "description": "What is known. Facts left out were not asked; `unknown`: asked and not told.",
        "properties": {
            **{fact.id: _fact(fact, reading) for fact in knowledge.facts.values()},
            **{question.id: _list(question) for question in lists},
        },
        "additionalProperties": {
            "description": "Ids the base does not know are ignored, with a warning.",
            "anyOf": [
                {"type": "string"},
                {"type": "number"},
                {"type": "array", "items": {"type": "string"}},
                {"$ref": reading},
            ],
        },
    }


def _fact(fact: Fact, reading: str) -> Schema:
    labels = "; ".join(f"{value}: {text.en}" for value, text in fact.values.items())
    value: Schema = {"type": "string", "enum": list(fact.domain)}
    kinds = [value, *([{"type": "number", "description": f"In {fact.unit}."}] if fact.ranges else []), {"$ref": reading}]
    return {"title": fact.id, "description": f"{fact.text.en} ({labels})", "anyOf": kinds}


def _list(question: Question) -> Schema:
    ticked = {"type": "array", "items": {"type": "string", "enum": list(question.fills)}, "uniqueItems": True}
    return {
        "title": question.id,
        "description": f"{question.text.en} List what is seen; an empty list: none of these.",
        "anyOf": [ticked, {"type": "string", "const": UNKNOWN}],
    }


def _fields(base: Base) -> Schema:
    named = {
        field.id: {"type": "string", "maxLength": 2000, "title": field.id, "description": field.text.en}
        for field in base.knowledge.fields.values()
    }
    return {
        "type": "object",
        "title": "Fields",
        "properties": named,
        "additionalProperties": {"type": "string", "maxLength": 2000},
    }


def _no_answer(base: Base) -> Schema:
    sources = {"type": "array", "items": {"type": "string", "enum": ["caller", *base.knowledge.identity.systems]}}
    return {
        "type": "object",
        "title": "NoAnswer",
        "properties": dict.fromkeys(base.knowledge.facts, sources),
        "additionalProperties": sources,
    }


def _nullable(facts: Schema) -> Schema:
    named = {name: {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]} for name, schema in facts["properties"].items()}
    others = facts["additionalProperties"]
    others = {**others, "anyOf": [*others["anyOf"], {"type": "null"}]}
    return {**facts, "title": "ChangedFacts", "properties": named, "additionalProperties": others}


def _targets(schemas: Schema, base: Base) -> None:
    """Name what can be concluded."""
    inferred = base.knowledge.inferred
    values = {name: {"type": "string", "enum": list(found.values)} for name, found in inferred.items()}
    schemas["WhyNotRequest"]["properties"]["target"] = {"type": "string", "enum": list(base.knowledge.targets)}
    schemas["OutcomeRequest"]["properties"]["found"] = {
        "type": "object",
        "properties": values,
        "minProperties": 1,
        "additionalProperties": False,
    }


def _with_headers_needed(document: Schema) -> None:
    """Where `If-Match` is taken, it is needed; to the framework it is not, so that its absence can be told as 428."""
    for path in document["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "If-Match":
                    parameter |= {"required": True, "schema": {"type": "string", "pattern": TAGS_PATTERN}}


def _without_validation(document: Schema) -> None:
    """FastAPI's own 422 is never sent: ours stands there, or none."""
    for path in document["paths"].values():
        for operation in path.values():
            said = operation.get("responses", {}).get("422", {}).get("content", {})
            if "HTTPValidationError" in str(said.get("application/json", {})):
                problem = {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}
                operation["responses"]["422"] = {
                    "description": "A parameter is not accepted",
                    "content": {"application/problem+json": problem},
                }
            for response in operation.get("responses", {}).values():
                content = response.get("content", {})
                if "application/problem+json" in content:
                    content.pop("application/json", None)
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)
