"""What commands make of a hosting backend, here a stand-in of it."""

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from actors.instances import account, manifest
from starpod.cli.main import main
from tests.actors.instances.backend import StandIn, in_a_thread
from tests.starpod.conftest import Workspace

ONE: dict[str, Any] = {
    "id": "abcdef0123456789",
    "name": "mine",
    "status": "running",
    "region": "eu",
    "created_at": 1,
}
OTHER: dict[str, Any] = {"id": "abzz", "status": "odd\x1b[2J", "starpod_api_key": "sp_live_of_the_instance"}
KEY = "the-key-of-the-backend"

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def running() -> Iterator[StandIn]:
    with in_a_thread() as stand_in:
        yield stand_in


@pytest.fixture
def backend(running: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    running.asked.clear()
    running.forget()
    monkeypatch.setenv("STARPOD_URL", running.url)
    monkeypatch.setenv("STARPOD_API_KEY", KEY)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    return running.says("GET /instances", [ONE, OTHER])


def pipe(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_what_there_is(backend: StandIn, capsys: Capsys) -> None:
    assert main(["instance", "list"]) == 0
    shown = capsys.readouterr().out
    assert "abcdef01  running  mine  eu" in " ".join(shown.splitlines())
    assert "\x1b" not in shown
    assert main(["instance", "list", "--json"]) == 0
    told = capsys.readouterr().out
    assert [each["status"] for each in json.loads(told)] == ["running", "unknown"]
    assert "sp_live" not in told
    backend.says("GET /instances", [])
    assert main(["instance", "list"]) == 0
    assert "no instances" in capsys.readouterr().out
    assert backend.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_one_is_called_by_a_beginning_of_its_id(backend: StandIn, capsys: Capsys) -> None:
    for action, what in (
        ("pause", "POST /instances/{}/pause"),
        ("restart", "POST /instances/{}/restart"),
        ("kill", "DELETE /instances/{}"),
    ):
        backend.says(what.format(ONE["id"]))
        assert main(["instance", action, "abc"]) == 0
        assert f"{backend.asked[-1].method} {backend.asked[-1].path}" == what.format(ONE["id"])
    assert "mine is deleted" in capsys.readouterr().out
    assert main(["instance", "kill", "ab"]) == 1
    assert "may be any of abcdef0123456789, abzz" in capsys.readouterr().err


def test_health_and_logs(backend: StandIn, capsys: Capsys) -> None:
    health = {"cpu_percent": 1.25, "memory_mb": 2, "disk_mb": 3, "last_heartbeat": 4, "uptime_secs": 5}
    backend.says(f"GET /instances/{ONE['id']}/health", health)
    assert main(["instance", "health", "mine"]) == 0
    assert "cpu        1.2 %" in capsys.readouterr().out
    assert main(["instance", "health", "mine", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == health
    backend.says(f"GET /instances/{ONE['id']}/logs", b'{"timestamp":0,"level":"warn","message":"a"}\nERROR b')
    assert main(["instance", "logs", "mine", "--no-follow"]) == 0
    assert capsys.readouterr().out == "--:--:-- [warn] a\n--:--:-- [error] b\n"
    assert main(["instance", "logs", "mine", "--no-follow", "--json", "-t", "7"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[1])["message"] == "b"
    assert backend.asked[-1].query["tail"] == "7"


def test_a_way_in(backend: StandIn, capsys: Capsys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    client = tmp_path / "bin" / "ssh"
    client.parent.mkdir()
    client.write_text('#!/bin/sh\ncat "$2" > "$SEEN"; echo "$2" >> "$SEEN"; exit 7\n')
    client.chmod(0o755)
    monkeypatch.setenv("PATH", str(client.parent), prepend=":")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    way = f"GET /instances/{ONE['id']}/ssh"
    backend.says(way, {"host": "h.example", "port": 22, "user": "u", "private_key": "PEM"})

    assert main(["instance", "ssh", "mine"]) == 7
    key, path = (tmp_path / "seen").read_text().splitlines()
    assert key == "PEM"
    assert not Path(path).exists()
    assert main(["instance", "ssh", "mine", "--print"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("-p 22 -l u -- h.example")

    backend.says(way, {"host": "-oProxyCommand=x", "port": 22, "user": "u"})
    assert main(["instance", "ssh", "mine"]) == 1
    assert "its host is none" in capsys.readouterr().err

    backend.says(way, {"host": "127.0.0.1", "port": 0, "user": "u", "folder": str(tmp_path)})
    shell = tmp_path / "shell"
    shell.write_text("#!/bin/sh\npwd > here; exit 3\n")
    shell.chmod(0o755)
    monkeypatch.setenv("SHELL", str(shell))
    assert main(["instance", "ssh", "mine"]) == 3
    assert (tmp_path / "here").read_text().strip() == str(tmp_path)
    assert main(["instance", "ssh", "mine", "--print"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"env -C {tmp_path} {shell}"
    backend.says(way, {"host": "127.0.0.1", "port": 0, "user": "u", "folder": "/nowhere"})
    assert main(["instance", "ssh", "mine"]) == 1


def test_without_a_backend_it_is_said_how_to_get_one(
    backend: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: Capsys, workspace: Workspace
) -> None:
    monkeypatch.delenv("STARPOD_URL")
    assert main(["instance", "list"]) == 1
    assert "starpod auth login" in capsys.readouterr().err
    workspace.blueprint()
    monkeypatch.chdir(workspace.root)
    assert main(["deploy", "bot"]) == 1
    said = capsys.readouterr()
    assert "agent.toml" in said.out
    assert "this would be sent, but no hosting backend" in said.err
    assert main(["instance", "list", "--url", "http://h.example"]) == 1
    assert "https" in capsys.readouterr().err
    assert backend.asked == []


def test_creating_sends_what_was_said(
    backend: StandIn, capsys: Capsys, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    backend.says("POST /instances", ONE)
    assert main(["instance", "create", "-n", "mine", "-r", "eu", "--var", "A=b=c", "--wait"]) == 0
    assert backend.asked[-1].json == {"name": "mine", "region": "eu", "variables": {"A": "b=c"}}
    assert f"{ONE['id']} mine running eu" in capsys.readouterr().out
    assert main(["instance", "create", "--var", "1=b"]) == 1
    backend.says("GET /agents", [])
    assert main(["instance", "create", "-a", "bot"]) == 1
    assert "No starpod.toml" in capsys.readouterr().err
    backend.says("GET /agents", [{"id": "g", "name": "bot"}])
    backend.says("GET /agents/g/deploy-config", {"ready": False, "missing_required": ["A_KEY"]})
    assert main(["instance", "create", "-a", "bot", "--yes"]) == 1
    assert "cannot run without A_KEY" in capsys.readouterr().err
    backend.says("GET /agents/g/deploy-config", {"ready": True})
    assert main(["instance", "create", "-a", "bot", "--json"]) == 0
    assert backend.asked[-1].json == {"agent_id": "g"}
    assert json.loads(capsys.readouterr().out)["id"] == ONE["id"]


def test_deploying_sends_files_and_the_named_secrets_and_waits(
    backend: StandIn, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    workspace.blueprint()
    workspace.write("skills/s/SKILL.md", "skill")
    workspace.write(".env", "A_KEY=secret-a\nB_KEY=secret-b\n")
    monkeypatch.chdir(workspace.root)
    backend.says("GET /agents", []).says("POST /agents", {"id": "g"}).says("POST /agents/g/files")
    backend.says("POST /agents/g/sync", {"to_upload": ["agent.toml", "skills/s/SKILL.md"]})
    backend.says("POST /agents/g/secrets", {}).says(
        "POST /instances", {**ONE, "web_url": "https://i.example"}
    )

    assert main(["deploy", "bot", "--only", "A_KEY", "--zone", "eu"]) == 0

    said = capsys.readouterr()
    assert "2 sent" in said.out
    assert "https://i.example" in said.out
    assert "secret-a" not in said.out + said.err
    (secret,) = (each.json for each in backend.asked if each.path == "/agents/g/secrets")
    assert secret == {"key": "A_KEY", "value": "secret-a"}
    assert backend.asked[-1].json == {"name": "bot", "region": "eu", "agent_id": "g"}
    assert main(["deploy", "bot", "--only", "C_KEY"]) == 1
    assert main(["deploy", "bot", "--env-file", "nowhere"]) == 1
    capsys.readouterr()

    backend.asked.clear()
    assert main(["deploy", "bot", "--no-instance"]) == 0
    assert "no secrets were sent" in capsys.readouterr().out
    assert {each.path for each in backend.asked} == {
        "/instances",
        "/agents",
        "/agents/g/sync",
        "/agents/g/files",
    }


def test_files_come_back_to_where_they_belong(
    backend: StandIn, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    blueprint = workspace.blueprint()
    workspace.write("agents/bot/extra.md", "x")
    workspace.write("skills/s/SKILL.md", "skill")
    monkeypatch.chdir(workspace.root)
    backend.says("GET /agents", [])
    assert main(["agent", "pull", "bot"]) == 1
    backend.says("GET /agents", [{"id": "g", "name": "bot"}])
    difference = {
        "to_download": ["SOUL.md", "skills/t/SKILL.md"],
        "to_delete_local": ["extra.md", "skills/s/SKILL.md"],
    }
    backend.says("POST /agents/g/sync", difference)
    backend.says("GET /agents/g/files/SOUL.md", b"new").says("GET /agents/g/files/skills/t/SKILL.md", b"t")

    assert main(["agent", "pull", "bot"]) == 1
    assert "extra.md are only here" in capsys.readouterr().err
    assert main(["agent", "pull", "bot", "--yes"]) == 0

    assert (blueprint / "SOUL.md").read_text() == "new"
    assert not (blueprint / "extra.md").exists()
    assert (workspace.root / "skills/t/SKILL.md").read_text() == "t"
    assert (workspace.root / "skills/s/SKILL.md").exists()
    backend.says("POST /agents/g/sync", {"to_download": ["../../out"]})
    assert main(["agent", "pull", "bot"]) == 1
    assert "is no path" in capsys.readouterr().err
    backend.says("POST /agents/g/sync", {})
    assert main(["agent", "push", "bot"]) == 0
    assert (
        backend.asked[-1].json["files"].keys()
        == manifest.collect(blueprint, workspace.root / "skills").keys()
    )


def test_secrets_of_the_backend(
    backend: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: Capsys, tmp_path: Path
) -> None:
    backend.says("POST /secrets", {}).says("GET /agents", [{"id": "g", "name": "bot"}])
    backend.says("GET /secrets", [{"id": "s1", "key": "A_KEY", "hint": "…last", "created_at": 1}])
    backend.says("GET /agents/g/secrets", []).says("DELETE /secrets/s1")
    pipe(monkeypatch, "secret-a\n")
    assert main(["secret", "set", "A_KEY"]) == 0
    assert backend.asked[-1].json == {"key": "A_KEY", "value": "secret-a"}
    pipe(monkeypatch, "")
    assert main(["secret", "set", "A_KEY"]) == 1
    (tmp_path / "env").write_text("A_KEY=1\nB_KEY=2\n")
    assert main(["secret", "import", str(tmp_path / "env"), "--only", "B_KEY"]) == 0
    assert backend.asked[-1].json == {"key": "B_KEY", "value": "2"}
    assert main(["secret", "import", "nowhere"]) == 1
    capsys.readouterr()
    assert main(["secret", "list"]) == 0
    assert "…last" in capsys.readouterr().out
    assert main(["secret", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["key"] == "A_KEY"
    assert main(["secret", "list", "--agent", "bot"]) == 0
    assert main(["secret", "delete", "A_KEY"]) == 0
    assert (backend.asked[-1].method, backend.asked[-1].path) == ("DELETE", "/secrets/s1")
    assert main(["secret", "delete", "B_KEY"]) == 1
    assert main(["secret", "list", "--agent", "other"]) == 1


def test_a_login_is_kept_shown_and_forgotten(
    backend: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: Capsys, tmp_path: Path
) -> None:
    monkeypatch.delenv("STARPOD_API_KEY")
    assert main(["auth", "status"]) == 0
    assert "not logged in" in capsys.readouterr().out
    for bad in ("", "a b"):
        pipe(monkeypatch, bad)
        assert main(["auth", "login", "--paste"]) == 1
    backend.says("GET /instances", {"error": "who?"}, 401)
    pipe(monkeypatch, "wrong-key-0123456789")
    assert main(["auth", "login", "--paste"]) == 1
    assert not account.file_in(tmp_path / "me").exists()
    backend.says("GET /instances", [])
    pipe(monkeypatch, "good-key-0123456789\n")
    assert main(["auth", "login", "--paste", "--url", f"{backend.url}/"]) == 0
    assert backend.asked[-1].headers["authorization"] == "Bearer good-key-0123456789"

    monkeypatch.delenv("STARPOD_URL")
    assert main(["instance", "list"]) == 0
    assert main(["auth", "login"]) == 0
    assert "already logged in" in capsys.readouterr().out
    assert main(["auth", "status"]) == 0
    assert main(["auth", "status", "--json"]) == 0
    said = capsys.readouterr().out
    assert "good-key…6789" in said
    assert "good-key-0123456789" not in said
    for _ in range(2):
        assert main(["auth", "logout"]) == 0
    account.file_in(tmp_path / "me").write_text("broken =")
    assert main(["auth", "status"]) == 1
