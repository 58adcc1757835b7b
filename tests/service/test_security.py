"""Keys, scopes, limits, headers: who gets in, and what they cannot do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select

from api import auth
from api.auth import make_key
from api.bases import Bases
from api.ids import now
from api.limits import Rate
from api.problems import ProblemError
from api.service import Service
from api.settings import Settings
from api.storage import keys as stored
from api.storage.tables import metadata
from tests.service.serving import Server, migrated, serve

CALL = {"facts": {"complaint": "no_power"}}


@pytest.fixture
def keyed(settings: Settings, bases: Bases) -> Iterator[Server]:
    """A service that asks for keys."""
    with serve(replace(settings, require_keys=True), bases) as running:
        yield running


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are looked up anew every time."""
    monkeypatch.setattr(auth, "FRESH_SECONDS", 0.0)


def key_for(service: Service, *scopes: str) -> dict[str, str]:
    """A new key, as a header."""
    made = make_key("test", scopes)
    with service.database.writing() as connection:
        stored.add(connection, made.row)
    return {"Authorization": f"Bearer {made.secret}"}


def test_without_a_key_nothing_of_the_api_is_answered(keyed: Server) -> None:
    document = keyed.get("/v1/openapi.json")
    for path, operations in document["paths"].items():
        for method in operations:
            answer = keyed.client.request(method, path)
            assert answer.status_code == (200 if path in ("/livez", "/readyz") else 401), path
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_key_does_what_its_scopes_say(keyed: Server) -> None:
    only = {scope: key_for(keyed.service, scope) for scope in auth.SCOPES}
    tried = [("POST", "/v1/triage", "triage"), ("POST", "/v1/calls", "calls"), ("GET", "/v1/decisions/x", "log")]
    for method, path, scope in tried:
        for name, header in only.items():
            answer = keyed.client.request(method, path, json=CALL if method == "POST" else None, headers=header)
            assert (answer.status_code == 403) is (name != scope), (path, name)
            if name != scope:
                assert answer.json()["code"] == "scope-needed"
                assert f"`{scope}`" in answer.json()["detail"]
        assert keyed.client.get("/v1/knowledge", headers=only["log"]).status_code == 200


@pytest.mark.parametrize(
    "wrong", ["Bearer", "Bearer x", "Bearer tk_x_y", "Basic eDp5", "Bearer tk__", "Bearer \xff", "Bearer tk_{id}_x"]
)
def test_a_wrong_key_is_no_key(keyed: Server, wrong: str) -> None:
    right = key_for(keyed.service, "triage")["Authorization"]
    sent = wrong.replace("{id}", right.split("_")[1])
    answer = keyed.client.post("/v1/triage", json=CALL, headers={b"Authorization": sent.encode("latin-1")})
    assert (answer.status_code, answer.json()["code"]) == (401, "key-needed")


@pytest.mark.usefixtures("forgetful")
def test_a_revoked_key_is_refused(keyed: Server) -> None:
    header = key_for(keyed.service, "triage")
    assert keyed.client.post("/v1/triage", json=CALL, headers=header).status_code == 200
    with keyed.service.database.writing() as connection:
        assert stored.revoke(connection, header["Authorization"].split("_")[1], now())
    assert keyed.client.post("/v1/triage", json=CALL, headers=header).status_code == 401


