"""`triage keys`, and how the service tells of it: the command it names reaches its own database, from wherever it is run."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from api.settings import Settings
from tests.service.processes import started, waited
from triage.cli import Exit, main
from triage.cli.screen import Screen
from triage.cli.serve import _prepare

NOTE = re.compile(r"Make one: triage (keys create --name NAME --data .+)")


def test_the_command_in_the_note_makes_a_key_for_the_running_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    home, elsewhere = tmp_path / "the home", tmp_path / "elsewhere"
    home.mkdir()
    elsewhere.mkdir()
    with started(home, "--lang", "en") as process:
        told = NOTE.search(process.said)
        assert told
        monkeypatch.chdir(elsewhere)
        assert "--data" in process.client.post("/v1/triage", json={"facts": {}}).headers["x-triage-open"]
        assert main([*shlex.split(told[1]), "--lang", "en"]) == Exit.FINE
        said = capsys.readouterr().out
        waited(lambda: process.client.post("/v1/triage", json={"facts": {}}).status_code == 401)
    assert f"kept in sqlite:///{home}/data/" in " ".join(said.split())
    assert "It is the first one there: from now on services on this database ask for keys" in said
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_note_names_the_database_and_hides_its_password(tmp_path: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    url = re.sub(r"//([^:@/]+)(:[^@/]*)?@", r"//\1:geheim@", url, count=1)
    settings = Settings(data=tmp_path, database=url, require_keys=True)
    _prepare(Screen("en"), settings, migrate=True)
    said = capsys.readouterr().err
    assert "every request will be refused. Make one: triage keys create --name NAME --database 'postgresql" in said
    assert ":***@" in said
    assert "geheim" not in said
    _prepare(Screen("zh"), settings, migrate=False)
    assert "所有请求都会被拒绝。创建一把：triage keys create --name 名字 --database" in capsys.readouterr().err


def test_a_key_without_a_name_or_with_one_there_is_already_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path), "--lang", "en"]
    create = ["keys", "create", *data]
    assert main(create) == Exit.FINE
    assert "this key has no name" in capsys.readouterr().err
    assert main([*create, "--name", "desktop"]) == Exit.FINE
    said = capsys.readouterr()
    assert not said.err
    assert "the first one" not in said.out
    first = re.findall(r"tk_([0-9a-f]+)_", said.out)
    assert main([*create, "--name", " desktop "]) == Exit.FINE
    said = capsys.readouterr()
    assert f"valid keys of this name already: {first[0]}." in said.err
    second = re.findall(r"tk_([0-9a-f]+)_", said.out)
    for key in (*first, *second):
        assert main(["keys", "revoke", key, *data]) == Exit.FINE
    capsys.readouterr()
    assert main([*create, "--name", "desktop"]) == Exit.FINE  # those of this name are revoked
    assert not capsys.readouterr().err


def test_keys_are_listed_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path), "--lang", "en"]
    assert main(["keys", "list", "--json", *data]) == Exit.FINE
    assert json.loads(capsys.readouterr().out) == []
    before = datetime.now(UTC).replace(microsecond=0)
    main(["keys", "create", "--name", "坐席", "--scope", "log", "--scope", "triage", *data])
    secret = re.search(r"tk_([0-9a-f]+)_\S+", capsys.readouterr().out)
    assert secret
    main(["keys", "list", "--json", *data])
    text = capsys.readouterr().out
    (key,) = json.loads(text)
    assert secret[0] not in text
    assert {name: key[name] for name in ("id", "name", "scopes", "revoked_at")} == {
        "id": secret[1],
        "name": "坐席",
        "scopes": ["log", "triage"],
        "revoked_at": None,
    }
    assert before <= datetime.fromisoformat(key["created_at"]) <= datetime.now(UTC)
    main(["keys", "revoke", secret[1], *data])
    capsys.readouterr()
    main(["keys", "list", "--json", *data])
    (key,) = json.loads(capsys.readouterr().out)
    assert before <= datetime.fromisoformat(key["revoked_at"]) <= datetime.now(UTC)
    for wrong in (["create"], ["revoke", secret[1]]):
        assert main(["keys", *wrong, "--json", *data]) == Exit.WRONG_USE
        assert "--json is for triage keys list only" in capsys.readouterr().err


def test_help_says_once_and_truly_what_is_loaded(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "--help", "--lang", "en"]) == Exit.FINE
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "Without any, all shipped bases are loaded" in said
    assert "knowledge/power" not in said