def test_no_secret_is_kept(keyed: Server) -> None:
    header = key_for(keyed.service, "triage")
    secret = header["Authorization"].rsplit("_", 1)[1]
    with keyed.service.database.reading() as connection:
        kept = [str(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
    assert kept
    assert not [row for row in kept if secret in row]


def test_keys_of_different_callers_do_not_share_retries(keyed: Server) -> None:
    one, other = key_for(keyed.service, "calls"), key_for(keyed.service, "calls")
    first, second = (
        keyed.client.post("/v1/calls", json=CALL, headers={**header, "Idempotency-Key": "same"}) for header in (one, other)
    )
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["call_id"] != second.json()["call_id"]


@pytest.mark.usefixtures("forgetful")
def test_this_machine_needs_no_key_until_there_is_one_and_is_told_so(server: Server) -> None:
    answer = server.send("POST", "/v1/triage", CALL)
    assert "triage keys create" in answer.headers["x-triage-open"]
    header = key_for(server.service, "triage")
    server.send("POST", "/v1/triage", CALL, 401)
    keyed = server.client.post("/v1/triage", json=CALL, headers=header)
    assert keyed.status_code == 200
    assert "x-triage-open" not in keyed.headers


@pytest.mark.parametrize("header", [{"Host": "triage.example"}, {"X-Forwarded-For": "10.0.0.7"}, {"Forwarded": "for=10.0.0.7"}])
def test_without_keys_only_this_machine_is_answered(server: Server, header: dict[str, str]) -> None:
    answer = server.client.post("/v1/triage", json=CALL, headers=header)
    assert (answer.status_code, answer.json()["code"]) == (403, "local-only")
    assert server.client.post("/v1/triage", json=CALL, headers={"Host": "[::1]:8000"}).status_code == 200


def test_listening_to_others_needs_keys(settings: Settings, bases: Bases) -> None:
    with serve(replace(settings, host="0.0.0.0"), bases) as running:  # noqa: S104 - as a setting; the test listens on loopback
        running.send("POST", "/v1/triage", CALL, 401)


def test_too_many_requests_are_told_when_to_come_again(settings: Settings, bases: Bases) -> None:
    with serve(replace(settings, per_second=1), bases) as running:
        answers = [running.client.get("/v1/knowledge") for _ in range(6)]
    codes = [answer.status_code for answer in answers]
    assert codes[:2] == [200, 200]
    assert 429 in codes
    assert int(next(answer.headers["retry-after"] for answer in answers if answer.status_code == 429)) >= 1


def test_one_caller_does_not_use_up_what_another_may_ask() -> None:
    rate = Rate(1)
    rate.take("a")
    rate.take("a")
    with pytest.raises(ProblemError):
        rate.take("a")
    rate.take("b")


def test_every_answer_has_the_headers_that_keep_browsers_safe(shared: Server) -> None:
    for path in ("/v1/knowledge", "/nowhere", "/docs", "/livez"):
        headers = shared.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert "server" not in headers
    assert shared.client.get("/v1/knowledge").headers["cache-control"] == "no-store"


def test_other_sites_get_no_answer_readable_by_their_scripts(shared: Server) -> None:
    answer = shared.client.post("/v1/triage", json=CALL, headers={"Origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in answer.headers
    preflight = shared.client.options("/v1/triage", headers={"Origin": "https://elsewhere.example"})
    assert preflight.status_code == 405


def test_keys_seen_before_keep_working_while_the_database_is_gone(settings: Settings, bases: Bases) -> None:
    with serve(replace(settings, require_keys=True), bases) as server:
        header = key_for(server.service, "triage")
        assert server.client.post("/v1/triage", json=CALL, headers=header).status_code == 200
    gone = replace(settings, require_keys=True, database="postgresql://nobody@127.0.0.1:1/none")
    with serve(gone, bases) as server:
        assert server.client.post("/v1/triage", json=CALL, headers=header).status_code == 200
        assert server.client.post("/v1/triage", json=CALL).status_code == 401
    (settings.data / "keys.json").unlink()
    with serve(gone, bases) as server:
        assert server.client.post("/v1/triage", json=CALL, headers=header).status_code == 503


def test_the_embedded_database_and_the_spool_are_the_services_own(settings: Settings, server: Server) -> None:
    server.post("/v1/triage", CALL)
    assert settings.spool.stat().st_mode & 0o077 == 0
    assert (settings.data / "triage.db").stat().st_mode & 0o077 == 0


def test_a_client_that_stops_in_the_middle_does_no_harm(shared: Server) -> None:
    with httpx.Client(base_url=shared.client.base_url) as client, pytest.raises(httpx.HTTPError):
        client.post("/v1/triage", content=_broken(), headers={"Content-Type": "application/json"})
    shared.get("/readyz")


def _broken() -> Iterator[bytes]:
    yield b'{"facts": '
    raise httpx.WriteError("gone")


def test_settings_go_to_workers_unchanged(settings: Settings) -> None:
    wanted = replace(settings, database="postgresql://x/y", per_second=7, require_keys=True)
    assert Settings.from_environment(wanted.to_environment()) == wanted
    assert migrated(settings) == settings


def test_a_new_key_works_at_once(keyed: Server) -> None:
    first = key_for(keyed.service, "triage")
    keyed.post("/v1/triage", CALL, 200, **first)  # from now on keys are known for a while
    keyed.post("/v1/triage", CALL, 200, **key_for(keyed.service, "triage"))


def test_keys_nobody_knows_are_not_looked_up_again_and_again(keyed: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auth, "FRESH_SECONDS", 3600.0)
    monkeypatch.setattr(auth, "SEEK_SECONDS", 3600.0)
    keyed.send("POST", "/v1/triage", CALL, 401, Authorization="Bearer tk_0_0")
    seen: list[object] = []
    monkeypatch.setattr(keyed.service.keys, "_look", lambda: seen.append(None))
    for number in range(20):
        keyed.send("POST", "/v1/triage", CALL, 401, Authorization=f"Bearer tk_{number}_0")
    assert seen == []
